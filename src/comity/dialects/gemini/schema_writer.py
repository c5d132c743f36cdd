"""JSON Schema as Google's subset of OpenAPI, for models that take no JSON Schema.

References are written out, `allOf` is merged, `const` and several types are said in Google's words. What the
subset cannot say is a loss by its path, never left out in silence; what only annotates is a hint.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from comity.dialects.gemini.schema_merge import merge_all
from comity.dialects.losses import Losses

_KINDS = ("object", "array", "string", "integer", "number", "boolean")
_COPIED = ("title", "description", "minimum", "maximum", "pattern", "default", "propertyOrdering")
_COUNTS = ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties")
_FORMATS = {
    "string": {"enum", "date-time"},
    "integer": {"int32", "int64"},
    "number": {"float", "double"},
}
_ANNOTATIONS = frozenset(
    {"$schema", "$id", "$comment", "$anchor", "readOnly", "writeOnly", "deprecated", "contentMediaType"}
)
_DONE = frozenset(
    {"type", "enum", "format", "properties", "required", "items", "anyOf", "oneOf", "$defs", "definitions"}
    | {"nullable", "additionalProperties", "examples", "example", "exclusiveMinimum", "exclusiveMaximum"}
    | {*_COPIED, *_COUNTS}
)
_OF_KIND = {
    "object": {"properties", "required", "additionalProperties", "propertyOrdering"}
    | {"minProperties", "maxProperties"},
    "array": {"items", "minItems", "maxItems"},
    "string": {"pattern", "minLength", "maxLength", "format"},
    "integer": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "format"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "format"},
    "boolean": set(),
}
_MOST = 5_000
"""Most subschemas that references may be written out to."""
_NO_PLACE = "Google's schemas have no place for it"


def write_schema(schema: Any, path: str, losses: Losses) -> dict[str, Any]:
    """The schema in Google's subset; tells `losses` what it cannot say."""
    try:
        return _Writer(schema, losses).write(schema, path, ())
    except RecursionError:
        losses.impossible(path, "the schema nests too deeply")
        return {"type": "OBJECT"}


