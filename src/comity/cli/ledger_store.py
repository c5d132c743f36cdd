"""What `ledger`, `audit` and `whatif` share: a ledger brought up to date, and progress while one waits.

Bad input ends the command with status 2.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import Progress

from comity.errors import MissingExtraError, StoreError
from comity.ledger import STORE_NAME, Store, fold, holds_segments, open_store
from comity.period import parse_date, parse_moment

_WAIT_SECONDS = 1.0
_UTC = ZoneInfo("UTC")
_FIRST_YEAR, _LAST_YEAR = 1970, 2262
"""The years whose nanoseconds a store can keep."""


LedgerPlace = Annotated[
    str,
    typer.Argument(metavar="LEDGER", help="A ledger folder (folded first), a .db file, or postgresql://..."),
]
"""The argument that names a ledger."""

EXPECTED = "a ledger folder, a .db file or a postgresql:// address"
"""What a command takes for a ledger."""


@contextmanager
def opened(place: Path | str, expected: str = EXPECTED) -> Iterator[Store]:
    """The store of a ledger, a folder's brought up to date; bad input ends the command with status 2."""
    try:
        with _open(place, expected) as store:
            yield store
    except (StoreError, MissingExtraError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error


def _open(place: Path | str, expected: str) -> Store:
    if isinstance(place, str) and "://" in place:
        return open_store(place, create=False)
    path = Path(place)
    return _open_folder(path) if path.is_dir() else _open_file(path, expected)


def _open_folder(path: Path) -> Store:
    if not holds_segments(path) and not (path / STORE_NAME).exists():
        raise StoreError(f"the folder `{path}` holds no ledger: expected segments like `….000001.journal`")
    with shown_progress("folding") as progress:
        try:
            return _folded(path, path / STORE_NAME, progress)
        except StoreError:
            if not holds_segments(path):
                raise
            store = _folded(path, None, progress)
            typer.echo("note: the store cannot be written; the journal is read into memory instead", err=True)
            return store


def _folded(path: Path, file: Path | None, progress: Callable[[int, int], None]) -> Store:
    store = open_store(file)
    try:
        fold(path, store, progress)
    except StoreError:
        store.close()
        raise
    return store


def _open_file(path: Path, expected: str) -> Store:
    if not path.is_file() or path.stat().st_size == 0:
        raise StoreError(f"`{path}` is no ledger: expected {expected}")
    return open_store(path, create=False)


@contextmanager
def shown_progress(what: str, wait: float = _WAIT_SECONDS) -> Iterator[Callable[[int, int], None]]:
    """A progress display for a terminal's standard error, shown once it takes longer than `wait` seconds."""
    console = Console(stderr=True)
    display = Progress(console=console, transient=True, disable=not console.is_terminal)
    task = display.add_task(what, total=None)
    begun = time.monotonic()
    shown = False

    def report(done: int, total: int) -> None:
        nonlocal shown
        if not shown and time.monotonic() - begun >= wait:
            shown = True
            display.start()
        if shown:
            display.update(task, completed=done, total=total)

    try:
        yield report
    finally:
        if shown:
            display.stop()


def read_nanoseconds(text: str, option: str) -> int | None:
    """The moment that an option names, UTC, in unix nanoseconds; None when it is empty."""
    if not text:
        return None
    try:
        try:
            day = parse_date(text)
        except ValueError:
            moment = parse_moment(text, _UTC)
        else:
            moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error
    if not _FIRST_YEAR <= moment.year < _LAST_YEAR:
        why = f"ledgers know moments from {_FIRST_YEAR} to {_LAST_YEAR}, found `{text}`"
        raise typer.BadParameter(why, param_hint=option)
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000
