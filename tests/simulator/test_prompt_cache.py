"""Prompt caching by prefix and by mark."""

from __future__ import annotations

from comity.exchange import CacheMark, Request, Text, ToolCall, Turn
from comity.simulator.prompt_cache import PromptCache


def _request(*texts: str, marked: bool = False) -> Request:
    parts = [Text(text) for text in texts]
    if marked:
        parts[0] = Text(texts[0], CacheMark())
    return Request(model="m", turns=(Turn("user", (*parts, ToolCall("c", "t", "{}"))),))


def test_a_prefix_is_read_from_the_second_time_on() -> None:
    """Steps of 128 tokens from 1,024, and only as far as the texts agree."""
    cache = PromptCache()
    shared = "x" * (4 * 1300)
    assert cache.by_prefix(_request(shared)) == 0
    assert cache.by_prefix(_request(shared)) == 1280
    assert cache.by_prefix(_request(shared[: 4 * 1100] + "y" * 4000)) == 1024
    assert cache.by_prefix(_request("z" * 8000)) == 0


def test_a_short_prompt_is_never_cached() -> None:
    """Below 1,024 tokens nothing is kept."""
    cache = PromptCache()
    assert [cache.by_prefix(_request("x" * 4092)) for _ in range(2)] == [0, 0]
    assert [cache.by_mark(_request("x" * 4092, marked=True)) for _ in range(2)] == [(0, 0), (0, 0)]


def test_a_mark_writes_once_and_reads_then() -> None:
    """Up to the mark: written the first time, read the next; without a mark nothing."""
    cache = PromptCache()
    request = _request("x" * 8000, "tail", marked=True)
    assert cache.by_mark(request) == (0, 2000)
    assert cache.by_mark(request) == (2000, 0)
    assert cache.by_mark(_request("x" * 8000)) == (0, 0)


def test_old_entries_leave() -> None:
    """The cache is bounded: what was not used for long is written anew."""
    cache = PromptCache()
    first = _request("a" * 4096, marked=True)
    assert cache.by_mark(first) == (0, 1024)
    for number in range(4096):
        cache.by_mark(_request(f"{number:04}" + "b" * 4092, marked=True))
    assert cache.by_mark(first) == (0, 1024)