class _Writer:
    def __init__(self, root: Any, losses: Losses) -> None:
        self._root = root
        self._losses = losses
        self._left = _MOST

    def write(self, schema: Any, path: str, inside: tuple[str, ...]) -> dict[str, Any]:
        """One schema; `inside` are the references that are being written out around it."""
        self._left -= 1
        if self._left < 0:
            self._losses.impossible(path, "the schema is too large once its references are written out")
            return {"type": "OBJECT"}
        if schema is True or schema == {}:
            return self._anything(path)
        if not isinstance(schema, dict):
            self._losses.loss(path, _NO_PLACE)
            return self._anything(path)
        if "$ref" in schema:
            return self._reference(schema, path, inside)
        if "allOf" in schema:
            merged = merge_all(self._resolved(schema, path, inside), path, self._losses)
            return self.write(merged, path, inside)
        return self._plain(schema, path, inside)

    def _plain(self, schema: dict[str, Any], path: str, inside: tuple[str, ...]) -> dict[str, Any]:
        schema = _without_const(schema)
        kinds, nullable = _kinds(schema)
        if "anyOf" in schema or "oneOf" in schema:
            return self._union(schema, path, inside)
        self._note_unknown(schema, path)
        enum = self._enum(schema, kinds, path)
        if len(kinds) > 1:
            options = [
                self._of_kind(_narrowed(schema, kind), kind, path, inside) for kind in dict.fromkeys(kinds)
            ]
            written: dict[str, Any] = self._about(schema) | {"anyOf": options}
        elif kinds:
            written = self._about(schema) | self._of_kind(schema, kinds[0], path, inside)
        elif nullable:
            written = self._about(schema) | {"type": "NULL"}
            nullable = False
        else:
            written = self._about(schema) | self._anything(path)
        return written | enum | ({"nullable": True} if nullable else {})

    def _of_kind(
        self, schema: dict[str, Any], kind: str, path: str, inside: tuple[str, ...]
    ) -> dict[str, Any]:
        written: dict[str, Any] = {"type": kind.upper()}
        for name in ("minimum", "maximum", "pattern"):
            if schema.get(name) is not None and name in _OF_KIND[kind]:
                written[name] = schema[name]
        for name in _COUNTS:
            if isinstance(schema.get(name), int) and name in _OF_KIND[kind]:
                written[name] = str(schema[name])
        if kind == "object":
            written |= self._object(schema, path, inside)
        elif kind == "array":
            written["items"] = self.write(schema.get("items", True), f"{path}.items", inside)
        else:
            self._scalar(schema, kind, path, written)
        return written

    def _object(self, schema: dict[str, Any], path: str, inside: tuple[str, ...]) -> dict[str, Any]:
        properties = schema.get("properties")
        written: dict[str, Any] = {}
        if isinstance(properties, dict) and properties:
            written["properties"] = {
                name: self.write(value, f"{path}.properties.{name}", inside)
                for name, value in properties.items()
            }
        wanted = schema.get("required")
        required = wanted if isinstance(wanted, list) else []
        described = written.get("properties", {})
        known = [name for name in required if isinstance(name, str) and name in described]
        if len(known) < len(required):
            self._losses.loss(f"{path}.required", "it names properties that the schema does not describe")
        if known:
            written["required"] = known
        if isinstance(schema.get("propertyOrdering"), list):
            written["propertyOrdering"] = schema["propertyOrdering"]
        self._more_properties(schema.get("additionalProperties", True), path)
        return written

    def _more_properties(self, more: Any, path: str) -> None:
        if more is False:
            self._losses.hint(f"{path}.additionalProperties", "Google writes declared properties only")
        elif more not in (True, {}):
            self._losses.loss(f"{path}.additionalProperties", _NO_PLACE)

    def _scalar(self, schema: dict[str, Any], kind: str, path: str, written: dict[str, Any]) -> None:
        form = schema.get("format")
        if isinstance(form, str) and form in _FORMATS.get(kind, set()):
            written["format"] = form
        elif form is not None:
            self._losses.hint(f"{path}.format", f"Google knows no format `{form}`")
        for name, bound, step in (("exclusiveMinimum", "minimum", 1), ("exclusiveMaximum", "maximum", -1)):
            limit = schema.get(name)
            if limit is None or name not in _OF_KIND[kind]:
                continue
            if kind == "integer" and isinstance(limit, int) and bound not in schema:
                written[bound] = limit + step
            else:
                self._losses.loss(f"{path}.{name}", _NO_PLACE)

    def _enum(self, schema: dict[str, Any], kinds: list[str], path: str) -> dict[str, Any]:
        values = schema.get("enum")
        if not isinstance(values, list):
            return {}
        words = [value for value in values if value is not None]
        if kinds != ["string"] or not words or not all(isinstance(value, str) for value in words):
            if words or kinds:
                self._losses.loss(f"{path}.enum", "Google lists values of text only")
            return {}
        return {"enum": words, "format": "enum"}

    def _union(self, schema: dict[str, Any], path: str, inside: tuple[str, ...]) -> dict[str, Any]:
        name = "anyOf" if "anyOf" in schema else "oneOf"
        options = schema[name]
        rest = {key: value for key, value in schema.items() if key != name}
        if not isinstance(options, list) or not options:
            self._losses.loss(f"{path}.{name}", _NO_PLACE)
            return self.write(rest or True, path, inside)
        about = self._about(rest)
        shared = {key: value for key, value in rest.items() if key not in {*about, "$defs", "definitions"}}
        nulls = [option for option in options if option == {"type": "null"}]
        others = [option for option in options if option != {"type": "null"}]
        written = [
            self.write({"allOf": [shared, option]} if shared else option, f"{path}.{name}[{index}]", inside)
            for index, option in enumerate(others)
        ]
        null = {"nullable": True} if nulls else {}
        if not written:
            return about | {"type": "NULL"}
        return (written[0] | about | null) if len(written) == 1 else (about | {"anyOf": written} | null)

    def _reference(self, schema: dict[str, Any], path: str, inside: tuple[str, ...]) -> dict[str, Any]:
        name = schema["$ref"]
        target = self._find(name)
        beside = {key: value for key, value in schema.items() if key not in {"$ref", "$defs", "definitions"}}
        if target is None:
            self._losses.loss(f"{path}.$ref", f"nothing is found at `{name}`")
            return self.write(beside or True, path, inside)
        if name in inside:
            self._losses.loss(f"{path}.$ref", "Google's schemas cannot refer to themselves")
            return self._about(beside) | {"type": "OBJECT"}
        whole = {"allOf": [target, beside]} if beside else target
        return self.write(whole, path, (*inside, name))

    def _resolved(self, schema: dict[str, Any], path: str, inside: tuple[str, ...]) -> dict[str, Any]:
        """The schema with the references of its `allOf` looked up, as far as they do not recur."""
        parts = schema["allOf"] if isinstance(schema["allOf"], list) else []
        return schema | {"allOf": [self._look_up(part, path, inside) for part in parts]}

    def _look_up(self, part: Any, path: str, inside: tuple[str, ...]) -> Any:
        seen = set(inside)
        while isinstance(part, dict) and "$ref" in part:
            name = part["$ref"]
            target = self._find(name)
            if target is None or name in seen:
                self._losses.loss(f"{path}.$ref", "it cannot be written out here")
                return {}
            seen.add(name)
            beside = {key: value for key, value in part.items() if key != "$ref"}
            part = {"allOf": [target, beside]} if beside else target
        if isinstance(part, dict) and "allOf" in part:
            return merge_all(self._resolved(part, path, (*seen,)), path, self._losses)
        return part

    def _find(self, reference: Any) -> Any:
        if not isinstance(reference, str) or not reference.startswith("#"):
            return None
        target = self._root
        for piece in reference.removeprefix("#").strip("/").split("/"):
            name = unquote(piece).replace("~1", "/").replace("~0", "~")
            if name:
                target = target.get(name) if isinstance(target, dict) else None
        return target

    def _anything(self, path: str) -> dict[str, Any]:
        self._losses.loss(path, "Google's schemas say a type: any value is said as text, a number or a truth")
        return {"anyOf": [{"type": "STRING"}, {"type": "NUMBER"}, {"type": "BOOLEAN"}]}

    def _about(self, schema: dict[str, Any]) -> dict[str, Any]:
        about = {
            name: schema[name] for name in ("title", "description", "default") if schema.get(name) is not None
        }
        examples = schema.get("examples")
        if isinstance(examples, list) and examples:
            about["example"] = examples[0]
        return about

    def _note_unknown(self, schema: dict[str, Any], path: str) -> None:
        for name in schema.keys() - _DONE:
            if name in _ANNOTATIONS or name.startswith("x-"):
                self._losses.hint(f"{path}.{name}", _NO_PLACE)
            else:
                self._losses.loss(f"{path}.{name}", _NO_PLACE)


