"""Anthropic's token counts and the hub's disjoint classes.

`input_tokens` excludes the cache, `output_tokens` includes thinking. Where the server itself ran several
rounds of which the top counts leave some out (compactions), they are added: all of them are billed.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.wire_json import stated
from comity.exchange import Usage

_HELD = frozenset(
    {
        "input_tokens",
        "output_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
        "cache_creation",
        "output_tokens_details",
        "service_tier",
    }
)
_BESIDE = frozenset({"compaction"})


class WireCreation(msgspec.Struct):
    """`cache_creation`."""

    ephemeral_5m_input_tokens: int | None = None
    """Written for five minutes."""
    ephemeral_1h_input_tokens: int | None = None
    """Written for an hour."""


class WireDetails(msgspec.Struct):
    """`output_tokens_details`."""

    thinking_tokens: int | None = None
    """Thinking, inside `output_tokens`."""


class WireRound(msgspec.Struct):
    """One entry of `iterations`."""

    type: str = ""
    """What the round was."""
    input_tokens: int | None = None
    """As at the top."""
    output_tokens: int | None = None
    """As at the top."""
    cache_read_input_tokens: int | None = None
    """As at the top."""
    cache_creation_input_tokens: int | None = None
    """As at the top."""
    cache_creation: WireCreation | None = None
    """As at the top."""
    output_tokens_details: WireDetails | None = None
    """As at the top."""


class WireUsage(WireRound):
    """`usage` of a message, of the event that begins one, and of the event that ends it."""

    iterations: list[WireRound] | None = None
    """Rounds of the server, where it ran several."""
    service_tier: str | None = None
    """The tier that served."""
    inference_geo: str | None = None
    """Where it was served, as far as Anthropic says."""

    @property
    def place(self) -> str:
        """Where it was served, as books of contracts call it; empty where that is not said."""
        return _PLACES.get(self.inference_geo or "", "")


_PLACES = {"global": "world", "us": "us", "eu": "eu"}


_TIERS = frozenset({"standard", "priority", "batch"})


def served(tier: str, place: str) -> dict[str, str]:
    """The members of `usage` that say how and where a stream is served, in the words that clients take."""
    geo = next((word for word, one in _PLACES.items() if place and one == place), None)
    return stated(service_tier=tier if tier in _TIERS else None, inference_geo=geo)


def merge_usage(first: WireUsage | None, last: WireUsage | None) -> WireUsage | None:
    """What a stream's end says, completed by what its beginning said: counts are cumulative."""
    if first is None or last is None:
        return last or first
    return WireUsage(
        **{
            name: getattr(first, name) if getattr(last, name) in {None, ""} else getattr(last, name)
            for name in WireUsage.__struct_fields__
            if name not in _LISTS
        },
        **{name: getattr(last, name) or getattr(first, name) for name in _LISTS},
    )


_LISTS = ("iterations", "cache_creation", "output_tokens_details")


def decode_usage(wire: WireUsage | None) -> Usage | None:
    """The disjoint classes; None when the provider gave no count."""
    if wire is None or wire.input_tokens is None:
        return None
    beside = [one for one in wire.iterations or () if one.type in _BESIDE]
    parts = [_classes(one) for one in (wire, *beside)]
    return Usage(
        input=sum(one.input for one in parts),
        cached_read=sum(one.cached_read for one in parts),
        cache_write=sum(one.cache_write for one in parts),
        output=sum(one.output for one in parts),
        reasoning=sum(one.reasoning for one in parts),
        cache_write_1h=sum(one.cache_write_1h for one in parts),
    )


def encode_usage(usage: Usage) -> dict[str, Any]:
    """`usage` as Anthropic writes it."""
    written = usage.cache_write + usage.cache_write_1h
    members: dict[str, Any] = {
        "input_tokens": usage.input + usage.audio_input + usage.image_input,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": usage.cached_read,
        "output_tokens": usage.completion,
    }
    if written:
        members["cache_creation"] = {
            "ephemeral_5m_input_tokens": usage.cache_write,
            "ephemeral_1h_input_tokens": usage.cache_write_1h,
        }
    if usage.reasoning:
        members["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    return members


def usage_extra(raw: object) -> dict[str, Any]:
    """What a usage object says besides tokens and tier, by its path in the message."""
    members = raw.items() if isinstance(raw, dict) else ()
    return {f"usage.{name}": value for name, value in members if name not in _HELD and value is not None}


def _classes(wire: WireRound) -> Usage:
    written = max(wire.cache_creation_input_tokens or 0, 0)
    made = wire.cache_creation
    hour = 0 if made is None else max(made.ephemeral_1h_input_tokens or 0, 0)
    if made is not None and wire.cache_creation_input_tokens is None:
        written = hour + max(made.ephemeral_5m_input_tokens or 0, 0)
    hour = min(hour, written)
    output = max(wire.output_tokens or 0, 0)
    details = wire.output_tokens_details
    thinking = 0 if details is None else min(max(details.thinking_tokens or 0, 0), output)
    return Usage(
        input=max(wire.input_tokens or 0, 0),
        cached_read=max(wire.cache_read_input_tokens or 0, 0),
        cache_write=written - hour,
        output=output - thinking,
        reasoning=thinking,
        cache_write_1h=hour,
    )
