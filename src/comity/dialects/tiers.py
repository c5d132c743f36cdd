"""Tiers of service in answers: each vendor has words of its own, and strict clients take no others."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

_USUAL = {"standard": "default"}
"""What Anthropic and Google call the tier that nobody asked for, in the words of OpenAI and Amazon."""


def told_tier(tier: str | None, known: AbstractSet[str]) -> str | None:
    """The tier in a client's words; None where its vendor has no word for it."""
    word = _USUAL.get(tier or "", tier)
    return word if word in known else None
