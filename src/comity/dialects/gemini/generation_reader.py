"""Reads `generationConfig` into the hub's sampling and format."""

from __future__ import annotations

from typing import Literal

from comity.dialects.gemini.schema_reader import read_schema
from comity.dialects.gemini.shapes import WireGeneration, WireThinking
from comity.errors import RequestError
from comity.exchange import Format, Sampling

MOST_CANDIDATES = 128
"""More answers than any model gives."""


def read_sampling(wire: WireGeneration) -> Sampling:
    """How the answer is drawn; raises RequestError for bounds that make no sense."""
    if wire.max_output_tokens is not None and wire.max_output_tokens < 1:
        raise RequestError(
            "the limit of generated tokens must be at least 1", "generationConfig.maxOutputTokens"
        )
    if wire.candidate_count is not None and not 1 <= wire.candidate_count <= MOST_CANDIDATES:
        raise RequestError("expected between 1 and 128 answers", "generationConfig.candidateCount")
    thinking = wire.thinking_config or WireThinking()
    budget = thinking.thinking_budget
    return Sampling(
        max_output_tokens=wire.max_output_tokens,
        temperature=wire.temperature,
        top_p=wire.top_p,
        top_k=None if wire.top_k is None else int(wire.top_k),
        stop=tuple(wire.stop_sequences or ()),
        seed=wire.seed,
        frequency_penalty=wire.frequency_penalty,
        presence_penalty=wire.presence_penalty,
        candidates=wire.candidate_count,
        logprobs=wire.response_logprobs,
        top_logprobs=wire.logprobs,
        reasoning_effort=_effort(thinking.thinking_level),
        thinking=_thinking(budget),
        thinking_budget=budget if budget is not None and budget > 0 else None,
        thoughts=_thoughts(shown=thinking.include_thoughts),
    )


def read_format(wire: WireGeneration) -> Format | None:
    """The form of the answer; a media type other than text and JSON has none in the hub."""
    schema = wire.response_json_schema
    if schema is None and wire.response_schema is not None:
        schema = read_schema(wire.response_schema)
    if schema is not None:
        return Format("json_schema", schema=schema)
    if wire.response_mime_type == "application/json":
        return Format("json_object")
    return Format("text") if wire.response_mime_type == "text/plain" else None


def _effort(level: str | None) -> str | None:
    word = (level or "").lower()
    return None if word in {"", "thinking_level_unspecified"} else word


def _thinking(budget: int | None) -> Literal["off", "on", "adaptive"] | None:
    if budget is None:
        return None
    if budget == 0:
        return "off"
    return "adaptive" if budget < 0 else "on"


def _thoughts(*, shown: bool | None) -> Literal["none", "summary"] | None:
    if shown is None:
        return None
    return "summary" if shown else "none"
