"""JSON Schemas of blocks and front matter, for editors: completion, hover texts, red lines while typing.

Without a book any name passes; with one, its attributes, values, parties and clause ids are offered and
nothing else is accepted. A schema sees one block at a time: grades, dates and cycles are for `comity check`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from comity.contracts.book import Book
from comity.contracts.grammar.words import BlockKind, Grammar, Key, grammar
from comity.contracts.parse_front import standard_vocabulary
from comity.contracts.predicates import Words
from comity.contracts.vocabulary import Attribute, Kind

Schema: TypeAlias = dict[str, Any]
"""A JSON Schema, or a part of one."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ID = r"^[a-z0-9][a-z0-9_]*(?:[.-][a-z0-9_]+)*$"
_DAY = r"\d{4}-\d{2}-\d{2}"
_NUMBER: Schema = {"type": "number"}
_TEXT: Schema = {"type": ["string", "number"]}
_WORD: Schema = {"type": "string", "minLength": 1}


def block_schema(book: Book | None = None) -> Schema:
    """The schema of the YAML in a `comity` block; with a book, in the words of that book."""
    writer = _Writer(grammar(), book)
    kinds = {kind: writer.block(kind, block) for kind, block in grammar().blocks.items()}
    return {
        "$schema": _DIALECT,
        "title": "A block of a Comity contract" if book is None else f"A block of {book.title}",
        "oneOf": [{"$ref": f"#/$defs/{kind}"} for kind in kinds],
        "$defs": {**kinds, **writer.definitions()},
    }


def front_schema(book: Book | None = None) -> Schema:
    """The schema of the front matter of a contract or vocabulary file."""
    writer = _Writer(grammar(), book)
    kinds = {"contract": writer.section("front"), "vocabulary": writer.section("shared")}
    return {
        "$schema": _DIALECT,
        "title": "The front matter of a Comity contract or vocabulary file",
        "oneOf": [{"$ref": f"#/$defs/{kind}"} for kind in kinds],
        "$defs": {**kinds, **writer.definitions()},
    }


def _one_or_more(item: Schema) -> Schema:
    return {"anyOf": [item, {"type": "array", "items": item}]}


def _object(
    properties: Mapping[str, Schema], required: Iterable[str] = (), rest: Schema | None = None
) -> Schema:
    found: Schema = {"type": "object", "properties": dict(properties)}
    found["additionalProperties"] = rest if rest is not None else False
    if required:
        found["required"] = list(required)
    return found


