"""Questions to the ledger: which entries, and sums over them by any column or fact.

Amounts are summed as decimals by currency, and what has no amount is counted beside the sum, never as zero.
A filter on deployments or clouds looks at single attempts, so an entry that fell back from one cloud to
another counts with each cloud for its own part.
"""
# ruff: noqa: S608 - statements are put together from our own column names; values are always bound

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from comity.exchange import Usage
from comity.ledger.identity import format_entry_id
from comity.ledger.schema import TOKEN_COLUMNS
from comity.ledger.store import Store
from comity.money import Money
from comity.source import closest

GROUP_COLUMNS = {
    "caller": "e.caller",
    "route": "e.route",
    "dialect": "e.dialect",
    "outcome": "coalesce(e.outcome, 'unsettled')",
    "status": "e.status",
    "cause": "e.cause",
    "day": "date(e.at / 1000000000, 'unixepoch')",
    "deployment": "a.answered_by",
    "cloud": "a.cloud",
    "region": "replace(trim(a.region, '[]'), '\"', '')",
    "attempt": "a.outcome",
}
"""What one can group by, besides the callers' and workloads' facts; days are UTC."""

_FACT = re.compile(r"[A-Za-z_][\w.-]*")


class Filter(msgspec.Struct, frozen=True):
    """Which entries; every part that is given must hold, and of several values of one part any."""

    since: int | None = None
    """First moment, unix nanoseconds, inclusive."""
    until: int | None = None
    """Last moment, unix nanoseconds, exclusive."""
    callers: tuple[str, ...] = ()
    """Caller ids."""
    deployments: tuple[str, ...] = ()
    """Deployments that were called or that answered."""
    clouds: tuple[str, ...] = ()
    """Clouds that were called."""
    outcomes: tuple[str, ...] = ()
    """Entry outcomes, or `unsettled`."""
    where: tuple[tuple[str, str], ...] = ()
    """Facts and their values as text: `true` and `false` for booleans, one member for a set."""


class Totals(msgspec.Struct, frozen=True):
    """Sums over some entries."""

    entries: int
    """Entries, refusals too."""
    refused: int
    """Of these, refused before any attempt."""
    unsettled: int
    """Of these, not settled yet."""
    attempts: int
    """Attempts."""
    usage: Usage
    """Tokens by class, as far as they are known."""
    costs: tuple[Money, ...]
    """Exact sums by currency."""
    unrated: int
    """Attempts for which something may be owed and no amount is known."""
    estimated: int
    """Attempts whose tokens are estimated."""


class Group(msgspec.Struct, frozen=True):
    """Sums over the entries that share some values."""

    keys: tuple[str, ...]
    """The values, in the order that was asked for; empty where an entry has none."""
    totals: Totals
    """Their sums."""


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


def check_facts(store: Store, names: Sequence[str]) -> None:
    """Raises ValueError, with a suggestion, for a name that is neither a column nor a fact of any entry."""
    for name in names:
        path = _fact_path(name)
        known = "json_type(facts, ?) IS NOT NULL OR json_type(workload, ?) IS NOT NULL"
        found = store.rows(f"SELECT 1 FROM entries WHERE {known} LIMIT 1", (path, path))
        if name not in GROUP_COLUMNS and not list(found):
            facts = store.rows(
                "SELECT DISTINCT j.key FROM entries e, json_each(e.facts) j"
                " UNION SELECT DISTINCT j.key FROM entries e, json_each(e.workload) j"
            )
            names_known = [*GROUP_COLUMNS, *(str(row[0]) for row in facts)]
            raise ValueError(f"no entry has the fact `{name}`; {closest(name, names_known)}")


def totals(store: Store, chosen: Filter) -> Totals:
    """Sums over all chosen entries."""
    return groups(store, chosen, ())[0].totals


def groups(store: Store, chosen: Filter, keys: Sequence[str]) -> list[Group]:
    """Sums by the values of `keys`, ordered by them. Raises ValueError for a key that cannot be one."""
    condition, values = _condition(chosen)
    names = [_group_expression(key) for key in keys]
    columns = ", ".join([*names, *_SUMS])
    grouping = f"GROUP BY {', '.join(names)} ORDER BY {', '.join(names)}" if names else ""
    rows = store.rows(
        f"SELECT {columns} FROM entries e LEFT JOIN attempts a ON a.entry = e.id"
        f" WHERE {condition} {grouping}",
        values,
    )
    return [
        Group(
            tuple("" if value is None else str(value) for value in row[: len(names)]),
            _totals(row[len(names) :]),
        )
        for row in rows
    ]


