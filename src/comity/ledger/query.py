"""Questions to the ledger: sums over entries, by any column or fact.

Amounts are summed exactly and by currency, what has no amount is counted beside the sum, never as zero, and
corrections stand beside what they correct. A filter on deployments or clouds looks at single attempts, so an
entry that fell back from one cloud to another counts with each cloud for its own part.
"""
# ruff: noqa: S608 - statements are put together from our own column names; values are always bound

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from comity.exchange import Usage
from comity.ledger import kinds
from comity.ledger.kinds import UNKNOWN_KIND, Kind, check_name, fact_text, read_kinds
from comity.ledger.schema import TOKEN_COLUMNS
from comity.ledger.selection import (
    SINGLE,
    SUMMED,
    Condition,
    Filter,
    both,
    by_columns,
    by_time,
    rest,
    whole_days,
)
from comity.ledger.store import Store
from comity.money import Money, add_exactly

GROUP_COLUMNS = ("caller", "route", "dialect", *(name for name in SUMMED if name != "called"))
"""What one can group by, besides the callers' and workloads' facts; days are UTC."""

_PLACES = {"deployment", "cloud", "region", "attempt"}
_OF_KIND = ("caller", "route", "dialect")


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
    """Exact sums by currency, as the attempts were rated."""
    unrated: int
    """Attempts for which something may be owed and no amount is known."""
    estimated: int
    """Attempts whose tokens are estimated."""
    corrections: tuple[Money, ...] = ()
    """Exact sums by currency of what was added to these costs later."""


class Group(msgspec.Struct, frozen=True):
    """Sums over the entries that share some values."""

    keys: tuple[str, ...]
    """The values, in the order that was asked for; empty where an entry has none."""
    totals: Totals
    """Their sums."""


def check_facts(store: Store, names: Sequence[str]) -> None:
    """Raises ValueError, with a suggestion, for a name that is neither a column nor a fact of any entry."""
    kinds.check_facts(store, names, GROUP_COLUMNS)


def totals(store: Store, chosen: Filter) -> Totals:
    """Sums over all chosen entries."""
    found = groups(store, chosen, ())
    return found[0].totals if found else _Adding().totals()


def groups(store: Store, chosen: Filter, keys: Sequence[str]) -> list[Group]:
    """Sums by the values of `keys`, ordered by them. Raises ValueError for a key that cannot be one."""
    chosen.check()
    for key in keys:
        if key not in GROUP_COLUMNS:
            check_name(key)
    with store.snapshot():
        asked = _Asked(store, chosen, keys)
        for part in (asked.add_summed, asked.add_rest, asked.add_corrections):
            part()
    return asked.groups()


class _Adding:
    """Sums of one group while they are added up."""

    def __init__(self) -> None:
        self.counts = [0] * (_COUNTS + len(TOKEN_COLUMNS))
        self.costs: dict[str, Decimal] = {}
        self.corrections: dict[str, Decimal] = {}

    def totals(self) -> Totals:
        entries, refused, unsettled, attempts, unrated, estimated, *tokens = self.counts
        return Totals(
            entries,
            refused,
            unsettled,
            attempts,
            Usage(*tokens),
            _money(self.costs),
            unrated,
            estimated,
            _money(self.corrections),
        )


_COUNTS = 6
_TOKEN_SUMS = [f"CAST(coalesce(sum({{0}}.{name}), 0) AS BIGINT)" for name in TOKEN_COLUMNS]
_SUMMED_COUNTS = [
    "CAST(sum(s.entries) AS BIGINT)",
    "CAST(sum(CASE s.outcome WHEN 'refused' THEN s.entries ELSE 0 END) AS BIGINT)",
    "0",
    *(f"CAST(sum(s.{name}) AS BIGINT)" for name in ("attempts", "unrated", "estimated")),
    *(text.format("s") for text in _TOKEN_SUMS),
]
_SINGLE_COUNTS = [
    "count(DISTINCT e.id)",
    "count(DISTINCT CASE WHEN e.outcome = 'refused' THEN e.id END)",
    "count(DISTINCT CASE WHEN e.outcome IS NULL THEN e.id END)",
    "count(a.entry)",
    "coalesce(sum(CASE WHEN a.amount IS NULL AND a.unrated NOT LIKE 'not_charged%' THEN 1 ELSE 0 END), 0)",
    "CAST(coalesce(sum(a.estimated), 0) AS BIGINT)",
    *(text.format("a") for text in _TOKEN_SUMS),
]
_ENTRIES = "entries e LEFT JOIN attempts a ON a.entry = e.id"
_CORRECTED = (
    "corrections c JOIN entries e ON e.id = c.entry LEFT JOIN attempts a ON a.entry = c.entry"
    " AND a.number = CASE c.number WHEN 0 THEN e.attempts ELSE c.number END"
)


