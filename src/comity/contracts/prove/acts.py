"""What a standing duty asks its debtors to do, and whom a contract binds, as terms over workloads.

A duty says in `counts` which acts perform it. One that does not is a duty the solver cannot weigh: nothing is
guessed from its words.
"""

from __future__ import annotations

from comity.contracts.clauses import Clause, Contract
from comity.contracts.terms import TRUE, All, OneOf, Term, attributes

ACTOR = "actor"
"""The attribute that says who acts."""


def performance(clause: Clause) -> Term | None:
    """The acts that perform the duty of `clause`; None when it is no duty, or does not say."""
    owe = clause.owe
    if owe is None or owe.counts == TRUE:
        return None
    if ACTOR in attributes(owe.counts):
        return owe.counts
    return All((OneOf(ACTOR, frozenset(owe.debtor)), owe.counts))


def bound_actors(contract: Contract) -> Term:
    """Whom the contract binds."""
    return OneOf(ACTOR, frozenset(contract.binds)) if contract.binds else TRUE
