"""Writes the parts of an answer as output items for a client."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from comity.dialects.openai_responses.content_writer import write_annotations
from comity.dialects.openai_responses.names import NAME, short_name
from comity.dialects.openai_responses.reasoning import same_item, seal_block, seal_reasoning, write_reasoning
from comity.dialects.openai_responses.shapes import Item
from comity.dialects.provenance import sign_id
from comity.dialects.wire_json import stated
from comity.exchange import Media, Opaque, Part, Reasoning, Refusal, Text, ToolCall

Piece = Text | Refusal
"""What a message of the model holds."""


def write_output(parts: Sequence[Part], stem: str, namespaces: Mapping[str, str]) -> list[Item]:
    """The items of an answer; their ids begin like the answer's. `namespaces` are those of its functions."""
    items: list[Item] = []
    for group in _groups(parts):
        items.append(_item(group, f"{stem}_{len(items)}", namespaces))
    return items


def message_item(identity: str, content: list[dict[str, Any]], *, done: bool = True) -> Item:
    """A message of the model."""
    status = "completed" if done else "in_progress"
    return {"id": identity, "type": "message", "status": status, "role": "assistant", "content": content}


def text_part(text: str, annotations: list[dict[str, Any]], logprobs: list[Any]) -> dict[str, Any]:
    """A text of a message."""
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": logprobs}


def call_item(call: ToolCall, identity: str, group: str | None, *, done: bool = True) -> Item:
    """A function call of a namespace or of none; its `call_id` carries the signature of another vendor."""
    return {
        "id": identity,
        "type": "function_call",
        "status": "completed" if done else "in_progress",
        "call_id": sign_id(call.id, call.signature, call.origin),
        "name": call.name if group is None else short_name(group, call.name),
        "arguments": call.arguments.strip() or ("{}" if done else ""),
        **stated(namespace=group),
    }


def block_item(block: Opaque | Media, identity: str) -> Item:
    """A block that only its origin reads, or an image that the model made."""
    if isinstance(block, Opaque):
        return block.wire if block.origin == NAME else seal_block(block, f"rs_{identity}")
    return {
        "id": f"ig_{identity}",
        "type": "image_generation_call",
        "status": "completed",
        "result": base64.b64encode(block.data or b"").decode(),
    }


def _groups(parts: Sequence[Part]) -> list[list[Part]]:
    """The parts of each item: texts that follow each other, and blocks of one reasoning item."""
    groups: list[list[Part]] = []
    for part in parts:
        last = groups[-1][-1] if groups else None
        if _joins(last, part):
            groups[-1].append(part)
        else:
            groups.append([part])
    return groups


def _joins(last: Part | None, part: Part) -> bool:
    if isinstance(last, Text) and isinstance(part, Text):
        return last.message == part.message
    if isinstance(last, Text | Refusal) and isinstance(part, Text | Refusal):
        return True
    return isinstance(last, Reasoning) and isinstance(part, Reasoning) and same_item(last, part)


def _item(group: list[Part], identity: str, namespaces: Mapping[str, str]) -> Item:
    first = group[0]
    if isinstance(first, Reasoning):
        blocks = [part for part in group if isinstance(part, Reasoning)]
        return write_reasoning(blocks, f"rs_{identity}", seal_reasoning(blocks[-1]))
    if isinstance(first, ToolCall):
        return call_item(first, f"fc_{identity}", namespaces.get(first.name))
    if isinstance(first, Opaque | Media):
        return block_item(first, identity)
    content = [_said(part) for part in group if isinstance(part, Text | Refusal)]
    return message_item(f"msg_{identity}", content)


def _said(part: Piece) -> dict[str, Any]:
    if isinstance(part, Refusal):
        return {"type": "refusal", "refusal": part.text}
    return text_part(part.text, write_annotations(part.citations, len(part.text)), [])
