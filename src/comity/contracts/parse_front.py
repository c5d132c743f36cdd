"""Front matter and `attribute` blocks: the contract as a whole, and the words that a book adds.

They are read before any clause of any file, because clauses refer to the parties, events and words of the
book.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import msgspec

from comity.contracts.clauses import Authority, Contract, Grade, Source
from comity.contracts.fields import Fields, Problems, as_number, suggest
from comity.contracts.markdown import ID, Block
from comity.contracts.vocabulary import Attribute, Kind, Missing, Value, Vocabulary
from comity.errors import Place
from comity.source import Entry, Node, parse_yaml

_AUTHORITIES = {authority.word: authority for authority in Authority}


class Front(msgspec.Struct, frozen=True):
    """What a file says above its text."""

    contract: Contract
    """The file as a contract; for a vocabulary file only its id, title and clock count."""
    place: Place
    """Where the front matter begins."""
    shared: bool
    """Whether the file holds what the contracts share, and is no contract."""
    covers: Node | None
    """The predicate `covers`, to be parsed when the words of the book are known."""
    parties: dict[str, tuple[str, Place]]
    """Party id to name and place."""
    events: dict[str, tuple[str, Place]]
    """Event to what it means and place."""
    bundled: bool
    """Whether worlds are bundled by party."""
    has_clock: bool
    """Whether the file names its time zone."""


def parse_front(node: Node, file: str, problems: Problems) -> Front:
    """The front matter of one file."""
    fields = Fields(node, "the front matter", problems)
    shared = "vocabulary" in fields
    key = "vocabulary" if shared else "contract"
    identity = fields.text(key)
    if not ID.fullmatch(identity):
        problems.add(
            fields.place(key), f"`{identity}` is no id for a file", "use lower case letters and digits"
        )
    bundled = shared and fields.word("worlds", ("by_choice", "by_party"), "by_choice") == "by_party"
    parties, events = _named(fields, "parties"), _named(fields, "events")
    clock = _clock(fields)
    title = fields.text("title", identity)
    covers = None if shared else fields.take("covers")
    contract = Contract(identity, title, file, clock=clock)
    if not shared:
        contract = _contract(fields, contract)
    fields.finish()
    place = node.place
    return Front(contract, place, shared, covers, parties, events, bundled, "clock" in fields)


def _contract(fields: Fields, contract: Contract) -> Contract:
    return msgspec.structs.replace(
        contract,
        binds=fields.words("binds"),
        silence=fields.word("silence", ("permitted", "forbidden"), "permitted"),
        in_force=fields.period("in_force"),
        known=fields.day("known"),
        authority=_AUTHORITIES[fields.word("authority", _AUTHORITIES, "contract") or "contract"],
        order=fields.words("order"),
        sources=_sources(fields),
        grade=fields.grade("grade", Grade.MEMORY),
    )


def _clock(fields: Fields) -> str:
    name = fields.text("clock", "UTC")
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        fields.problems.add(
            fields.place("clock"), f"`{name}` is no time zone", "write an IANA name: Europe/Berlin"
        )
        return "UTC"
    return name


def _named(fields: Fields, key: str) -> dict[str, tuple[str, Place]]:
    node = fields.take(key)
    if node is None:
        return {}
    inner = Fields(node, f"`{key}`", fields.problems)
    found: dict[str, tuple[str, Place]] = {}
    for name, entry in inner.entries.items():
        if not ID.fullmatch(name):
            fields.problems.add(
                entry.key_place, f"`{name}` is no id", "use lower case letters, digits and `_`"
            )
        found[name] = (inner.text(name), entry.key_place)
    return found


def _sources(fields: Fields) -> dict[str, Source]:
    node = fields.take("sources")
    if node is None:
        return {}
    outer = Fields(node, "`sources`", fields.problems)
    found: dict[str, Source] = {}
    for name, entry in outer.entries.items():
        outer.asked.add(name)
        inner = Fields(entry.node, f"the source `{name}`", fields.problems)
        if "grade" not in inner:
            fields.problems.add(entry.key_place, f"the source `{name}` has no grade", "add `grade: quoted`")
        found[name] = Source(
            id=name,
            title=inner.text("title"),
            grade=inner.grade("grade", Grade.MEMORY),
            date=inner.day("date"),
            url=inner.text("url"),
        )
        inner.finish()
    return found


@cache
def standard_vocabulary() -> Vocabulary:
    """The vocabulary that ships with Comity."""
    text = files("comity.contracts").joinpath("standard.yaml").read_text(encoding="utf-8")
    node = parse_yaml(text, "standard.yaml")
    assert isinstance(node.value, dict), "the standard vocabulary is a mapping"
    problems = Problems()
    attributes: dict[str, Attribute] = {}
    for name, entry in node.value.items():
        attributes[name] = _attribute(name, entry.node, attributes, problems)
    assert not problems.found, f"the standard vocabulary is sound, but {problems.found}"
    return Vocabulary(attributes)


def extend(vocabulary: Vocabulary, blocks: list[Block], problems: Problems) -> Vocabulary:
    """`vocabulary` with the `attribute` blocks of a book."""
    attributes = dict(vocabulary.attributes)
    stated: dict[tuple[str, str], tuple[object, Place]] = {}
    for block in blocks:
        assert isinstance(block.node.value, dict), "the Markdown reader gives mappings only"
        name_node = block.node.value["attribute"].node
        if not isinstance(name_node.value, str) or not ID.fullmatch(name_node.value):
            problems.add(
                name_node.place, "this is no name for an attribute", "use lower case letters and `_`"
            )
            continue
        if name_node.value in {"is", "any", "not"}:
            problems.add(
                name_node.place, f"`{name_node.value}` is a word of the language", "choose another name"
            )
            continue
        rest: dict[str, Entry] = {key: entry for key, entry in block.node.value.items() if key != "attribute"}
        _check_agreement(name_node.value, rest, stated, problems)
        node = Node(block.node.place, rest)
        attributes[name_node.value] = _attribute(name_node.value, node, attributes, problems)
    return Vocabulary(attributes)


def _check_agreement(
    name: str,
    entries: dict[str, Entry],
    stated: dict[tuple[str, str], tuple[object, Place]],
    problems: Problems,
) -> None:
    for key, entry in entries.items():
        value, place = stated.setdefault((name, key), (entry.node.plain(), entry.key_place))
        if key != "values" and value != entry.node.plain():
            message = f"`{key}` of `{name}` differs from what {place} says"
            problems.add(entry.key_place, message, "say it once, or the same")


def _attribute(name: str, node: Node, known: dict[str, Attribute], problems: Problems) -> Attribute:
    fields = Fields(node, f"the attribute `{name}`", problems)
    before = known.get(name) or Attribute(name, name.replace("_", " "))
    like = fields.word("values_of", known)
    parents = {**before.parents, **(known[like].parents if like in known else {})}
    values = fields.take("values")
    if values is not None:
        _values(values, frozenset(), parents, problems)
    attribute = Attribute(
        name=name,
        title=fields.text("title", before.title),
        kind=Kind(fields.word("kind", list(Kind), before.kind) or before.kind),
        set=fields.flag("set", default=before.set),
        open=fields.flag("open", default=before.open),
        exact=fields.flag("exact", default=before.exact),
        parents=parents,
        missing=before.missing,
        why=fields.text("why", before.why),
        known_at=fields.word("known_at", ("onboarding", "request", "target"), before.known_at),
        change=fields.text("change", before.change),
    )
    if name in known and (attribute.kind, attribute.set) != (before.kind, before.set):
        problems.add(node.place, f"`{name}` is a {before.kind} attribute already", "choose another name")
    missing = fields.take("missing")
    if missing is not None:
        attribute = msgspec.structs.replace(attribute, missing=_missing(missing, attribute, problems))
        if attribute.missing is not Missing.UNKNOWN and not attribute.why:
            problems.add(missing.place, "`missing` needs a reason", "add `why: …`")
    fields.finish()
    _check_order(attribute, node.place, problems)
    return attribute


def _missing(node: Node, attribute: Attribute, problems: Problems) -> Missing | Value:
    if node.value in list(Missing):
        return Missing(str(node.value))
    readers: dict[Kind, Callable[[], Value | None]] = {
        Kind.FLAG: lambda: node.value if isinstance(node.value, bool) else None,
        Kind.NUMBER: lambda: as_number(node),
    }
    value = readers.get(attribute.kind, lambda: _missing_word(node, attribute))()
    if value is None:
        problems.add(
            node.place,
            f"`{attribute.name}` cannot be missing as that",
            "write `unknown`, `reject` or one of its values",
        )
        return Missing.UNKNOWN
    return value


def _missing_word(node: Node, attribute: Attribute) -> Value | None:
    if not isinstance(node.value, str) or not node.value:
        return None
    closed = attribute.kind is Kind.WORDS and not attribute.open
    if closed and node.value not in attribute.parents and node.value != "none":
        return None
    return frozenset({node.value}) if attribute.set else node.value


def _values(
    node: Node, inside: frozenset[str], parents: dict[str, frozenset[str]], problems: Problems
) -> None:
    if isinstance(node.value, str):
        if not node.value:
            problems.add(node.place, "a value is a word", "write a name")
            return
        parents[node.value] = parents.get(node.value, frozenset()) | inside
    elif isinstance(node.value, tuple):
        for item in node.value:
            _values(item, inside, parents, problems)
    elif isinstance(node.value, dict):
        for name, entry in node.value.items():
            parents[name] = parents.get(name, frozenset()) | inside
            if entry.node.value is not None:
                _values(entry.node, frozenset({name}), parents, problems)
    else:
        problems.add(node.place, "a value is a word", "write a name, in quotes if it looks like a number")


def _check_order(attribute: Attribute, place: Place, problems: Problems) -> None:
    for word, parents in attribute.parents.items():
        if any(word in attribute.above(parent) for parent in parents):
            hint = suggest(word, parents)
            problems.add(place, f"the value `{word}` of `{attribute.name}` lies inside itself", hint)
            return
