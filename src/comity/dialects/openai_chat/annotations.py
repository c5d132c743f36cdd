"""Annotations of a message and the hub's citations.

A message has one list of annotations, whose places count from the start of its whole text; the hub keeps a
citation on the block of text that it belongs to. Only web addresses have a form here: a citation of a
document is shown to no client of this dialect.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from comity.dialects.wire_json import stated
from comity.exchange import Citation, Text

_ORIGIN = "openai.chat"
_WEB = "url_citation"


def read_annotation(wire: Mapping[str, Any], base: int = 0) -> Citation:
    """The citation of one annotation; `base` characters of the message stand before its block."""
    inner = wire.get(_WEB)
    members: Mapping[str, Any] = inner if isinstance(inner, dict) else {}
    return Citation(
        url=_text(members.get("url")),
        title=_text(members.get("title")),
        start=_place(members.get("start_index"), base),
        end=_place(members.get("end_index"), base),
        origin=_ORIGIN,
        wire=dict(wire),
    )


def cited(texts: Sequence[Text], annotations: Iterable[Mapping[str, Any]] | None) -> list[Text]:
    """The blocks of a message with their citations; one that names no place belongs to the last block."""
    sources: list[list[Citation]] = [[] for _ in texts]
    for wire in annotations or () if texts else ():
        whole = read_annotation(wire)
        index, base = _block_at(texts, whole.start)
        sources[index].append(read_annotation(wire, base))
    return [
        msgspec.structs.replace(text, citations=tuple(found)) if found else text
        for text, found in zip(texts, sources, strict=True)
    ]


def write_annotation(citation: Citation, base: int, length: int) -> dict[str, Any] | None:
    """The annotation of a citation of a block `length` long behind `base` characters; None without a form."""
    if citation.url is None:
        return citation.wire if citation.origin == _ORIGIN and citation.wire else None
    start = base + (citation.start or 0)
    end = base + (length if citation.end is None else citation.end)
    place = {"start_index": start, "end_index": end}
    known = citation.wire.get(_WEB) if citation.origin == _ORIGIN else None
    members = dict(known) if isinstance(known, dict) else {"url": citation.url, "title": citation.title or ""}
    return {"type": _WEB, _WEB: members | place}


def write_annotations(texts: Iterable[Text]) -> dict[str, Any]:
    """The member `annotations` of a message with these blocks; nothing where there is none."""
    written: list[dict[str, Any]] = []
    base = 0
    for text in texts:
        length = len(text.text)
        found = [write_annotation(citation, base, length) for citation in text.citations]
        written.extend(annotation for annotation in found if annotation is not None)
        base += length
    return stated(annotations=written or None)


class TextPlace:
    """Where in the text of a streamed message its citations belong.

    The stream does not say where a block of text begins, so text that follows a citation begins a new one.
    """

    __slots__ = ("_base", "_cited", "_length")

    def __init__(self) -> None:
        self._base = 0
        self._length = 0
        self._cited = False

    def take(self, text: str) -> None:
        """More text was written."""
        if self._cited:
            self._base, self._length, self._cited = self._base + self._length, 0, False
        self._length += len(text)

    def cited(self, citation: Citation) -> tuple[int, int]:
        """How much text stands before the block of this citation, and how long the block is by now."""
        self._cited = True
        own = citation.origin == _ORIGIN
        return (0, self._base + self._length) if own else (self._base, self._length)


def _block_at(texts: Sequence[Text], place: int | None) -> tuple[int, int]:
    """Index of the block that holds a place of the message, and how many characters stand before it."""
    base = 0
    for index, text in enumerate(texts[:-1]):
        if place is not None and place < base + len(text.text):
            return index, base
        base += len(text.text)
    return len(texts) - 1, base


def _place(value: object, base: int) -> int | None:
    return max(value - base, 0) if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
