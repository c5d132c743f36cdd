"""The limits and wallets of `comity.yaml`, checked against the facts that requests can have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from comity.budgets import CALLER, CONTRACT, MODEL, BudgetSettings, Limit, to_grains
from comity.config.sections import BudgetLimitSection, BudgetsSection, WalletSection
from comity.contracts import Book, parse_facts
from comity.database import is_server
from comity.errors import Place, Problem
from comity.money import Money
from comity.prices import check_currency
from comity.source import closest

T = TypeVar("T")

_ID = re.compile(r"[a-z0-9][a-z0-9_.-]*")
_MEASURES = ("money", "tokens", "requests")

At = Callable[[str, int, str], Place]
"""The place of a key in an item of a list of the section."""


class Known(msgspec.Struct, frozen=True):
    """What limits can be about."""

    book: Book
    """The contracts, with their vocabulary."""
    callers: Iterable[str]
    """Ids of the callers."""
    models: Iterable[str]
    """Model names that clients ask for."""


class BudgetReader:
    """One pass over the section; `problems` collects what is wrong with it."""

    def __init__(self, section: BudgetsSection, known: Known, at: At) -> None:
        self.problems: list[Problem] = []
        self._section = section
        self._known = known
        self._at = at

    def settings(self, folder: Path, journal: Path) -> BudgetSettings:
        """The limits, as far as they can be read; look at `problems` before using them."""
        section = self._section
        taken: set[str] = set()
        limits = [
            *self._each("limits", section.limits, taken, self._limit),
            *self._each("wallets", section.wallets, taken, self._wallet),
        ]
        store = section.store or "budgets.db"
        kept: Path | str = store
        if not is_server(store):
            kept = (folder if section.store else journal) / store
        return BudgetSettings(
            tuple(limits), kept, journal / "leases", section.bytes_per_token, section.output_tokens
        )

    def _each(
        self,
        listed: str,
        sections: Iterable[T],
        taken: set[str],
        build: Callable[[T, Callable[[str], Place]], Limit],
    ) -> Iterator[Limit]:
        for index, section in enumerate(sections):
            place = partial(self._at, listed, index)
            try:
                limit = build(section, place)
            except _WrongError as error:
                self.problems.append(error.problem)
                continue
            if limit.id in taken:
                message = f"the id `{limit.id}` is taken"
                self.problems.append(Problem(place("id"), message, "choose another id"))
            taken.add(limit.id)
            yield limit

    def _limit(self, section: BudgetLimitSection, at: Callable[[str], Place]) -> Limit:
        given = [name for name in _MEASURES if getattr(section, name) is not None]
        if len(given) != 1:
            raise _wrong(at("id"), "a limit counts one thing", "give `money`, `tokens` or `requests`")
        unit, amount = given[0], section.tokens or section.requests or 0
        if section.money is not None:
            unit, amount = _money(section.money, at("money"))
        if amount <= 0:
            raise _wrong(
                at(given[0]), "a limit is more than nothing", "leave out `models` of the caller instead"
            )
        if any(not 0 < share < 1 for share in section.warn):
            raise _wrong(at("warn"), "a share lies between 0 and 1", "write `warn: [0.8]`")
        return Limit(
            id=_id(section.id, at("id")),
            unit=unit,
            amount=amount,
            every=section.every,
            zone=_zone(section.zone or self._section.zone, at("zone")),
            where=self._where(section.where, at("where")),
            per=self._per(section.per, at("per")),
            warn=tuple(sorted(map(float, section.warn))),
        )

    def _wallet(self, section: WalletSection, at: Callable[[str], Place]) -> Limit:
        _currency(section.currency, at("currency"))
        where, per = self._where(section.where, at("where")), self._per(section.per, at("per"))
        return Limit(_id(section.id, at("id")), section.currency, None, where=where, per=per)

    def _where(self, facts: Mapping[str, object], place: Place) -> tuple[tuple[str, frozenset[str]], ...]:
        wanted: list[tuple[str, frozenset[str]]] = []
        for name, given in facts.items():
            values = given if isinstance(given, list) else [given]
            words = (self._word(name, value, place) for value in values)
            wanted.append((name, frozenset().union(*words)))
        return tuple(wanted)

    def _word(self, name: str, value: object, place: Place) -> frozenset[str]:
        """The value of a fact in the words by which requests are counted."""
        own = self._own().get(name)
        if own is not None:
            if value not in own:
                raise _wrong(place, f"there is no {name} `{value}`", closest(str(value), own))
            return frozenset((str(value),))
        try:
            (fact,) = parse_facts(self._known.book, {name: value}).values()  # type: ignore[dict-item]  # checked there
        except ValueError as error:
            message, _, suggestion = str(error).partition("; ")
            raise _wrong(place, message, suggestion) from error
        if isinstance(fact, frozenset):
            return fact
        return frozenset((str(fact).lower() if isinstance(fact, bool) else str(fact),))

    def _per(self, names: list[str], place: Place) -> tuple[str, ...]:
        known = {*self._own(), *self._known.book.vocabulary.attributes}
        for name in names:
            if name not in known:
                raise _wrong(place, f"there is no fact `{name}`", closest(name, known))
        return tuple(names)

    def _own(self) -> dict[str, set[str]]:
        contracts = {clause.contract for clause in self._known.book.clauses}
        return {CALLER: set(self._known.callers), MODEL: set(self._known.models), CONTRACT: contracts}


class _WrongError(Exception):
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


def _wrong(place: Place, message: str, suggestion: str) -> _WrongError:
    return _WrongError(Problem(place, message, suggestion))


def _id(text: str, place: Place) -> str:
    if not _ID.fullmatch(text):
        message = f"the id `{text}` has other characters than a-z, 0-9, `_`, `.` and `-`"
        raise _wrong(place, message, "write one like `team-month`")
    return text


def _money(text: str, place: Place) -> tuple[str, int]:
    amount, _, currency = text.partition(" ")
    try:
        money = Money(Decimal(amount), _currency(currency, place))
    except InvalidOperation as error:
        raise _wrong(place, f"`{text}` is no amount of money", "write one like `100 USD`") from error
    if not money.amount.is_finite():
        raise _wrong(place, f"`{text}` is no amount of money", "write one like `100 USD`")
    return currency, to_grains(money)


def _currency(text: str, place: Place) -> str:
    try:
        check_currency(text)
    except ValueError as error:
        raise _wrong(place, str(error), "write an ISO 4217 code such as `USD`") from error
    return text


def _zone(name: str, place: Place) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _wrong(place, f"there is no time zone `{name}`", "write one like `Europe/Berlin`") from error
