"""What `check --prove` and `diff` share: proofs and their witnesses on a screen and as JSON."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from rich.console import Console

from comity.cli.questions import read_moment, read_party, refuse
from comity.contracts import Book
from comity.contracts.phrases import fact_phrase
from comity.contracts.prove import Kind, Proof, Witness, prove
from comity.errors import BookError, MissingExtraError, Place, Problem

_STYLES = {
    Kind.CONTRADICTION: "red",
    Kind.DILEMMA: "red",
    Kind.DISPUTE: "magenta",
    Kind.DEAD: "yellow",
    Kind.SHADOWED: "yellow",
    Kind.AMENDED: "cyan",
}


Answer = TypeVar("Answer")


class Reading(msgspec.Struct, frozen=True):
    """How the command line says that books are to be read."""

    at: datetime | None
    """The moment asked about; None for all times."""
    party: str | None
    """Whose readings count; None for everybody's."""
    as_of: datetime | None
    """What the books knew then; None for all that they know."""

    @property
    def options(self) -> str:
        """The same for `comity ask`, apart from the moment."""
        reader = f" --for {self.party}" if self.party else ""
        return reader + (f" --as-of {_moment(self.as_of)}" if self.as_of else "")


def read_reading(book: Book, at: str | None, party: str | None, as_of: str | None) -> Reading:
    """What `--at`, `--for` and `--as-of` say, or the end of the command."""
    return Reading(
        None if at is None else read_moment(book, at, "--at"),
        read_party(book, party),
        None if as_of is None else read_moment(book, as_of, "--as-of"),
    )


def solved(question: Callable[[], Answer]) -> Answer:
    """The answer of the solver; without it, or where it cannot answer, the end of the command."""
    try:
        return question()
    except MissingExtraError as error:
        sys.stderr.write(f"comity: {error}\n")
        raise SystemExit(2) from None
    except BookError as error:
        refuse(error.problems)


def read_proofs(book: Book, reading: Reading) -> tuple[Proof, ...]:
    """Everything that can be proved, or the end of the command."""
    return solved(lambda: prove(book, reading.at, reading.party, reading.as_of))


def read_denied(text: str) -> frozenset[Kind]:
    """The kinds of findings that `--deny` names, or the end of the command."""
    known = {kind.split()[0]: kind for kind in Kind}
    words = [word.strip() for word in text.split(",")]
    if wrong := [word for word in words if word not in known]:
        kinds = ", ".join(f"`{word}`" for word in known)
        place = Place("command line", 1, 1)
        refuse([Problem(place, f"in `--deny`: `{wrong[0]}` is no finding", f"known are {kinds}")])
    return frozenset(known[word] for word in words)


def show_proofs(screen: Console, book: Book, found: tuple[Proof, ...], reading: Reading) -> None:
    """Every proof with its days and a command that shows it."""
    for proof in found:
        days = f"on {proof.period.start}" if proof.kind is Kind.AMENDED else proof.days
        screen.print(f"\n[{_STYLES[proof.kind]}]{proof.kind}[/] {days}")
        screen.print(f"{proof.place}: {proof.message}", markup=False, soft_wrap=True)
        if proof.before is not None:
            show_witness(screen, book, proof.before, reading, "before")
        if proof.witness is not None:
            show_witness(screen, book, proof.witness, reading, "after" if proof.before else "shown by")
    counts = {kind: sum(proof.kind is kind for proof in found) for kind in Kind}
    text = ", ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in counts.items() if count)
    screen.print(f"\nproved: {text or 'nothing to tell'}")


def show_witness(screen: Console, book: Book, witness: Witness, reading: Reading, label: str) -> None:
    """The command that asks what the witness shows, and the answer."""
    because = f" because of {', '.join(witness.clauses)}" if witness.clauses else ""
    screen.print(f"  {label}: {command(book, witness, reading)}", markup=False, soft_wrap=True)
    screen.print(f"    {witness.outcome}{because}", markup=False, soft_wrap=True)


def command(book: Book, witness: Witness, reading: Reading) -> str:
    """The `comity ask` that asks about a witness."""
    paths = " ".join(str(path) for path in book.paths)
    facts = " ".join(f"{name}={fact_phrase(fact)}" for name, fact in witness.facts.items())
    return f"comity ask {paths} --at {_moment(witness.at)}{reading.options} {facts}".rstrip()


def _moment(at: datetime) -> str:
    """As an option: a day means its noon."""
    noon = (at.hour, at.minute, at.second, at.microsecond) == (12, 0, 0, 0)
    return str(at.date()) if noon else at.isoformat()


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
