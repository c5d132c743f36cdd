"""Log-probabilities in Google's shape and in chat completions', which is the hub's."""

from __future__ import annotations

from typing import Any

import msgspec


class WireToken(msgspec.Struct, rename="camel", gc=False):
    """One token."""

    token: str = ""
    """Its text."""
    log_probability: float = 0.0
    """Its log-probability."""


class WireTop(msgspec.Struct, gc=False):
    """The likeliest tokens of one place."""

    candidates: list[WireToken] = []
    """From the likeliest on."""


class WireLogprobs(msgspec.Struct, rename="camel", gc=False):
    """`logprobsResult`."""

    chosen_candidates: list[WireToken] = []
    """The tokens that were written."""
    top_candidates: list[WireTop] = []
    """The likeliest ones of each place."""


def decode_logprobs(wire: WireLogprobs | None) -> dict[str, Any] | None:
    """The hub's shape; None when there are none."""
    if wire is None or not wire.chosen_candidates:
        return None
    content = []
    for place, token in enumerate(wire.chosen_candidates):
        top = wire.top_candidates[place].candidates if place < len(wire.top_candidates) else []
        content.append(_entry(token) | {"top_logprobs": [_entry(other) for other in top]})
    return {"content": content, "refusal": None}


def encode_logprobs(logprobs: dict[str, Any] | None) -> dict[str, Any]:
    """`logprobsResult`, or nothing."""
    content = (logprobs or {}).get("content")
    if not isinstance(content, list) or not content:
        return {}
    top = [{"candidates": [_token(other) for other in one.get("top_logprobs") or []]} for one in content]
    return {"logprobsResult": {"chosenCandidates": [_token(one) for one in content], "topCandidates": top}}


def _entry(token: WireToken) -> dict[str, Any]:
    return {"token": token.token, "logprob": token.log_probability, "bytes": None}


def _token(entry: dict[str, Any]) -> dict[str, Any]:
    return {"token": entry.get("token", ""), "logProbability": entry.get("logprob", 0.0)}
