"""Random small books and workloads, for properties of the meaning."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import strategies as st
from tests.contracts.small import book_of

from comity.contracts import Book, Value, parse_facts
from comity.contracts.facts import Raw

PARTIES = ["oai", "msft", "amzn"]
DATES = ["2026-01-01", "2026-03-01", "2026-04-27"]
MOMENTS = [
    datetime(2025, 6, 1, 12, tzinfo=UTC),
    *(datetime.fromisoformat(f"{day}T00:00+00:00") for day in DATES),
]
WORDS: dict[str, list[str]] = {
    "actor": PARTIES,
    "cloud": ["azure", "aws", "google"],
    "host": ["azure", "aws"],
    "surface": ["api", "runtime"],
    "state": ["stateless", "stateful"],
    "customer": ["us_government", "national_security", "civilian_agency", "consumer"],
    "data": ["none", "personal", "special"],
    "weights": ["closed", "open"],
    "region": ["eu", "de", "swedencentral", "us", "world", "adequate", "jp"],
}
NUMBERS = [1, 30, 31, 60]
DEFINITIONS = ["term", "other"]
NAMES = (*WORDS, "retention_days", "scc_signed")
PLACES = ("region", "cloud")
PEOPLE = ("customer", "actor", "scc_signed")
"""Few attributes make books in which clauses meet often."""


class Written(msgspec.Struct, frozen=True):
    """One contract before it is written down."""

    front: dict[str, Any]
    """Its front matter."""
    blocks: tuple[dict[str, Any], ...]
    """Its blocks."""

    def text(self) -> str:
        """The file."""
        blocks = "".join(f"\n```comity\n{json.dumps(block)}\n```\n" for block in self.blocks)
        return f"---\n{json.dumps(self.front)}\n---\n{blocks}"


@st.composite
def tests(draw: st.DrawFn, attribute: str) -> Any:
    """A test of one attribute."""
    if attribute == "retention_days":
        over = draw(st.sampled_from([None, 1, 30]))
        return {"at_most": 30} if over is None else {"over": over}
    if attribute == "scc_signed":
        return draw(st.booleans())
    words = draw(st.lists(st.sampled_from(WORDS[attribute]), min_size=1, max_size=2, unique=True))
    value: Any = words[0] if len(words) == 1 else words
    return {"not": value} if draw(st.integers(0, 3)) == 0 else value


@st.composite
def predicates(
    draw: st.DrawFn, *, terms: bool = True, nested: bool = False, about: Sequence[str] = NAMES
) -> dict[str, Any]:
    """A predicate of the fragment."""
    names = st.sampled_from(about)
    found: dict[str, Any] = {
        name: draw(tests(name)) for name in draw(st.lists(names, max_size=2, unique=True))
    }
    if terms and draw(st.booleans()):
        name = draw(st.sampled_from(DEFINITIONS))
        found["is"] = {"not": name} if draw(st.booleans()) else name
    if not nested and draw(st.integers(0, 3)) == 0:
        found["any"] = draw(
            st.lists(predicates(terms=terms, nested=True, about=about), min_size=1, max_size=2)
        )
    return found


@st.composite
def definitions(draw: st.DrawFn, about: Sequence[str] = NAMES) -> list[dict[str, Any]]:
    """The two definitions: one with three readings, one with two, perhaps settled."""
    term: dict[str, Any] = {
        "define": "term",
        "readings": {
            "letter": {"by": ["oai", "amzn"], "means": draw(predicates(terms=False, about=about))},
            "spirit": {"by": ["msft"], "means": draw(predicates(terms=False, about=about))},
            "third": {"means": draw(predicates(terms=False, about=about))},
        },
    }
    if draw(st.integers(0, 2)) == 0:
        term["settled"] = {
            "reading": draw(st.sampled_from(["letter", "spirit"])),
            "from": "2026-03-01",
            "retroactive": draw(st.booleans()),
        }
    other = {
        "define": "other",
        "readings": {
            "narrow": {"by": ["msft"], "means": draw(predicates(terms=False, about=about))},
            "wide": {"by": ["oai"], "means": {"is": "term"}},
        },
    }
    return [term, other]


def learned(draw: st.DrawFn) -> dict[str, str]:
    """When the book learned something, and perhaps took it back; mostly it has always known."""
    first, later = DATES[0], draw(st.sampled_from(DATES[1:]))
    return draw(st.sampled_from([{}, {}, {"known": later}, {"known": f"{first} .. {later}"}]))


@st.composite
def powers(draw: st.DrawFn, contract: str, clauses: Sequence[str]) -> tuple[dict[str, Any], ...]:
    """A power over some clauses of its contract, and its use."""
    may = draw(st.sampled_from(["terminate", "waive", "consent"]))
    of = draw(st.lists(st.sampled_from(clauses), min_size=1, max_size=2, unique=True))
    power: dict[str, Any] = {"holder": draw(st.sampled_from(PARTIES)), "may": may, "of": of}
    if may == "terminate" and draw(st.booleans()):
        power["notice_days"] = draw(st.sampled_from([1, 57]))
    used: dict[str, Any] = {"exercise": f"{contract}.power", "on": draw(st.sampled_from(DATES[:2]))}
    if may != "terminate" and draw(st.booleans()):
        used["until"] = DATES[2]
    if draw(st.integers(0, 2)) == 0:
        used["known"] = draw(st.sampled_from(DATES))
    return {"id": f"{contract}.power", "power": power, **learned(draw)}, used


@st.composite
def clauses(
    draw: st.DrawFn,
    identity: str,
    earlier: Sequence[str],
    about: Sequence[str] = NAMES,
    *,
    changes: bool = True,
) -> dict[str, Any]:
    """A clause that may override or supersede earlier ones of its contract."""
    kind = draw(st.sampled_from(["confine", "forbid", "permit", "require"]))
    clause: dict[str, Any] = {"id": identity, kind: draw(predicates(about=about))}
    if kind == "confine":
        clause["to"] = draw(predicates(about=about))
    elif kind == "require":
        clause["first"] = draw(predicates(about=about))
    if draw(st.integers(0, 3)) == 0:
        clause["unless"] = draw(predicates(about=about))
    if draw(st.booleans()) and earlier:
        clause["overrides"] = [draw(st.sampled_from(earlier))]
    start = draw(st.sampled_from([None, *DATES[:2]]))
    clause["in_force"] = f"{start or ''} .. {draw(st.sampled_from(['', DATES[2]]))}"
    if start is not None and earlier and draw(st.integers(0, 4)) == 0:
        clause["supersedes"] = [draw(st.sampled_from(earlier))]
    return clause | (learned(draw) if changes else {})


@st.composite
def contracts(draw: st.DrawFn, name: str, about: Sequence[str] = NAMES, *, changes: bool = True) -> Written:
    """One contract of up to five clauses; with `changes` some are learned late, taken back or waived."""
    front: dict[str, Any] = {"contract": name, "parties": {party: party for party in PARTIES}}
    if draw(st.booleans()):
        front["binds"] = draw(st.lists(st.sampled_from(PARTIES), min_size=1, max_size=2, unique=True))
    if draw(st.integers(0, 3)) == 0:
        front["silence"] = "forbidden"
    if draw(st.integers(0, 3)) == 0:
        front["covers"] = draw(predicates(terms=False, about=about))
    blocks: list[dict[str, Any]] = []
    for index in range(draw(st.integers(1, 5))):
        earlier = [str(block["id"]) for block in blocks]
        blocks.append(draw(clauses(f"{name}.c{index}", earlier, about, changes=changes)))
    if changes and draw(st.integers(0, 2)) == 0:
        blocks += draw(powers(name, [str(block["id"]) for block in blocks]))
    return Written(front, tuple(blocks))


@st.composite
def written_books(
    draw: st.DrawFn, about: Sequence[str] = NAMES, *, changes: bool = True
) -> tuple[Written, ...]:
    """Two contracts, a law now and then, and the definitions in a vocabulary file."""
    shared = Written({"vocabulary": "words"}, tuple(draw(definitions(about))))
    files = [shared, *(draw(contracts(name, about, changes=changes)) for name in ("one", "two"))]
    if draw(st.integers(0, 3)) == 0:
        law = {"id": "law.x", "permit": draw(predicates(about=about)), "overrides": ["*"]}
        files.append(Written({"contract": "law", "authority": "law"}, (law,)))
    return tuple(files)


def load(files: tuple[Written, ...]) -> Book:
    """The book of these files."""
    return book_of(*(file.text() for file in files))


@st.composite
def workloads(draw: st.DrawFn) -> dict[str, Raw]:
    """Facts, some of them missing."""
    found: dict[str, Raw] = {}
    for name, words in WORDS.items():
        if draw(st.integers(0, 3)):
            value = st.sampled_from(words)
            several = st.lists(value, min_size=1, max_size=2, unique=True)
            found[name] = draw(several) if name == "region" else draw(value)
    if draw(st.booleans()):
        found["retention_days"] = draw(st.sampled_from(NUMBERS))
    if draw(st.booleans()):
        found["scc_signed"] = draw(st.booleans())
    return found


def facts_of(book: Book, raw: dict[str, Raw]) -> dict[str, Value]:
    """The workload in the words of the book."""
    return parse_facts(book, raw)
