"""What one decision costs, by the number of clauses; nothing else runs meanwhile.

The book is synthetic: a quarter of its clauses is settled by what caller and target are, the rest looks at
facts of the request. Three ways to ask it: bound to caller and target with request facts not seen before, the
same with facts seen before, and the plain `decide`, which prepares nothing.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from comity.contracts import Book, Decider, Workload, decide, load_book

FRONT = """\
---
contract: bench
title: A synthetic contract
parties: {us: Us, them: Them}
binds: [us]
silence: permitted
clock: UTC
sources:
  S1: {title: Invented, date: 2025-01-01, grade: verified}
---
# Clauses
"""
CLAUSES = (
    "forbid: {{action: serve, cloud: google, customer: customer{n}, purpose: {own}}}",
    """\
confine: {{action: serve, data: special, surface: [api, runtime], purpose: [{own}, {other}]}}
to: {{region: eu}}""",
    """\
forbid: {{action: serve, surface: [application, platform], state: stateful, purpose: {own}}}""",
    """\
require: {{action: serve, data: personal, state: stateless, purpose: [{own}, {other}]}}
first: {{scc_signed: true}}""",
)
PURPOSES = 100
# Three open terms with three, two and two readings: twelve worlds. All but the first kind of clause use one.
TERMS = """\
```comity
define: term0
readings:
  all: {by: [us], means: {surface: [api, runtime, application]}}
  stateless: {by: [them], means: {state: stateless}}
  sensitive: {means: {data: [personal, special]}}
```
```comity
define: term1
readings: {narrow: {by: [us], means: {surface: api}}, wide: {by: [them], means: {surface: [api, runtime]}}}
```
```comity
define: term2
readings:
  narrow: {by: [us], means: {state: stateful}}
  wide: {by: [them], means: {state: [stateless, stateful]}}
```
"""
STATIC: Workload = {
    "actor": "us",
    "action": "serve",
    "provider": "them",
    "weights": "closed",
    "cloud": "azure",
    "host": "azure",
    "region": frozenset({"swedencentral"}),
    "customer": "enterprise",
    "scc_signed": True,
}
AT = datetime(2026, 3, 18, tzinfo=UTC)


class Decision(msgspec.Struct, frozen=True):
    """The cost of a decision in one book."""

    clauses: int
    """Clauses in force."""
    first_us: float
    """Microseconds, bound, facts not seen before."""
    again_us: float
    """Microseconds, bound, facts seen before."""
    whole_us: float
    """Microseconds, nothing bound."""
    worlds: int = 1
    """Worlds of the book."""


def measure_decisions(folder: Path, *, quick: bool) -> list[Decision]:
    """Books of 100 and 1,000 clauses, the latter with open terms too; `quick` asks less often."""
    books = [write_book(folder / f"book-{size}", size) for size in (100, 1000)]
    books.append(write_book(folder / "book-open", 1000, disputed=True))
    return [_measure(book, quick=quick) for book in books]


def write_book(folder: Path, size: int, *, disputed: bool = False) -> Book:
    """A book of `size` clauses in a folder of its own; `disputed` gives it twelve worlds."""
    folder.mkdir(parents=True, exist_ok=True)
    blocks = []
    for n in range(size):
        own, other = f"purpose{n % PURPOSES}", f"purpose{(n + 1) % PURPOSES}"
        clause = CLAUSES[n % len(CLAUSES)].format(n=n, own=own, other=other)
        if disputed and n % len(CLAUSES):
            clause = clause.replace("{action: serve,", f"{{action: serve, is: term{n % 3},", 1)
        blocks.append(f"## c{n}\nSaid.\n```comity\n{clause}\nin_force: 2025-01-01 ..\nsource: [S1]\n```\n")
    (folder / "bench.md").write_text(FRONT + (TERMS if disputed else "") + "\n".join(blocks))
    return load_book(folder)


def workloads() -> list[Workload]:
    """Facts of requests, each combination once."""
    purposes = [f"purpose{n}" for n in range(PURPOSES)]
    surfaces, states = ("api", "application", "runtime"), ("stateless", "stateful")
    combinations = itertools.product(purposes, surfaces, states, ("public", "personal", "special"))
    return [{"purpose": p, "surface": s, "state": t, "data": d} for p, s, t, d in combinations]


def _measure(book: Book, *, quick: bool) -> Decision:
    binding, at = Decider(book).bind(STATIC), AT.timestamp()
    warm, *asked = workloads()
    asked = asked[::20] if quick else asked
    binding.decide(warm, at)
    return Decision(
        clauses=len(book.clauses),
        first_us=_each(asked, lambda facts: binding.decide(facts, at)),
        again_us=_each(asked, lambda facts: binding.decide(facts, at)),
        whole_us=_each(asked[:5], lambda facts: decide(book, {**STATIC, **facts}, AT)),
        worlds=book.worlds.count,
    )


def _each(asked: Iterable[Workload], ask: Callable[[Workload], object]) -> float:
    count, begin = 0, time.perf_counter()
    for count, facts in enumerate(asked, 1):  # noqa: B007 - the count is used below
        ask(facts)
    return (time.perf_counter() - begin) * 1e6 / count
