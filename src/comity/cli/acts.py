"""What `audit` and `whatif` share: recorded acts from a ledger or from tables, and sums as text.

Bad input ends the command with status 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import typer
from rich.table import Table

from comity.audit import (
    COLUMNS,
    GRAVEST,
    SUFFIXES,
    Chosen,
    Lot,
    Rules,
    Weight,
    asked_by,
    ledger_lots,
    table_files,
    table_lots,
)
from comity.cli.ledger_store import EXPECTED, opened, read_nanoseconds, shown_progress
from comity.cli.questions import STYLES
from comity.database import is_server
from comity.errors import MissingExtraError, StoreError
from comity.ledger import STORE_NAME, count_undecided, holds_segments
from comity.source import closest

SUM_COLUMNS = ("requests", "tokens in", "tokens out", "cost")
"""How sums are headed."""

_PLACES = 6
_WORD_STYLES = {**{outcome.value: style for outcome, style in STYLES.items()}, "unreadable": "red"}


class Asking(NamedTuple):
    """Which acts, and how finely they are told apart."""

    place: str
    """A ledger's folder or store, a table, or a folder of tables."""
    group_by: tuple[str, ...] = ()
    """What lots are kept apart by."""
    since: str = ""
    """First day or moment, UTC, inclusive."""
    until: str = ""
    """Day or moment to stop before."""
    renamed: tuple[str, ...] = ()
    """`NAME=COLUMN` for a table."""


class Acts(NamedTuple):
    """What was done."""

    lots: Iterator[Lot]
    """The lots."""
    undecided: int
    """Calls without a reservation, which are in no lot."""


@contextmanager
def read_acts(asking: Asking, rules: Sequence[Rules], *, apart: bool = False) -> Iterator[Acts]:
    """The acts that are asked for; a lot ends wherever a verdict of `rules` may change.

    With `apart`, acts with different facts are different lots, though they may be judged alike.
    """
    since = read_nanoseconds(asking.since, "--since")
    until = read_nanoseconds(asking.until, "--until")
    files = [] if _is_ledger(asking.place) else table_files(Path(asking.place))
    bounds = sorted({bound for one in rules for bound in one.bounds})
    if not files:
        _check_groups(asking.group_by, rules)
        daily = not {"day", "month"}.isdisjoint(asking.group_by)
        with opened(asking.place, _known_as()) as store, shown_progress("auditing") as progress:
            chosen = Chosen(since, until, daily)
            yield Acts(ledger_lots(store, bounds, chosen, progress), count_undecided(store))
        return
    asked = asked_by(rules, asking.group_by, _renamed(asking.renamed), (since, until))
    try:
        with shown_progress("auditing") as progress:
            yield Acts(table_lots(files, asked, progress, rules=() if apart else rules), 0)
    except (StoreError, MissingExtraError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error


def _is_ledger(place: str) -> bool:
    path = Path(place)
    holds = path.is_dir() and (holds_segments(path) or (path / STORE_NAME).exists())
    return holds or is_server(place)


def names_of(text: str) -> tuple[str, ...]:
    """The words of an option that lists some."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _known_as() -> str:
    return f"{EXPECTED}, or tables ({', '.join(SUFFIXES)})"


def _check_groups(names: Sequence[str], rules: Sequence[Rules]) -> None:
    known = {*COLUMNS, *(name for one in rules for name in one.book.vocabulary.attributes)}
    for name in names:
        if name not in known:
            raise typer.BadParameter(
                f"`{name}` is neither a column nor an attribute; {closest(name, known)}",
                param_hint="--group-by",
            )


def _renamed(pairs: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, column = pair.partition("=")
        if not equals or not name or not column:
            raise typer.BadParameter(f"expected NAME=COLUMN, found `{pair}`", param_hint="--column")
        found[name] = column
    return found


# --- sums as text -------------------------------------------------------------------------------------------


def sum_cells(weight: Weight) -> tuple[str, ...]:
    """A sum for a table; amounts are rounded here and nowhere else."""
    return (f"{weight.requests:,}", f"{weight.prompt:,}", f"{weight.completion:,}", cost_text(weight))


def cost_text(weight: Weight) -> str:
    """The amounts of a sum, and how much has none."""
    parts = [str(weight.costs[currency].rounded(_PLACES)) for currency in sorted(weight.costs)]
    parts += [f"{weight.unpriced:,} unpriced"] if weight.unpriced else []
    return " + ".join(parts) or "-"


def outcome_text(outcome: str) -> str:
    """An outcome in its colour."""
    return f"[{_WORD_STYLES[outcome]}]{outcome}[/]"


def sums_table(*names: str) -> Table:
    """A table that begins with columns `names` and ends with sums."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for name in names:
        table.add_column(name, overflow="fold")
    for name in SUM_COLUMNS:
        table.add_column(name, justify="right")
    return table


def check_outcomes(words: tuple[str, ...], option: str) -> tuple[str, ...]:
    """The outcomes that an option names, or the end of the command."""
    for word in words:
        if word not in GRAVEST:
            raise typer.BadParameter(f"`{word}` is no outcome; {closest(word, GRAVEST)}", param_hint=option)
    return words


def plain(value: msgspec.Struct) -> Any:
    """A result as JSON values; sums by currency are exact, as text."""
    return _plain(msgspec.to_builtins(value))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: {currency: cost["amount"] for currency, cost in part.items()}
            if name == "costs"
            else _plain(part)
            for name, part in value.items()
        }
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value
