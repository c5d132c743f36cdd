"""What Google refuses beyond the shape, in its words: turns, calls and results, signatures, bounds."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

from comity.simulator.gemini_shape import Surface

_DATA = ("text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode")
_KINDS = {*_DATA, "codeExecutionResult"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
_TYPES = {"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"}
_MODES = {"AUTO", "ANY", "NONE", "VALIDATED", "MODE_UNSPECIFIED"}
_COUNTS = (
    "Please ensure that the number of function response parts is equal to the number of function call parts"
    " of the function call turn."
)


def check_rules(body: dict[str, Any], surface: Surface, *, thinking: bool, seed: str) -> str | None:
    """Google's complaint about a body of the right shape, or None."""
    return next(_broken_rules(body, surface, thinking=thinking, seed=seed), None)


def sign(seed: str, name: str) -> str:
    """The signature of a call or a text of this cloud's models, base64."""
    digest = blake2b(name.encode(), key=seed.encode()[:64], digest_size=24).digest()
    return base64.b64encode(b"\x12" + bytes([len(name) % 250]) + name.encode()[:250] + digest).decode()


def is_signed(signature: str, seed: str) -> bool:
    """Whether this cloud made the signature, and nobody changed it since."""
    raw = base64.b64decode(signature.replace("-", "+").replace("_", "/").rstrip("=") + "==")
    if len(raw) < 26 or raw[0] != 0x12:
        return False
    name = raw[2:-24].decode("utf-8", "replace")
    return base64.b64decode(sign(seed, name)) == raw


def _broken_rules(body: dict[str, Any], surface: Surface, *, thinking: bool, seed: str) -> Iterator[str]:
    contents: list[dict[str, Any]] = body.get("contents") or []
    if not contents:
        yield "* GenerateContentRequest.contents: contents is not specified\n"
    for index, content in enumerate(contents):
        yield from _content(content, f"contents[{index}]", surface)
    yield from _turns(contents)
    yield from _signatures(contents, thinking=thinking, seed=seed)
    yield from _tools(body)
    yield from _generation(body.get("generationConfig") or {})


def _content(content: dict[str, Any], path: str, surface: Surface) -> Iterator[str]:
    if content.get("role") not in {None, "", "user", "model"}:
        yield "Please use a valid role: user, model."
    parts = content.get("parts") or []
    if not parts:
        yield f"* GenerateContentRequest.{path}.parts: contents.parts must not be empty.\n"
    for index, part in enumerate(parts):
        kinds = [name for name in _KINDS if name in part]
        if len(kinds) != 1:
            yield (
                f"* GenerateContentRequest.{path}.parts[{index}].data: required oneof field 'data' must have"
                " one initialized field\n"
            )
        if surface == "vertex" and part.get("text") == "" and "thoughtSignature" not in part:
            yield "Unable to submit request because it has an empty text parameter."
        if surface == "vertex" and "fileData" in part and not part["fileData"].get("mimeType"):
            yield "Unable to submit request because it has a mimeType parameter with an empty value."
        for name in ("functionCall", "functionResponse"):
            if name in part and not part[name].get("name"):
                yield f"* GenerateContentRequest.{path}.parts[{index}].{name}.name: Name cannot be empty.\n"


def _turns(contents: list[dict[str, Any]]) -> Iterator[str]:
    """A turn of calls follows the user or results, and is answered in full in the next turn, in order."""
    asked: list[str] = []
    before = "user"
    for content in contents:
        calls, results = _names(content, "functionCall"), _names(content, "functionResponse")
        role = content.get("role") or "user"
        if calls and before == "model":
            yield (
                "Please ensure that function call turn comes immediately after a user turn or after a"
                " function response turn."
            )
        if results and not asked:
            yield "Please ensure that function response turn comes immediately after a function call turn."
        if len(results) != len(asked):
            yield _COUNTS
        if results != asked:
            yield "Please ensure that the function responses come in the order of their calls."
        asked, before = calls, role


def _names(content: dict[str, Any], kind: str) -> list[str]:
    return [part[kind].get("name", "") for part in content.get("parts") or [] if kind in part]


