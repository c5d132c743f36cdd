"""What Bedrock's Converse refuses, first by AWS's own service model, then by the rules no schema holds.

The shape is checked with botocore's model; unknown members are refused too, which is stricter than AWS (see
docs/decisions/0052). The rules are those of turns, blank text and tool results, in AWS's words.
"""

from __future__ import annotations

import base64
import binascii
import functools
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape
from botocore.validate import ParamValidator


def check_converse(body: dict[str, Any], operation: str) -> str | None:
    """AWS's complaint about the JSON body of `Converse` or `ConverseStream`, or None when it is in order."""
    shape = _input_shape(operation)
    values, problem = _blobs(body, shape, "")
    if problem is not None:
        return problem
    report = ParamValidator().validate({**values, "modelId": "m"}, shape)
    if report.has_errors():
        first = str(report.generate_report()).splitlines()[0]
        return f"1 validation error detected: {first}"
    return next(_broken_rules(body), None)


@functools.cache
def _input_shape(operation: str) -> Shape:
    model = Loader().load_service_model("bedrock-runtime", "service-2")
    shape: Shape = ServiceModel(model, "bedrock-runtime").operation_model(operation).input_shape
    return shape


def _blobs(value: Any, shape: Shape, path: str) -> tuple[Any, str | None]:
    """The value with base64 decoded where the model says blob, or the complaint about it."""
    if (
        shape.type_name == "structure"
        and isinstance(value, dict)
        and not getattr(shape, "is_document_type", False)
    ):
        return _structure(value, shape, path)
    if shape.type_name == "list" and isinstance(value, list):
        items = []
        for index, item in enumerate(value):
            made, problem = _blobs(item, shape.member, f"{path}.{index}")
            if problem is not None:
                return None, problem
            items.append(made)
        return items, None
    if shape.type_name == "blob" and isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True), None
        except binascii.Error:
            return None, f"1 validation error detected: the value at '{path[1:]}' is no base64"
    return value, None


def _structure(value: dict[str, Any], shape: Shape, path: str) -> tuple[Any, str | None]:
    made = {}
    for name, item in value.items():
        if name not in shape.members or (not path and name == "modelId"):
            return None, (
                "The model returned the following errors: Malformed input request: "
                f"#{path.replace('.', '/')}: extraneous key [{name}] is not permitted, "
                "please reformat your input and try again."
            )
        made[name], problem = _blobs(item, shape.members[name], f"{path}.{name}")
        if problem is not None:
            return None, problem
    return made, None


def _broken_rules(body: dict[str, Any]) -> Iterator[str]:
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


_TOOL_BLOCKS = {"toolUse", "toolResult"}


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
