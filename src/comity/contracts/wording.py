"""Clauses in words: what each of them says, in one plain sentence made from its meaning, not its prose."""

from __future__ import annotations

from comity.contracts.book import Book
from comity.contracts.clauses import Clause, Effect
from comity.contracts.duties import Amount, Measure, Owe, Power, Trigger
from comity.contracts.phrases import term_phrase
from comity.contracts.terms import TRUE


def clause_sentence(book: Book, clause: Clause) -> str:
    """What `clause` says.

    >>> book = load_book(Path("books/acme"))
    >>> clause_sentence(book, book.clause("macc.stay"))
    'Where actor is acme and action is switch_cloud: prohibited.'
    """
    if clause.owe is not None:
        return _owed(book, clause.owe)
    if clause.power is not None:
        return _power(book, clause.power)
    if clause.effect is Effect.END:
        return f"Ends {_and(clause.supersedes)}."
    if clause.effect is Effect.FACT:
        return f"{clause.title[:1].upper()}{clause.title[1:]}."
    where = "Always" if clause.scope == TRUE else f"Where {term_phrase(clause.scope)}"
    goal = term_phrase(clause.goal)
    says = {
        Effect.CONFINE: f"only where {goal}",
        Effect.FORBID: "prohibited",
        Effect.PERMIT: "permitted",
        Effect.REQUIRE: f"only once {goal}",
        Effect.SUPPOSE: goal,
    }[clause.effect]
    unless = "" if clause.unless is None else f", unless {term_phrase(clause.unless)}"
    return f"{where}: {says}{unless}."


def amount_phrase(amount: Amount) -> str:
    """An amount with its digits in groups of three: `4,000,000 USD`."""
    if amount.high == amount.low:
        return f"{amount.low:,f} {amount.unit}".strip()
    upper = "or more" if amount.high is None else f"to {amount.high:,f}"
    return f"{amount.low:,f} {upper} {amount.unit}".strip()


def _owed(book: Book, owe: Owe) -> str:
    whose = (
        f"{_names(book, owe.debtor)} {'owe' if len(owe.debtor) > 1 else 'owes'} {_names(book, owe.creditor)}"
    )
    parts = [f"{whose} to {owe.verb} {owe.what}"]
    if owe.amount is not None:
        parts.append(f"{amount_phrase(owe.amount)}{f' every {owe.per}' if owe.per else ''}")
    if owe.rate is not None:
        parts.append(f"{owe.rate} of {owe.of}")
    if owe.by is not None:
        parts.append(f"by {owe.by}")
    parts += [f"{amount_phrase(step.amount)} by {step.by}" for step in owe.milestones]
    if owe.counts != TRUE:
        parts.append(f"counting where {term_phrase(owe.counts)}")
    if owe.cap is not None:
        parts.append(f"never more than {amount_phrase(owe.cap)} in all")
    if owe.trigger is not None:
        parts.append(f"once {_first(book, owe.trigger)}")
    if owe.shortfall:
        missing = {"pay": "paid", "forfeit": "lost", "prepay": "paid and counted later"}[owe.shortfall]
        parts.append(f"what is missing is {missing}")
    parts += _reserved(owe)
    return f"{', '.join(parts)}.{f' {owe.notes}.' if owe.notes else ''}"


def _reserved(owe: Owe) -> list[str]:
    """What the duty says of reservations and of going over, as phrases."""
    parts: list[str] = []
    if owe.recovers is not None:
        parts.append(f"{owe.recovers} of it comes back as a prepayment")
    if owe.carry:
        most = "" if owe.carry_at_most is None else f" up to {owe.carry_at_most} of the amount"
        parts.append(f"a {owe.carry} goes over into the next {owe.per}{most}")
    if owe.least is not None:
        parts.append(
            f"at least {amount_phrase(owe.least.amount)} every {owe.least.per} until that is reached"
        )
    if owe.measure is not None:
        parts.append(_measured(owe.measure))
    if owe.overage:
        beyond = {
            "standard": "is billed at the ordinary price",
            "spill": "goes elsewhere",
            "refuse": "is refused",
        }
        parts.append(f"use beyond it {beyond[owe.overage]}")
    if owe.fee is not None:
        every = f" every {owe.fee.per}" if owe.fee.per else ""
        parts.append(f"for {amount_phrase(owe.fee.amount)}{every}, used or not")
    return parts


def _measured(measure: Measure) -> str:
    if measure.price:
        return f"counting at {'list price' if measure.price == 'list' else 'what is owed'}"
    weights = " and ".join(f"{weight} for a token of {name}" for name, weight in measure.tokens.items())
    return f"counting {weights}, {measure.each:,f} to the unit"


def _first(book: Book, trigger: Trigger) -> str:
    days = [] if trigger.day is None else [str(trigger.day)]
    return " or ".join([*(book.events.get(event, event) for event in trigger.events), *days])


def _power(book: Book, power: Power) -> str:
    what = f" {_and(power.of)}" if power.of else ""
    event = f" that {book.events.get(power.event, power.event)}" if power.event else ""
    notice = "" if power.notice_days is None else f", with {power.notice_days} days' notice"
    notes = f" {power.notes}." if power.notes else ""
    return f"{_names(book, power.holder)} may {power.may}{what}{event}{notice}.{notes}"


def _names(book: Book, parties: tuple[str, ...]) -> str:
    return _and(tuple(book.parties.get(party, party) for party in parties))


def _and(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
