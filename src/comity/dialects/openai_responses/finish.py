"""Status and `incomplete_details` of a response, and the hub's finish reasons.

The dialect has two reasons to be incomplete. What the hub knows besides is written as the nearest of them:
an answer that was not finished never looks complete (T32).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from comity.exchange import Finish, Part, Refusal, Text, ToolCall

_INCOMPLETE = {
    "max_output_tokens": Finish.LENGTH,
    "max_tokens": Finish.LENGTH,
    "content_filter": Finish.CONTENT_FILTER,
}
_REASONS = {Finish.CONTENT_FILTER: "content_filter", Finish.REFUSAL: "content_filter"}
_COMPLETE = {Finish.STOP, Finish.TOOL_CALLS}


def decode_finish(status: str | None, reason: str | None, *, calls: bool, refused: bool) -> Finish:
    """The hub's reason; `calls` and `refused` say whether the answer holds tool calls or a refusal."""
    if status == "incomplete":
        return _INCOMPLETE.get(reason or "", Finish.UNKNOWN)
    if status not in {"completed", None}:
        return Finish.UNKNOWN
    if calls:
        return Finish.TOOL_CALLS
    return Finish.REFUSAL if refused else Finish.STOP


def finish_of(status: str | None, reason: str | None, parts: Iterable[Part]) -> Finish:
    """The hub's reason for an answer of these parts."""
    kinds = {type(part) for part in parts}
    return decode_finish(status, reason, calls=ToolCall in kinds, refused=Refusal in kinds - {Text})


def detail_of(finish: Finish, status: str | None, reason: str | None) -> str:
    """The provider's word for the reason; a refusal in words is `completed` here, which says too little."""
    return reason or (finish.value if finish is Finish.REFUSAL else status or "")


def encode_finish(finish: Finish, *, refused: bool) -> dict[str, Any]:
    """The members `status` and `incomplete_details`; a refusal in words is a complete answer here."""
    if finish in _COMPLETE or (finish is Finish.REFUSAL and refused):
        return {"status": "completed", "incomplete_details": None}
    return {
        "status": "incomplete",
        "incomplete_details": {"reason": _REASONS.get(finish, "max_output_tokens")},
    }
