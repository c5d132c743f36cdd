"""Stop reasons and the hub's; what was blocked or broken off never looks like a clean end (T32)."""

from __future__ import annotations

from comity.exchange import Finish

_READ = {
    "end_turn": Finish.STOP,
    "stop_sequence": Finish.STOP,
    "max_tokens": Finish.LENGTH,
    "tool_use": Finish.TOOL_CALLS,
    "pause_turn": Finish.PAUSE,
    "compaction": Finish.PAUSE,
    "refusal": Finish.REFUSAL,
    "model_context_window_exceeded": Finish.CONTEXT_WINDOW,
}
_WRITTEN = {
    Finish.STOP: "end_turn",
    Finish.LENGTH: "max_tokens",
    Finish.TOOL_CALLS: "tool_use",
    Finish.CONTENT_FILTER: "refusal",
    Finish.REFUSAL: "refusal",
    Finish.CONTEXT_WINDOW: "model_context_window_exceeded",
    Finish.MALFORMED: "max_tokens",
    Finish.PAUSE: "pause_turn",
    Finish.UNKNOWN: "max_tokens",
}


def decode_stop(word: str | None) -> Finish:
    """The hub's reason for Anthropic's word."""
    return _READ.get(word or "", Finish.UNKNOWN)


def encode_stop(finish: Finish, detail: str, stop_sequence: str | None) -> str:
    """Anthropic's word: the provider's own where it is one and means the same, else the nearest."""
    if detail and _READ.get(detail) is finish:
        return detail
    return "stop_sequence" if finish is Finish.STOP and stop_sequence is not None else _WRITTEN[finish]
