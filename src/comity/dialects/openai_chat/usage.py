"""OpenAI's token counts and the hub's disjoint classes.

`prompt_tokens` holds cached and audio tokens, `completion_tokens` holds reasoning and audio. Some servers
that speak the dialect count reasoning beside `completion_tokens`; their own total gives them away.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.exchange import Usage


class PromptDetails(msgspec.Struct, gc=False):
    """`prompt_tokens_details`."""

    cached_tokens: int | None = None
    """Tokens read from the cache, inside `prompt_tokens`."""
    cache_write_tokens: int | None = None
    """Tokens written to the cache, inside `prompt_tokens`."""
    audio_tokens: int | None = None
    """Audio tokens, inside `prompt_tokens`."""
    image_tokens: int | None = None
    """Image tokens, inside `prompt_tokens`, where a server counts them apart."""


class CompletionDetails(msgspec.Struct, gc=False):
    """`completion_tokens_details`."""

    reasoning_tokens: int | None = None
    """Reasoning tokens, usually inside `completion_tokens`."""
    audio_tokens: int | None = None
    """Audio tokens, inside `completion_tokens`."""
    image_tokens: int | None = None
    """Image tokens, inside `completion_tokens`, where a server counts them apart."""


class WireUsage(msgspec.Struct, gc=False):
    """`usage` as OpenAI-compatible servers write it."""

    prompt_tokens: int | None = None
    """All tokens read."""
    completion_tokens: int | None = None
    """All tokens generated."""
    total_tokens: int | None = None
    """Their sum."""
    prompt_tokens_details: PromptDetails | None = None
    """Classes of the prompt."""
    completion_tokens_details: CompletionDetails | None = None
    """Classes of the completion."""


def decode_usage(wire: WireUsage | None) -> Usage | None:
    """The disjoint classes, whose sums are the provider's own; None when it gave no count."""
    if wire is None or wire.prompt_tokens is None:
        return None
    prompt = max(wire.prompt_tokens, 0)
    completion = max(wire.completion_tokens or 0, 0)
    read, made = wire.prompt_tokens_details, wire.completion_tokens_details
    cached = written = heard = seen = reasoning = spoken = drawn = 0
    if read is not None and any(msgspec.structs.astuple(read)):
        cached, prompt = _take(read.cached_tokens, prompt)
        written, prompt = _take(read.cache_write_tokens, prompt)
        heard, prompt = _take(read.audio_tokens, prompt)
        seen, prompt = _take(read.image_tokens, prompt)
    if made is not None and any(msgspec.structs.astuple(made)):
        reasoning = max(made.reasoning_tokens or 0, 0)
        beside = wire.total_tokens == wire.prompt_tokens + completion + reasoning
        if not beside:
            reasoning, completion = _take(reasoning, completion)
        spoken, completion = _take(made.audio_tokens, completion)
        drawn, completion = _take(made.image_tokens, completion)
    return Usage(prompt, cached, written, completion, reasoning, heard, spoken, 0, seen, drawn)


def encode_usage(usage: Usage) -> dict[str, Any]:
    """`usage` as OpenAI writes it, with its overlaps and one class for all that is written to the cache."""
    written = usage.cache_write + usage.cache_write_1h
    return {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.total,
        "prompt_tokens_details": {
            "cached_tokens": usage.cached_read,
            "audio_tokens": usage.audio_input,
            **({"cache_write_tokens": written} if written else {}),
            **({"image_tokens": usage.image_input} if usage.image_input else {}),
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": usage.audio_output,
            **({"image_tokens": usage.image_output} if usage.image_output else {}),
        },
    }


def _take(part: int | None, whole: int) -> tuple[int, int]:
    taken = min(max(part or 0, 0), whole)
    return taken, whole - taken
