"""Single entries for a reader, newest last."""
# ruff: noqa: S608 - statements are put together from our own column names; values are always bound

from __future__ import annotations

from itertools import chain, islice

import msgspec

from comity.database import Row
from comity.exchange import Usage
from comity.ledger.identity import format_entry_id
from comity.ledger.kinds import UNKNOWN_KIND, read_kinds
from comity.ledger.rows import read_costs, read_money
from comity.ledger.schema import TOKEN_COLUMNS
from comity.ledger.selection import SINGLE, Filter, both, by_columns, by_time
from comity.ledger.settlement import add_money
from comity.ledger.store import Store
from comity.money import Money

_LISTED = 500
"""Entries that are looked up by one query."""
_COLUMNS = "id, at, caller, route, outcome, status, costs, unrated, estimated, cause, clauses, " + ", ".join(
    TOKEN_COLUMNS
)


class Line(msgspec.Struct, frozen=True):
    """One entry for a reader."""

    entry: str
    """Entry id."""
    at: int
    """Arrival, unix nanoseconds."""
    caller: str
    """Caller id."""
    route: str
    """Model that was asked for."""
    outcome: str
    """How it ended, or `unsettled`."""
    status: int
    """HTTP status sent to the client; 0 when none was."""
    deployments: tuple[str, ...]
    """Deployments that answered or were tried, in order."""
    usage: Usage
    """Sum of known tokens."""
    costs: tuple[Money, ...]
    """Exact sums by currency."""
    unrated: int
    """Attempts without an amount."""
    estimated: bool
    """Whether tokens are estimated."""
    cause: str
    """Why it was refused, in a word."""
    clauses: tuple[str, ...]
    """Clauses that refused it."""
    corrections: tuple[Money, ...] = ()
    """What was added to the costs later, by currency."""


def lines(store: Store, chosen: Filter, limit: int) -> list[Line]:
    """The newest `limit` chosen entries, oldest first; raises ValueError for what is no fact's name."""
    chosen.check()
    with store.snapshot():
        newest = _newest(store, chosen, limit)[::-1]
        parts = [newest[start : start + _LISTED] for start in range(0, len(newest), _LISTED)]
        return [line for some in parts for line in _lines(store, some)]


def _newest(store: Store, chosen: Filter, limit: int) -> list[bytes]:
    columns, values = by_columns(chosen, SINGLE)
    if chosen.clouds or chosen.deployments:
        columns = f"EXISTS (SELECT 1 FROM attempts a WHERE a.entry = e.id AND {columns})"
    timed = both(by_time(chosen.since, chosen.until), (columns, values))
    # Entries whose reservation is lost have no time; a period leaves them out, and else they come last.
    orders = (("e.at IS NOT NULL", "e.at DESC, e.id DESC"), ("e.at IS NULL", "e.id DESC"))
    rows = chain.from_iterable(
        store.stream(
            f"SELECT e.id, e.kind FROM entries e WHERE {known} AND {timed[0]} ORDER BY {order}", timed[1]
        )
        for known, order in orders
    )
    unknown = chosen.wants(UNKNOWN_KIND)
    wanted = {digest for digest, kind in read_kinds(store).items() if chosen.wants(kind)}
    found = (entry for entry, kind in rows if (unknown if kind is None else kind in wanted))
    return [entry for entry in islice(found, limit) if isinstance(entry, bytes)]


def _lines(store: Store, entries: list[bytes]) -> list[Line]:
    places = ", ".join("?" * len(entries))
    tried: dict[object, list[str]] = {}
    for entry, answered_by in store.rows(
        f"SELECT entry, answered_by FROM attempts WHERE entry IN ({places}) ORDER BY entry, number", entries
    ):
        tried.setdefault(entry, []).append(str(answered_by))
    corrected: dict[object, list[Money]] = {}
    for entry, amount, currency in store.rows(
        f"SELECT entry, amount, currency FROM corrections WHERE entry IN ({places})", entries
    ):
        delta = read_money(amount, currency)
        if delta is not None:
            corrected.setdefault(entry, []).append(delta)
    rows = {
        row[0]: row for row in store.rows(f"SELECT {_COLUMNS} FROM entries WHERE id IN ({places})", entries)
    }
    return [
        _line(rows[entry], tuple(tried.get(entry, ())), add_money(corrected.get(entry, [])))
        for entry in entries
    ]


def _line(row: Row, deployments: tuple[str, ...], corrections: tuple[Money, ...]) -> Line:
    entry, at, caller, route, outcome, status, costs, unrated, estimated, cause, clauses, *tokens = row
    assert isinstance(entry, bytes), "ids are kept as bytes"
    counts = {name: count or 0 for name, count in zip(Usage.__struct_fields__, tokens, strict=True)}
    return msgspec.convert(
        {
            "entry": format_entry_id(entry),
            "at": at or 0,
            "caller": caller or "",
            "route": route or "",
            "outcome": outcome or "unsettled",
            "status": status or 0,
            "deployments": deployments,
            "usage": counts,
            "costs": read_costs(costs),
            "unrated": unrated or 0,
            "estimated": bool(estimated),
            "cause": cause or "",
            "clauses": msgspec.json.decode(str(clauses or "[]")),
            "corrections": corrections,
        },
        Line,
    )
