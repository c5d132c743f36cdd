"""Converse's citations and the hub's.

A citation names a place in a document, a search result or a page of the web. The hub reads the title, the
address and the quoted words; the whole is kept, and only it goes back to Bedrock.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from comity.dialects.bedrock_converse.shapes import WireCitations
from comity.dialects.wire_json import stated
from comity.exchange import CacheMark, Citation, Text

_ORIGIN = "bedrock.converse"


def read_citation(wire: dict[str, Any]) -> Citation:
    """The citation of one `Citation` or `CitationsDelta`."""
    location = wire.get("location")
    web = location.get("web") if isinstance(location, dict) else None
    url = web.get("url") if isinstance(web, dict) else None
    quoted = wire.get("sourceContent")
    pieces = [str(piece.get("text", "")) for piece in quoted or () if isinstance(piece, dict)]
    title = wire.get("title")
    return Citation(
        url=url if isinstance(url, str) else None,
        title=title if isinstance(title, str) else None,
        quote="".join(pieces) or None,
        origin=_ORIGIN,
        wire=wire,
    )


def write_citation(citation: Citation) -> dict[str, Any]:
    """The citation as Bedrock writes it; its own as it came."""
    if citation.origin == _ORIGIN and citation.wire:
        return citation.wire
    web = None
    if citation.url is not None:
        web = {"web": {"url": citation.url, **stated(domain=urlsplit(citation.url).hostname)}}
    quote = None if citation.quote is None else [{"text": citation.quote}]
    return stated(title=citation.title, sourceContent=quote, location=web)


def read_cited(wire: WireCitations, cache: CacheMark | None = None) -> Text:
    """The text of a `citationsContent` block with its sources."""
    text = "".join(str(piece.get("text", "")) for piece in wire.content)
    return Text(text, cache, tuple(read_citation(citation) for citation in wire.citations))


def write_cited(text: str, citations: Iterable[Citation]) -> dict[str, Any]:
    """The block of a text: `citationsContent` where it has sources, else plain."""
    written = [write_citation(citation) for citation in citations]
    if not written:
        return {"text": text}
    return {"citationsContent": {"content": [{"text": text}], "citations": written}}
