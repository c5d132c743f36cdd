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


class CompletionDetails(msgspec.Struct, gc=False):
    """`completion_tokens_details`."""

    reasoning_tokens: int | None = None
    """Reasoning tokens, usually inside `completion_tokens`."""
    audio_tokens: int | None = None
    """Audio tokens, inside `completion_tokens`."""


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
    cached = written = heard = reasoning = spoken = 0
    if read is not None and (read.cached_tokens or read.cache_write_tokens or read.audio_tokens):
        cached, prompt = _take(read.cached_tokens, prompt)
        written, prompt = _take(read.cache_write_tokens, prompt)
        heard, prompt = _take(read.audio_tokens, prompt)
    if made is not None and (made.reasoning_tokens or made.audio_tokens):
        reasoning = max(made.reasoning_tokens or 0, 0)
        beside = wire.total_tokens == wire.prompt_tokens + completion + reasoning
        if not beside:
            reasoning, completion = _take(reasoning, completion)
        spoken, completion = _take(made.audio_tokens, completion)
    return Usage(prompt, cached, written, completion, reasoning, heard, spoken)


def encode_usage(usage: Usage) -> dict[str, Any]:
    """`usage` as OpenAI writes it, with its overlaps."""
    return {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.total,
        "prompt_tokens_details": {
            "cached_tokens": usage.cached_read,
            "audio_tokens": usage.audio_input,
            **({"cache_write_tokens": usage.cache_write} if usage.cache_write else {}),
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": usage.audio_output,
        },
    }


def _take(part: int | None, whole: int) -> tuple[int, int]:
    taken = min(max(part or 0, 0), whole)
    return taken, whole - taken
