"""What Bedrock's Converse refuses beyond the shape, in AWS's words: turns, blank text, results (T1 to T5).

The words for T3 are ours, since they differ by model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

_TOOL_BLOCKS = ("toolUse", "toolResult")
_MOST_MARKS = 4


def check_rules(body: dict[str, Any], *, text_with_results: bool) -> str | None:
    """AWS's complaint about a body of the right shape, or None; T3 differs by model."""
    return next(_broken_rules(body, text_with_results=text_with_results), None)


def _broken_rules(body: dict[str, Any], *, text_with_results: bool) -> Iterator[str]:
    messages: list[dict[str, Any]] = body.get("messages") or []
    yield from _turns(messages)
    for index, block in enumerate(body.get("system") or []):
        if "text" in block and not block["text"].strip():
            yield _blank("SystemContentBlock", f"system.{index}")
    for index, message in enumerate(messages):
        yield from _blank_content(message["content"], f"messages.{index}")
    if "toolConfig" not in body and any(_ids(message, kind) for message in messages for kind in _TOOL_BLOCKS):
        yield "The toolConfig field must be defined when using toolUse and toolResult content blocks."
    yield from _tool_results(messages)
    if not text_with_results:
        yield from _mixed(messages)
    marks = json.dumps(body).count('"cachePoint"')
    if marks > _MOST_MARKS:
        yield f"A maximum of {_MOST_MARKS} blocks with cachePoint may be provided. Found {marks}."


def _turns(messages: list[dict[str, Any]]) -> Iterator[str]:
    if not messages or messages[0]["role"] != "user":
        yield (
            "A conversation must start with a user message. "
            "Try again with a conversation that starts with a user message."
        )
    for before, after in pairwise(messages):
        if before["role"] == after["role"]:
            yield (
                "A conversation must alternate between user and assistant roles. Make sure the conversation "
                "alternates between user and assistant roles and try again."
            )


def _blank_content(content: list[dict[str, Any]], path: str) -> Iterator[str]:
    if not content:
        yield (
            f"The content field in the Message object at {path} is empty. "
            "Add a ContentBlock object to the content field and try again."
        )
    for index, block in enumerate(content):
        if "text" in block and not block["text"].strip():
            yield _blank("ContentBlock", f"{path}.content.{index}")
        for inner, part in enumerate(block.get("toolResult", {}).get("content", ())):
            if "text" in part and not part["text"].strip():
                yield _blank("ContentBlock", f"{path}.content.{index}.toolResult.content.{inner}")


def _blank(kind: str, path: str) -> str:
    where = f"The text field in the {kind} object at {path}"
    return f"{where} is blank. Add text to the text field, and try again."


def _tool_results(messages: list[dict[str, Any]]) -> Iterator[str]:
    """A turn of tool calls is answered by exactly its results in the next turn, and no other turn is."""
    asked: list[str] = []
    for index, message in enumerate(messages):
        answered = _ids(message, "toolResult")
        where = f"messages.{index}.content"
        if len(answered) > len(asked):
            yield (
                f"The number of toolResult blocks at {where} exceeds "
                "the number of toolUse blocks of previous turn."
            )
        missing = [name for name in asked if name not in answered]
        if missing:
            yield f"Expected toolResult blocks at {where} for the following Ids: {', '.join(missing)}"
        asked = _ids(message, "toolUse") if message["role"] == "assistant" else []


def _ids(message: dict[str, Any], kind: str) -> list[str]:
    return [block[kind]["toolUseId"] for block in message["content"] if kind in block]


def _mixed(messages: list[dict[str, Any]]) -> Iterator[str]:
    for index, message in enumerate(messages):
        kinds = {kind for block in message["content"] for kind in block}
        if {"text", "toolResult"} <= kinds:
            yield (
                f"The content field at messages.{index} holds text and toolResult blocks. "
                "This model does not support them in the same turn."
            )
