"""Converse's stop reasons and the hub's; an unknown one stays unknown and never becomes a clean stop."""

from __future__ import annotations

from typing import Any

from comity.exchange import Finish

_SEQUENCE = "stop_sequence"

_READ = {
    "end_turn": Finish.STOP,
    "stop_sequence": Finish.STOP,
    "max_tokens": Finish.LENGTH,
    "tool_use": Finish.TOOL_CALLS,
    "guardrail_intervened": Finish.CONTENT_FILTER,
    "content_filtered": Finish.CONTENT_FILTER,
    "refusal": Finish.REFUSAL,
    "model_context_window_exceeded": Finish.CONTEXT_WINDOW,
    "malformed_model_output": Finish.MALFORMED,
    "malformed_tool_use": Finish.MALFORMED,
    "pause_turn": Finish.PAUSE,
}
_WRITTEN = {
    Finish.STOP: "end_turn",
    Finish.LENGTH: "max_tokens",
    Finish.TOOL_CALLS: "tool_use",
    Finish.CONTENT_FILTER: "content_filtered",
    Finish.REFUSAL: "content_filtered",
    Finish.CONTEXT_WINDOW: "model_context_window_exceeded",
    Finish.MALFORMED: "malformed_model_output",
    Finish.PAUSE: "max_tokens",
    Finish.UNKNOWN: "malformed_model_output",
}


def decode_stop(word: str | None) -> Finish:
    """The hub's reason for Bedrock's word."""
    return _READ.get(word or "", Finish.UNKNOWN)


def encode_stop(finish: Finish, detail: str, stop_sequence: str | None = None) -> str:
    """Bedrock's word: the provider's own where it is one and means the same, else the nearest."""
    if finish is Finish.STOP and stop_sequence is not None:
        return "stop_sequence"
    return detail if detail and _READ.get(detail) is finish and detail in _OFFICIAL else _WRITTEN[finish]


_OFFICIAL = frozenset(_READ) - {"refusal", "pause_turn"}


def read_sequence(fields: object) -> str | None:
    """The stop sequence that was met, where `additionalModelResponseFields` hold it."""
    value = fields.get(_SEQUENCE) if isinstance(fields, dict) else None
    return value if isinstance(value, str) else None


def write_sequence(stop_sequence: str | None) -> dict[str, Any]:
    """The member `additionalModelResponseFields` with the stop sequence that was met, as Claude writes it."""
    if stop_sequence is None:
        return {}
    return {"additionalModelResponseFields": {_SEQUENCE: stop_sequence}}
