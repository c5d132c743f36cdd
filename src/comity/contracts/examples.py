"""Runs the examples that a book carries: a contract brings its own tests."""

from __future__ import annotations

import msgspec

from comity.contracts.book import Book
from comity.contracts.clauses import Example
from comity.contracts.decide import decide
from comity.contracts.verdict import Verdict


class Checked(msgspec.Struct, frozen=True):
    """What became of one example."""

    example: Example
    """The example."""
    verdict: Verdict
    """What the book says."""
    failures: tuple[str, ...]
    """Every expectation that does not hold; empty when the example passes."""

    @property
    def passed(self) -> bool:
        """Whether every expectation holds."""
        return not self.failures


def run_examples(book: Book) -> tuple[Checked, ...]:
    """Every example of `book`, decided and compared.

    >>> all(checked.passed for checked in run_examples(load_book(Path("books/acme"))))
    True
    """
    return tuple(_run(book, example) for example in book.examples)


def _run(book: Book, example: Example) -> Checked:
    verdict = decide(book, example.workload, example.at, example.as_of)
    failures: list[str] = []
    if verdict.outcome != example.verdict:
        failures.append(f"expected {example.verdict}, but it is {verdict.outcome}{_because(verdict)}")
    missing = [name for name in example.because or () if name not in verdict.clauses]
    if missing or (example.because == () and verdict.clauses):
        failures.append(
            f"expected because of {_list(example.because)}, but it is{_because(verdict) or ' silent'}"
        )
    if example.needs is not None and tuple(sorted(example.needs)) != verdict.needs:
        failures.append(f"expected to need {_list(example.needs)}, but it needs {_list(verdict.needs)}")
    for party, expected in example.parties.items():
        found = verdict.as_read_by(party)
        if found != expected:
            failures.append(f"expected {expected} for {party}, but it is {found}")
    return Checked(example, verdict, tuple(failures))


def _because(verdict: Verdict) -> str:
    return f" because of {_list(verdict.clauses)}" if verdict.clauses else ""


def _list(names: tuple[str, ...] | None) -> str:
    return ", ".join(f"`{name}`" for name in names or ()) or "nothing"