def lines(store: Store, chosen: Filter, limit: int) -> list[Line]:
    """The newest `limit` chosen entries, oldest of them first."""
    condition, values = _condition(chosen)
    rows = store.rows(
        "SELECT DISTINCT e.id, e.at, e.caller, e.route, coalesce(e.outcome, 'unsettled'), e.status,"
        " (SELECT json_group_array(answered_by) FROM (SELECT answered_by FROM attempts"
        f" WHERE entry = e.id ORDER BY number)), {', '.join(f'e.{name}' for name in TOKEN_COLUMNS)}, e.costs,"
        " e.unrated, e.estimated, e.cause, e.clauses FROM entries e LEFT JOIN attempts a ON a.entry = e.id"
        f" WHERE {condition} ORDER BY e.at DESC, e.id DESC LIMIT ?",
        (*values, limit),
    )
    return [_line(row) for row in rows][::-1]


_SUMS = (
    "count(DISTINCT e.id)",
    "count(DISTINCT CASE WHEN e.outcome = 'refused' THEN e.id END)",
    "count(DISTINCT CASE WHEN e.outcome IS NULL THEN e.id END)",
    "count(a.entry)",
    *(f"coalesce(sum(a.{name}), 0)" for name in TOKEN_COLUMNS),
    "money_sum(a.amount, a.currency)",
    "coalesce(sum(a.amount IS NULL AND a.unrated NOT LIKE 'not_charged%'), 0)",
    "coalesce(sum(a.estimated), 0)",
)


def _totals(row: tuple[object, ...]) -> Totals:
    entries, refused, unsettled, attempts, *rest = row
    *tokens, costs, unrated, estimated = rest
    return msgspec.convert(
        {
            "entries": entries,
            "refused": refused,
            "unsettled": unsettled,
            "attempts": attempts,
            "usage": dict(zip(Usage.__struct_fields__, tokens, strict=True)),
            "costs": _costs(costs),
            "unrated": unrated,
            "estimated": estimated,
        },
        Totals,
    )


def _line(row: tuple[object, ...]) -> Line:
    entry, at, caller, route, outcome, status, deployments, *rest = row
    *tokens, costs, unrated, estimated, cause, clauses = rest
    assert isinstance(entry, bytes), "STRICT tables keep ids as bytes"
    counts = {name: count or 0 for name, count in zip(Usage.__struct_fields__, tokens, strict=True)}
    return msgspec.convert(
        {
            "entry": format_entry_id(entry),
            "at": at or 0,
            "caller": caller or "",
            "route": route or "",
            "outcome": outcome,
            "status": status or 0,
            "deployments": msgspec.json.decode(str(deployments)),
            "usage": counts,
            "costs": _costs(costs),
            "unrated": unrated or 0,
            "estimated": bool(estimated),
            "cause": cause or "",
            "clauses": msgspec.json.decode(str(clauses or "[]")),
        },
        Line,
    )


def _costs(text: object) -> list[Money]:
    amounts: dict[str, Decimal] = msgspec.json.decode(str(text or "{}"), type=dict[str, Decimal])
    return [Money(amounts[currency], currency) for currency in sorted(amounts)]


def _group_expression(key: str) -> str:
    known = GROUP_COLUMNS.get(key)
    if known is not None:
        return known
    path = _fact_path(key)
    return f"coalesce(json_extract(e.facts, '{path}'), json_extract(e.workload, '{path}'))"


def _fact_path(key: str) -> str:
    if not _FACT.fullmatch(key):
        raise ValueError(f"expected the name of a column or a fact, found `{key}`")
    return f'$."{key}"'


def _condition(chosen: Filter) -> tuple[str, tuple[object, ...]]:
    parts = ["1"]
    values: list[object] = []
    if chosen.since is not None:
        parts.append("e.at >= ?")
        values.append(chosen.since)
    if chosen.until is not None:
        parts.append("e.at < ?")
        values.append(chosen.until)
    for expression, wanted in (
        ("e.caller", chosen.callers),
        ("a.cloud", chosen.clouds),
        ("coalesce(e.outcome, 'unsettled')", chosen.outcomes),
    ):
        if wanted:
            parts.append(f"{expression} IN ({', '.join('?' * len(wanted))})")
            values += wanted
    if chosen.deployments:
        places = ", ".join("?" * len(chosen.deployments))
        parts.append(f"(a.answered_by IN ({places}) OR a.deployment IN ({places}))")
        values += [*chosen.deployments, *chosen.deployments]
    for key, value in chosen.where:
        path = _fact_path(key)
        parts.append(f"({_holds('e.facts', path)} OR {_holds('e.workload', path)})")
        values += [value, value]
    return " AND ".join(parts), tuple(values)


def _holds(column: str, path: str) -> str:
    as_text = "CASE j.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(j.atom AS TEXT) END"
    return f"EXISTS (SELECT 1 FROM json_each({column}, '{path}') j WHERE {as_text} = ?)"
