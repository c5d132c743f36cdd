"""What a clause counts, exported as rules of FOCUS, and a charge's facts as the columns that they test.

A rule includes a charge exactly when the clause surely counts it. What the schema cannot say (intervals,
nested alternatives, open readings, charges in several regions at once) is exported as a complex scope, or
leaves a charge out: then the contract decides, and the rules never say more than it does.
"""

from __future__ import annotations

from decimal import Decimal

from comity.commitments.applicability import Applicability, Limited, Operator, Rule
from comity.contracts import Book, Clause, Value, Workload
from comity.contracts.terms import All, Exactly, Flag, Is, Not, OneOf, Some, Term, Within

_COLUMNS = {"region": "RegionId", "sku": "SkuId"}


def column_of(attribute: str) -> str:
    """The FOCUS column in which a fact stands: one of its own where it has one, else an `x_` column."""
    words = "".join(part[:1].upper() + part[1:] for part in attribute.split("_"))
    return _COLUMNS.get(attribute, f"x_{words}")


def columns_of(book: Book, facts: Workload) -> dict[str, str | None]:
    """The facts of a charge as columns, with what silence means filled in; a set of several is null."""
    return {column_of(name): _text(fact) for name, fact in {**book.vocabulary.defaults(), **facts}.items()}


def applicability_of(book: Book, clause: Clause) -> Applicability:
    """What `clause` counts, as rules."""
    owe = clause.owe
    assert owe is not None, "only duties count charges"
    clouds = book.vocabulary.attributes["cloud"].parents
    parts: list[Term] = [owe.counts]
    if owe.what in clouds:
        parts.append(OneOf("cloud", frozenset({owe.what})))
    elif owe.what in book.parties:
        parts.append(OneOf("provider", frozenset({owe.what})))
    found = _Exporter(book).scope(All(tuple(parts)))
    limits = [(_Exporter(book, own=True).rules(limit.counts), limit.at_most) for limit in owe.limits]
    if any(rules is None for rules, _ in limits):
        found = Applicability(complex=True)
    return Applicability(
        everything=found.everything,
        complex=found.complex,
        joined=found.joined,
        inclusions=found.inclusions,
        limits=tuple(Limited(rules, share) for rules, share in limits if rules is not None),
    )


class _Exporter:
    """Writes terms as rules."""

    def __init__(self, book: Book, *, own: bool = False) -> None:
        self.book = book
        self.own = own
        """Whether our own operators may be used."""

    def scope(self, term: Term) -> Applicability:
        """The scope that `term` describes."""
        rules = self.rules(term)
        if rules is not None:
            return Applicability(inclusions=rules) if rules else Applicability(everything=True)
        alternatives = self._alternatives(term)
        if alternatives is not None:
            return Applicability(joined="Or", inclusions=alternatives)
        return Applicability(complex=True)

    def rules(self, term: Term) -> tuple[Rule, ...] | None:
        """The rules of which all must hold; None when they cannot say it."""
        if isinstance(term, All):
            found: list[Rule] = []
            for part in term.terms:
                rules = self.rules(part)
                if rules is None:
                    return None
                found += rules
            return tuple(found)
        if isinstance(term, Is):
            readings = self.book.definitions[term.definition].readings
            return self.rules(readings[0].means) if len(readings) == 1 else None
        if isinstance(term, Not):
            return self._negated(term.term)
        if isinstance(term, Some) and len(term.terms) == 1:
            return self.rules(term.terms[0])
        if isinstance(term, OneOf):
            words = self.book.vocabulary.attributes[term.attribute].inside(term.values)
            return (Rule(column_of(term.attribute), "In", tuple(sorted(words))),)
        if isinstance(term, Flag):
            return (Rule(column_of(term.attribute), "In", (_text(term.value) or "",)),)
        if isinstance(term, Exactly):
            return (Rule(column_of(term.attribute), "In", tuple(sorted(map(_number, term.values)))),)
        return self._interval(term) if isinstance(term, Within) and self.own else None

    def _interval(self, term: Within) -> tuple[Rule, ...]:
        ends: list[tuple[Operator, Decimal | None]] = [("x_Over", term.over), ("x_AtMost", term.at_most)]
        column = column_of(term.attribute)
        return tuple(Rule(column, name, (_number(end),)) for name, end in ends if end is not None)

    def _negated(self, term: Term) -> tuple[Rule, ...] | None:
        """What must be stated, and must be something else."""
        if not isinstance(term, OneOf):
            return None
        attribute = self.book.vocabulary.attributes[term.attribute]
        words = attribute.inside(term.values) if attribute.exact else attribute.touching(term.values)
        column = column_of(term.attribute)
        return (Rule(column, "Exists", ("*",)), Rule(column, "NotIn", tuple(sorted(words))))

    def _alternatives(self, term: Term) -> tuple[Rule, ...] | None:
        """The rules of which one must hold; None when they cannot say it."""
        if isinstance(term, All) and (parts := [part for part in term.terms if part != All(())]):
            return self._alternatives(parts[0]) if len(parts) == 1 else None
        if not isinstance(term, Some):
            return None
        found: list[Rule] = []
        for part in term.terms:
            rules = self.rules(part)
            if rules is None or len(rules) != 1:
                return None
            found += rules
        return tuple(found)


def _text(fact: Value) -> str | None:
    if isinstance(fact, frozenset):
        return next(iter(fact)) if len(fact) == 1 else None
    if isinstance(fact, bool):
        return str(fact).lower()
    return _number(fact) if isinstance(fact, int | Decimal) else fact


def _number(number: Decimal | int) -> str:
    return f"{Decimal(number).normalize():f}"
