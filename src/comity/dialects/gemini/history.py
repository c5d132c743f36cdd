"""A client's history for another surface than its own, in Google's own shape: what goes, and in which order.

Without ids, results are matched to their calls by order alone, so they are put into it as their ids go.
"""

from __future__ import annotations

from typing import Any

from comity.dialects.gemini.grounding import dicts
from comity.dialects.gemini.shapes import NAME
from comity.dialects.gemini.spelling import camel_name
from comity.dialects.losses import FOREIGN_REASON
from comity.dialects.provenance import unwrap
from comity.exchange import Dropped


def without_foreign(contents: Any) -> tuple[Dropped, ...]:
    """Takes the signatures of other vendors out of the contents; what that took."""
    dropped = []
    for at, content in enumerate(contents if isinstance(contents, list) else ()):
        for place, part in enumerate(_parts(content)):
            for written in [name for name, item in part.items() if _is_foreign(name, item)]:
                del part[written]
                dropped.append(Dropped(f"contents[{at}].parts[{place}].{written}", FOREIGN_REASON))
    return tuple(dropped)


def without_ids(contents: Any) -> None:
    """Takes the ids of calls out of the contents, with results in the order of their calls."""
    order: dict[str, int] = {}
    for content in dicts(contents):
        parts = content.get("parts")
        if isinstance(parts, list):
            parts = _in_order(parts, order)
            order = _called(parts) or order
            content["parts"] = [_without_id(part) for part in parts]


def _parts(content: Any) -> list[dict[str, Any]]:
    """The parts of a content; an empty one in place of anything that is none."""
    parts = content.get("parts") if isinstance(content, dict) else None
    return [part if isinstance(part, dict) else {} for part in parts] if isinstance(parts, list) else []


def _without_id(part: Any) -> Any:
    if not isinstance(part, dict):
        return part
    return {
        written: {key: value for key, value in item.items() if key != "id"}
        if camel_name(written) in {"functionCall", "functionResponse"} and isinstance(item, dict)
        else item
        for written, item in part.items()
    }


def _is_foreign(written: str, item: Any) -> bool:
    signed = unwrap(item) if isinstance(item, str) and camel_name(written) == "thoughtSignature" else None
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
