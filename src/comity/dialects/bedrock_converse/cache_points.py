"""Cache points: after the block they mark, at most four in a request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from comity.dialects.bedrock_converse.shapes import WireCachePoint
from comity.dialects.losses import Losses
from comity.dialects.wire_json import stated
from comity.exchange import CacheMark, ModelTraits

MOST = 4
"""Most cache points that Bedrock takes in one request."""


def write_point(
    mark: CacheMark | None, path: str, traits: ModelTraits, losses: Losses
) -> list[dict[str, Any]]:
    """The cache point of a mark: nothing for models that take none."""
    if mark is None:
        return []
    if not traits.prompt_caching:
        losses.hint(f"{path}.cache_control", "the model takes no cache marks")
        return []
    return [{"cachePoint": {"type": "default", **stated(ttl=mark.lifetime)}}]


def read_point(wire: WireCachePoint) -> CacheMark:
    """The mark of a cache point."""
    lifetime: Literal["5m", "1h"] | None = None
    if wire.ttl in {"5m", "1h"}:
        lifetime = msgspec.convert(wire.ttl, Literal["5m", "1h"])
    return CacheMark(lifetime)


def cap_points(lists: Iterable[list[dict[str, Any]]], losses: Losses) -> None:
    """Removes the earliest points beyond the limit from `lists`, given in prompt order.

    The last ones are kept: a later point covers all that stands before it.
    """
    found = [(blocks, block) for blocks in lists for block in blocks if "cachePoint" in block]
    for blocks, point in found[: max(len(found) - MOST, 0)]:
        place = next(index for index, block in enumerate(blocks) if block is point)
        del blocks[place]
        losses.hint("cache_control", f"Bedrock takes {MOST} cache points and the last ones are kept")
