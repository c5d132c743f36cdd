"""A value that satisfies a JSON Schema, for tool arguments and structured answers.

It covers what tools and structured outputs use: types, enum, const, objects, arrays, bounds, formats, local
references and the combinators. A `pattern` is not solved, and `not` is not looked at.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]
AnySchema: TypeAlias = dict[str, Any] | bool

_DEPTH = 6
_FORMATS = {
    "date": "2026-03-18",
    "date-time": "2026-03-18T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "email": "someone@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "uuid": "5f0c7e52-7c1c-4d43-9a57-4f7c53b4a5a1",
}


def instance_of(schema: AnySchema) -> Any:
    """A value that `schema` accepts; `{}` where it says nothing."""
    return _build(schema, schema if isinstance(schema, dict) else {}, _DEPTH)


def _build(schema: AnySchema, root: Schema, depth: int) -> Any:
    if isinstance(schema, bool) or depth < -_DEPTH:
        return {}
    schema = _flatten(schema, root)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((name for name in kind if name != "null"), "null")
    if kind is None:
        kind = _implied_type(schema)
    if kind == "object":
        return _object(schema, root, depth)
    if kind == "array":
        return _array(schema, root, depth)
    return _scalar(kind, schema)


def _implied_type(schema: Schema) -> str:
    if "items" in schema or "prefixItems" in schema:
        return "array"
    if "minimum" in schema or "maximum" in schema:
        return "number"
    return "string" if {"minLength", "maxLength", "format"} & schema.keys() else "object"


def _flatten(schema: Schema, root: Schema) -> Schema:
    """The schema with references followed, `allOf` merged and the first of `anyOf` or `oneOf` taken."""
    for _ in range(_DEPTH):
        if "$ref" in schema:
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            schema = _merge(_resolve(str(schema["$ref"]), root), rest)
        elif schema.get("allOf"):
            rest = {key: value for key, value in schema.items() if key != "allOf"}
            for part in schema["allOf"]:
                rest = _merge(rest, _flatten(part, root))
            schema = rest
        elif schema.get("anyOf") or schema.get("oneOf"):
            name = "anyOf" if schema.get("anyOf") else "oneOf"
            rest = {key: value for key, value in schema.items() if key != name}
            schema = _merge(rest, schema[name][0])
        else:
            break
    return schema


def _merge(first: Schema, second: Schema) -> Schema:
    merged = {**first, **second}
    for name in ("properties", "$defs"):
        if name in first and name in second:
            merged[name] = {**first[name], **second[name]}
    if "required" in first and "required" in second:
        merged["required"] = [*first["required"], *second["required"]]
    return merged


def _resolve(reference: str, root: Schema) -> Schema:
    target: Any = root
    for step in reference.removeprefix("#").split("/")[1:]:
        target = (
            target.get(step.replace("~1", "/").replace("~0", "~"), {}) if isinstance(target, dict) else {}
        )
    return target if isinstance(target, dict) else {}


def _object(schema: Schema, root: Schema, depth: int) -> dict[str, Any]:
    properties: dict[str, Any] = schema.get("properties", {})
    required = set(schema.get("required", ()))
    # Optional members stop early, so that a recursive schema comes to an end.
    names = [name for name in properties if name in required or depth > _DEPTH - 2]
    made = {name: _build(properties[name], root, depth - 1) for name in names}
    rest = schema.get("additionalProperties", {})
    return made | {name: _build(rest, root, depth - 1) for name in sorted(required - properties.keys())}


def _array(schema: Schema, root: Schema, depth: int) -> list[Any]:
    made = [_build(item, root, depth - 1) for item in schema.get("prefixItems", ())]
    least = schema.get("minItems", 1 if depth > 0 and schema.get("maxItems", 1) > 0 else 0)
    items = schema.get("items", {})
    if items is False:
        return made
    return made + [_build(items, root, depth - 1) for _ in range(least - len(made))]


def _scalar(kind: str, schema: Schema) -> Any:
    if kind == "string":
        return _string(schema)
    if kind in {"integer", "number"}:
        return _number(schema, whole=kind == "integer")
    return {"boolean": True, "null": None}.get(kind, {})


def _string(schema: Schema) -> str:
    text = _FORMATS.get(str(schema.get("format", "")), "word")
    longest = schema.get("maxLength", len(text))
    return text.ljust(schema.get("minLength", 0), "x")[: max(longest, schema.get("minLength", 0))]


def _number(schema: Schema, *, whole: bool) -> int | float:
    step = schema.get("multipleOf", 1)
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is None:
        low = 1 if high is None or high > 1 else high - 2 * step
    value = math.ceil(low / step) * step
    if value == schema.get("exclusiveMinimum"):
        value += step
    if high is not None and (value > high or value == schema.get("exclusiveMaximum")) and not whole:
        return float((low + high) / 2)
    return int(value) if whole or float(value).is_integer() else value
