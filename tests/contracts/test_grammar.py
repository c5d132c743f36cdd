"""The registry of words and the parser agree, word by word and in both directions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from comity.contracts import Book, Grade, Outcome, block_schema, book_from_text, front_schema, load_book
from comity.contracts.clauses import Authority, Effect
from comity.contracts.duty_state import State
from comity.contracts.fields import GRADES
from comity.contracts.grammar import BlockKind, Key, grammar, language_page
from comity.contracts.grammar.page import flow
from comity.contracts.markdown import parse_document
from comity.contracts.parse_block import KINDS
from comity.contracts.vocabulary import Kind
from comity.errors import BookError

ROOT = Path(__file__).parents[2]
PARSERS = ("parse_block", "parse_duty", "parse_reserve", "parse_front", "parse_record", "predicates")
LOOSE = jsonschema.Draft202012Validator(block_schema())
FRONT = """
contract: lease
parties: {acme: Acme GmbH, host: Hosting SA}
order: [cover, terms]
authority: law
sources:
  S1: {title: Signed copy, date: 2025-12-12, grade: verified}
events: {agi_verified: the panel verifies that AGI was reached}
"""
BACKGROUND = """
### other.clause
```comity
permit: {action: pay}
in_force: 2020-01-01 ..
```
### other.power
```comity
power: {holder: acme, may: terminate, of: [other.clause]}
```
### other.waiver
```comity
power: {holder: acme, may: waive, of: [other.clause]}
```
### other.duty
```comity
owe: {from: acme, to: host, buy: azure, counts: {eligible: true}, amount: 15e6 USD, by: 2026-12-31}
in_force: 2026-01-01 ..
```
"""
TERM = """
```comity
define: small_job
means: {surface: api}
```
"""


def contract(block: dict[str, object], front: str = FRONT) -> str:
    """A contract with one block, with everything around it that examples refer to."""
    term = "" if "define" in block else TERM
    body = "\n".join(f"{key}: {flow(value)}" for key, value in block.items())
    return f"---{front}---\n{BACKGROUND}{term}\n### the.clause\n```comity\n{body}\n```\n"


def parses(block: dict[str, object]) -> None:
    """The parser takes the block; a link that the block alone cannot have is no matter."""
    try:
        book_from_text(contract(block))
    except BookError as error:
        pytest.fail(f"{block}\n{error}")


def schema_takes(block: object, book: Book | None = None) -> bool:
    """Whether the schema of blocks takes the value."""
    validator = LOOSE if book is None else jsonschema.Draft202012Validator(block_schema(book))
    return bool(validator.is_valid(plain(block)))


def plain(value: object) -> object:
    """The value as JSON has it."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value if isinstance(value, str | bool | int) or value is None else float(str(value))


def least(kind: str, block: BlockKind) -> dict[str, object]:
    """The block with nothing but what it must have."""
    needed = {name: key.example for name, key in block.keys.items() if key.required}
    if kind == "define":
        needed["means"] = {"surface": "api"}
    return {block.word or kind: block.example, **needed, **block.along}


def blocks() -> Iterator[Any]:
    """Every kind of block, alone and with each of its keys, as the registry shows them."""
    for kind, block in grammar().blocks.items():
        yield pytest.param(least(kind, block), id=kind)
        for name, key in grammar().keys(kind).items():
            smallest = least(kind, block)
            smallest.pop(key.instead_of, None)
            yield pytest.param({**smallest, **key.along, name: key.example}, id=f"{kind}.{name}")


def nested() -> Iterator[Any]:
    """The keys of the mappings inside blocks, each in a block of its own."""
    homes: dict[str, Any] = {
        "owe": lambda inner: {"owe": inner},
        "power": lambda inner: {"power": inner},
        "reading": lambda inner: {
            "define": "job",
            "readings": {"one": inner, "two": {"means": {"state": "stateless"}}},
        },
        "settled": lambda inner: {"define": "job", "means": {"surface": "api"}, "settled": inner},
        "milestone": lambda inner: {
            "owe": {"from": "acme", "to": "host", "buy": "azure", "milestones": [inner]}
        },
        "limit": lambda inner: {"owe": {"from": "acme", "to": "host", "buy": "azure", "limits": [inner]}},
        "measure": lambda inner: {"owe": {"from": "acme", "to": "host", "use": "ptu", "measure": inner}},
        "recurring": lambda inner: {"owe": {"from": "acme", "to": "host", "use": "ptu", "fee": inner}},
        "interval": lambda inner: {"owe": {"from": "acme", "to": "host", "buy": "azure", "amount": inner}},
        "first_of": lambda inner: {"permit": {"action": "serve"}, "until": inner},
        "given": lambda inner: {
            "example": "one",
            "duty": "other.duty",
            "at": "2026-10-01",
            "given": [inner],
            "state": "due",
        },
    }
    for section, home in homes.items():
        keys = grammar().sections[section].keys
        for name, key in keys.items():
            inner = {
                other: facts.example
                for other, facts in keys.items()
                if facts.required and not facts.instead_of
            }
            if section == "owe":
                inner["buy"] = "azure"
            if section == "interval":
                inner["at_least"] = "8e6 USD"
            inner.pop(key.instead_of, None)
            yield pytest.param(home({**inner, **key.along, name: key.example}), id=f"{section}.{name}")


