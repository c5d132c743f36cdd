"""JSON Schema in Google's subset (T21): what it says survives, and what it cannot say is named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from comity.dialects.gemini.schema_reader import read_schema
from comity.dialects.gemini.schema_writer import write_schema
from comity.dialects.losses import Losses
from comity.exchange import AnswerKey, Inexpressible

GOOGLES = {
    "type",
    "format",
    "title",
    "description",
    "nullable",
    "enum",
    "items",
    "maxItems",
    "minItems",
    "properties",
    "required",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minProperties",
    "maxProperties",
    "pattern",
    "example",
    "anyOf",
    "default",
    "propertyOrdering",
}
TYPES = {"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"}


def written(schema: Any) -> tuple[dict[str, Any], list[str], list[str]]:
    """The schema in Google's words, the losses and the hints by path."""
    losses = Losses()
    made = write_schema(schema, "s", losses)
    strict = losses.request({}, AnswerKey(), lossy=False)
    missing = [one.parameter for one in strict.missing] if isinstance(strict, Inexpressible) else []
    lossy = losses.request({}, AnswerKey(), lossy=True)
    dropped = [] if isinstance(lossy, Inexpressible) else [one.parameter for one in lossy.dropped]
    return made, missing, [name for name in dropped if name not in missing]


def check(schema: Any) -> None:
    """Asserts that a schema has only Google's members, a type wherever it needs one, and items for arrays."""
    assert isinstance(schema, dict)
    assert schema.keys() <= GOOGLES, schema
    assert "anyOf" in schema or schema["type"] in TYPES
    assert "enum" not in schema or (
        schema["type"] == "STRING" and all(isinstance(w, str) for w in schema["enum"])
    )
    assert schema.get("type") != "ARRAY" or "items" in schema
    assert set(schema.get("required", ())) <= set(schema.get("properties", ()))
    for inner in (*schema.get("properties", {}).values(), *schema.get("anyOf", ())):
        check(inner)
    if "items" in schema:
        check(schema["items"])


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        ({"type": "string", "minLength": 2}, {"type": "STRING", "minLength": "2"}),
        ({"type": ["string", "null"]}, {"type": "STRING", "nullable": True}),
        ({"type": ["string", "integer"]}, {"anyOf": [{"type": "STRING"}, {"type": "INTEGER"}]}),
        ({"type": ["integer", "number"]}, {"type": "NUMBER"}),
        ({"type": "null"}, {"type": "NULL"}),
        ({"const": "a"}, {"type": "STRING", "enum": ["a"], "format": "enum"}),
        ({"enum": ["a", None]}, {"type": "STRING", "enum": ["a"], "format": "enum", "nullable": True}),
        ({"type": "integer", "exclusiveMinimum": 3}, {"type": "INTEGER", "minimum": 4}),
        (
            {"type": "integer", "exclusiveMaximum": 3, "format": "int64"},
            {"type": "INTEGER", "format": "int64", "maximum": 2},
        ),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": "STRING", "nullable": True}),
        (
            {"oneOf": [{"type": "string"}, {"type": "boolean"}]},
            {"anyOf": [{"type": "STRING"}, {"type": "BOOLEAN"}]},
        ),
        ({"anyOf": [{"type": "null"}], "description": "d"}, {"description": "d", "type": "NULL"}),
        (
            {
                "allOf": [
                    {"properties": {"a": {"type": "string"}}, "required": ["a"]},
                    {"properties": {"b": {"type": "number"}}},
                ],
                "type": "object",
            },
            {
                "type": "OBJECT",
                "properties": {"a": {"type": "STRING"}, "b": {"type": "NUMBER"}},
                "required": ["a"],
            },
        ),
        (
            {
                "$defs": {"C": {"type": "string"}},
                "type": "array",
                "items": {"$ref": "#/$defs/C", "description": "d"},
            },
            {"type": "ARRAY", "items": {"type": "STRING", "description": "d"}},
        ),
        (
            {
                "definitions": {"a/b": {"type": "string"}},
                "allOf": [{"$ref": "#/definitions/a~1b"}, {"maxLength": 3}],
            },
            {"type": "STRING", "maxLength": "3"},
        ),
        (
            {"items": {"type": "string"}, "title": "t", "examples": [["x"]]},
            {"title": "t", "example": ["x"], "type": "ARRAY", "items": {"type": "STRING"}},
        ),
        (
            {"type": "object", "properties": {"a": {"type": "boolean"}}, "propertyOrdering": ["a"]},
            {"type": "OBJECT", "properties": {"a": {"type": "BOOLEAN"}}, "propertyOrdering": ["a"]},
        ),
    ],
)
def test_T21_what_the_subset_can_say_is_said(schema: dict[str, Any], made: dict[str, Any]) -> None:
    """Each construct has Google's words, without any loss."""
    found, missing, _ = written(schema)
    assert (found, missing) == (made, [])
    check(found)


