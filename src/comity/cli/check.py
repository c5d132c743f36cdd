"""`comity check`: loads a book, lists what it says and runs the examples that it carries."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from comity.cli.proofs import plain_proof, read_denied, read_proofs, read_reading, show_proofs
from comity.cli.questions import console, read_book
from comity.contracts import Book, Checked, CheckedDuty, Clause, in_force, run_duty_examples, run_examples

EXAMPLE = "Example: comity check books/openai"


def check(
    books: Annotated[list[Path], typer.Argument(metavar="BOOK", help="A folder of contracts, or one file.")],
    *,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Leave out the clauses and good examples.")
    ] = False,
    proofs: Annotated[
        bool,
        typer.Option(
            "--prove", help="Ask the solver what holds for every possible workload, with witnesses."
        ),
    ] = False,
    at: Annotated[str | None, typer.Option(help="With --prove: what holds on this day only.")] = None,
    party: Annotated[
        str | None, typer.Option("--for", help="With --prove: count only this party's readings.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="With --prove: what the book knew on this day.")
    ] = None,
    deny: Annotated[
        str | None,
        typer.Option(
            help="Fail when one of these is proved: contradiction, dilemma, dispute, dead, shadowed, "
            "amendment. Implies --prove."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Check a book: every problem with its place, the clauses, the worlds, and the examples that it carries.

    With `--prove` also contradictions, dilemmas, disputes, clauses that do nothing, and what each amendment
    newly allows or forbids, each with its days and a workload that shows it (needs the extra `solver`). The
    status is 0 when every example holds, 1 when one fails or what is denied is found, 2 when the book cannot
    be loaded.
    """
    book = read_book(tuple(books))
    examples: tuple[Checked | CheckedDuty, ...] = (*run_examples(book), *run_duty_examples(book))
    denied = frozenset() if deny is None else read_denied(deny)
    reading = read_reading(book, at, party, as_of)
    found = read_proofs(book, reading) if proofs or denied else None
    if json:
        report = _report(book, examples)
        report |= {} if found is None else {"proofs": [plain_proof(proof) for proof in found]}
        sys.stdout.write(msgspec.json.encode(report, order="deterministic").decode() + "\n")
    else:
        screen = console()
        _show(screen, book, examples, quiet=quiet)
        if found is not None:
            show_proofs(screen, book, found, reading)
    good = all(example.passed for example in examples) and denied.isdisjoint(
        proof.kind for proof in found or ()
    )
    raise typer.Exit(0 if good else 1)


def _report(book: Book, examples: tuple[Checked | CheckedDuty, ...]) -> dict[str, Any]:
    periods = in_force(book)
    return {
        "title": book.title,
        "fingerprint": book.fingerprint,
        "parties": book.parties,
        "worlds": book.worlds.count,
        "open": [
            {"definition": name, "readings": [reading.name for reading in book.definitions[name].readings]}
            for name in book.worlds.open
        ],
        "clauses": [
            {
                "id": clause.id,
                "contract": clause.contract,
                "kind": clause.effect,
                "in_force": str(periods[clause.id]),
                "grade": clause.grade.word,
                "sources": [source.id for source in clause.sources],
                "place": str(clause.place),
            }
            for clause in book.clauses
        ],
        "findings": [
            {"kind": finding.kind, "place": str(finding.place), "message": finding.message}
            for finding in book.findings
        ],
        "examples": [
            {
                "name": checked.example.name,
                "place": str(checked.example.place),
                **_found(checked),
                "failures": checked.failures,
            }
            for checked in examples
        ],
    }


def _found(checked: Checked | CheckedDuty) -> dict[str, str]:
    if isinstance(checked, Checked):
        return {"verdict": checked.verdict.outcome}
    return {"state": checked.found.state, "owes": str(checked.found.owes)}


def _show(screen: Console, book: Book, examples: tuple[Checked | CheckedDuty, ...], *, quiet: bool) -> None:
    screen.print(f"[bold]{book.title}[/bold]")
    screen.print(
        "parties: " + ", ".join(f"{name} ({title})" for name, title in book.parties.items()), markup=False
    )
    if not quiet:
        for contract in book.contracts.values():
            _show_clauses(screen, book, contract.id)
    _show_worlds(screen, book)
    for finding in book.findings:
        screen.print(f"\n[yellow]{finding.kind}[/yellow]")
        screen.print(
            f"{finding.place}: {finding.message}\n  help: {finding.suggestion}", markup=False, soft_wrap=True
        )
    _show_examples(screen, examples, quiet=quiet)


def _show_clauses(screen: Console, book: Book, contract: str) -> None:
    clauses = [clause for clause in book.clauses if clause.contract == contract]
    if not clauses:
        return
    known = book.contracts[contract]
    binds = f"binds {', '.join(known.binds)}" if known.binds else "binds everybody"
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("clause", "kind", "in force", "grade", "source", ""):
        table.add_column(name, overflow="fold")
    periods = in_force(book)
    for clause in clauses:
        table.add_row(
            clause.id,
            str(clause.effect),
            str(periods[clause.id]),
            clause.grade.word,
            ", ".join(source.id for source in clause.sources) or "-",
            _consequences(clause),
        )
    screen.print()
    screen.print(f"{contract}: {known.title} ({known.authority.word}, {binds}, {known.clock})", markup=False)
    screen.print(table)


def _consequences(clause: Clause) -> str:
    ends = [f"ends {', '.join(clause.supersedes)}"] if clause.supersedes else []
    overrides = [f"overrides {', '.join(clause.overrides)}"] if clause.overrides else []
    until = [f"until {' or '.join(clause.until.events)}"] if clause.until and clause.until.events else []
    return "; ".join([*until, *ends, *overrides])


def _show_worlds(screen: Console, book: Book) -> None:
    screen.print()
    count = book.worlds.count
    if not book.worlds.open:
        screen.print("1 world: no definition is open")
        return
    screen.print(f"{count} worlds, from {len(book.worlds.open)} open definitions:")
    for name in book.worlds.open:
        readings = ", ".join(
            f"{reading.name} ({', '.join(reading.by) or 'nobody'})"
            for reading in book.definitions[name].readings
        )
        screen.print(f"  {name}: {readings}", markup=False)


def _show_examples(screen: Console, examples: tuple[Checked | CheckedDuty, ...], *, quiet: bool) -> None:
    screen.print()
    for checked in examples:
        if checked.passed and not quiet:
            screen.print(f"[green]holds[/green]  {checked.example.name}")
        for failure in checked.failures:
            screen.print(f"[red]fails[/red]  {checked.example.name}")
            screen.print(f"       {checked.example.place}: {failure}", markup=False, soft_wrap=True)
    good = sum(checked.passed for checked in examples)
    style = "green" if good == len(examples) else "red"
    screen.print(f"[{style}]{good} of {len(examples)} examples hold[/{style}]")
