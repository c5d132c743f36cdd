"""`allOf` as one schema, where its members can be merged; where they cannot, that is a loss by name."""

from __future__ import annotations

from typing import Any

from comity.dialects.losses import Losses

_HIGHER = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
_LOWER = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})
_ABOUT = frozenset({"title", "description", "default", "examples", "$defs", "definitions"})


def merge_all(schema: dict[str, Any], path: str, losses: Losses) -> dict[str, Any]:
    """The schema without its `allOf`."""
    merged = {name: value for name, value in schema.items() if name != "allOf"}
    for part in schema["allOf"]:
        if isinstance(part, dict):
            merged = _merge(merged, part, path, losses)
        elif part is not True:
            losses.loss(f"{path}.allOf", "Google's schemas have no place for it")
    return merged


def _merge(left: dict[str, Any], right: dict[str, Any], path: str, losses: Losses) -> dict[str, Any]:
    merged = dict(left)
    for name, value in right.items():
        if name not in merged or (name in _ABOUT and not isinstance(merged[name], dict)):
            merged.setdefault(name, value)
        elif merged[name] != value:
            merged[name] = _both(name, merged[name], value, f"{path}.{name}", losses)
    return merged


def _both(name: str, left: Any, right: Any, path: str, losses: Losses) -> Any:
    if name in {"properties", "$defs", "definitions"} and isinstance(left, dict) and isinstance(right, dict):
        return {key: _one(key, left, right) for key in dict.fromkeys([*left, *right])}
    if name == "required" and isinstance(left, list) and isinstance(right, list):
        return list(dict.fromkeys([*left, *right]))
    if isinstance(left, (int, float)) and isinstance(right, (int, float)) and name in _HIGHER | _LOWER:
        return max(left, right) if name in _HIGHER else min(left, right)
    if name == "enum" and isinstance(left, list) and isinstance(right, list):
        return [value for value in left if value in right]
    if name == "additionalProperties" and True in (left, right):
        return right if left is True else left
    if name == "items" and isinstance(left, dict) and isinstance(right, dict):
        return {"allOf": [left, right]}
    losses.loss(path, "the parts of `allOf` say different things here")
    return left


def _one(key: str, left: dict[str, Any], right: dict[str, Any]) -> Any:
    if key in left and key in right and left[key] != right[key]:
        return {"allOf": [left[key], right[key]]}
    return left.get(key, right.get(key))
