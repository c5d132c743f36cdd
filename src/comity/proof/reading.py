"""The lines as the ledger's store holds them now: what the log takes in, and is compared with later."""
# ruff: noqa: S608 - statements are put together from our own column names and from places for values

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from comity.database import Row
from comity.ledger import Store
from comity.proof import leaf
from comity.proof.register import CHUNK, Register

_ENTRY_COLUMNS = ("decision", *leaf.ENTRY_COLUMNS, *leaf.TOKEN_COLUMNS)
_ENTRIES = f"SELECT {', '.join(_ENTRY_COLUMNS)} FROM entries WHERE id IN ({{}})"
_ATTEMPTS = (
    f"SELECT entry, {', '.join((*leaf.ATTEMPT_COLUMNS, *leaf.TOKEN_COLUMNS))} FROM attempts"
    " WHERE entry IN ({}) ORDER BY entry, number"
)
_DROPS = (
    f"SELECT owner, {', '.join(leaf.DROP_COLUMNS)} FROM drops WHERE owner IN ({{}}) ORDER BY owner, position"
)
_CORRECTIONS = f"SELECT {', '.join(leaf.CORRECTION_COLUMNS)} FROM corrections WHERE id IN ({{}})"
_REDACTIONS = "SELECT id, entry, line, at, author, reason FROM proof_redactions WHERE id IN ({})"
_OUTCOME = leaf.ENTRY_COLUMNS.index("outcome")
_COSTS = leaf.ENTRY_COLUMNS.index("costs")


class Fields(NamedTuple):
    """What a line says."""

    kind: str
    """`entry`, `refusal`, `correction` or `redaction`."""
    costs: str
    """What it charges by currency, as JSON."""
    fields: list[str]
    """Its fields without their salts, in order."""


def read_entries(store: Store, entries: Sequence[bytes]) -> dict[bytes, Fields]:
    """The settled ones among some entries, with their attempts and dropped candidates."""
    found: dict[bytes, Fields] = {}
    decided: dict[bytes, list[bytes]] = {}
    for decision, *row in _rows(store, _ENTRIES, entries):
        if row[_OUTCOME] is not None:
            kind = "refusal" if row[_OUTCOME] == "refused" else "entry"
            found[_key(row)] = Fields(kind, str(row[_COSTS]), leaf.entry_fields(row))
            if isinstance(decision, bytes):
                decided.setdefault(decision, []).append(_key(row))
    for entry, *attempt in _rows(store, _ATTEMPTS, entries):
        if entry in found:
            found[entry].fields.extend(leaf.attempt_fields(attempt))
    for owner, *drop in _rows(store, _DROPS, [*decided, *found]):
        assert isinstance(owner, bytes), "the store keeps ids as bytes"
        dropped = leaf.drop_field(*drop)
        for entry in decided.get(owner, [owner]):
            found[entry].fields.append(dropped)
    return found


def read_corrections(store: Store, corrections: Sequence[bytes]) -> dict[bytes, Fields]:
    """Some corrections."""
    found = {}
    for row in _rows(store, _CORRECTIONS, corrections):
        costs = f'{{"{row[-1]}":"{row[-2]}"}}'
        found[_key(row)] = Fields("correction", costs, leaf.correction_fields(row))
    return found


def read_redactions(register: Register, redactions: Sequence[bytes]) -> dict[bytes, Fields]:
    """Some redactions, which stand in the register itself."""
    rows = _rows(register, _REDACTIONS, redactions)
    return {_key(row): Fields("redaction", "{}", leaf.redaction_fields(row)) for row in rows}


def read_lines(store: Store, register: Register, lines: Iterable[tuple[bytes, str]]) -> dict[bytes, Fields]:
    """What the lines about some subjects of any kind say now."""
    by_kind: dict[str, list[bytes]] = {}
    for subject, kind in lines:
        by_kind.setdefault("entry" if kind == "refusal" else kind, []).append(subject)
    return {
        **read_entries(store, by_kind.get("entry", [])),
        **read_corrections(store, by_kind.get("correction", [])),
        **read_redactions(register, by_kind.get("redaction", [])),
    }


def _rows(store: Store, statement: str, ids: Sequence[bytes]) -> Iterator[Row]:
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        yield from store.rows(statement.format(", ".join("?" * len(part))), part)


def _key(row: Sequence[object]) -> bytes:
    assert isinstance(row[0], bytes), "the store keeps ids as bytes"
    return row[0]
