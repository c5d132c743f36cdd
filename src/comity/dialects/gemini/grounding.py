"""Grounding and citation metadata as the hub's citations, and back.

Google counts places in bytes of UTF-8 within a part; the hub counts characters within a block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from comity.dialects.gemini.shapes import NAME
from comity.exchange import Citation

_SOURCES = ("web", "retrievedContext", "maps", "image")
_NOWHERE: Mapping[str, Any] = {}


def read_citations(
    grounding: dict[str, Any] | None, cited: dict[str, Any] | None, texts: Mapping[int, str]
) -> list[tuple[int, Citation]]:
    """The sources of an answer, each with the key in `texts` of the part it belongs to."""
    if not texts:
        return []
    found = list(_grounded(grounding, texts)) if grounding is not None else []
    for source in dicts((cited or {}).get("citationSources") or (cited or {}).get("citations")):
        found.append(_placed(source, source, source, texts))
    return found


def write_grounding(texts: Sequence[tuple[int, str, Sequence[Citation]]]) -> dict[str, Any]:
    """`groundingMetadata` for texts with their part's index and their citations; nothing without any."""
    chunks: list[dict[str, Any]] = []
    supports: list[dict[str, Any]] = []
    for part, text, citations in texts:
        for citation in citations:
            chunk = {"web": _without_none(uri=citation.url, title=citation.title)}
            if chunk not in chunks:
                chunks.append(chunk)
            segment = _segment(text, citation, part)
            supports.append({"segment": segment, "groundingChunkIndices": [chunks.index(chunk)]})
    return {"groundingMetadata": {"groundingChunks": chunks, "groundingSupports": supports}} if chunks else {}


def dicts(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; none for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _grounded(metadata: dict[str, Any], texts: Mapping[int, str]) -> Iterator[tuple[int, Citation]]:
    sources = dicts(metadata.get("groundingChunks"))
    supports = dicts(metadata.get("groundingSupports"))
    for support in supports:
        segment = support.get("segment")
        indices = support.get("groundingChunkIndices")
        for index in indices if isinstance(indices, list) else []:
            if isinstance(index, int) and 0 <= index < len(sources):
                place = segment if isinstance(segment, dict) else _NOWHERE
                yield _placed(_inner(sources[index]), place, sources[index], texts)
    if not supports:
        yield from (_placed(_inner(source), _NOWHERE, source, texts) for source in sources)


def _inner(source: dict[str, Any]) -> dict[str, Any]:
    found = (source.get(name) for name in _SOURCES)
    return next((value for value in found if isinstance(value, dict)), {})


def _placed(
    source: dict[str, Any], place: Mapping[str, Any], wire: dict[str, Any], texts: Mapping[int, str]
) -> tuple[int, Citation]:
    part = place.get("partIndex", 0)
    key = part if part in texts else max(texts)
    text = texts[key]
    end = _character(text, place.get("endIndex"))
    citation = Citation(
        url=_word(source.get("uri") or source.get("sourceUri")),
        title=_word(source.get("title")),
        quote=_word(source.get("text")),
        start=None if end is None else _character(text, place.get("startIndex", 0)),
        end=end,
        origin=NAME,
        wire=wire,
    )
    return key, citation


def _segment(text: str, citation: Citation, part: int) -> dict[str, Any]:
    start = citation.start or 0
    end = len(text) if citation.end is None else citation.end
    return {
        **({"partIndex": part} if part else {}),
        "startIndex": len(text[:start].encode("utf-8", "replace")),
        "endIndex": len(text[:end].encode("utf-8", "replace")),
        "text": text[start:end],
    }


def _character(text: str, place: Any) -> int | None:
    if not isinstance(place, int) or place < 0:
        return None
    return len(text.encode("utf-8", "replace")[:place].decode("utf-8", "ignore"))


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _without_none(**members: str | None) -> dict[str, str]:
    return {name: value for name, value in members.items() if value is not None}
