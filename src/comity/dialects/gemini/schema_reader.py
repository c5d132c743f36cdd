"""Google's subset of OpenAPI as JSON Schema: type words, nullability and counts are spelled differently."""

from __future__ import annotations

from typing import Any

from comity.dialects.gemini.spelling import camel_name

_COUNTS = frozenset({"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"})
_NAMES = {"defs": "$defs", "ref": "$ref", "example": "examples"}


def read_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema that says the same; the names of properties stay as they are."""
    read: dict[str, Any] = {}
    for written, value in schema.items():
        name = camel_name(written)
        name = _NAMES.get(name, name)
        if value is not None and name not in {"nullable", "format"}:
            read[name] = _member(name, value)
    if isinstance(schema.get("format"), str) and schema["format"] != "enum":
        read["format"] = schema["format"]
    return _nullable(read) if schema.get("nullable") is True else read


def _member(name: str, value: Any) -> Any:
    if name == "type":
        return [_lower(word) for word in value] if isinstance(value, list) else _lower(value)
    if name in _COUNTS and isinstance(value, str):
        return int(value) if value.isdigit() else value
    if name in {"properties", "$defs"} and isinstance(value, dict):
        return {key: _schema(item) for key, item in value.items()}
    if name in {"anyOf", "oneOf", "allOf", "prefixItems"} and isinstance(value, list):
        return [_schema(item) for item in value]
    if name in {"items", "additionalProperties"}:
        return _schema(value)
    return [value] if name == "examples" else value


def _schema(value: Any) -> Any:
    return read_schema(value) if isinstance(value, dict) else value


def _lower(word: Any) -> Any:
    return word.lower() if isinstance(word, str) else word


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    kind = schema.get("type")
    if isinstance(kind, str) and kind != "null":
        widened = schema | {"type": [kind, "null"]}
        if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
            widened["enum"] = [*schema["enum"], None]
        return widened
    if "anyOf" in schema and isinstance(schema["anyOf"], list):
        return schema | {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    return schema