@pytest.mark.parametrize(
    ("schema", "lost"),
    [
        ({"type": "integer", "enum": [1, 2]}, ["s.enum"]),
        ({"const": 5}, ["s.enum", "s"]),
        ({"type": "array"}, ["s.items"]),
        ({}, ["s"]),
        (True, ["s"]),
        (False, ["s", "s"]),
        ({"type": "string", "not": {"const": "a"}}, ["s.not"]),
        ({"type": "number", "multipleOf": 2}, ["s.multipleOf"]),
        ({"type": "number", "exclusiveMinimum": 2}, ["s.exclusiveMinimum"]),
        ({"type": "object", "additionalProperties": {"type": "string"}}, ["s.additionalProperties"]),
        ({"type": "object", "patternProperties": {"a": {}}}, ["s.patternProperties"]),
        ({"type": "object", "required": ["a"]}, ["s.required"]),
        ({"$ref": "#/$defs/none"}, ["s.$ref", "s"]),
        ({"$ref": "https://example.org/schema"}, ["s.$ref", "s"]),
        ({"anyOf": []}, ["s.anyOf", "s"]),
        ({"allOf": [{"type": "string"}, {"type": "number"}]}, ["s.type"]),
        ({"allOf": [{"type": "string"}, False]}, ["s.allOf"]),
        (
            {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "string"}},
            ["s.prefixItems"],
        ),
        (
            {
                "$defs": {"N": {"type": "object", "properties": {"next": {"$ref": "#/$defs/N"}}}},
                "$ref": "#/$defs/N",
            },
            ["s.properties.next.$ref"],
        ),
        (
            {"$defs": {"A": {"allOf": [{"$ref": "#/$defs/A"}]}}, "allOf": [{"$ref": "#/$defs/A"}]},
            ["s.$ref", "s"],
        ),
    ],
)
def test_T21_what_the_subset_cannot_say_is_named(schema: Any, lost: list[str]) -> None:
    """Nothing is left out in silence: each construct is a loss by its path, and the rest is Google's."""
    made, missing, _ = written(schema)
    assert missing == lost
    check(made)


@pytest.mark.parametrize(
    ("left", "right", "made"),
    [
        (
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
            {"properties": {"a": {"maxLength": 2}, "b": {"type": "number"}}, "required": ["b", "a"]},
            {
                "type": "OBJECT",
                "properties": {"a": {"type": "STRING", "maxLength": "2"}, "b": {"type": "NUMBER"}},
                "required": ["a", "b"],
            },
        ),
        (
            {"type": "integer", "minimum": 1, "maximum": 9},
            {"minimum": 3, "maximum": 5},
            {"type": "INTEGER", "minimum": 3, "maximum": 5},
        ),
        (
            {"type": "string", "enum": ["a", "b"], "description": "first"},
            {"enum": ["b", "c"], "description": "second"},
            {"type": "STRING", "enum": ["b"], "format": "enum", "description": "first"},
        ),
        (
            {"type": "array", "items": {"type": "string"}},
            {"items": {"maxLength": 2}},
            {"type": "ARRAY", "items": {"type": "STRING", "maxLength": "2"}},
        ),
        (
            {"type": "object", "additionalProperties": True},
            {"additionalProperties": False},
            {"type": "OBJECT"},
        ),
        ({"type": "string"}, True, {"type": "STRING"}),
    ],
)
def test_T21_all_of_is_one_schema(left: Any, right: Any, made: dict[str, Any]) -> None:
    """Members join, bounds narrow, lists of values shrink; what says nothing changes nothing."""
    assert written({"allOf": [left, right]})[:2] == (made, [])
    assert written({"allOf": [right, left]})[1] == []


def test_annotations_are_hints() -> None:
    """What changes no meaning is left out visibly, without being refused."""
    schema = {"$schema": "x", "type": "object", "properties": {"a": {"type": "string", "format": "uuid"}}}
    _, missing, hints = written(schema | {"additionalProperties": False})
    assert missing == []
    assert sorted(hints) == ["s.$schema", "s.additionalProperties", "s.properties.a.format"]


