"""What clients of the Responses API call what they said."""

from __future__ import annotations

import re

import msgspec

from comity.exchange import Names, Place, Places, Request

_ITEM = re.compile(r"input\[(\d+)\]")

NAMES = Names(
    parameters={
        "model": "model",
        "messages": "input",
        "user": "user",
        "service_tier": "service_tier",
        "cache_control": None,
        "anthropic_beta": None,
        "temperature": "temperature",
        "top_p": "top_p",
        "top_k": None,
        "seed": None,
        "stop": None,
        "n": None,
        "frequency_penalty": None,
        "presence_penalty": None,
        "logprobs": "include",
        "top_logprobs": "top_logprobs",
        "max_tokens": "max_output_tokens",
        "reasoning_effort": "reasoning.effort",
        "thinking": None,
        "thinking.budget_tokens": None,
        "thinking.display": "reasoning.summary",
        "response_format": "text.format",
        "response_format.json_schema.name": "text.format.name",
        "response_format.json_schema.description": "text.format.description",
        "response_format.json_schema.schema": "text.format.schema",
        "tools": "tools",
        "tool_choice": "tool_choice",
        "parallel_tool_calls": "parallel_tool_calls",
    },
    members={
        "cache_control": None,
        "citations": "annotations",
        "signature": "call_id",
        "detail": "detail",
        "context": None,
        "cited": None,
        "is_error": None,
        "name": None,
        "content": "output",
        "function.strict": "strict",
        "function.parameters": "parameters",
    },
    kept={"verbosity": "text.verbosity"},
)
"""The hub's names in this dialect."""


def without_history(request: Request, items: int, source: str) -> Request:
    """The request with places as a client counts them whose body had `items` fewer in front.

    Those came from what the client calls `source`.
    """

    def own(place: str) -> str:
        match = _ITEM.match(place)
        if match is None:
            return place
        at = int(match[1]) - items
        return source if at < 0 else f"input[{at}]{place[match.end() :]}"

    turns = (
        Place(own(turn.path), tuple(map(own, turn.parts)), {name: own(at) for name, at in turn.kept.items()})
        for turn in request.places.turns
    )
    places = Places(tuple(turns), request.places.tools, request.places.other)
    return msgspec.structs.replace(request, places=places)