@pytest.mark.parametrize("block", [*blocks(), *nested()])
def test_every_word_is_taken_as_shown(block: dict[str, object]) -> None:
    """The parser and the schema take each word where the registry says, with the example given there."""
    parses(block)
    assert schema_takes(block)


@pytest.mark.parametrize("kind", list(grammar().blocks))
def test_unknown_words_are_refused_by_both(kind: str) -> None:
    """What the registry does not list, neither the parser nor the schema takes."""
    block = {**least(kind, grammar().blocks[kind]), "bogus": "x"}
    with pytest.raises(BookError, match="bogus"):
        book_from_text(contract(block))
    assert not schema_takes(block)


@pytest.mark.parametrize("kind", list(grammar().blocks))
def test_required_words_are_required_by_both(kind: str) -> None:
    """Without a word that the registry calls required, neither takes the block."""
    block = grammar().blocks[kind]
    for name, key in block.keys.items():
        if key.required:
            less = {other: value for other, value in least(kind, block).items() if other != name}
            with pytest.raises(BookError):
                book_from_text(contract(less))
            if name != "duty":  # without it the block is an example of a workload, and that has its own keys
                assert not schema_takes(less)


def asked_words() -> Iterator[tuple[str, str]]:
    """Every literal key that a parser asks a mapping for, with its module."""
    folder = ROOT / "src" / "comity" / "contracts"
    getters = {"take", "text", "word", "words", "flag", "count", "number", "day", "period", "grade"}
    for module in PARSERS:
        for node in ast.walk(ast.parse((folder / f"{module}.py").read_bytes())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in getters
            ):
                match node.args:
                    case [ast.Constant(value=str(word)), *_]:
                        yield module, word


def test_every_word_of_the_parser_is_in_the_registry() -> None:
    """A word that is added to the parser is added to the registry, and with it to page and schema."""
    known = {name for kind in grammar().blocks for name in grammar().keys(kind)} | set(KINDS)
    known |= {name for section in grammar().sections.values() for name in section.keys}
    assert {word for _, word in asked_words() if word not in known} == set()
    assert len(set(asked_words())) > 60


def test_kinds_of_blocks_are_those_of_the_parser() -> None:
    """Every kind has its row, and the clauses among them are the effects."""
    registry = grammar().blocks
    assert {block.word or kind for kind, block in registry.items()} == set(KINDS)
    assert {kind for kind, block in registry.items() if block.clause} == {effect.value for effect in Effect}


def words_of(path: str) -> set[str]:
    """The choices of one key, as `section.key`."""
    section, _, name = path.partition(".")
    keys = (
        grammar().blocks[section].keys
        if section in grammar().blocks and section != "owe"
        else grammar().sections[section].keys
    )
    return set(grammar().choices(keys[name]))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("example.verdict", Outcome),
        ("duty_example.state", State),
        ("attribute.kind", Kind),
    ],
)
def test_choices_are_those_of_the_code(path: str, words: type[StrEnum]) -> None:
    """The words of a closed list are all there."""
    assert words_of(path) == {word.value for word in words}


def test_ranks_are_those_of_the_code() -> None:
    """Grades and authorities are all there, and each spelling of a grade passes the schema."""
    assert words_of("front.grade") == {grade.word for grade in Grade}
    assert words_of("front.authority") == {authority.word for authority in Authority}
    for word in GRADES:
        assert schema_takes({"forbid": {"action": "serve"}, "sure": word})


@pytest.mark.parametrize(
    "choices",
    [
        ("owe", "shortfall", ("pay", "forfeit", "prepay")),
        ("owe", "carry", ("surplus", "shortfall")),
        ("owe", "overage", ("standard", "spill", "refuse")),
        ("recurring", "per", ("hour", "day", "month", "quarter", "year")),
        ("measure", "price", ("list", "cost")),
        ("owe", "per", ("minute", "hour", "day", "month", "quarter", "year")),
        ("power", "may", ("terminate", "waive", "consent", "verify", "exercise")),
        ("settled", "by", ("amendment", "award", "waiver")),
        ("shared", "worlds", ("by_choice", "by_party")),
        ("front", "silence", ("permitted", "forbidden")),
    ],
)
def test_listed_choices(choices: tuple[str, str, tuple[str, ...]]) -> None:
    """Lists that are literal in the parser."""
    section, name, words = choices
    assert tuple(grammar().sections[section].keys[name].choices) == words


