"""The golden files of pairs against the vendors' own specifications: what targets get, what clients get.

Requests pass without any finding. Answers are held to names, types and unions only: what the specifications
require of them, the services themselves leave out.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from botocore.validate import ParamValidator
from jsonschema import Draft202012Validator
from tests.dialects.gemini.test_recorded_gemini import check
from tests.dialects.test_generated import MODEL, relaxed
from tests.dialects.test_pairs import FOLDER
from tests.material import read_spec

FILES = sorted(FOLDER.glob("*.json"))
EXCHANGES = ("tools", "thinking", "drawing")
Check = Callable[[Any], list[str]]


def _schema(spec: str, name: str, *, answer: bool) -> Check:
    @cache
    def validator() -> Draft202012Validator:
        components = relaxed(read_spec(spec))["components"]
        asked = _unrequired(components) if answer else components
        return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": asked})

    def held(body: Any) -> list[str]:
        errors = validator().iter_errors(_without_nulls(body) if answer else body)
        return [f"{error.json_path}: {error.message[:200]}" for error in errors]

    return held


def _google(message: str) -> Check:
    return lambda body: [one for surface in ("ai-studio", "vertex") for one in check(surface, body, message)]


def _amazon(member: str) -> Check:
    shape = getattr(MODEL.operation_model("Converse"), f"{member}_shape")
    address = {"modelId": "m"} if member == "input" else {}

    def held(body: Any) -> list[str]:
        report = ParamValidator().validate(address | _with_bytes(body), shape)
        return [report.generate_report()] if report.has_errors() else []

    return held


REQUESTS: dict[str, Check] = {
    "openai.chat": _schema("openai-openapi", "CreateChatCompletionRequest", answer=False),
    "openai.responses": _schema("openai-openapi", "CreateResponse", answer=False),
    "anthropic.messages": _schema("anthropic-openapi", "CreateMessageParams", answer=False),
    "bedrock.converse": _amazon("input"),
    "gemini.generate": _google("GenerateContentRequest"),
}
"""Vertex's and InvokeModel's bodies have no specification of their own; they are Anthropic's."""
ANSWERS: dict[str, Check] = {
    "openai.chat": _schema("openai-openapi", "CreateChatCompletionResponse", answer=True),
    "openai.responses": _schema("openai-openapi", "Response", answer=True),
    "anthropic.messages": _schema("anthropic-openapi", "Message", answer=True),
    "bedrock.converse": _amazon("output"),
    "gemini.generate": _google("GenerateContentResponse"),
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_targets_and_clients_get_is_as_the_vendor_specifies(path: Any) -> None:
    """No finding in any request of the file, none in any whole answer."""
    client, _, target = path.stem.partition("--")
    said = json.loads(path.read_text(encoding="utf-8"))
    for name in EXCHANGES:
        if target in REQUESTS:
            assert REQUESTS[target](said[name]["target gets"]) == []
        if client in ANSWERS:
            assert ANSWERS[client](said[name]["client gets"]) == []


def _unrequired(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_unrequired(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    listed = isinstance(schema.get("required"), list)
    return {key: _unrequired(item) for key, item in schema.items() if not (listed and key == "required")}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return value


def _with_bytes(value: Any) -> Any:
    """The body as boto3 takes it."""
    if isinstance(value, list):
        return [_with_bytes(item) for item in value]
    if isinstance(value, dict):
        blobs = {"bytes", "redactedContent"}
        return {key: item.encode() if key in blobs else _with_bytes(item) for key, item in value.items()}
    return value
