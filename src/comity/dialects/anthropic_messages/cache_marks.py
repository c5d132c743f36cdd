"""At most four cache marks in a request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from comity.dialects.losses import Losses

MOST = 4
"""Most cache marks that the API takes in one request."""


def cap_marks(lists: Iterable[list[dict[str, Any]]], losses: Losses) -> None:
    """Removes the earliest marks beyond the limit from `lists`, given in prompt order.

    The last ones are kept: a later mark covers all that stands before it.
    """
    found = [block for blocks in lists for block in _marked(blocks)]
    for block in found[: max(len(found) - MOST, 0)]:
        del block["cache_control"]
        losses.hint("cache_control", f"Messages take {MOST} cache marks and the last ones are kept")


def _marked(blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        if block.get("type") == "tool_result":
            yield from _marked(block["content"])
        if "cache_control" in block:
            yield block