def test_references_that_multiply_are_refused() -> None:
    """A small schema that would be huge once written out is no way to exhaust the gateway."""
    layers = {
        f"L{n}": {
            "type": "object",
            "properties": {name: {"$ref": f"#/$defs/L{n + 1}"} for name in "abcdefgh"},
        }
        for n in range(8)
    }
    layers["L8"] = {"type": "string"}
    losses = Losses()
    write_schema({"$defs": layers, "$ref": "#/$defs/L0"}, "s", losses)
    refused = losses.request({}, AnswerKey(), lossy=True)
    assert isinstance(refused, Inexpressible)
    assert "too large" in refused.missing[0].reason


def test_schemas_that_nest_too_deeply_are_refused() -> None:
    """They are no way to a fault of the gateway either."""
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(900):
        deep = {"type": "array", "items": deep}
    losses = Losses()
    write_schema(deep, "s", losses)
    assert isinstance(losses.request({}, AnswerKey(), lossy=True), Inexpressible)


words = st.sampled_from(["a", "b", "c", "de"])
scalars = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("string")}, optional={"maxLength": st.integers(0, 3), "description": words}
    ),
    st.fixed_dictionaries(
        {"type": st.just("integer")},
        optional={"minimum": st.integers(-3, 3), "exclusiveMaximum": st.integers(-3, 3)},
    ),
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(
                ["boolean", "number", ["string", "null"], ["integer", "boolean"], ["string", "number"]]
            )
        }
    ),
    st.lists(words, min_size=1, max_size=3, unique=True).map(
        lambda values: {"type": "string", "enum": values}
    ),
    words.map(lambda word: {"const": word}),
    st.sampled_from(["D0", "D1"]).map(lambda name: {"$ref": f"#/$defs/{name}"}),
)


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    properties = st.dictionaries(words, inner, max_size=2)
    return st.one_of(
        properties.map(lambda held: {"type": "object", "properties": held, "required": sorted(held)[:1]}),
        inner.map(lambda item: {"type": "array", "items": item, "maxItems": 2}),
        st.lists(inner, min_size=1, max_size=2).map(lambda options: {"anyOf": [*options, {"type": "null"}]}),
        properties.map(
            lambda held: {"allOf": [{"type": "object", "properties": held}, {"minProperties": 1}]}
        ),
    )


schemas = st.recursive(scalars, _objects, max_leaves=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-4, 4) | st.just(0.5) | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(schemas, schemas, st.lists(values, min_size=1, max_size=8))
def test_T21_the_same_values_are_valid_before_and_after(
    schema: Any, definition: Any, tried: list[Any]
) -> None:
    """A schema without losses means the same: Google's words, read again, judge every value alike."""
    plain = definition if "$ref" not in str(definition) else {"type": "string"}
    whole = schema | {"$defs": {"D0": plain, "D1": {"type": "integer"}}}
    made, missing, _ = written(whole)
    check(made)
    again = Draft202012Validator(read_schema(made))
    original = Draft202012Validator(whole)
    for value in tried:
        if not missing:
            assert again.is_valid(value) == original.is_valid(value), (whole, made, value)


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | words,
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(
                    [*GOOGLES, "allOf", "oneOf", "$ref", "$defs", "const", "not", "additionalProperties"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_T21_any_schema_at_all_becomes_one_that_google_takes(schema: Any) -> None:
    """Nonsense is no reason to fail: what comes out has only Google's members."""
    made, _, _ = written(schema)
    check_members(made)


def check_members(schema: Any) -> None:
    """Only Google's member names, everywhere."""
    assert schema.keys() <= GOOGLES
    for inner in (*schema.get("properties", {}).values(), *schema.get("anyOf", ())):
        check_members(inner)


def test_googles_schemas_are_read_as_json_schema() -> None:
    """Types, nullability and counts in Google's spelling, in either case."""
    google = {
        "type": "OBJECT",
        "properties": {
            "any_of": {"anyOf": [{"type": "STRING"}], "nullable": True},
            "list": {
                "type": "ARRAY",
                "items": {"type": "INTEGER", "format": "int32"},
                "min_items": "1",
                "maxItems": "x",
            },
            "word": {"type": "STRING", "enum": ["a"], "nullable": True, "format": "enum", "example": "a"},
            "free": {"nullable": True},
            "several": {"type": ["STRING", 3]},
        },
        "property_ordering": ["word"],
        "defs": {"A": {"type": "NUMBER"}},
    }
    assert read_schema(google) == {
        "type": "object",
        "properties": {
            "any_of": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "list": {
                "type": "array",
                "items": {"type": "integer", "format": "int32"},
                "minItems": 1,
                "maxItems": "x",
            },
            "word": {"type": ["string", "null"], "enum": ["a", None], "examples": ["a"]},
            "free": {},
            "several": {"type": ["string", 3]},
        },
        "propertyOrdering": ["word"],
        "$defs": {"A": {"type": "number"}},
    }
