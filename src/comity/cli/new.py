"""`comity new`: files to begin with."""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from comity.cli.questions import refuse
from comity.contracts import contract_template
from comity.errors import Place, Problem
from comity.period import parse_date, utc_now

EXAMPLE = "Example: comity new contract hosting --ours acme=Acme --theirs host=Hosting --folder books/mine"

app = typer.Typer(help="Write files to begin with.", no_args_is_help=True, add_completion=False)

_ID = re.compile(r"[a-z0-9][a-z0-9_]*")
_PLACE = Place("command line", 1, 1)


@app.callback()
def new() -> None:
    """Write files to begin with."""


@app.command("contract", epilog=EXAMPLE)
def contract(
    name: Annotated[str, typer.Argument(help="Its id in the book; also the name of the file.")],
    ours: Annotated[str, typer.Option(help="The party that buys, as id=Name.")] = "us=Our company",
    theirs: Annotated[str, typer.Option(help="The party that serves, as id=Name.")] = "them=Their company",
    start: Annotated[str | None, typer.Option(help="The day on which it comes into force; today.")] = None,
    folder: Annotated[Path, typer.Option(help="The book to put it in; made when it is not there.")] = Path(),
) -> None:
    """Write a contract to begin with: it loads, its examples hold, and it shows what a contract can say.

    A file that is there already is never written over.
    """
    if not _ID.fullmatch(name):
        refuse(
            [Problem(_PLACE, f"`{name}` is no id for a contract", "use lower case letters, digits and `_`")]
        )
    sides = _party(ours, "--ours"), _party(theirs, "--theirs")
    if sides[0][0] == sides[1][0]:
        refuse([Problem(_PLACE, f"`{sides[0][0]}` is on both sides", "give the parties different ids")])
    text = contract_template(name, *sides, _day(start))
    path = folder / f"{name}.md"
    try:
        _write(path, text)
    except OSError as error:
        problem = f"cannot write this file: {error.strerror or 'it cannot be opened'}"
        refuse([Problem(Place(str(path), 1, 1), problem, "choose another folder")])
    sys.stdout.write(f"{path}\nnext: edit it, then run: comity check {path}\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        refuse([Problem(Place(str(path), 1, 1), "this file exists", "choose another name, or edit it")])


def _party(text: str, option: str) -> tuple[str, str]:
    identity, _, name = text.partition("=")
    if not _ID.fullmatch(identity) or not name.strip():
        refuse([Problem(_PLACE, f"in `{option}`: `{text}` is no party", "write it like acme=Acme")])
    return identity, name.strip()


def _day(text: str | None) -> date:
    if text is None:
        return utc_now().date()
    try:
        return parse_date(text)
    except ValueError as error:
        refuse([Problem(_PLACE, f"in `--start`: {error}", "write it like 2026-03-18")])