def _signatures(contents: list[dict[str, Any]], *, thinking: bool, seed: str) -> Iterator[str]:
    """Every signature is whole, and the first call of each step of the current turn has one (T19)."""
    for content in contents:
        for part in content.get("parts") or []:
            signature = part.get("thoughtSignature")
            if signature is not None and not is_signed(signature, seed):
                yield "Corrupted thought signature."
    if not thinking:
        return
    for position, content in enumerate(_current(contents)):
        calls = [part for part in content.get("parts") or [] if "functionCall" in part]
        if calls and "thoughtSignature" not in calls[0]:
            name = calls[0]["functionCall"].get("name")
            yield (
                "Function call is missing a thought_signature in functionCall parts. This is required for"
                " tools to work correctly, and missing thought_signature may lead to degraded model"
                " performance."
                f" Additional data, function call `default_api:{name}` , position {position + 1}."
            )


def _current(contents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The contents since the user last said something of their own."""
    said = [
        place
        for place, content in enumerate(contents)
        if content.get("role") != "model" and any("functionResponse" not in part for part in content["parts"])
    ]
    return contents[said[-1] :] if said else contents


def _tools(body: dict[str, Any]) -> Iterator[str]:
    declared = [tool for entry in body.get("tools") or [] for tool in entry.get("functionDeclarations") or []]
    for index, tool in enumerate(declared):
        place = f"* GenerateContentRequest.tools[0].function_declarations[{index}]"
        if not _NAME.fullmatch(tool.get("name", "")):
            yield f"{place}.name: Invalid function name. Must start with a letter or an underscore.\n"
        if "parameters" in tool and "parametersJsonSchema" in tool:
            yield f"{place}.parameters: only one of parameters and parameters_json_schema may be set\n"
        if "parameters" in tool:
            yield from _schema(tool["parameters"], f"{place}.parameters")
            if tool["parameters"].get("type") == "OBJECT" and not tool["parameters"].get("properties"):
                yield f"{place}.parameters.properties: should be non-empty for OBJECT type\n"
    calling = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    if calling.get("mode", "AUTO").upper() not in _MODES:
        yield "Invalid value at 'tool_config.function_calling_config.mode'"
    names = {tool.get("name") for tool in declared}
    for name in calling.get("allowedFunctionNames") or []:
        if name not in names:
            yield f"allowed_function_names: function {name} is not declared."
    if calling.get("mode", "").upper() == "ANY" and not declared:
        yield "Function calling config is set without function_declarations."


def _schema(schema: dict[str, Any], path: str) -> Iterator[str]:
    kind = str(schema.get("type", "")).upper()
    if "anyOf" not in schema and kind not in _TYPES:
        yield f"{path}.type: must be specified\n"
    if "enum" in schema and kind != "STRING":
        yield f"{path}.enum: only allowed for STRING type\n"
    if kind == "ARRAY" and "items" not in schema:
        yield f"{path}.items: missing field.\n"
    properties = schema.get("properties") or {}
    for name in schema.get("required") or []:
        if name not in properties:
            yield f"{path}.required[0]: property is not defined\n"
    inner = [*properties.items(), *(("items", item) for item in [schema.get("items")] if item)]
    inner += [("any_of", option) for option in schema.get("anyOf") or []]
    for name, value in inner:
        yield from _schema(value, f"{path}.{name}")


def _generation(config: dict[str, Any]) -> Iterator[str]:
    if not 0 <= config.get("temperature", 1) <= 2:
        yield "* GenerateContentRequest.generation_config.temperature: must be in the range [0.0, 2.0]\n"
    if not 0 <= config.get("topP", 1) <= 1:
        yield "* GenerateContentRequest.generation_config.top_p: must be in the range [0.0, 1.0]\n"
    if not 1 <= config.get("candidateCount", 1) <= 8:
        yield "* GenerateContentRequest.generation_config.candidate_count: must be in the range [1, 8]\n"
    if "logprobs" in config and config.get("responseLogprobs") is not True:
        yield "Logprobs is set without response_logprobs."
    schemas = [name for name in ("responseSchema", "responseJsonSchema") if name in config]
    if len(schemas) > 1:
        yield "Only one of response_schema and response_json_schema may be set."
    if schemas and config.get("responseMimeType") != "application/json":
        yield "Function calling with a response mime type: 'text/plain' is unsupported with a response schema"
    if "responseSchema" in config:
        yield from _schema(
            config["responseSchema"], "* GenerateContentRequest.generation_config.response_schema"
        )
    thinking = config.get("thinkingConfig") or {}
    if "thinkingBudget" in thinking and "thinkingLevel" in thinking:
        yield "You can only set only one of thinking budget and thinking level."


def as_error(code: int, status: str, message: str, details: list[dict[str, Any]] | None = None) -> bytes:
    """Google's error object."""
    error: dict[str, Any] = {"code": code, "message": message, "status": status}
    return json.dumps({"error": error | ({"details": details} if details else {})}).encode()
