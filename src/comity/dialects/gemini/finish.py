"""Google's finish reasons and the hub's (T23): `STOP` with calls asks for tools, unknown stays unknown."""

from __future__ import annotations

from comity.exchange import Finish

_READ = {
    "STOP": Finish.STOP,
    "MAX_TOKENS": Finish.LENGTH,
    "SAFETY": Finish.CONTENT_FILTER,
    "RECITATION": Finish.CONTENT_FILTER,
    "LANGUAGE": Finish.CONTENT_FILTER,
    "BLOCKLIST": Finish.CONTENT_FILTER,
    "PROHIBITED_CONTENT": Finish.CONTENT_FILTER,
    "SPII": Finish.CONTENT_FILTER,
    "MODEL_ARMOR": Finish.CONTENT_FILTER,
    "JAILBREAK": Finish.CONTENT_FILTER,
    "IMAGE_SAFETY": Finish.CONTENT_FILTER,
    "IMAGE_PROHIBITED_CONTENT": Finish.CONTENT_FILTER,
    "IMAGE_RECITATION": Finish.CONTENT_FILTER,
    "MALFORMED_FUNCTION_CALL": Finish.MALFORMED,
    "MALFORMED_RESPONSE": Finish.MALFORMED,
    "UNEXPECTED_TOOL_CALL": Finish.MALFORMED,
    "TOO_MANY_TOOL_CALLS": Finish.MALFORMED,
    "MISSING_THOUGHT_SIGNATURE": Finish.MALFORMED,
    "CONTINUATION": Finish.PAUSE,
}
_WRITTEN = {
    Finish.STOP: "STOP",
    Finish.TOOL_CALLS: "STOP",
    Finish.LENGTH: "MAX_TOKENS",
    Finish.CONTEXT_WINDOW: "MAX_TOKENS",
    Finish.CONTENT_FILTER: "SAFETY",
    Finish.REFUSAL: "SAFETY",
    Finish.MALFORMED: "MALFORMED_FUNCTION_CALL",
    Finish.PAUSE: "OTHER",
    Finish.UNKNOWN: "OTHER",
}
_EXACT = frozenset({Finish.STOP, Finish.TOOL_CALLS, Finish.LENGTH, Finish.CONTENT_FILTER})


def decode_finish(word: str | None, *, calls: bool) -> Finish:
    """The hub's reason for Google's word; `calls` is whether the answer asks for tools."""
    finish = _READ.get(word or "", Finish.UNKNOWN)
    return Finish.TOOL_CALLS if finish is Finish.STOP and calls else finish


def encode_finish(finish: Finish, detail: str) -> dict[str, str]:
    """`finishReason`, and `finishMessage` where Google's word says less than the hub's."""
    if detail in _READ and decode_finish(detail, calls=finish is Finish.TOOL_CALLS) is finish:
        return {"finishReason": detail}
    members = {"finishReason": _WRITTEN[finish]}
    return members if finish in _EXACT else members | {"finishMessage": detail or finish.value}
