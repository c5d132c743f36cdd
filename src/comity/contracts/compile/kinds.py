"""Rows summed by what books say about them, and why: one kind for all rows with the same reasons and needs.

What a clause does in which worlds is computed for distinct combinations of classes, as in `columnar`, and
told apart by numbers; no list and no text is made for a row. Each kind keeps the classes of one of its rows,
from which the plain engine finds verdict and reasons. Rows with a fact that has no class are kinds of their
own, which say only that: their facts have to be read as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from comity.contracts.book import Book
from comity.contracts.compile.classes import MISSING, Classes, Words, classes_of
from comity.contracts.compile.coding import Column, choose, engine, whole
from comity.contracts.compile.columnar import DATED, keys_of, pack, setting_of
from comity.contracts.compile.limits import refuse
from comity.contracts.compile.lower import lower
from comity.contracts.compile.relational import Digit, Relational, Setting, digit_name, either, fenced
from comity.contracts.compile.samples import fact_of
from comity.contracts.compile.stretches import AsOf, stretches_of
from comity.contracts.compile.wanted import Wanted, bits
from comity.contracts.vocabulary import Value

Table: TypeAlias = Any
"""An Ibis table expression; Ibis comes without types."""

FIRST, LAST, UNREAD, SAMPLE = "first", "last", "unread", "sample"
"""Columns of a kind: its first and last moment, whether its facts have no classes, and the keys of a row."""

_FLAGS = 31
_BITS = 62


class Judging(msgspec.Struct, frozen=True):
    """What rows are judged by."""

    book: Book
    """The book."""
    as_of: AsOf = None
    """What the book knew."""
    party: str | None = None
    """The party whose readings count; None when all do."""


class Rows(msgspec.Struct, frozen=True):
    """A table of rows to sum."""

    table: Table
    """The rows."""
    facts: Mapping[str, str]
    """Attribute to its column."""
    at: str
    """The column of the moment, unix seconds."""
    sums: tuple[str, ...]
    """Columns to sum."""
    kept: tuple[str, ...]
    """Columns that keep kinds apart."""


class _Side(msgspec.Struct, frozen=True):
    """One book over the rows."""

    setting: Setting
    """What is decided."""
    digits: tuple[Digit, ...]
    """Where the classes are."""
    bounds: tuple[float, ...]
    """Where its stretches of time begin."""


class Kinds:
    """The kinds of rows under several books."""

    def __init__(self, rows: Rows, judging: Sequence[Judging]) -> None:
        """Raises BookError when a book does not fit the columnar target."""
        self._rows = rows
        self._sides = [_side(one, number, rows.facts) for number, one in enumerate(judging)]
        self._keys = tuple(dict.fromkeys(digit.key for side in self._sides for digit in side.digits))
        self._found: dict[tuple[str, tuple[int, ...]], Value | None] = {}

    def table(self) -> Table:
        """The kinds: `rows.kept`, `rows.sums`, and the columns named above."""
        table, rows = self._combinations(), self._rows
        columns = tuple(table.columns)
        marks: list[str] = []
        for number, side in enumerate(self._sides):
            table, found = _marked(table.select(*columns, *marks), side, number)
            marks += found
        table = table.mutate(**{UNREAD: either([table[name] for name in marks if UNREAD in name])})
        return table.group_by([*rows.kept, UNREAD, *(name for name in marks if UNREAD not in name)]).agg(
            **_sums(table, rows.sums),
            **{FIRST: table[FIRST].min(), LAST: table[LAST].max()},
            **{SAMPLE: engine().array([table[key] for key in self._keys]).min()},
        )

    def unread(self) -> Table:
        """The rows themselves that have a fact, or a moment, without a class."""
        table = self._rows.table
        columns = tuple(table.columns)
        table = fenced(table, self._key_columns())
        flags: list[str] = []
        for number, side in enumerate(self._sides):
            relational = Relational(side.setting, table, side.digits)
            odd = either([relational.unreadable(digit.name) for digit in side.digits])
            flags.append(f"{UNREAD} {number}")
            table = relational.table.mutate(**{flags[-1]: odd}).select(*columns, *self._keys, *flags)
        return table.filter(either([table[flag] for flag in flags])).select(*columns)

    def facts(self, sample: Sequence[int]) -> dict[str, Value]:
        """Facts of which a kind's verdicts are those of all its rows."""
        keys = dict(zip(self._keys, sample, strict=True))
        seen: dict[str, list[tuple[Classes, int]]] = {}
        for side in self._sides:
            for digit in side.digits:
                if digit.name != DATED:
                    number = keys[digit.key] >> digit.shift & (1 << digit.bits) - 1
                    seen.setdefault(digit.name, []).append((side.setting.classes[digit.name], number))
        found = {name: self._fact(name, classes) for name, classes in seen.items()}
        return {name: fact for name, fact in found.items() if fact is not None}

    def _fact(self, name: str, seen: list[tuple[Classes, int]]) -> Value | None:
        key = (name, tuple(number for _, number in seen))
        if key not in self._found:
            self._found[key] = fact_of(seen)
        return self._found[key]

    def _combinations(self) -> Table:
        """The distinct keys with their sums."""
        rows = self._rows
        table = rows.table
        moment = table[rows.at]
        chosen = table.select(*rows.kept, *rows.sums, **self._key_columns(), **{FIRST: moment})
        return chosen.group_by([*rows.kept, *self._keys]).agg(
            **_sums(chosen, rows.sums), **{FIRST: chosen[FIRST].min(), LAST: chosen[FIRST].max()}
        )

    def _key_columns(self) -> dict[str, Column]:
        rows = self._rows
        columns = {name: rows.table[column] for name, column in rows.facts.items()}
        columns[DATED] = rows.table[rows.at]
        keys: dict[str, Column] = {}
        for side in self._sides:
            keys |= keys_of(columns, side.digits, side.setting.classes, side.bounds, quick=True)
        return keys


