"""What Claude says on the wire, whole and as events: written here by Anthropic's reference, not by a dialect.

A request that asks for thinking gets thoughts, signed; every stream pings once.
"""

from __future__ import annotations

import json
from typing import Any

from comity.exchange import Finish, Usage
from comity.simulator.anthropic_rules import sign
from comity.simulator.wire import Serving
from comity.simulator.words import split_pieces

_STOPS = {Finish.LENGTH: "max_tokens", Finish.TOOL_CALLS: "tool_use"}


def message(serving: Serving) -> dict[str, Any]:
    """The whole answer."""
    answer = serving.composition.answers[0]
    content = [_thinking(thoughts(serving))] if thoughts(serving) else []
    content += [{"type": "text", "text": "".join(answer.pieces)}] if answer.pieces else []
    content += [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": json.loads(call.arguments)}
        for call in answer.calls
    ]
    return {**_head(serving), "content": content, **_stop(serving), "usage": _usage(serving)}


def events(serving: Serving) -> list[tuple[dict[str, Any], int]]:
    """The events of a streamed answer, each with the output tokens that have been said once it is sent."""
    composition = serving.composition
    said = composition.reasoning
    read = _usage(serving) | {"output_tokens": 1}
    head = {**_head(serving), "content": [], "stop_reason": None, "stop_sequence": None, "usage": read}
    told: list[tuple[dict[str, Any], int]] = [
        ({"type": "message_start", "message": head}, 0),
        ({"type": "ping"}, 0),
    ]
    block = 0
    if thoughts(serving):
        thought = thoughts(serving)
        deltas: list[dict[str, Any]] = [
            {"type": "thinking_delta", "thinking": piece} for piece in split_pieces(thought)
        ]
        deltas.append({"type": "signature_delta", "signature": sign(thought)})
        start = {"type": "thinking", "thinking": "", "signature": ""}
        told += [(event, said) for event in _block(block, start, deltas)]
        block += 1
    answer = composition.answers[0]
    if answer.pieces:
        deltas = [{"type": "text_delta", "text": piece} for piece in answer.pieces]
        for event in _block(block, {"type": "text", "text": ""}, deltas):
            said += event["type"] == "content_block_delta"
            told.append((event, said))
        block += 1
    for call in answer.calls:
        pieces = ("", *split_pieces(call.arguments))
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        call_start = {"type": "tool_use", "id": call.id, "name": call.name, "input": dict[str, Any]()}
        told += [(event, said) for event in _block(block, call_start, deltas)]
        block += 1
    total = composition.usage().completion
    ending = {"type": "message_delta", "delta": _stop(serving), "usage": _usage(serving)}
    return [*told, (ending, total), ({"type": "message_stop"}, total)]


def thoughts(serving: Serving) -> str:
    """What the model thinks first; empty where the client did not ask."""
    asked = serving.request.sampling.thinking in {"on", "adaptive"}
    return "Let me think about what is asked here." if asked else ""


def _block(index: int, start: dict[str, Any], deltas: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def _head(serving: Serving) -> dict[str, Any]:
    return {
        "id": f"msg_{serving.answer_id}",
        "type": "message",
        "role": "assistant",
        "model": serving.answering.answers_as,
    }


def _stop(serving: Serving) -> dict[str, Any]:
    answer = serving.composition.answers[0]
    usual = "end_turn" if answer.stop_sequence is None else "stop_sequence"
    return {"stop_reason": _STOPS.get(answer.finish, usual), "stop_sequence": answer.stop_sequence}


def _thinking(text: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": text, "signature": sign(text)}


def _usage(serving: Serving) -> dict[str, Any]:
    usage: Usage = serving.composition.usage()
    asked = serving.request.extra.get("inference_geo")
    where = {} if asked is None else {"inference_geo": asked}
    return {
        "input_tokens": usage.input,
        "cache_creation_input_tokens": usage.cache_write + usage.cache_write_1h,
        "cache_read_input_tokens": usage.cached_read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.cache_write,
            "ephemeral_1h_input_tokens": usage.cache_write_1h,
        },
        "output_tokens": usage.completion,
        "output_tokens_details": {"thinking_tokens": usage.reasoning},
        "service_tier": "standard",
        **where,
    }
