"""The Responses API's token counts and the hub's disjoint classes: its overlaps are those of chat."""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.openai_chat.usage import CompletionDetails, PromptDetails
from comity.dialects.openai_chat.usage import WireUsage as ChatUsage
from comity.dialects.openai_chat.usage import decode_usage as decode_chat_usage
from comity.exchange import Usage


class WireUsage(msgspec.Struct, gc=False):
    """`usage` of a response."""

    input_tokens: int | None = None
    """All tokens read."""
    output_tokens: int | None = None
    """All tokens generated."""
    total_tokens: int | None = None
    """Their sum."""
    input_tokens_details: PromptDetails | None = None
    """Classes of the input."""
    output_tokens_details: CompletionDetails | None = None
    """Classes of the output."""


def decode_usage(wire: WireUsage | None) -> Usage | None:
    """The disjoint classes, whose sums are the provider's own; None when it gave no count."""
    if wire is None:
        return None
    return decode_chat_usage(
        ChatUsage(
            wire.input_tokens,
            wire.output_tokens,
            wire.total_tokens,
            wire.input_tokens_details,
            wire.output_tokens_details,
        )
    )


def encode_usage(usage: Usage) -> dict[str, Any]:
    """`usage` as OpenAI writes it, with its overlaps."""
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {
            "cached_tokens": usage.cached_read,
            "cache_write_tokens": usage.cache_write + usage.cache_write_1h,
        },
        "output_tokens": usage.completion,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.total,
    }