class _Writer:
    """Writes the parts of a schema for the words of one book, or of none in particular."""

    def __init__(self, known: Grammar, book: Book | None) -> None:
        self.grammar = known
        self.book = book
        self.vocabulary = standard_vocabulary() if book is None else book.vocabulary
        self.shapes: dict[str, Callable[[], Schema]] = {
            "id": lambda: {"type": "string", "pattern": _ID},
            "text": lambda: _TEXT,
            "word": lambda: _WORD,
            "words": lambda: _one_or_more(_WORD),
            "name": lambda: _WORD,
            "names": lambda: _one_or_more(_WORD),
            "everyone": lambda: _one_or_more(self._named("clauses")),
            "party": lambda: self._named("parties"),
            "parties": lambda: _one_or_more(self._named("parties")),
            "titles": lambda: {"type": "object", "additionalProperties": _TEXT},
            "day": lambda: {"type": "string", "pattern": f"^{_DAY}$"},
            "moment": lambda: {"type": "string", "pattern": f"^{_DAY}(?:[T ].+)?$"},
            "period": lambda: {"type": "string", "pattern": rf"^\s*(?:{_DAY})?\s*\.\.\s*(?:{_DAY})?\s*$"},
            "days": lambda: {"anyOf": [self.shapes["day"](), self.shapes["period"]()]},
            "done": lambda: {"anyOf": [{"const": True}, {"$ref": "#/$defs/amount"}]},
            "flag": lambda: {"type": "boolean"},
            "number": lambda: _NUMBER,
            "count": lambda: {"type": "integer", "minimum": 0},
            "amount": lambda: {"$ref": "#/$defs/amount"},
            "predicate": lambda: {"$ref": "#/$defs/predicate"},
            "facts": lambda: {"$ref": "#/$defs/facts"},
            "ends": lambda: {"anyOf": [_WORD, self.section("first_of")]},
            "values": lambda: {"$ref": "#/$defs/values"},
            "outcomes": lambda: self._by_party(list(self.grammar.sections["outcome"].choices)),
            "states": lambda: self._by_party(list(self.grammar.blocks["duty_example"].keys["state"].choices)),
            "silence": lambda: {"type": ["string", "number", "boolean"]},
        }

    def block(self, kind: str, block: BlockKind) -> Schema:
        """The schema of one kind of block."""
        head = Key(shape=block.shape, meaning=block.about, example=block.example, of=block.of)
        word = block.word or kind
        keys = {word: head, **self.grammar.keys(kind)}
        required = [word, *(name for name, key in block.keys.items() if key.required)]
        found = _object({name: self.key(name, key) for name, key in keys.items()}, required)
        if kind == "duty_example":
            found["required"].remove("state")
            found["anyOf"] = [{"required": ["state"]}, {"required": ["owes"]}]
        return {**found, "description": block.about}

    def section(self, name: str) -> Schema:
        """The schema of a mapping with the keys of a section."""
        keys = self.grammar.sections[name].keys
        properties = {key: self.key(key, facts) for key, facts in keys.items()}
        replaced = {facts.instead_of for facts in keys.values()}
        required = [key for key, facts in keys.items() if facts.required and key not in replaced]
        return _object(properties, required)

    def key(self, name: str, key: Key) -> Schema:
        """The schema of the value of one key, with its meaning for hover texts."""
        return {**self._value(name, key), "description": key.meaning, "examples": [_json(key.example)]}

    def _value(self, name: str, key: Key) -> Schema:
        choices = self.grammar.choices(key)
        if choices:
            letters = [word[0].upper() for word in choices] if key.choices_of == "grade" else []
            return {"enum": [*choices, *letters]}
        if key.of:
            return self._composed(key)
        if (named := self._reference(name, key.shape)) is not None:
            return named
        return self.shapes[key.shape]()

    def _composed(self, key: Key) -> Schema:
        inner = self.section(key.of)
        if key.of in {"reading", "source"}:
            return {"type": "object", "additionalProperties": inner, "minProperties": 1}
        if key.of == "settled":
            return {"anyOf": [{"const": "open"}, inner, {"type": "array", "items": inner}]}
        if key.shape == "lists":
            return _one_or_more(inner)
        return {"type": "array", "items": inner} if key.shape == "list" else inner

    def _reference(self, name: str, shape: str) -> Schema | None:
        """What a key that names something else may name, when the book says what there is."""
        what = {
            "overrides": "clauses",
            "supersedes": "clauses",
            "because": "deciders",
            "end": "clauses",
            "duty": "clauses",
            "exercise": "clauses",
            "event": "events",
            "needs": "attributes",
            "values_of": "attributes",
        }.get(name)
        if what is None or shape not in {"name", "names", "words"}:
            return None
        item = self._named(what)
        return item if shape == "name" else _one_or_more(item)

    def _named(self, what: str) -> Schema:
        if self.book is None:
            return _WORD
        clauses = [clause.id for clause in self.book.clauses]
        known: dict[str, list[str]] = {
            "clauses": [*clauses, "*"],
            "deciders": [*clauses, *self.book.contracts],
            "parties": list(self.book.parties),
            "events": list(self.book.events),
            "attributes": list(self.vocabulary.attributes),
        }
        return {"enum": known[what]}

    def definitions(self) -> dict[str, Schema]:
        """The parts that others refer to."""
        amount: Schema = {"type": "string", "pattern": r"^\s*[0-9][0-9eE.+-]*\s+[A-Za-z][A-Za-z0-9/_-]*\s*$"}
        values: Schema = {"$ref": "#/$defs/values"}
        return {
            "amount": {"anyOf": [amount, self.section("interval")]},
            "values": {
                "anyOf": [
                    _WORD,
                    {"type": "array", "items": values},
                    {"type": "object", "additionalProperties": {"anyOf": [values, {"type": "null"}]}},
                ]
            },
            "predicate": self._predicate(nested=False),
            "alternative": self._predicate(nested=True),
            "facts": self._facts(),
        }

    def _predicate(self, *, nested: bool) -> Schema:
        keys = self.grammar.sections["predicate"].keys
        tests = {name: self._test(attribute) for name, attribute in self.vocabulary.attributes.items()}
        defined: Schema = _WORD if self.book is None else {"enum": list(self.book.definitions)}
        term = _one_or_more(defined)
        is_ = {"anyOf": [*term["anyOf"], _object({"not": term}, ["not"])], "description": keys["is"].meaning}
        alternatives: Schema = {
            "type": "array",
            "items": {"$ref": "#/$defs/alternative"},
            "minItems": 1,
            "description": keys["any"].meaning,
        }
        own = {"is": is_} if nested else {"is": is_, "any": alternatives}
        return _object({**own, **tests}, rest=_loose_test() if self.book is None else None)

    def _test(self, attribute: Attribute) -> Schema:
        item = self._fact(attribute)
        several: Schema = {"type": "array", "items": item, "minItems": 1}
        keys = self.grammar.sections["test"].keys
        no = {"anyOf": [item, several], "description": keys["not"].meaning}
        forms = [item, *([] if attribute.kind is Kind.FLAG else [several]), _object({"not": no}, ["not"])]
        if attribute.kind is Kind.NUMBER:
            ends = {name: {**_NUMBER, "description": keys[name].meaning} for name in ("over", "at_most")}
            forms.append({**_object(ends), "minProperties": 1})
        return {"anyOf": forms, "description": _described(attribute)}

    def _facts(self) -> Schema:
        facts: dict[str, Schema] = {}
        for name, attribute in self.vocabulary.attributes.items():
            item = self._fact(attribute)
            form = _one_or_more(item) if attribute.set else item
            facts[name] = {**form, "description": _described(attribute)}
        return _object(facts, rest={} if self.book is None else None)

    def _fact(self, attribute: Attribute) -> Schema:
        if attribute.kind is Kind.FLAG:
            return {"type": "boolean"}
        if attribute.kind is Kind.NUMBER:
            return _NUMBER
        known = sorted(
            Words(self.vocabulary, () if self.book is None else self.book.parties, ()).known(attribute)
        )
        closed = attribute.kind is not Kind.NAME and not attribute.open
        if self.book is not None and closed:
            return {"enum": known}
        return {"anyOf": [{"enum": known}, _WORD]} if known else _WORD

    def _by_party(self, words: list[str]) -> Schema:
        said: Schema = {"enum": words}
        if self.book is None:
            return {"type": "object", "additionalProperties": said}
        return _object(dict.fromkeys(self.book.parties, said))


def _loose_test() -> Schema:
    """The test of an attribute that nobody has heard of: a word of some book's own."""
    item = {"type": ["string", "number", "boolean"]}
    ends = _object({"not": _one_or_more(item), "over": _NUMBER, "at_most": _NUMBER})
    return {"anyOf": [*_one_or_more(item)["anyOf"], {**ends, "minProperties": 1}]}


def _described(attribute: Attribute) -> str:
    default = attribute.default
    if default is None:
        return attribute.title
    words = ", ".join(sorted(default)) if isinstance(default, frozenset) else str(default).lower()
    return f"{attribute.title}; when it is not stated: {words}"


def _json(value: object) -> object:
    """An example as JSON knows it: a Decimal becomes a float, which an editor only shows."""
    if isinstance(value, dict):
        return {key: _json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    return value if isinstance(value, str | bool | int) or value is None else float(str(value))
