"""What the Messages API refuses beyond the shape, in its words: turns, blank text, results, thinking.

Consecutive turns of one role are no mistake: the API makes one of them, and so they are judged together. A
signature is whatever `sign` makes of the thoughts, on every surface.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from comity.simulator.anthropic_shape import broken_shape

SAMPLING = ("temperature", "top_p", "top_k")
"""What the later API version no longer takes."""

_MOST_MARKS = 4
_LEAST_BUDGET = 1024
_ONLY_TEXT = "text content blocks must"


def check_body(body: dict[str, Any], further: set[str], required: tuple[str, ...]) -> str | None:
    """Anthropic's complaint about a body, or None."""
    for name in required:
        if name not in body:
            return f"{name}: Field required"
    return next(broken_shape(body, further), None) or next(_broken_rules(body), None)


def sign(thinking: str) -> str:
    """The signature of thoughts, valid wherever the simulated Claude runs."""
    return base64.b64encode(hashlib.blake2b(thinking.encode(), key=b"claude").digest()).decode()


def _broken_rules(body: dict[str, Any]) -> Iterator[str]:
    turns = _merged(body["messages"])
    yield from _turns(body["messages"], turns)
    yield from _blank(body)
    yield from _tool_results(turns)
    kinds = {block["type"] for _, content in turns for block in content}
    if kinds & {"tool_use", "tool_result"} and not body.get("tools"):
        yield "Requests which include `tool_use` or `tool_result` blocks must define tools"
    if "tool_choice" in body and not body.get("tools"):
        yield "tool_choice: `tool_choice` may only be specified while providing `tools`"
    for name in ("temperature", "top_p"):
        if not 0 <= body.get(name, 0) <= 1:
            yield f"{name}: range: 0..1"
    if any(not str(word).strip() for word in body.get("stop_sequences") or ()):
        yield "stop_sequences: each stop sequence must contain non-whitespace"
    yield from _signatures(turns)
    yield from _thinking(body, turns)
    marks = json.dumps(body).count('"cache_control"')
    if marks > _MOST_MARKS:
        yield f"A maximum of {_MOST_MARKS} blocks with cache_control may be provided. Found {marks}."


def _merged(messages: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The turns as the API sees them, consecutive ones of one role together."""
    turns: list[tuple[str, list[dict[str, Any]]]] = []
    for message in messages:
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if turns and turns[-1][0] == message["role"]:
            turns[-1][1].extend(blocks)
        else:
            turns.append((message["role"], list(blocks)))
    return turns


def _turns(messages: list[dict[str, Any]], turns: list[tuple[str, list[dict[str, Any]]]]) -> Iterator[str]:
    if not messages:
        yield "messages: at least one message is required"
        return
    if turns[0][0] != "user":
        yield 'messages: first message must use the "user" role'
    for index, message in enumerate(messages):
        last = index == len(messages) - 1 and message["role"] == "assistant"
        if not message["content"] and not last:
            yield (
                f"messages.{index}: all messages must have non-empty content except for the optional final "
                "assistant message"
            )


def _blank(body: dict[str, Any]) -> Iterator[str]:
    system = body.get("system")
    groups = [("system", system if isinstance(system, list) else [])]
    groups += [("messages", m["content"]) for m in body["messages"] if isinstance(m["content"], list)]
    for where, content in groups:
        for block in [*content, *(inner for outer in content for inner in _inner(outer))]:
            if block["type"] == "text" and not block["text"]:
                yield f"{where}: {_ONLY_TEXT} be non-empty"
            elif block["type"] == "text" and not block["text"].strip():
                yield f"{where}: {_ONLY_TEXT} contain non-whitespace text"


def _inner(block: dict[str, Any]) -> list[dict[str, Any]]:
    content = block.get("content") if block["type"] == "tool_result" else None
    return content if isinstance(content, list) else []


def _tool_results(turns: list[tuple[str, list[dict[str, Any]]]]) -> Iterator[str]:
    asked: list[str] = []
    for index, (role, content) in enumerate(turns):
        results = [block["type"] == "tool_result" for block in content]
        leading = content[: results.index(False)] if False in results else content
        answered = [block["tool_use_id"] for block in leading if block["type"] == "tool_result"]
        missing = [name for name in asked if name not in answered]
        if missing:
            yield (
                f"messages.{index - 1}: `tool_use` ids were found without `tool_result` blocks immediately "
                f"after: {', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` "
                "block in the next message."
            )
        for block in content:
            if block["type"] == "tool_result" and block["tool_use_id"] not in asked:
                yield (
                    f"messages.{index}.content: unexpected `tool_use_id` found in `tool_result` blocks: "
                    f"{block['tool_use_id']}. Each `tool_result` block must have a corresponding `tool_use` "
                    "block in the previous message."
                )
        if len(set(answered)) < len(answered):
            yield "each tool_use must have a single result. Found multiple `tool_result` blocks with one id"
        asked = [block["id"] for block in content if block["type"] == "tool_use" and role == "assistant"]
    if asked:
        yield f"messages: `tool_use` ids were found without `tool_result` blocks: {', '.join(asked)}"


def _signatures(turns: list[tuple[str, list[dict[str, Any]]]]) -> Iterator[str]:
    for index, (_, content) in enumerate(turns):
        for place, block in enumerate(content):
            if block["type"] == "thinking" and block["signature"] != sign(block["thinking"]):
                yield f"messages.{index}.content.{place}: Invalid `signature` in `thinking` block"


def _thinking(body: dict[str, Any], turns: list[tuple[str, list[dict[str, Any]]]]) -> Iterator[str]:
    thinking = body.get("thinking") or {"type": "disabled"}
    if thinking.get("type") not in {"enabled", "adaptive", "disabled"}:
        yield "thinking.type: Input should be 'adaptive', 'disabled' or 'enabled'"
    if thinking.get("type") == "enabled":
        budget = thinking.get("budget_tokens")
        if not isinstance(budget, int) or budget < _LEAST_BUDGET:
            yield f"thinking.enabled.budget_tokens: Input should be greater than or equal to {_LEAST_BUDGET}"
        elif "max_tokens" in body and body["max_tokens"] <= budget:
            yield "`max_tokens` must be greater than `thinking.budget_tokens`."
    if thinking.get("type") != "disabled":
        yield from _while_thinking(body, turns)


def _while_thinking(body: dict[str, Any], turns: list[tuple[str, list[dict[str, Any]]]]) -> Iterator[str]:
    if body.get("temperature", 1) != 1:
        yield "`temperature` may only be set to 1 when thinking is enabled."
    if (body.get("tool_choice") or {}).get("type") in {"any", "tool"}:
        yield "Thinking may not be enabled when tool_choice forces tool use."
    assistant = [content for role, content in turns if role == "assistant"]
    if assistant and assistant[-1]:
        first = assistant[-1][0]["type"]
        called = any(block["type"] == "tool_use" for block in assistant[-1])
        if called and first not in {"thinking", "redacted_thinking"}:
            yield (
                f"messages: Expected `thinking` or `redacted_thinking`, but found `{first}`. When `thinking` "
                "is enabled, a final `assistant` message must start with a thinking block."
            )
