"""Runs the examples about duties that a book carries: `owes` and `state` beside what is computed."""

from __future__ import annotations

import msgspec

from comity.contracts.book import Book
from comity.contracts.clauses import DutyExample, Occurrence
from comity.contracts.duty_state import DutyState, duty_state


class CheckedDuty(msgspec.Struct, frozen=True):
    """What became of one example about a duty."""

    example: DutyExample
    """The example."""
    found: DutyState
    """What the book says."""
    failures: tuple[str, ...]
    """Every expectation that does not hold; empty when the example passes."""

    @property
    def passed(self) -> bool:
        """Whether every expectation holds."""
        return not self.failures


def run_duty_examples(book: Book) -> tuple[CheckedDuty, ...]:
    """Every example about a duty of `book`, computed and compared."""
    return tuple(_run(book, example) for example in book.duty_examples)


def _run(book: Book, example: DutyExample) -> CheckedDuty:
    supposed = tuple(
        Occurrence(event, day, example.place, example.contract) for event, day in example.events.items()
    )
    if supposed:
        book = msgspec.structs.replace(book, occurrences=(*book.occurrences, *supposed))
    found = duty_state(book, example.duty, example.given, example.at, as_of=example.as_of)
    failures: list[str] = []
    if example.state and found.state != example.state:
        failures.append(f"expected {example.state}, but it is {found.state}: {found.why}")
    wanted = example.owes
    if wanted is not None and (wanted.low, wanted.high) != (found.owes.low, found.owes.high):
        failures.append(f"expected that {wanted} is owed, but it is {found.owes}")
    elif wanted is not None and wanted.high != 0 and wanted.unit != found.owes.unit:
        failures.append(f"expected an amount in {wanted.unit}, but it is in {found.owes.unit or 'nothing'}")
    for party, expected in example.parties.items():
        read = duty_state(book, example.duty, example.given, example.at, as_of=example.as_of, party=party)
        if read.state != expected:
            failures.append(f"expected {expected} for {party}, but it is {read.state}")
    return CheckedDuty(example, found, tuple(failures))
