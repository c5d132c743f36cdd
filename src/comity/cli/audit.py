"""`comity audit`: everything that was recorded, decided once more by a book."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from comity.audit import FORMATS, AsOf, Judged, Report, Rules, Tally, judge_lot, open_export
from comity.cli.acts import (
    Asking,
    check_outcomes,
    cost_text,
    names_of,
    outcome_text,
    plain,
    read_acts,
    sum_cells,
    sums_table,
)
from comity.cli.questions import console, read_book, read_moment, read_party
from comity.contracts import Book
from comity.errors import MissingExtraError
from comity.source import closest

EXAMPLE = "Example: comity audit var/ledger --book books/openai --book books/acme --group-by product,cloud"

_SHOWN = 40


def audit(  # noqa: PLR0917 - the options of a command
    path: Annotated[
        str,
        typer.Argument(metavar="LEDGER", help="A ledger (folder, .db, postgresql://), or .parquet, .csv."),
    ],
    books: Annotated[
        list[Path], typer.Option("--book", help="A folder of contracts, or a file; repeatable.")
    ],
    as_of: Annotated[
        str, typer.Option(help="What the book knew: `now`, `then` (when each act happened), or a date.")
    ] = "now",
    party: Annotated[str | None, typer.Option("--for", help="Count only this party's readings.")] = None,
    group_by: Annotated[str, typer.Option(help="Facts or columns, separated by commas.")] = "",
    since: Annotated[str, typer.Option(help="First day or moment, UTC; inclusive.")] = "",
    until: Annotated[str, typer.Option(help="Day or moment to stop before, UTC.")] = "",
    column: Annotated[
        list[str] | None, typer.Option(help="NAME=COLUMN where a table calls it otherwise; repeatable.")
    ] = None,
    export: Annotated[
        list[Path] | None, typer.Option(help="Write every kind of act: .csv, .json or .parquet; repeatable.")
    ] = None,
    fail_on: Annotated[
        str, typer.Option(help="Outcomes that make the status 1; empty for none.")
    ] = "prohibited,unreadable",
    json: Annotated[
        bool, typer.Option("--json", help="Print the whole report as JSON, amounts exact.")
    ] = False,
) -> None:
    """Decide everything that was recorded once more, and sum what was prohibited, disputed or unknown.

    Nothing is needed but the ledger and a book. The status is 0, or 1 when an outcome of --fail-on was found,
    or 2 when something cannot be read.
    """
    failing = check_outcomes(names_of(fail_on), "--fail-on")
    book = read_book(tuple(books))
    rules = Rules(book, read_as_of(book, as_of), read_party(book, party))
    asking = Asking(path, names_of(group_by), since, until, tuple(column or ()))
    tally = Tally(rules, asking.group_by)
    with (
        read_acts(asking, (rules,), apart=bool(export)) as acts,
        _exports(tuple(export or ()), book) as writers,
    ):
        for lot in acts.lots:
            judged = judge_lot(lot, rules)
            tally.add(judged)
            for write in writers:
                write(judged)
        report = tally.report(acts.undecided)
    if json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(plain(report)), indent=2).decode() + "\n")
    else:
        _show(console(), report)
    raise typer.Exit(1 if any(report.count(outcome) for outcome in failing) else 0)


def read_as_of(book: Book, text: str) -> AsOf:
    """What `--as-of` says, or the end of the command."""
    if text == "then":
        return "then"
    if text == "now":
        return "now"
    return read_moment(book, text, "--as-of")


@contextmanager
def _exports(paths: tuple[Path, ...], book: Book) -> Iterator[list[Callable[[Judged], None]]]:
    """What writes a judged lot to every export; a file that cannot be written ends the command."""
    for path in paths:
        if path.suffix not in FORMATS:
            hint = closest(path.suffix, FORMATS)
            raise typer.BadParameter(f"`{path}` is no export; {hint}", param_hint="--export")
    try:
        with ExitStack() as stack:
            yield [stack.enter_context(open_export(path, book)) for path in paths]
    except (OSError, MissingExtraError) as error:
        typer.echo(f"error: the export cannot be written: {error}", err=True)
        raise typer.Exit(2) from error


# --- printing -----------------------------------------------------------------------------------------------


def _show(screen: Console, report: Report) -> None:
    screen.print(f"[bold]{report.book}[/bold], {_asked(report)}")
    screen.print(f"{_period(report)}{report.total.requests:,} requests, {cost_text(report.total)}\n")
    table = sums_table("outcome")
    for outcome in report.outcomes:
        table.add_row(outcome_text(outcome.outcome), *sum_cells(outcome.weight))
    screen.print(table)
    _show_clauses(screen, report)
    _show_readings(screen, report)
    _show_groups(screen, report)
    _show_gaps(screen, report)
    _show_record(screen, report)


def _asked(report: Report) -> str:
    whose = f", in the readings of {report.party}" if report.party else ""
    when = {"now": "as it stands now", "then": "as it stood when each act happened"}.get(report.as_of)
    return f"{when or f'as it stood on {report.as_of}'}{whose}"


def _period(report: Report) -> str:
    if report.period is None:
        return ""
    first, last = (f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}" for moment in report.period)
    return f"{first}: " if first == last else f"{first} to {last}: "


def _show_clauses(screen: Console, report: Report) -> None:
    if not report.clauses:
        return
    table = sums_table("clause", "does", "requests that are", "in the readings of", "worlds")
    for line in report.clauses[:_SHOWN]:
        parties = ", ".join(line.parties) or "-"
        outcome = outcome_text(line.outcome)
        worlds = f"{line.worlds} of {line.of}"
        table.add_row(line.clause, line.effect, outcome, parties, worlds, *sum_cells(line.weight))
    screen.print()
    screen.print(table)
    _more(screen, len(report.clauses))


def _show_readings(screen: Console, report: Report) -> None:
    if not report.readings:
        return
    table = sums_table("as read by", "what is not clear to all is")
    for line in report.readings:
        table.add_row(line.party, outcome_text(line.outcome), *sum_cells(line.weight))
    screen.print()
    screen.print(table)


def _show_groups(screen: Console, report: Report) -> None:
    if not report.groups:
        return
    table = sums_table(*report.group_by, "outcome")
    for line in report.groups:
        keys = (key or "-" for key in line.keys)
        table.add_row(*keys, outcome_text(line.outcome), *sum_cells(line.weight))
    screen.print()
    screen.print(table)


def _show_gaps(screen: Console, report: Report) -> None:
    """What keeps requests unknown or unreadable."""
    for line in report.needs:
        screen.print(
            f"\nnot on record: [bold]{line.attribute}[/bold], {line.weight.requests:,} requests hang on it"
        )
    for line in report.unreadable:
        screen.print(f"\n[red]unreadable[/red]: {line.attribute}: {line.weight.requests:,} requests")
    if report.undecided:
        screen.print(
            f"\n{report.undecided:,} calls have no reservation on record: nobody can say what they were"
        )


def _show_record(screen: Console, report: Report) -> None:
    """How the record differs, and what was refused."""
    if report.changes:
        table = sums_table("on record", "by this book", "clauses")
        for line in report.changes[:_SHOWN]:
            clauses = ", ".join(line.clauses) or "-"
            table.add_row(
                outcome_text(line.recorded), outcome_text(line.outcome), clauses, *sum_cells(line.weight)
            )
        screen.print()
        screen.print(table)
        _more(screen, len(report.changes))
    if report.refused:
        screen.print("\nrefused for want of a deployment; the mildest of their verdicts:")
        for refused in report.refused:
            screen.print(f"  {outcome_text(refused.outcome)}: {refused.weight.requests:,} requests")


def _more(screen: Console, count: int) -> None:
    if count > _SHOWN:
        screen.print(f"and {count - _SHOWN} more lines: --json has all")
