"""A client's history for another surface than its own, in Google's own shape: what goes, and in which order.

Without ids, results are matched to their calls by order alone, so they are put into it as their ids go.
"""

from __future__ import annotations

from typing import Any

from comity.dialects.gemini.grounding import dicts
from comity.dialects.gemini.shapes import NAME
from comity.dialects.gemini.spelling import camel_name
from comity.dialects.provenance import unwrap


def cleaned(contents: Any, *, ids: bool) -> Any:
    """The contents without signatures of other vendors, and without ids unless the target takes them."""
    order: dict[str, int] = {}
    for content in dicts(contents):
        parts = content.get("parts")
        if isinstance(parts, list):
            if not ids:
                parts = _in_order(parts, order)
                order = _called(parts) or order
            content["parts"] = [_part(part, ids=ids) for part in parts]
    return contents


def _part(part: Any, *, ids: bool) -> Any:
    if not isinstance(part, dict):
        return part
    kept: dict[str, Any] = {}
    for written, item in part.items():
        name = camel_name(written)
        if name in {"functionCall", "functionResponse"} and isinstance(item, dict) and not ids:
            kept[written] = {key: value for key, value in item.items() if key != "id"}
        elif name != "thoughtSignature" or not _foreign(item):
            kept[written] = item
    return kept


def _foreign(signature: Any) -> bool:
    signed = unwrap(signature) if isinstance(signature, str) else None
    return signed is not None and signed.origin != NAME


def _called(parts: list[Any]) -> dict[str, int]:
    """The ids of a turn's calls with their places."""
    ids = [identity for part in parts if (identity := _id_of(part, "functionCall")) is not None]
    return {identity: place for place, identity in enumerate(ids)}


def _in_order(parts: list[Any], order: dict[str, int]) -> list[Any]:
    """The parts with the results that have ids in the order of their calls, each where a result stood."""
    places = [at for at, part in enumerate(parts) if _id_of(part, "functionResponse") in order]
    sorted_places = sorted(places, key=lambda at: order[_id_of(parts[at], "functionResponse") or ""])
    moved = list(parts)
    for at, source in zip(places, sorted_places, strict=True):
        moved[at] = parts[source]
    return moved


def _id_of(part: Any, kind: str) -> str | None:
    if not isinstance(part, dict):
        return None
    inner = next((item for written, item in part.items() if camel_name(written) == kind), None)
    identity = inner.get("id") if isinstance(inner, dict) else None
    return identity if isinstance(identity, str) else None
