"""Pages of items, as OpenAI lists them: newest first unless asked otherwise, twenty at a time."""

from __future__ import annotations

from typing import Any

import msgspec

from comity.errors import RequestError
from comity.sessions.records import Item

_MOST = 100


class Window(msgspec.Struct, frozen=True):
    """Which part of a list is wanted."""

    limit: int = 20
    """How many items, from 1 to 100."""
    ascending: bool = False
    """Oldest first."""
    after: str | None = None
    """The item before the first wanted one."""


def read_window(query: dict[str, str]) -> Window:
    """The window that a query asks for; raises RequestError."""
    text, order = query.get("limit", "20"), query.get("order", "desc")
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _MOST:
        raise RequestError(f"expected a number from 1 to {_MOST}", "limit")
    if order not in {"asc", "desc"}:
        raise RequestError("expected `asc` or `desc`", "order")
    return Window(int(text), order == "asc", query.get("after"))


def page(items: list[Item], window: Window) -> dict[str, Any]:
    """One page of the items, which come oldest first."""
    ordered = items if window.ascending else items[::-1]
    start = 0
    if window.after is not None:
        names = [item["id"] for item in ordered]
        if window.after not in names:
            raise RequestError(f"there is no item `{window.after}` here", "after")
        start = names.index(window.after) + 1
    shown = ordered[start : start + window.limit]
    return {
        "object": "list",
        "data": shown,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
        "has_more": start + len(shown) < len(ordered),
    }
