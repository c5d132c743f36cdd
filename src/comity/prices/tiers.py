"""Tiers of service, in one vocabulary for all vendors: each has words of its own for the same few things.

A word that is not known here stays as it is. No price has such a tier, so that what it served is unrated and
says why, rather than rated at another tier's price.
"""

from __future__ import annotations

STANDARD, BATCH, FLEX, PRIORITY, RESERVED = "standard", "batch", "flex", "priority", "reserved"

TIERS = (STANDARD, BATCH, FLEX, PRIORITY, RESERVED)
"""Every tier that prices are written for."""

_WORDS = {
    "auto": "",
    "unspecified": "",
    "traffic_type_unspecified": "",
    "default": STANDARD,
    "standard_only": STANDARD,
    "on_demand": STANDARD,
    "fast": PRIORITY,
    "shared": STANDARD,
    "on_demand_flex": FLEX,
    "on_demand_priority": PRIORITY,
    "scale": RESERVED,
    "dedicated": RESERVED,
    "provisioned_throughput": RESERVED,
}
"""Words of OpenAI, Anthropic, Bedrock, AI Studio and Vertex AI (its traffic types, and its header)."""


def tier_of(word: str | None) -> str:
    """The tier that a vendor's word means, in a request or an answer; empty when it leaves the tier open."""
    if not word:
        return ""
    lower = word.lower()
    return _WORDS.get(lower, lower)
