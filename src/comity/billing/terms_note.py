"""The price terms that lines name, as a reader of an invoice wants to see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from comity.period import ALWAYS
from comity.prices import Terms


class TermsNote(msgspec.Struct, frozen=True):
    """One set of price terms."""

    id: str
    """As lines name it."""
    kind: str
    """`list price`, `contract` with its name, or that it is not known any more."""
    in_force: str
    """Its days."""
    currency: str
    """ISO 4217 code; empty when unknown."""
    source: str
    """Where it was published and when it was read; empty when nobody said."""


def note_terms(ids: Iterable[str], known: Mapping[str, Terms]) -> tuple[TermsNote, ...]:
    """Notes on the terms behind `ids`, in order, each once."""
    return tuple(_note(name, known.get(name)) for name in sorted({name for name in ids if name}))


def _note(name: str, terms: Terms | None) -> TermsNote:
    if terms is None:
        return TermsNote(name, "not in the price book any more", "", "", "")
    kind = f"contract {terms.contract}" if terms.contract else "list price"
    read = "" if terms.retrieved is None else f", read on {terms.retrieved}"
    days = "always" if terms.period == ALWAYS else str(terms.period)
    return TermsNote(name, kind, days, terms.currency, f"{terms.source}{read}")
