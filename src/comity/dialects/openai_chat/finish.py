"""Finish reasons of chat completions and the hub's.

The dialect has no word for several of the hub's reasons. The nearest that does not call the answer complete
is written, and the provider's own word stands beside it as `native_finish_reason`. A refusal in words is
complete here: OpenAI ends it with `stop`, and `refusal` says what it is.
"""

from __future__ import annotations

from comity.exchange import Finish

_READ = {
    "stop": Finish.STOP,
    "length": Finish.LENGTH,
    "tool_calls": Finish.TOOL_CALLS,
    "function_call": Finish.TOOL_CALLS,
    "content_filter": Finish.CONTENT_FILTER,
}
_WRITTEN = {
    Finish.STOP: "stop",
    Finish.LENGTH: "length",
    Finish.TOOL_CALLS: "tool_calls",
    Finish.CONTENT_FILTER: "content_filter",
    Finish.REFUSAL: "content_filter",
    Finish.CONTEXT_WINDOW: "length",
    Finish.MALFORMED: "length",
    Finish.PAUSE: "length",
    Finish.UNKNOWN: "length",
}


def decode_finish(word: str | None, *, refused: bool = False) -> Finish:
    """The hub's reason for OpenAI's word; `refused` is whether the answer is a refusal in words."""
    finish = _READ.get(word or "", Finish.UNKNOWN)
    return Finish.REFUSAL if refused and finish is Finish.STOP else finish


def encode_finish(finish: Finish, detail: str, *, refused: bool = False) -> dict[str, str]:
    """The members `finish_reason` and, where it says more, `native_finish_reason`."""
    if refused and finish is Finish.REFUSAL:
        return {"finish_reason": "stop"}
    word = _WRITTEN[finish]
    members = {"finish_reason": word}
    if _READ[word] is not finish:
        members["native_finish_reason"] = detail or finish.value
    return members
