"""Reads the keys of one YAML mapping into values, and collects every problem on the way.

A getter that fails notes the problem and gives a harmless value; `finish` then reports keys that nobody asked
for. A book with problems is never used, so the harmless value is never seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import TypeVar

from comity.contracts.clauses import Grade
from comity.errors import Place, Problem
from comity.period import ALWAYS, Period, parse_date, parse_period
from comity.source import Node, closest

_SHOWN = 12
_FIRST_YEAR, _LAST_YEAR = 1800, 2999

T = TypeVar("T")

GRADES = {grade.word: grade for grade in Grade} | {grade.word[0].upper(): grade for grade in Grade}
"""Every spelling of a grade."""


class Problems:
    """The problems found so far."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, place: Place, message: str, suggestion: str = "") -> None:
        """Notes one problem."""
        self.found.append(Problem(place, message, suggestion))


class Fields:
    """One mapping, of which every key must be asked for."""

    def __init__(self, node: Node, what: str, problems: Problems) -> None:
        self.node = node
        self.what = what
        self.problems = problems
        self.asked: set[str] = set()
        if not isinstance(node.value, dict):
            problems.add(node.place, f"{what} must be a mapping", "write `key: value` pairs")
        self.entries = node.value if isinstance(node.value, dict) else {}

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def place(self, key: str) -> Place:
        """Where the key stands; the mapping's own place when it is absent."""
        entry = self.entries.get(key)
        return self.node.place if entry is None else entry.key_place

    def take(self, key: str) -> Node | None:
        """The node under `key`, or None when it is absent."""
        self.asked.add(key)
        entry = self.entries.get(key)
        return None if entry is None else entry.node

    def finish(self) -> None:
        """Reports the keys that nobody asked for."""
        for key, entry in self.entries.items():
            if key not in self.asked:
                self.problems.add(
                    entry.key_place, f"{self.what} has no key `{key}`", suggest(key, self.asked)
                )

    def text(self, key: str, default: str = "") -> str:
        """A text; numbers count as they are written."""
        node = self.take(key)
        if node is None:
            return default
        if isinstance(node.value, str):
            return node.value
        if isinstance(node.value, int | Decimal) and not isinstance(node.value, bool):
            return str(node.value)
        self.problems.add(node.place, f"`{key}` must be a text", "write it in quotes")
        return default

    def word(self, key: str, known: Iterable[str], default: str = "") -> str:
        """One of the words in `known`."""
        node = self.take(key)
        return default if node is None else self.one_word(node, known, f"`{key}`", default)

    def words(self, key: str, known: Iterable[str] | None = None) -> tuple[str, ...]:
        """A word or a list of words, each in `known` unless that is None."""
        node = self.take(key)
        if node is None:
            return ()
        items = node.value if isinstance(node.value, tuple) else (node,)
        return tuple(self.one_word(item, known, f"`{key}`", "") for item in items)

    def one_word(self, node: Node, known: Iterable[str] | None, what: str, default: str) -> str:
        """The word that `node` is."""
        if not isinstance(node.value, str) or not node.value:
            self.problems.add(node.place, f"{what} must be a word, or a list of words", "write a name")
            return default
        if known is not None and node.value not in (names := set(known)):
            self.problems.add(
                node.place, f"`{node.value}` is not known as {what}", suggest(node.value, names)
            )
            return default
        return node.value

    def flag(self, key: str, *, default: bool = False) -> bool:
        """`true` or `false`."""
        node = self.take(key)
        if node is None:
            return default
        if isinstance(node.value, bool):
            return node.value
        self.problems.add(node.place, f"`{key}` must be `true` or `false`", "write it without quotes")
        return default

    def count(self, key: str) -> int | None:
        """A whole number that is not negative."""
        node = self.take(key)
        if node is None:
            return None
        if isinstance(node.value, int) and not isinstance(node.value, bool) and node.value >= 0:
            return node.value
        self.problems.add(node.place, f"`{key}` must be a whole number", "write for example `90`")
        return None

    def number(self, key: str) -> Decimal | None:
        """A number."""
        node = self.take(key)
        if node is None:
            return None
        value = as_number(node)
        if value is None:
            self.problems.add(node.place, f"`{key}` must be a number", "write for example `0.20`")
        return value

    def day(self, key: str) -> date | None:
        """A calendar date."""
        node = self.take(key)
        return None if node is None else self.parsed(node, parse_day, None)

    def period(self, key: str, default: Period = ALWAYS) -> Period:
        """A half-open period `A .. B`."""
        node = self.take(key)
        return default if node is None else self.parsed(node, _parse_days, default)

    def grade(self, key: str, default: Grade) -> Grade:
        """A grade, as a word or as its letter."""
        word = self.word(key, GRADES)
        return GRADES.get(word, default)

    def parsed(self, node: Node, parse: Callable[[str], T], default: T) -> T:
        """What `parse` makes of the text of `node`; its ValueError is the problem."""
        if not isinstance(node.value, str):
            value = node.value if isinstance(node.value, int | Decimal) else "no text"
            self.problems.add(node.place, f"expected a date or a period, found `{value}`", "write 2026-04-27")
            return default
        try:
            return parse(node.value)
        except ValueError as error:
            self.problems.add(node.place, str(error))
            return default


def parse_day(text: str) -> date:
    """A date within living memory or planning: others are slips, and no clock converts them safely."""
    day = parse_date(text)
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(f"the year of `{text}` is not between {_FIRST_YEAR} and {_LAST_YEAR}")
    return day


def _parse_days(text: str) -> Period:
    period = parse_period(text)
    for day in (period.start, period.end):
        if day is not None:
            parse_day(day.isoformat())
    return period


def as_number(node: Node) -> Decimal | None:
    """The number that `node` is, or None."""
    if isinstance(node.value, bool) or not isinstance(node.value, int | Decimal):
        return None
    return Decimal(node.value)


def suggest(word: str, known: Iterable[str]) -> str:
    """What to write instead of `word`: the nearest known word, else the known ones, not too many of them."""
    words = sorted(known)
    hint = closest(word, words)
    if hint.startswith("did you mean") or len(words) <= _SHOWN:
        return hint
    return f"{closest('', words[:_SHOWN])} and {len(words) - _SHOWN} more"
