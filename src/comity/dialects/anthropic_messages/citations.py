"""Citations, both ways: Anthropic's own travel whole, a web address of another provider as what it is."""

from __future__ import annotations

from typing import Any

from comity.dialects.anthropic_messages.family import ORIGIN
from comity.exchange import Citation

_WEB = "web_search_result_location"


def read_citations(wire: Any) -> tuple[Citation, ...]:
    """The sources of a text; anything but a list of objects is none."""
    listed = wire if isinstance(wire, list) else ()
    return tuple(read_citation(item) for item in listed if isinstance(item, dict))


def read_citation(wire: dict[str, Any]) -> Citation:
    """One source; one without Anthropic's proof that it searched is no one's own."""
    url = _word(wire.get("url") or wire.get("source"))
    title = _word(wire.get("title") or wire.get("document_title"))
    quote = _word(wire.get("cited_text"))
    if is_unproven(wire):
        return Citation(url, title, quote)
    return Citation(url, title, quote, origin=ORIGIN, wire=wire)


def is_unproven(wire: object) -> bool:
    """Whether a source is one of another provider's, shown in Anthropic's form."""
    return isinstance(wire, dict) and wire.get("type") == _WEB and not wire.get("encrypted_index")


def replayed(citations: tuple[Citation, ...]) -> list[dict[str, Any]]:
    """Those that Anthropic made, as it wrote them."""
    return [citation.wire for citation in citations if citation.origin == ORIGIN]


def show_citation(citation: Citation) -> dict[str, Any] | None:
    """A source for a client; None for a place in a document that this dialect cannot name."""
    if citation.origin == ORIGIN:
        return citation.wire
    if citation.url is None:
        return None
    return {
        "type": _WEB,
        "url": citation.url,
        "title": citation.title,
        "cited_text": citation.quote or "",
        "encrypted_index": "",
    }


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