def _side(judging: Judging, number: int, facts: Mapping[str, str]) -> _Side:
    book = judging.book
    refuse(book, "columnar")
    stretches = stretches_of(book, judging.as_of)
    form = lower(book, stretches.norms)
    known = [name for name in facts if name in book.vocabulary.attributes]
    classes = {name: _blank(one) for name, one in classes_of(book, form, known).items()}
    sizes = {name: classes[name].bits for name in known}
    sizes[DATED] = len(stretches.norms).bit_length()
    digits = tuple(pack(sizes, f"key {number} "))
    return _Side(setting_of(book, form, classes, stretches, judging.party), digits, stretches.bounds)


def _blank(classes: Classes) -> Classes:
    """The same classes, where no text is no fact: files without NULL write it so."""
    if isinstance(classes, Words):
        return msgspec.structs.replace(classes, words={MISSING: ("",), **classes.words})
    return classes


def _marked(table: Table, side: _Side, number: int) -> tuple[Table, list[str]]:
    """The table with columns that tell its rows apart as this book does, and the names of these."""
    relational = Relational(side.setting, table, side.digits, silent=())
    relational.masks()
    needs = Wanted(relational).columns()
    marks = _spoken(relational)
    names = list(needs)
    for start in range(0, len(names), _BITS):
        marks.append(bits({name: needs[name] for name in names[start : start + _BITS]}))
    marks.append(relational.table[digit_name(DATED)])
    columns = {f"mark {number} {place}": mark for place, mark in enumerate(marks)}
    columns[f"{UNREAD} {number}"] = either([relational.unreadable(digit.name) for digit in side.digits])
    return relational.table.mutate(**columns), list(columns)


def _spoken(relational: Relational) -> list[Column]:
    """What every clause does in which worlds, in few numbers."""
    plain: list[Column] = []
    found: list[Column] = []
    for truth in dict.fromkeys(entry.truth for entry in relational.speaks):
        if relational.form.uniform[truth]:
            plain.append(relational.plain(truth))
        else:
            must, may = relational.pair(truth)
            found += [must & relational.table.worlds, may & relational.table.worlds]
    for start in range(0, len(plain), _FLAGS):
        digits = [
            choose([(answer, whole(1 << 2 * place)), (answer.isnull(), whole(2 << 2 * place))], whole(0))
            for place, answer in enumerate(plain[start : start + _FLAGS])
        ]
        found.append(either(digits))
    return found


def _sums(table: Table, names: Sequence[str]) -> dict[str, Column]:
    return {name: table[name].sum() for name in names}
