"""`comity ask`: what the book says about one workload, and why."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from comity.cli.questions import STYLES, console, read_book, read_facts, read_moment, read_party, split
from comity.cli.tree import show_tree
from comity.contracts import Book, Explanation, Reason, explain, trace

EXAMPLE = (
    "Example: comity ask books/openai actor=oai action=serve provider=oai surface=runtime state=stateful "
    "with=third_party cloud=aws host=aws --at 2026-03-18"
)


def ask(
    arguments: Annotated[list[str], typer.Argument(metavar="BOOK KEY=VALUE...", help="A book, then facts.")],
    *,
    at: Annotated[str | None, typer.Option(help="When the act happens: a date or a timestamp; now.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Ask what the book said then; all it says now.")] = None,
    party: Annotated[str | None, typer.Option("--for", help="Count only this party's readings.")] = None,
    tree: Annotated[
        bool, typer.Option("--tree", help="Print who said what, clause by clause, with the worlds drawn.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")] = False,
) -> None:
    """Ask what a book says about one workload, and why.

    A set is written with commas: region=swedencentral,francecentral. What is left out is missing, not false.
    """
    paths, given = split(arguments)
    book = read_book(paths)
    facts = read_facts(book, given)
    party = read_party(book, party)
    known = None if as_of is None else read_moment(book, as_of, "--as-of")
    moment = read_moment(book, at, "--at")
    if tree:
        show_tree(console(), book, trace(book, facts, moment, known, party))
        return
    answer = explain(book, facts, moment, known, party)
    if json:
        sys.stdout.write(msgspec.json.encode(_plain(answer), order="deterministic").decode() + "\n")
        return
    _show(console(), book, answer)


def _plain(answer: Explanation) -> dict[str, Any]:
    """The explanation as JSON values, with grades as words and the number of worlds."""
    plain: dict[str, Any] = msgspec.to_builtins(answer)
    plain["verdict"]["worlds"] = answer.verdict.worlds
    for reason, found in zip(answer.verdict.reasons, plain["verdict"]["reasons"], strict=True):
        found["grade"] = reason.grade.word
    return plain


def _show(screen: Console, book: Book, answer: Explanation) -> None:
    verdict = answer.verdict
    word, _, rest = answer.sentence.partition(" ")
    screen.print(Text.assemble((word, f"bold {STYLES[verdict.outcome]}"), " ", rest))
    if not verdict.reasons:
        return
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("clause", "does", "worlds", "in the readings of", "grade", "source", "binds"):
        table.add_column(name)
    for reason in verdict.reasons:
        table.add_row(*_row(book, reason, verdict.worlds))
    screen.print()
    screen.print(table)


def _row(book: Book, reason: Reason, worlds: int) -> tuple[str, ...]:
    must, may = reason.must.bit_count(), reason.may.bit_count()
    held = f"{must}" if must == may else f"{must} to {may}"
    return (
        reason.clause,
        str(reason.effect),
        f"{held} of {worlds}",
        ", ".join(book.parties.get(party, party) for party in reason.parties) or "-",
        reason.grade.word,
        ", ".join(reason.sources) or "-",
        ", ".join(reason.binds) or "everybody",
    )
