"""Reads the items of an answer: what the model said, called and thought."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from comity.dialects.openai_responses.content_reader import read_citation
from comity.dialects.openai_responses.names import full_name
from comity.dialects.openai_responses.reasoning import read_reasoning
from comity.dialects.openai_responses.shapes import Item, WireReasoningItem
from comity.errors import ResponseError
from comity.exchange import AnswerKey, Opaque, Part, Refusal, Text, ToolCall


def read_output(items: Iterable[Item], key: AnswerKey) -> tuple[Part, ...]:
    """The parts of an answer's items; raises ResponseError when one of them is none."""
    return tuple(part for item in items for part in read_item(item, key))


def read_item(item: Item, key: AnswerKey) -> list[Part]:
    """The parts of one item."""
    match item.get("type"):
        case "message":
            return _message(item)
        case "function_call":
            return [read_call(item, key)]
        case "reasoning":
            try:
                wire = msgspec.convert(item, WireReasoningItem)
            except msgspec.ValidationError as error:
                raise ResponseError(f"a reasoning item cannot be read: {error}") from error
            return list(read_reasoning(wire, key.origin))
        case str(kind):
            return [Opaque(kind, item, "openai.responses")]
        case _:
            raise ResponseError("an item of the answer has no type")


def read_call(item: Mapping[str, Any], key: AnswerKey) -> ToolCall:
    """The call of a function item, its name as the client declared it."""
    name, identity, arguments = item.get("name"), item.get("call_id"), item.get("arguments")
    if not isinstance(name, str) or not isinstance(identity, str):
        raise ResponseError("a function call of the answer has no name or no id")
    item_id, group = item.get("id"), item.get("namespace")
    full = full_name(group, name) if isinstance(group, str) else ""
    # A namespace that nobody declared is one of OpenAI's own search for tools.
    grouped = full in key.tools
    return ToolCall(
        identity,
        full if grouped else key.tools.get(name, name),
        arguments if isinstance(arguments, str) else "",
        item=item_id if isinstance(item_id, str) else None,
        namespace=str(group) if grouped else None,
    )


def read_logprobs(items: Iterable[Item]) -> dict[str, Any] | None:
    """Log-probabilities of an answer's texts in the hub's shape; None when there are none."""
    tokens = [
        token
        for item in items
        if item.get("type") == "message"
        for part in _parts(item)
        for token in part.get("logprobs") or ()
    ]
    return {"content": tokens, "refusal": None} if tokens else None


def _message(item: Item) -> list[Part]:
    identity, phase = item.get("id"), item.get("phase")
    parts: list[Part] = []
    for part in _parts(item):
        if part.get("type") == "refusal":
            parts.append(Refusal(str(part.get("refusal") or "")))
            continue
        text = part.get("text")
        if not isinstance(text, str):
            raise ResponseError("a part of the answer has no text")
        cited = [read_citation(wire) for wire in part.get("annotations") or () if isinstance(wire, dict)]
        parts.append(
            Text(
                text,
                citations=tuple(cited),
                message=identity if isinstance(identity, str) else None,
                phase=phase if isinstance(phase, str) else None,
            )
        )
    return parts


def _parts(item: Item) -> list[dict[str, Any]]:
    content = item.get("content")
    if isinstance(content, str):
        return [{"type": "output_text", "text": content}]
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
