"""The columnar target: one Ibis expression that decides every row of a table.

Rows are reduced to the classes of the facts that the book tests, packed into one or two numbers; the form is
evaluated once per distinct combination and joined back, so a row costs a few comparisons however many clauses
the book has. Three-valued SQL logic is the logic of `interpret`: NULL is an open answer. What hangs on a
reading is carried as two masks. Memory is bounded by the number of combinations, not of rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from comity.contracts.book import Book
from comity.contracts.compile.classes import MISSING, Classes, classes_of
from comity.contracts.compile.coding import Column, choose, class_of, engine, whole, wrong_type
from comity.contracts.compile.form import Form
from comity.contracts.compile.limits import refuse
from comity.contracts.compile.lower import lower
from comity.contracts.compile.relational import Digit, Relational, Setting, fenced
from comity.contracts.compile.stretches import AsOf, Stretches, stretches_of

Table: TypeAlias = Any
"""An Ibis table expression; Ibis comes without types."""

COLUMNS = (
    "outcome",
    "worlds",
    "f_must",
    "f_may",
    "c_must",
    "c_may",
    "p_must",
    "p_may",
    "clauses",
    "unread",
)
"""What `decide_table` adds: the outcome, six masks and the worlds that count (64 bits, the sign is world 63),
the ids of the clauses that decided, and the attributes whose facts could not be read."""

_WIDTH = 62
_AT = "at"
DATED = "@"
"""The digit of the stretch of time."""


def decide_table(
    book: Book,
    table: Table,
    *,
    at: str | datetime = _AT,
    as_of: AsOf = None,
    party: str | None = None,
    keep: Sequence[str] | None = None,
) -> Table:
    """`table` with the verdict of every row.

    Columns named like attributes are facts, NULL is not stated, other columns are kept. `at` is the column of
    the moment (a timestamp, or a number of unix seconds; without a zone it is UTC) or one moment for all.
    `keep` names the columns to keep, where not all are wanted: rows are then read once and their keys held
    (on disk, if need be), instead of read once for the combinations and once more to join them.
    Raises ValueError when the table does not fit the book, BookError when the book does not fit the target.
    """
    refuse(book, "columnar")
    everything = stretches_of(book, as_of)
    if isinstance(at, datetime):
        norms = everything.norms[everything.index(at.timestamp())]
        everything = Stretches((), (norms,))
    form = lower(book, everything.norms)
    classes = classes_of(book, form)
    _check(table, classes, at)
    sizes = {name: known.bits for name, known in classes.items() if name in table.columns}
    if isinstance(at, str):
        sizes[DATED] = len(everything.norms).bit_length()
    digits = pack(sizes)
    columns = {digit.name: table[at if digit.name == DATED else digit.name] for digit in digits}
    keys = keys_of(columns, digits, classes, everything.bounds, quick=_is_duckdb(table))
    keys = keys or {"comity_key_0": whole(0)}
    setting = setting_of(book, form, classes, everything, party)
    if keep is None:
        verdicts = Relational(setting, table.select(**keys).distinct(), digits).verdicts()
        return _joined(table.mutate(**keys), tuple(keys), tuple(table.columns), verdicts)
    rows = fenced(table, keys)  # what is used twice and cannot be merged is computed once
    verdicts = Relational(setting, rows.select(*keys).distinct(), digits).verdicts()
    return _joined(rows, tuple(keys), tuple(keep), verdicts)


def keys_of(
    columns: Mapping[str, Column],
    digits: Sequence[Digit],
    classes: Mapping[str, Classes],
    bounds: tuple[float, ...],
    *,
    quick: bool,
) -> dict[str, Column]:
    """The packed keys of rows whose facts, and whose moment, stand in `columns`."""
    keys: dict[str, Column] = {}
    for digit in digits:
        column = columns[digit.name]
        if digit.name == DATED:
            part = stretch_of(column, bounds) * whole(1 << digit.shift)
        else:
            part = class_of(column, classes[digit.name], digit.shift, quick=quick)
        keys[digit.key] = keys[digit.key] + part if digit.shift else part
    return keys


def setting_of(
    book: Book, form: Form, classes: dict[str, Classes], stretches: Stretches, party: str | None
) -> Setting:
    """What is decided in these stretches of time, in the readings of `party` or of all."""
    frames = [norms.at.frame for norms in stretches.norms]
    return Setting(
        form=form,
        classes=classes,
        required=book.vocabulary.required(),
        counted=tuple(frame.restricted(party).all for frame in frames),
        dated=DATED,
    )


def _check(table: Table, classes: dict[str, Classes], at: str | datetime) -> None:
    taken = [name for name in COLUMNS if name in table.columns]
    problems = [f"the table has a column `{name}` already; rename it" for name in taken]
    if isinstance(at, str):
        if at not in table.columns:
            problems.append(f"the table has no column `{at}` with the moment of the act; name it with `at`")
        elif not (table[at].type().is_timestamp() or table[at].type().is_numeric()):
            problems.append(
                f"the column `{at}` is {table[at].type()}; it must be a timestamp or unix seconds"
            )
    for name, known in classes.items():
        needed = wrong_type(table[name], known) if name in table.columns else None
        if needed is not None:
            problems.append(f"the column `{name}` is {table[name].type()}; it must be {needed}")
    if problems:
        raise ValueError("; ".join(problems))


def stretch_of(column: Column, bounds: tuple[float, ...]) -> Column:
    """One more than the number of bounds that are not after the moment; zero for no moment."""
    cases = [(column.isnull(), whole(MISSING))]
    if column.type().is_floating():
        cases.append((column.isnan() | column.isinf(), whole(MISSING)))
    return choose(cases, _halved(column, bounds, 1))


def _halved(column: Column, bounds: tuple[float, ...], first: int) -> Column:
    """The stretch among `bounds`, found by halves, counted from `first`."""
    if not bounds:
        return whole(first)
    middle = len(bounds) // 2
    before = _halved(column, bounds[:middle], first)
    after = _halved(column, bounds[middle + 1 :], first + middle + 1)
    return choose([(column < _moment(column, bounds[middle]), before)], after)


def _moment(column: Column, bound: float) -> Column:
    ibis, kind = engine(), column.type()
    if kind.is_numeric():
        return ibis.literal(int(bound), type="int64")
    moment = datetime.fromtimestamp(bound, UTC)
    if kind.timezone is None:
        return ibis.literal(moment.replace(tzinfo=None))
    return ibis.literal(moment)


def pack(sizes: dict[str, int], prefix: str = "comity_key_") -> list[Digit]:
    """Places for all classes, in as few keys as they fit, which are called `prefix` and a number."""
    found: list[Digit] = []
    key = shift = 0
    for name, bits in sizes.items():
        if shift + bits > _WIDTH:
            key, shift = key + 1, 0
        found.append(Digit(name, f"{prefix}{key}", shift, bits))
        shift += bits
    return found


def _is_duckdb(table: Table) -> bool:
    ibis = engine()
    try:
        return bool(table.get_backend().name == "duckdb")
    except ibis.common.exceptions.IbisError:
        return False  # a table of no engine yet: only what every engine knows


def _joined(rows: Table, keys: Sequence[str], kept: Sequence[str], verdicts: Table) -> Table:
    joined = rows.left_join(verdicts, [rows[name] == verdicts[name] for name in keys])
    return joined.select(*(rows[name] for name in kept), *(verdicts[name] for name in COLUMNS))
