"""Pieces of HTML: escaped text, elements, and predicates as chips."""

from __future__ import annotations

from html import escape

from comity.contracts.phrases import term_phrase
from comity.contracts.terms import TRUE, All, Is, Not, OneOf, Some, Term
from comity.contracts.verdict import Outcome


def element(name: str, css: str, *content: str) -> str:
    """An element with a class, around markup."""
    return f'<{name} class="{css}">{"".join(content)}</{name}>'


def text(name: str, css: str, content: str) -> str:
    """An element with a class, around plain text."""
    return element(name, css, escape(content))


def anchor(kind: str, identity: str) -> str:
    """The id under which something stands on the page."""
    return escape(f"{kind}-{identity}", quote=True)


def link(kind: str, identity: str) -> str:
    """A link to something on the page."""
    return f'<a href="#{anchor(kind, identity)}">{escape(identity)}</a>'


def links(kind: str, identities: tuple[str, ...]) -> str:
    """Links, with commas; `*` is everything."""
    return ", ".join("everything below it" if name == "*" else link(kind, name) for name in identities)


def badge(outcome: str) -> str:
    """An outcome in its colour."""
    known = outcome if outcome in set(Outcome) else "none"
    return text("span", f"badge {known}", outcome)


def rows(pairs: list[tuple[str, str]]) -> str:
    """A list of names with markup beside them; pairs without markup are left out."""
    found = [f"<dt>{escape(name)}</dt><dd>{content}</dd>" for name, content in pairs if content]
    return element("dl", "facts", *found) if found else ""


def term_markup(term: Term) -> str:
    """A predicate as chips."""
    if term == TRUE:
        return text("span", "word", "always")
    if isinstance(term, All):
        return " ".join(_inner(part) for part in term.terms)
    if isinstance(term, Some):
        return text("span", "word", " or ").join(_inner(part) for part in term.terms)
    if isinstance(term, Is):
        return element("span", "chip is", "is ", link("term", term.definition))
    if isinstance(term, Not) and isinstance(term.term, Is):
        return element("span", "chip is", "is not ", link("term", term.term.definition))
    if isinstance(term, OneOf):
        return _chip(term.attribute, "", sorted(term.values))
    if isinstance(term, Not) and isinstance(term.term, OneOf):
        return _chip(term.term.attribute, "not ", sorted(term.term.values))
    return text("span", "chip", term_phrase(term))


def _chip(attribute: str, before: str, values: list[str]) -> str:
    return element("span", "chip", text("b", "name", attribute), " ", escape(before + ", ".join(values)))


def _inner(term: Term) -> str:
    if isinstance(term, All | Some) and len(term.terms) > 1:
        return element("span", "group", term_markup(term))
    return term_markup(term)
