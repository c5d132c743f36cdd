"""What one decision costs, by the number of clauses; nothing else runs meanwhile.

The book is synthetic: a quarter of its clauses is settled by what caller and target are, the rest looks at
facts of the request. It is asked bound to caller and target, with combinations of facts not seen before and
with the same again; with a fact missing; with every verdict thrown away before each question; and by the
plain `decide`, which prepares nothing. Times are processor time, medians over rounds with a new binding each.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import msgspec

from comity.contracts import Book, Decider, Verdict, Workload, decide, load_book

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
ROUNDS = 9
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
    open_us: float = 0.0
    """Microseconds, bound, facts not seen before, of which one is missing."""
    bare_us: float = 0.0
    """Microseconds, bound, no verdict kept from any earlier question."""
    bind_ms: float = 0.0
    """Milliseconds to bind a caller and a target at a moment."""


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
    at, asked = AT.timestamp(), workloads()
    rounds = [_round(book, asked, at) for _ in range(3 if quick else ROUNDS)]
    bound, first, again, unknown, bare = (median(column) for column in zip(*rounds, strict=True))
    return Decision(
        clauses=len(book.clauses),
        first_us=first,
        again_us=again,
        whole_us=_each(asked[:5], lambda facts: decide(book, {**STATIC, **facts}, AT)),
        worlds=book.worlds.count,
        open_us=unknown,
        bare_us=bare,
        bind_ms=bound / 1000,
    )


def _round(book: Book, asked: list[Workload], at: float) -> tuple[float, float, float, float, float]:
    """Microseconds: to bind; facts not seen before, seen before, one missing, nothing kept."""
    decider = Decider(book)
    begin = time.process_time()
    binding = decider.bind(STATIC)
    program = binding.program(at)
    bound = (time.process_time() - begin) * 1e6
    first = _each(asked, lambda facts: binding.decide(facts, at))
    again = _each(asked, lambda facts: binding.decide(facts, at))

    def forgetful(facts: Workload) -> Verdict:
        program.forget()
        return binding.decide(facts, at)

    bare = _each(asked, forgetful)
    fresh = decider.bind(STATIC)
    fresh.program(at)
    return bound, first, again, _each(gaps(asked), lambda facts: fresh.decide(facts, at)), bare


def gaps(asked: Iterable[Workload]) -> list[Workload]:
    """The workloads with each fact but the purpose left out in turn, each combination once.

    Without the purpose 157 clauses are open at once, and a verdict costs what naming them costs.
    """
    found: dict[frozenset[tuple[str, object]], Workload] = {}
    for facts in asked:
        for name in facts.keys() - {"purpose"}:
            less = {key: fact for key, fact in facts.items() if key != name}
            found.setdefault(frozenset(less.items()), less)
    return list(found.values())


def _each(asked: Iterable[Workload], ask: Callable[[Workload], object]) -> float:
    count, begin = 0, time.process_time()
    for count, facts in enumerate(asked, 1):  # noqa: B007 - the count is used below
        ask(facts)
    return (time.process_time() - begin) * 1e6 / count


if __name__ == "__main__":
    with TemporaryDirectory() as place:
        for decision in measure_decisions(Path(place), quick=False):
            print(decision)
