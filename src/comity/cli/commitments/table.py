"""Commitments as a table, with a line below for whatever a reader has to know."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from comity.commitments import CommitmentState, Shape
from comity.contracts import Book, State
from comity.contracts.duties import Amount

STYLES = {
    State.PENDING: "dim",
    State.DUE: "yellow",
    State.MET: "green",
    State.SHORT: "red",
    State.DISCHARGED: "dim",
}
"""How each state is coloured."""
_CENT = Decimal("0.01")
_MILLION = Decimal(1_000_000)
_THOUSANDS, _MILLIONS, _BILLIONS = (Decimal(10) ** power for power in (4, 7, 10))
_NUMBERS = ("committed", "drawn", "left", "pace", "needed", "forecast", "at risk")


def show(screen: Console, book: Book, states: Sequence[CommitmentState], at: datetime) -> None:
    """Prints the table and what belongs to it."""
    day = at.astimezone(book.clock).date()
    screen.print(Text(book.title, style="bold").append(f", on {day}", "not bold"))
    if not states:
        screen.print(
            "This book has no commitment that charges draw down; `comity duties` shows what is owed."
        )
        return
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("commitment", "state", "unit"):
        table.add_column(name, no_wrap=True)
    for name in _NUMBERS[:3]:
        table.add_column(name, justify="right")
    table.add_column("by", no_wrap=True)
    for name in _NUMBERS[3:]:
        table.add_column(name, justify="right", no_wrap=True)
    for state in states:
        table.add_row(*_cells(state))
    screen.print(table)
    for line in (line for state in states for line in notes(state)):
        screen.print(line, soft_wrap=True, markup=False)


def _cells(state: CommitmentState) -> Iterator[Text | str]:
    forecast = state.forecast
    yield state.terms.commitment
    word = Text(state.state, style=STYLES[state.state])
    yield word if state.at_best is state.state else word.append(f" ({state.at_best})", style="default")
    yield state.terms.unit
    for amount in (state.committed, state.drawn, state.remaining):
        yield amount_text(amount, short_text)
    yield "-" if forecast is None else str(forecast.by)
    for number in () if forecast is None else (forecast.pace, forecast.needed, forecast.expected):
        yield short_text(number)
    if forecast is None:
        yield from ("-", "-", "-", "-")
    else:
        risk = short_text(forecast.at_risk)
        yield Text(risk, style="red") if forecast.at_risk else risk


def notes(state: CommitmentState) -> Iterator[str]:
    """What the numbers of the table do not say, a line each."""
    name, unit = state.terms.commitment, state.terms.unit
    kind = "lost" if state.shape.covers else "billed"
    if state.shortfall.high != 0:
        comes = f", of which {number_text(state.prepayment)} came back" if state.prepayment else ""
        yield f"{name}: {amount_text(state.shortfall)} {unit} was missing in time and is {kind}{comes}."
    if state.beyond:
        yield f"{name}: {number_text(state.beyond)} {unit} beyond it, at the ordinary price."
    if state.sunk is not None and state.shape is not Shape.PREPAID:
        paid, unused = number_text(state.sunk.paid), number_text(state.sunk.unused)
        yield f"{name}: {unused} of {paid} {state.sunk.currency} paid in any case were not used."
    for left in state.left:
        amount = f"{number_text(left.amount)} {left.unit} " if left.unit else ""
        yield f"{name}: {amount}in {left.charges} charge{'' if left.charges == 1 else 's'}: {left.why}."
    if state.needs:
        yield f"{name}: it hangs on {', '.join(state.needs)}, which was not stated everywhere."
    if state.disputed:
        yield f"{name}: it hangs on what {', '.join(state.disputed)} means, which is open."


def amount_text(amount: Amount, text: Callable[[Decimal], str] | None = None) -> str:
    """An exact amount, or both of its ends."""
    text = text or number_text
    low = text(amount.low)
    if amount.high is None:
        return f"{low} or more"
    high = text(amount.high)
    return low if low == high else f"{low} to {high}"


def short_text(number: Decimal) -> str:
    """As `number_text`, but shorter from ten thousand on: without cents, then in millions and billions."""
    size = abs(number)
    if size < _THOUSANDS:
        return number_text(number)
    if size < _MILLIONS:
        return number_text(number.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
    scale, word = (_MILLION, "M") if size < _BILLIONS else (_MILLION * 1000, "bn")
    short = (number / scale).quantize(Decimal("0.1"), rounding=ROUND_HALF_EVEN).normalize()
    return f"{short:,f}{word}"


def number_text(number: Decimal) -> str:
    """A number for people: in groups of three, to the cent unless it is whole."""
    rounded = number.quantize(_CENT, rounding=ROUND_HALF_EVEN)
    whole = rounded == rounded.to_integral_value()
    return f"{rounded.quantize(Decimal(1)) if whole else rounded:,f}"
