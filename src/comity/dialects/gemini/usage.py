"""Google's token counts and the hub's disjoint classes (T22).

`promptTokenCount` holds the cached tokens; thoughts and the prompts of hosted tools are counted beside prompt
and candidates. Where a server counts thoughts inside the candidates, its own total gives it away. Streams
repeat the count, each time as a whole.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.exchange import Usage


class ModalityCount(msgspec.Struct, rename="camel", gc=False):
    """Tokens of one kind of content."""

    modality: str | None = None
    """`TEXT`, `IMAGE`, `VIDEO`, `AUDIO` or `DOCUMENT`."""
    token_count: int | None = None
    """How many."""


class WireUsage(msgspec.Struct, rename="camel", gc=False):
    """`usageMetadata`."""

    prompt_token_count: int | None = None
    """Tokens read, cached ones included."""
    cached_content_token_count: int | None = None
    """Tokens read from the cache, inside the prompt."""
    candidates_token_count: int | None = None
    """Tokens of the answers."""
    thoughts_token_count: int | None = None
    """Thinking tokens, beside the candidates."""
    tool_use_prompt_token_count: int | None = None
    """Tokens that hosted tools had the model read, beside the prompt."""
    total_token_count: int | None = None
    """Their sum."""
    prompt_tokens_details: list[ModalityCount] | None = None
    """The prompt by kind."""
    cache_tokens_details: list[ModalityCount] | None = None
    """The cached part by kind."""
    candidates_tokens_details: list[ModalityCount] | None = None
    """The answers by kind."""
    tool_use_prompt_tokens_details: list[ModalityCount] | None = None
    """The prompts of hosted tools by kind."""
    service_tier: str | None = None
    """The tier that served, on AI Studio."""
    traffic_type: str | None = None
    """The same on Vertex AI."""

    @property
    def tier(self) -> str | None:
        """The tier that served, in AI Studio's words where it has one."""
        return self.service_tier or _TRAFFIC.get(self.traffic_type or "", self.traffic_type)


_TRAFFIC = {"ON_DEMAND": "standard", "ON_DEMAND_FLEX": "flex", "ON_DEMAND_PRIORITY": "priority"}


def decode_usage(wire: WireUsage | None) -> Usage | None:
    """The disjoint classes, whose sum is the provider's own; None when it gave no count."""
    if wire is None or wire.prompt_token_count is None:
        return None
    prompt = max(wire.prompt_token_count, 0)
    cached = min(max(wire.cached_content_token_count or 0, 0), prompt)
    used = max(wire.tool_use_prompt_token_count or 0, 0)
    fresh = prompt - cached + used
    read = wire.prompt_tokens_details, wire.tool_use_prompt_tokens_details
    heard, fresh = _take(_of("AUDIO", *read) - _of("AUDIO", wire.cache_tokens_details), fresh)
    seen, fresh = _take(_of("IMAGE", *read) - _of("IMAGE", wire.cache_tokens_details), fresh)
    made = max(wire.candidates_token_count or 0, 0)
    thoughts = max(wire.thoughts_token_count or 0, 0)
    if thoughts and wire.total_token_count == prompt + used + made:
        thoughts, made = _take(thoughts, made)
    spoken, made = _take(_of("AUDIO", wire.candidates_tokens_details), made)
    drawn, made = _take(_of("IMAGE", wire.candidates_tokens_details), made)
    return Usage(
        input=fresh,
        cached_read=cached,
        output=made,
        reasoning=thoughts,
        audio_input=heard,
        audio_output=spoken,
        image_input=seen,
        image_output=drawn,
    )


def encode_usage(usage: Usage) -> dict[str, Any]:
    """`usageMetadata` as Google writes it, with its overlap."""
    members: dict[str, Any] = {
        "promptTokenCount": usage.prompt,
        "candidatesTokenCount": usage.completion - usage.reasoning,
        "totalTokenCount": usage.total,
    }
    if usage.cached_read:
        members["cachedContentTokenCount"] = usage.cached_read
    if usage.reasoning:
        members["thoughtsTokenCount"] = usage.reasoning
    read = _details(usage.prompt, AUDIO=usage.audio_input, IMAGE=usage.image_input)
    made = _details(usage.completion - usage.reasoning, AUDIO=usage.audio_output, IMAGE=usage.image_output)
    return (
        members
        | ({"promptTokensDetails": read} if read else {})
        | ({"candidatesTokensDetails": made} if made else {})
    )


def _of(kind: str, *lists: list[ModalityCount] | None) -> int:
    return sum(max(one.token_count or 0, 0) for found in lists for one in found or () if one.modality == kind)


def _take(part: int, whole: int) -> tuple[int, int]:
    taken = min(max(part, 0), whole)
    return taken, whole - taken


def _details(whole: int, **kinds: int) -> list[dict[str, Any]]:
    text = {"TEXT": whole - sum(kinds.values())}
    return [{"modality": kind, "tokenCount": count} for kind, count in (text | kinds).items() if count]
