"""Instances satisfy their schemas, by the word of a real validator."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.simulator.instance import instance_of

_SCHEMAS: list[dict[str, Any]] = [
    {},
    {"type": "object"},
    {
        "type": "object",
        "properties": {"city": {"type": "string", "enum": ["Paris", "Rome"]}},
        "required": ["city"],
    },
    {"type": "object", "required": ["free"], "additionalProperties": {"type": "integer"}},
    {"type": "array", "items": {"type": "integer", "minimum": 5}, "minItems": 3},
    {"type": "array", "prefixItems": [{"type": "string"}, {"type": "null"}], "items": False},
    {"type": "array", "maxItems": 0},
    {"items": {"type": "boolean"}},
    {"type": ["null", "string"]},
    {"type": ["null"]},
    {"const": {"a": [1, None]}},
    {"type": "string", "minLength": 9, "maxLength": 12},
    {"type": "string", "maxLength": 2},
    {"maxLength": 2},
    {"type": "string", "format": "date"},
    {"type": "number", "minimum": 0.25, "maximum": 0.75},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    {"type": "number", "multipleOf": 0.5, "minimum": 0.2},
    {"type": "integer", "exclusiveMinimum": 10},
    {"type": "integer", "maximum": -3},
    {"minimum": 2},
    {"anyOf": [{"type": "integer"}, {"type": "string"}]},
    {"oneOf": [{"type": "boolean"}, {"type": "null"}]},
    {
        "allOf": [
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
            {"properties": {"b": {"type": "integer"}}, "required": ["b"]},
        ]
    },
    {
        "$defs": {
            "node": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
                },
                "required": ["name"],
                "additionalProperties": False,
            }
        },
        "$ref": "#/$defs/node",
    },
    {"type": "object", "properties": {"next": {"$ref": "#"}}, "additionalProperties": False},
    {"definitions": {"a/b": {"type": "null"}}, "$ref": "#/definitions/a~1b"},
]


@pytest.mark.parametrize("schema", _SCHEMAS, ids=[str(schema)[:50] for schema in _SCHEMAS])
def test_instances_are_valid(schema: dict[str, Any]) -> None:
    """What is made passes the schema it was made for."""
    jsonschema.validate(instance_of(schema), schema)


def test_optional_members_are_filled_in_at_the_top() -> None:
    """A tool call shows every argument, not only the required ones."""
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "boolean"}}}
    assert instance_of(schema) == {"a": "word", "b": True}


def test_a_reference_to_nowhere_is_anything() -> None:
    """A broken schema still gets an answer."""
    assert instance_of({"$ref": "#/$defs/missing"}) == {}
    assert instance_of({"$ref": "#/$defs/x/y", "$defs": {"x": 3}}) == {}
    assert instance_of(True) == {}


_LEAVES = st.sampled_from(
    [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}, {"type": "null"}, {"enum": [1, "x"]}]
)


def _object(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    names = st.dictionaries(st.sampled_from("abcd"), inner, max_size=3)
    return names.flatmap(
        lambda properties: st.lists(st.sampled_from("abcde"), unique=True, max_size=3).map(
            lambda required: {"type": "object", "properties": properties, "required": required}
        )
    )


_ANY = st.recursive(
    _LEAVES,
    lambda inner: (
        _object(inner)
        | inner.map(lambda item: {"type": "array", "items": item, "minItems": 1})
        | st.lists(inner, min_size=1, max_size=3).map(lambda choices: {"anyOf": choices})
    ),
    max_leaves=8,
)


@given(_ANY)
def test_instances_of_any_ordinary_schema_are_valid(schema: dict[str, Any]) -> None:
    """Nested objects, arrays and choices come out valid."""
    jsonschema.validate(instance_of(schema), schema)