@pytest.mark.parametrize("key", list(grammar().sections["front"].keys))
def test_front_matter_is_taken_as_shown(key: str) -> None:
    """Each word of the front matter, with its example, by parser and schema."""
    keys = grammar().sections["front"].keys
    front = {"contract": "lease", "parties": {"host": "Hosting SA"}, key: keys[key].example}
    text = "\n".join(f"{name}: {flow(value)}" for name, value in front.items())
    text += "" if key != "covers" else "\nparties: {meta: Meta, host: Hosting SA}"
    text = text.replace("parties: {host: Hosting SA}\n", "", 1) if key == "covers" else text
    book_from_text(f"---\n{text}\n---\n")
    validator = jsonschema.Draft202012Validator(front_schema())
    assert validator.is_valid(plain(front))
    assert not validator.is_valid({**front, "bogus": 1})


@pytest.mark.parametrize("key", list(grammar().sections["shared"].keys))
def test_shared_front_matter_is_taken_as_shown(key: str) -> None:
    """Each word of a vocabulary file's front matter."""
    keys = grammar().sections["shared"].keys
    front = {"vocabulary": "words", key: keys[key].example}
    text = "\n".join(f"{name}: {flow(value)}" for name, value in front.items())
    book_from_text(f"---\n{text}\n---\n", "---\ncontract: lease\n---\n")
    assert jsonschema.Draft202012Validator(front_schema()).is_valid(plain(front))


@pytest.mark.parametrize("name", ["acme", "openai"])
def test_shipped_books_pass_their_own_schema(name: str) -> None:
    """Every block of the shipped books is taken by the schema, with the book and without."""
    folder = ROOT / "books" / name
    book = load_book(folder)
    validators = [jsonschema.Draft202012Validator(block_schema(known)) for known in (None, book)]
    for file in sorted(folder.glob("*.md")):
        for block in parse_document(file.read_bytes(), str(file)).blocks:
            for validator in validators:
                errors = [error.message for error in validator.iter_errors(plain(block.node.plain()))]
                assert not errors, f"{block.place}: {errors[0][:300]}"


def test_schema_of_a_book_refuses_what_the_book_does_not_know() -> None:
    """Attributes, values and parties that only another book has."""
    book = book_from_text(contract({"forbid": {"cloud": "aws"}}))
    for block in (
        {"forbid": {"clod": "aws"}},
        {"forbid": {"cloud": "awz"}},
        {"forbid": {"actor": "nobody"}},
        {"permit": {"action": "serve"}, "overrides": ["ghost"]},
        {"forbid": {"is": "ghost"}},
        {"forbid": {"any": [{"any": [{"cloud": "aws"}]}]}},
        {"forbid": {"retention_days": {"over": "thirty"}}},
        {"example": "e", "at": "2026-01-01", "workload": {"cloud": ["aws", "azure"]}, "verdict": "silent"},
    ):
        assert not schema_takes(block, book), block
    assert schema_takes({"forbid": {"clod": "aws", "cloud": "awz"}})


@pytest.mark.no_cover
def test_schemas_are_sound() -> None:
    """They are JSON Schemas themselves, and say what each key means."""
    for schema in (block_schema(), front_schema()):
        jsonschema.Draft202012Validator.check_schema(schema)
    to = block_schema()["$defs"]["confine"]["properties"]["to"]
    assert to["description"] == "what must hold there"


def test_page_has_every_word() -> None:
    """The reference page names every block, key and choice."""
    page = "\n".join(language_page())
    words = {*KINDS, *Outcome, *State}
    for kind, block in grammar().blocks.items():
        words |= {*grammar().keys(kind), *(word for key in block.keys.values() for word in key.choices)}
    for section in grammar().sections.values():
        words |= {*section.keys, *section.choices}
    for word in words:
        assert f"`{word}`" in page, word


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": ["b", True]}, "{a: [b, true]}"),
        ("*", '"*"'),
        ("a: b", '"a: b"'),
        (Key(shape="text", meaning="", example=1).example, "1"),
    ],
)
def test_values_are_written_on_one_line(value: object, text: str) -> None:
    """Flow style, with quotes where YAML needs them."""
    assert flow(value) == text
