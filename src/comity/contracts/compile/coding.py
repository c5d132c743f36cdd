"""From a column of a table to classes: one Ibis expression per attribute, evaluated on every row.

This is the only part that touches rows one by one, so it is kept to one CASE per column. Columns may have
any type that can say the fact: words as text, sets as arrays or as text with commas, flags as booleans or as
`true` and `false`, numbers of any type or as text. Anything else is refused before a row is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias

from comity.contracts.compile.classes import (
    MISSING,
    UNREADABLE,
    Classes,
    Flags,
    Members,
    Points,
    Words,
)
from comity.errors import MissingExtraError

Column: TypeAlias = Any
"""An Ibis value expression; Ibis comes without types."""

_FEW = 512


def engine() -> Any:
    """The module `ibis`; raises MissingExtraError when it is not installed."""
    try:
        import ibis  # noqa: PLC0415 - an extra, and heavy
    except ImportError as error:
        raise MissingExtraError("columnar", "decisions over tables need Ibis and DuckDB") from error
    return ibis


def whole(number: int) -> Column:
    """A 64-bit literal with the bits of `number`."""
    ibis = engine()
    # A bare literal that fits 32 bits is a 32-bit number to DuckDB, whatever its type here, and products of
    # such overflow; the cast of a text stays in the query.
    return ibis.literal(str(number - (1 << 64) if number >> 63 else number)).cast("int64")


def choose(cases: Iterable[tuple[Column, Column]], otherwise: Column) -> Column:
    """The value of the first case that holds, else `otherwise`."""
    ibis = engine()
    listed = list(cases)
    return ibis.cases(*listed, else_=otherwise) if listed else otherwise


def wrong_type(column: Column, classes: Classes) -> str | None:
    """What a column would have to be, when it cannot hold the facts of its attribute; None when it can."""
    kind = column.type()
    if isinstance(classes, Members):
        fits = kind.is_string() or (kind.is_array() and kind.value_type.is_string())
        return None if fits else "an array of text, or text with commas"
    if isinstance(classes, Words):
        return None if kind.is_string() else "text"
    if isinstance(classes, Flags):
        return None if kind.is_boolean() or kind.is_string() else "true or false"
    return None if kind.is_numeric() or kind.is_string() else "a number"


def class_of(column: Column, classes: Classes, shift: int, *, quick: bool) -> Column:
    """The class of every fact in `column`, as a 64-bit number, moved left by `shift` bits.

    `quick` looks few words up in a map, which DuckDB does once per word of a Parquet dictionary.
    """
    if isinstance(classes, Words):
        return _word(column, classes, shift, quick=quick)
    if isinstance(classes, Members):
        return _set(column, classes) * whole(1 << shift)
    found = _flag(column) if isinstance(classes, Flags) else _number(column, classes)
    return found * whole(1 << shift)


def _word(column: Column, classes: Words, shift: int, *, quick: bool) -> Column:
    words = {number << shift: group for number, group in classes.words.items()}
    rest = _further(column, classes.other << shift, UNREADABLE << shift)
    count = sum(map(len, words.values()))
    if not quick or not 0 < count <= _FEW:
        return choose([(column.isnull(), whole(MISSING)), *_word_cases(column, words)], rest)
    listed = {word: number for number, group in words.items() for word in group}
    found = _look_up()(engine().literal(listed, type="map<string, int64>"), column)
    return engine().coalesce(found, choose([(column.isnull(), whole(MISSING))], rest))


@cache
def _look_up() -> Callable[[Column, Column], Column]:
    """DuckDB's own look-up: what Ibis writes for maps asks three questions per row."""
    ibis = engine()

    def map_extract_value(words: Column, word: Column) -> Column:
        """The value of a word in a map; NULL when it is not there."""

    types = (("map<string, int64>", "string"), "int64")
    found: Callable[[Column, Column], Column] = ibis.udf.scalar.builtin(map_extract_value, signature=types)
    return found


def _word_cases(column: Column, words: dict[int, tuple[str, ...]]) -> list[tuple[Column, Column]]:
    return [(_among(column, group), whole(number)) for number, group in words.items()]


def _among(column: Column, words: Sequence[str]) -> Column:
    return column == words[0] if len(words) == 1 else column.isin(words)


def _further(column: Column, other: int, unreadable: int) -> Column:
    """Words that no test names: a class of their own when they are accepted, but never the empty one."""
    if other == unreadable:
        return whole(unreadable)
    return choose([(column == "", whole(unreadable))], whole(other))


def _set(column: Column, classes: Members) -> Column:
    """Bits of the kinds of all members; sets of one are common and take the short way."""
    if column.type().is_string():
        several = column.contains(",")
        single, members = column.strip(), column.split(",").map(lambda member: member.strip())
    else:
        several, single, members = column.length() != 1, column[0], column
    return choose(
        [
            (column.isnull(), whole(MISSING)),
            (~several, _bit(single, classes)),
        ],
        # Different powers of two add up to their union; an empty set has no bits and cannot be read.
        members.map(lambda member: _bit(member, classes)).unique().sums().cast("int64").fill_null(1),
    )


def _bit(member: Column, classes: Members) -> Column:
    bits = {1 << kind: group for kind, group in classes.words.items()}
    return choose(
        [(member.isnull(), whole(1)), *_word_cases(member, bits)],
        _further(member, 1 << classes.other, 1),
    )


def _flag(column: Column) -> Column:
    if column.type().is_boolean():
        return choose([(column.isnull(), whole(MISSING)), (column, whole(3))], whole(2))
    cases = [(column.isnull(), whole(MISSING)), (column == "true", whole(3)), (column == "false", whole(2))]
    return choose(cases, whole(UNREADABLE))


def _number(column: Column, classes: Points) -> Column:
    cases = [(column.isnull(), whole(MISSING))]
    number = column
    if column.type().is_string():
        number = column.try_cast("decimal(38, 9)")
        cases.append((number.isnull(), whole(UNREADABLE)))
    elif column.type().is_floating():
        cases.append((column.isnan() | column.isinf(), whole(UNREADABLE)))
    for index, point in enumerate(classes.points):
        cases.append((_below(number, point), whole(2 + 2 * index)))
        if not number.type().is_integer() or point == point.to_integral_value():
            cases.append((number == _constant(number, point), whole(3 + 2 * index)))
    return choose(cases, whole(2 + 2 * len(classes.points)))


def _below(number: Column, point: Decimal) -> Column:
    if number.type().is_integer() and point != point.to_integral_value():
        return number <= _constant(number, point.to_integral_value(rounding="ROUND_FLOOR"))
    return number < _constant(number, point)


def _constant(number: Column, point: Decimal) -> Column:
    """The point in the type of the column, so that nothing is compared after a rounding."""
    ibis = engine()
    if number.type().is_floating():
        return ibis.literal(float(point), type="float64")
    if number.type().is_integer():
        return ibis.literal(int(point), type="int64")
    return ibis.literal(point, type="decimal(38, 9)")