def _without_const(schema: dict[str, Any]) -> dict[str, Any]:
    if "const" not in schema:
        return schema
    rest = {name: value for name, value in schema.items() if name != "const"}
    return rest | {"enum": [schema["const"]]}


def _kinds(schema: dict[str, Any]) -> tuple[list[str], bool]:
    """The types a value may have, `null` apart."""
    stated = schema.get("type")
    words = [stated] if isinstance(stated, str) else stated if isinstance(stated, list) else []
    values = schema.get("enum")
    nullable = "null" in words or schema.get("nullable") is True
    if isinstance(values, list):
        # What is listed is all that may come, so `null` must be listed too.
        nullable = None in values and (nullable or not words)
    kinds = [word for word in words if word in _KINDS]
    if "number" in kinds:
        kinds = [kind for kind in kinds if kind != "integer"]
    return (kinds, nullable) if words else (_implied(schema), nullable)


def _implied(schema: dict[str, Any]) -> list[str]:
    if "properties" in schema:
        return ["object"]
    if "items" in schema:
        return ["array"]
    values = schema.get("enum")
    if isinstance(values, list) and any(isinstance(value, str) for value in values):
        return ["string"]
    return []


def _narrowed(schema: dict[str, Any], kind: str) -> dict[str, Any]:
    about = {"title", "description", "default", "examples"}
    return {name: value for name, value in schema.items() if name in _OF_KIND[kind] and name not in about}
