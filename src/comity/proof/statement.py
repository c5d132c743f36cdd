"""Statements of completeness: what an operator signs about a period, apart from the integrity of lines.

A tree shows that lines stay as they are; it cannot show that a line was never written. A statement puts that
claim under a signature, with the numbers that contradict it when it is false: how many lines, which sums,
which journals were read how far, and what was found damaged or left open. A line belongs to the period in
which it was put into the log, so a period is a range of lines. Empty periods are stated too.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from comity.errors import StoreError
from comity.ledger import Store
from comity.money import Money, plain
from comity.proof.keys import Signer
from comity.proof.log import head_text
from comity.proof.register import STATEMENTS, Register, lines_between, size_of
from comity.proof.tiles import Tiles
from comity.proof.tree import root_of
from comity.proof.verify import Head

_CLAIM = (
    "whatever this ledger's gateways recorded as settled, refused or corrected and had not logged before the "
    "period is one of its lines, once, as far as the journals were read by its end"
)
_NO_CLAIM = (
    "that requests were never served outside of these gateways, that what a line says is true, "
    "or that journals not named do not exist"
)
_KINDS = {"entry": "entries", "refusal": "refusals", "correction": "corrections", "redaction": "redactions"}
_CHUNK = 10_000


def state(
    store: Store,
    register: Register,
    tiles: Tiles,
    signer: Signer,
    period: tuple[int, int],
    *,
    now: int | None = None,
) -> str:
    """The signed statement about a half-open period of unix nanoseconds; the one there is, if there is one.

    `tiles` are those of the last checkpoint. Raises StoreError for a period that has not ended, is not wholly
    in the log, or overlaps one that another statement is about.
    """
    since, until = period
    at = time.time_ns() if now is None else now
    if not since < until <= at:
        raise StoreError("a statement is about a period that has ended: a later line could make it false")
    known = _stated(register, period)
    if known is not None:
        return known
    first, last = position_at(register, since), position_at(register, until)
    if last > tiles.size:
        raise StoreError(f"lines up to {last} are not signed yet: run `comity ledger log`")
    heads = [Head(signer.name, size, root_of(tiles, size)) for size in (first, last)]
    note = signer.sign("\n".join(_lines(store, register, period, at, heads)) + "\n")
    with register.transaction():
        known = _stated(register, period)  # somebody else may have signed one meanwhile
        if position_at(register, until) != last:
            raise StoreError("the clock went back while the statement was made: make it again")
        if known is None:
            register.add(STATEMENTS, [(since, until, note)])
    return known or note


def _stated(register: Register, period: tuple[int, int]) -> str | None:
    """The statement about exactly this period; raises StoreError for one that overlaps it."""
    for start, end, note in register.rows("SELECT since, until, note FROM proof_statements"):
        first, last = int(str(start)), int(str(end))
        if (first, last) == period:
            return str(note)
        if first < period[1] and period[0] < last:
            raise StoreError(f"{_moment(first)} to {_moment(last)} is stated already")
    return None


def position_at(register: Register, moment: int) -> int:
    """How many lines were put in before a moment; lines never go back in time."""
    low, high = 0, size_of(register)
    while low < high:
        middle = (low + high) // 2
        (line,) = lines_between(register, middle, middle + 1)
        low, high = (middle + 1, high) if line.logged_at < moment else (low, middle)
    return low


def statement_name(since: int, until: int) -> str:
    """The file of a statement in a log's folder."""
    return f"statements/{_moment(since)}_{_moment(until)}"


def _lines(
    store: Store, register: Register, period: tuple[int, int], at: int, heads: list[Head]
) -> Iterator[str]:
    before, after = heads
    yield "comity-statement/v1"
    yield f"log {after.origin}"
    yield f"period {_moment(period[0])} to {_moment(period[1])}"
    yield f"made {_moment(at)}"
    for name, head in (("before", before), ("after", after)):
        yield f"{name} {' '.join(head_text(head).splitlines()[1:])}"
    yield f"lines {after.size - before.size}"
    yield from _contents(register, before.size, after.size)
    yield from _journals(store)
    yield f"claim {_CLAIM}"
    yield f"no-claim {_NO_CLAIM}"


def _contents(register: Register, first: int, last: int) -> Iterator[str]:
    counts = dict.fromkeys(_KINDS, 0)
    sums: dict[tuple[str, str], Money] = {}
    for start in range(first, last, _CHUNK):
        for line in lines_between(register, start, min(start + _CHUNK, last)):
            counts[line.kind] += 1
            for currency, amount in msgspec.json.decode(line.costs).items():
                key = ("corrected" if line.kind == "correction" else "charged", currency)
                part = Money(Decimal(amount), currency)
                sums[key] = sums[key] + part if key in sums else part
    for kind, name in _KINDS.items():
        yield f"{name} {counts[kind]}"
    if last > first:
        yield f"indexes {first} to {last - 1}"
    for (word, currency), total in sorted(sums.items()):
        yield f"{word} {currency} {plain(total.amount)}"


def _journals(store: Store) -> Iterator[str]:
    """What the store has read of the journals at this moment, and what it could not read."""
    ((unsettled,),) = store.rows("SELECT count(*) FROM entries WHERE outcome IS NULL")
    yield f"unsettled {unsettled}"
    statement = "SELECT writer, count(*), max(name), sum(read) FROM segments GROUP BY writer ORDER BY writer"
    for writer, count, name, size in store.rows(statement):
        yield f"journal {writer} segments {count} up to {name} bytes {size}"
    for segment, start, stop, kind in store.rows(
        "SELECT segment, start, stop, kind FROM findings ORDER BY segment, start"
    ):
        yield f"finding {kind} {segment} bytes {start} to {stop}"


def _moment(at: int) -> str:
    second, rest = divmod(at, 1_000_000_000)
    text = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{rest:09d}Z" if rest else f"{text}Z"
