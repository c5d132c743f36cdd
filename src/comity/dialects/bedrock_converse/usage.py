"""Converse's token counts and the hub's disjoint classes.

`inputTokens` excludes the cache for most models and already holds it for some; which it is, the target's
traits say. Reasoning is inside `outputTokens` and not told apart.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.exchange import Usage


class WireCacheDetail(msgspec.Struct, rename="camel"):
    """One lifetime of what was written to the cache."""

    ttl: str | None = None
    """`5m` or `1h`."""
    input_tokens: int | None = None
    """Tokens."""


class WireUsage(msgspec.Struct, rename="camel"):
    """`usage` of an answer or of the metadata event."""

    input_tokens: int | None = None
    """Tokens read; with or without the cache."""
    output_tokens: int | None = None
    """Tokens generated."""
    cache_read_input_tokens: int | None = None
    """Tokens read from the cache."""
    cache_write_input_tokens: int | None = None
    """Tokens written to the cache."""
    cache_details: list[WireCacheDetail] | None = None
    """Tokens written to the cache by lifetime, inside `cacheWriteInputTokens`."""


def decode_usage(wire: WireUsage | None, *, includes_cache: bool) -> Usage | None:
    """The disjoint classes; None when the provider gave no count."""
    if wire is None or wire.input_tokens is None:
        return None
    read = max(wire.cache_read_input_tokens or 0, 0)
    written = max(wire.cache_write_input_tokens or 0, 0)
    fresh = max(wire.input_tokens, 0)
    if includes_cache:
        read = min(read, fresh)
        written = min(written, fresh - read)
        fresh -= read + written
    long = sum(max(one.input_tokens or 0, 0) for one in wire.cache_details or () if one.ttl == "1h")
    long = min(long, written)
    made = max(wire.output_tokens or 0, 0)
    return Usage(fresh, read, written - long, made, cache_write_1h=long)


def encode_usage(usage: Usage) -> dict[str, Any]:
    """`usage` as Bedrock writes it, the cache beside the input."""
    written = usage.cache_write + usage.cache_write_1h
    lifetimes = (("5m", usage.cache_write), ("1h", usage.cache_write_1h))
    details = [{"ttl": ttl, "inputTokens": tokens} for ttl, tokens in lifetimes if tokens]
    return {
        "inputTokens": usage.input + usage.audio_input + usage.image_input,
        "outputTokens": usage.completion,
        "totalTokens": usage.total,
        "cacheReadInputTokens": usage.cached_read,
        "cacheWriteInputTokens": written,
        **({"cacheDetails": details} if usage.cache_write_1h else {}),
    }
