"""Predicates in words, for explanations: `cloud is azure`, `retention_days over 30`."""

from __future__ import annotations

from comity.contracts.terms import All, Exactly, Flag, Is, Not, OneOf, Some, Term
from comity.contracts.vocabulary import Value


def term_phrase(term: Term) -> str:
    """`term` as a phrase."""
    if isinstance(term, All):
        return " and ".join(_inner(part) for part in term.terms) or "always"
    if isinstance(term, Some):
        return " or ".join(_inner(part) for part in term.terms) or "never"
    if isinstance(term, Not):
        return _negated(term.term)
    if isinstance(term, Is):
        return f"it is {term.definition}"
    if isinstance(term, OneOf):
        return f"{term.attribute} is {_list(sorted(term.values))}"
    if isinstance(term, Flag):
        return f"{term.attribute} is {str(term.value).lower()}"
    if isinstance(term, Exactly):
        return f"{term.attribute} is {_list([str(value) for value in sorted(term.values)])}"
    low = [] if term.over is None else [f"over {term.over}"]
    high = [] if term.at_most is None else [f"at most {term.at_most}"]
    return f"{term.attribute} {' and '.join([*low, *high])}"


def _inner(term: Term) -> str:
    phrase = term_phrase(term)
    return f"({phrase})" if isinstance(term, All | Some) and len(term.terms) > 1 else phrase


def _negated(term: Term) -> str:
    if isinstance(term, OneOf):
        return f"{term.attribute} is not {_list(sorted(term.values))}"
    if isinstance(term, Is):
        return f"it is not {term.definition}"
    return f"not ({term_phrase(term)})"


def _list(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def fact_phrase(value: Value) -> str:
    """A fact as it is written in a workload."""
    if isinstance(value, frozenset):
        return ",".join(sorted(value))
    return str(value).lower() if isinstance(value, bool) else str(value)