class _Asked:
    """One question: kinds are looked at here, everything else by the database."""

    def __init__(self, store: Store, chosen: Filter, keys: Sequence[str]) -> None:
        self._store = store
        self._chosen = chosen
        self._keys = keys
        self._columns = [key for key in keys if key in SUMMED]
        self._apart = bool(chosen.clouds or chosen.deployments or _PLACES.intersection(keys))
        self._kinds = read_kinds(store)
        self._wanted = {digest: kind for digest, kind in self._kinds.items() if chosen.wants(kind)}
        self._found: dict[tuple[object, ...], _Adding] = {}

    def add_summed(self) -> None:
        """What the kept sums say of whole days."""
        days = whole_days(self._chosen, apart=self._apart)
        if days is None:
            return
        condition = both(days, by_columns(self._chosen, SUMMED))
        sum_ = self._store.dialect.sum_amounts.format("s.amount")
        values = ["s.currency", sum_, *_SUMMED_COUNTS]
        for adding, (currency, amount, *counts) in self._rows("sums s", SUMMED, values, condition):
            _count(adding, counts)
            _pay(adding.costs, currency, amount)

    def add_rest(self) -> None:
        """What only single entries say."""
        columns = by_columns(self._chosen, SINGLE)
        amount = self._store.dialect.sum_amounts.format("a.amount")
        for part in rest(self._chosen, apart=self._apart):
            condition = both(part, columns)
            for adding, counts in self._rows(_ENTRIES, SINGLE, _SINGLE_COUNTS, condition):
                _count(adding, counts)
            priced = both(condition, ("a.amount IS NOT NULL", ()))
            for adding, paid in self._rows(_ENTRIES, SINGLE, ["a.currency", amount], priced):
                _pay(adding.costs, *paid)

    def add_corrections(self) -> None:
        """What was added to the chosen entries later."""
        condition = both(by_time(self._chosen.since, self._chosen.until), by_columns(self._chosen, SINGLE))
        amount = self._store.dialect.sum_amounts.format("c.amount")
        for adding, paid in self._rows(_CORRECTED, SINGLE, ["c.currency", amount], condition):
            _pay(adding.corrections, *paid)

    def groups(self) -> list[Group]:
        """The groups in the order of their keys."""
        return [
            Group(tuple(map(fact_text, key)), adding.totals())
            for key, adding in sorted(self._found.items(), key=lambda one: [_order(part) for part in one[0]])
        ]

    def _rows(
        self,
        tables: str,
        columns: Mapping[str, str],
        values: Sequence[str],
        condition: Condition,
    ) -> Iterator[tuple[_Adding, Sequence[object]]]:
        """Rows of values by group; a currency among the values is grouped by, too."""
        names = [columns[name] for name in self._columns]
        kind = "s.kind" if columns is SUMMED else "e.kind"
        currency = [value for value in values if value.endswith(".currency")]
        grouping = ", ".join([kind, *names, *currency])
        rows = self._store.stream(
            f"SELECT {', '.join([kind, *names, *values])} FROM {tables} WHERE {condition[0]}"
            f" GROUP BY {grouping}",
            condition[1],
        )
        for digest, *row in rows:
            of_kind = self._kind(digest)
            if of_kind is None:
                continue
            named = dict(zip(self._columns, row[: len(names)], strict=True))
            key = tuple(_value(name, named, of_kind) for name in self._keys)
            adding = self._found.get(key)
            if adding is None:
                adding = self._found[key] = _Adding()
            yield adding, row[len(names) :]

    def _kind(self, digest: object) -> Kind | None:
        if isinstance(digest, bytes):
            return self._wanted.get(digest)
        return UNKNOWN_KIND if self._chosen.wants(UNKNOWN_KIND) else None


def _value(name: str, named: Mapping[str, object], kind: Kind) -> object:
    if name in _OF_KIND:
        return getattr(kind, name) or None
    if name not in named:
        return kind.fact(name)
    value = named[name]
    if name == "day" and isinstance(value, int):
        return str(date(1970, 1, 1) + timedelta(days=value))
    if name == "region" and value:
        return ",".join(msgspec.json.decode(str(value), type=list[str])) or None
    return None if value == "" else value


def _order(value: object) -> tuple[int, float, str]:
    """Nothing first, then numbers by value, then text."""
    if value is None:
        return (0, 0.0, "")
    return (1, value, "") if isinstance(value, int) else (2, 0.0, fact_text(value))


def _count(adding: _Adding, counts: Sequence[object]) -> None:
    for place, count in enumerate(counts):
        assert isinstance(count, int), "counts and sums of tokens are integers"
        adding.counts[place] += count


def _pay(sums: dict[str, Decimal], currency: object, amount: object) -> None:
    if currency:
        sums[str(currency)] = add_exactly(sums.get(str(currency), Decimal(0)), Decimal(str(amount)))


def _money(sums: dict[str, Decimal]) -> tuple[Money, ...]:
    return tuple(Money(sums[currency], currency) for currency in sorted(sums))
