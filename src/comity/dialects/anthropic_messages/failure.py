"""Anthropic's error object, both ways, and Google's and Azure's that stand in front of it on their clouds.

The error's type decides, then the cloud's status word, then the HTTP status.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.answer_headers import HeaderOf, retry_after
from comity.dialects.error_body import read_error_body, told_message
from comity.dialects.sse import ServerSentEvent, encode_event
from comity.dialects.wire_json import stated
from comity.exchange import FailureClass, Fault, ProviderFailure

_BY_WORD = {
    "invalid_request_error": (FailureClass.BAD_REQUEST, 400),
    "authentication_error": (FailureClass.AUTHENTICATION, 401),
    "billing_error": (FailureClass.QUOTA, 402),
    "permission_error": (FailureClass.PERMISSION, 403),
    "not_found_error": (FailureClass.NOT_FOUND, 404),
    "request_too_large": (FailureClass.TOO_LARGE, 413),
    "rate_limit_error": (FailureClass.RATE_LIMITED, 429),
    "api_error": (FailureClass.SERVER, 500),
    "timeout_error": (FailureClass.TIMEOUT, 504),
    "overloaded_error": (FailureClass.OVERLOADED, 529),
    "INVALID_ARGUMENT": (FailureClass.BAD_REQUEST, 400),
    "FAILED_PRECONDITION": (FailureClass.BAD_REQUEST, 400),
    "UNAUTHENTICATED": (FailureClass.AUTHENTICATION, 401),
    "PERMISSION_DENIED": (FailureClass.PERMISSION, 403),
    "NOT_FOUND": (FailureClass.NOT_FOUND, 404),
    "RESOURCE_EXHAUSTED": (FailureClass.RATE_LIMITED, 429),
    "INTERNAL": (FailureClass.SERVER, 500),
    "UNAVAILABLE": (FailureClass.UNAVAILABLE, 503),
    "DEADLINE_EXCEEDED": (FailureClass.TIMEOUT, 504),
}
_BY_STATUS = {
    400: FailureClass.BAD_REQUEST,
    401: FailureClass.AUTHENTICATION,
    402: FailureClass.QUOTA,
    403: FailureClass.PERMISSION,
    404: FailureClass.NOT_FOUND,
    408: FailureClass.TIMEOUT,
    413: FailureClass.TOO_LARGE,
    429: FailureClass.RATE_LIMITED,
    503: FailureClass.UNAVAILABLE,
    504: FailureClass.TIMEOUT,
    529: FailureClass.OVERLOADED,
}
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    451: "permission_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_CONTEXT_WORDS = ("prompt is too long", "exceed context limit", "input is too long", "maximum context length")
_CREDIT_WORDS = ("credit balance is too low",)
_SHOWN = 500


def decode_failure(status: int, headers: HeaderOf, body: bytes) -> ProviderFailure:
    """A provider's error answer, whatever its body is."""
    error = _error_members(body)
    message = _word(error.get("message")) or body[:_SHOWN].decode("utf-8", "replace").strip()
    word = _type_of(error)
    kind = _class_of(word, message) or _BY_STATUS.get(status)
    if kind is None:
        kind = FailureClass.SERVER if status >= 500 else FailureClass.BAD_REQUEST
    shown = message or f"status {status} without a body"
    return ProviderFailure(kind, status, shown, word, retry_after=retry_after(headers))


def decode_stream_error(error: dict[str, Any]) -> ProviderFailure:
    """The error object that came inside a stream of status 200; its type stands for a status."""
    message = _word(error.get("message")) or "the provider reports an error without a message"
    word = _type_of(error)
    _, status = _BY_WORD.get(word, (FailureClass.SERVER, 500))
    return ProviderFailure(_class_of(word, message) or FailureClass.SERVER, status, message, word)


def encode_failure(fault: Fault) -> bytes:
    """The body `{"type": "error", "error": {...}}`."""
    return msgspec.json.encode(error_object(fault))


def failure_headers(fault: Fault) -> tuple[tuple[bytes, bytes], ...]:
    """None: everything stands in the body."""
    del fault
    return ()


def encode_stream_failure(fault: Fault) -> bytes:
    """The event that tells a client in its stream that the answer is broken off."""
    return encode_event(ServerSentEvent(encode_failure(fault), b"error"))


def error_object(fault: Fault) -> dict[str, Any]:
    """The body of an error, and the data of an error event."""
    usual = "api_error" if fault.status >= 500 else "invalid_request_error"
    message = told_message(fault, "prompt is too long")
    error = {"type": fault.kind or _TYPES.get(fault.status, usual), "message": message}
    return {"type": "error", "error": error | stated(code=fault.code, param=fault.param) | fault.extra}


def _error_members(body: bytes) -> dict[str, Any]:
    value = read_error_body(body)
    inner = value.get("error", value)
    return inner if isinstance(inner, dict) else {"message": inner}


def _type_of(error: dict[str, Any]) -> str:
    words = (_word(error.get(name)) for name in ("type", "status", "code"))
    return next((word for word in words if word), "")


def _class_of(word: str, message: str) -> FailureClass | None:
    kind, _ = _BY_WORD.get(word, (None, 0))
    lowered = message.lower()
    if kind in {FailureClass.BAD_REQUEST, FailureClass.TOO_LARGE}:
        if any(words in lowered for words in _CONTEXT_WORDS):
            return FailureClass.CONTEXT_WINDOW
        if any(words in lowered for words in _CREDIT_WORDS):
            return FailureClass.QUOTA
    return kind


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""
