"""What `check --prove` and `diff` share: proofs and their witnesses on a screen and as JSON."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any, NoReturn

import msgspec
from rich.console import Console

from comity.contracts import Book
from comity.contracts.phrases import fact_phrase
from comity.contracts.prove import Kind, Proof, Witness, prove
from comity.errors import MissingExtraError

_STYLES = {
    Kind.CONTRADICTION: "red",
    Kind.DILEMMA: "red",
    Kind.DISPUTE: "magenta",
    Kind.DEAD: "yellow",
    Kind.SHADOWED: "yellow",
    Kind.AMENDED: "cyan",
}


def missing(error: MissingExtraError) -> NoReturn:
    """Says how to install what is missing, and ends the command with status 2."""
    sys.stderr.write(f"comity: {error}\n")
    raise SystemExit(2)


def read_proofs(book: Book, at: datetime | None, party: str | None) -> tuple[Proof, ...]:
    """Everything that can be proved, or the end of the command."""
    try:
        return prove(book, at, party)
    except MissingExtraError as error:
        missing(error)


def show_proofs(screen: Console, book: Book, found: tuple[Proof, ...], party: str | None) -> None:
    """Every proof with its days and a command that shows it."""
    for proof in found:
        days = f"on {proof.period.start}" if proof.kind is Kind.AMENDED else proof.days
        screen.print(f"\n[{_STYLES[proof.kind]}]{proof.kind}[/] {days}")
        screen.print(f"{proof.place}: {proof.message}", markup=False, soft_wrap=True)
        if proof.before is not None:
            show_witness(screen, book, proof.before, party, "before")
        if proof.witness is not None:
            show_witness(screen, book, proof.witness, party, "after" if proof.before else "shown by")
    counts = {kind: sum(proof.kind is kind for proof in found) for kind in Kind}
    text = ", ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in counts.items() if count)
    screen.print(f"\nproved: {text or 'nothing to tell'}")


def show_witness(screen: Console, book: Book, witness: Witness, party: str | None, label: str) -> None:
    """The command that asks what the witness shows, and the answer."""
    because = f" because of {', '.join(witness.clauses)}" if witness.clauses else ""
    screen.print(f"  {label}: {command(book, witness, party)}", markup=False, soft_wrap=True)
    screen.print(f"    {witness.outcome}{because}", markup=False, soft_wrap=True)


def command(book: Book, witness: Witness, party: str | None) -> str:
    """The `comity ask` that asks about a witness."""
    paths = " ".join(str(path) for path in book.paths)
    facts = " ".join(f"{name}={fact_phrase(fact)}" for name, fact in witness.facts.items())
    reader = f" --for {party}" if party else ""
    moment = witness.at.date() if (witness.at.hour, witness.at.minute) == (12, 0) else witness.at.isoformat()
    return f"comity ask {paths} --at {moment}{reader} {facts}".rstrip()


def plain_proof(proof: Proof) -> dict[str, Any]:
    """A proof as JSON values."""
    found: dict[str, Any] = msgspec.to_builtins(proof)
    return {
        **found,
        "place": str(proof.place),
        "witness": plain_witness(proof.witness),
        "before": plain_witness(proof.before),
    }


def plain_witness(witness: Witness | None) -> dict[str, Any] | None:
    """A witness as JSON values: sets sorted, numbers as text."""
    if witness is None:
        return None
    facts = {
        name: sorted(fact)
        if isinstance(fact, frozenset)
        else fact
        if isinstance(fact, str | bool)
        else str(fact)
        for name, fact in witness.facts.items()
    }
    return {
        "facts": facts,
        "at": witness.at.isoformat(),
        "outcome": witness.outcome,
        "clauses": list(witness.clauses),
    }
