"""OpenAI's error object, both ways.

The status decides first, then the code, then the type; the message is searched only for the two conditions
that compatible servers report without a code. Servers disagree on the shape: the reader takes what is there.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.answer_headers import HeaderOf, retry_after
from comity.dialects.error_body import read_error_body
from comity.exchange import FailureClass, Fault, ProviderFailure

_BY_CODE = {
    "content_filter": FailureClass.CONTENT_POLICY,
    "content_policy_violation": FailureClass.CONTENT_POLICY,
    "responsibleaipolicyviolation": FailureClass.CONTENT_POLICY,
    "context_length_exceeded": FailureClass.CONTEXT_WINDOW,
    "exceed_context_size_error": FailureClass.CONTEXT_WINDOW,
    "insufficient_quota": FailureClass.QUOTA,
    "billing_hard_limit_reached": FailureClass.QUOTA,
    "model_not_found": FailureClass.NOT_FOUND,
    "deploymentnotfound": FailureClass.NOT_FOUND,
    "invalid_api_key": FailureClass.AUTHENTICATION,
    "rate_limit_exceeded": FailureClass.RATE_LIMITED,
    "server_error": FailureClass.SERVER,
    "internal_server_error": FailureClass.SERVER,
    "overloaded_error": FailureClass.OVERLOADED,
    "engine_overloaded": FailureClass.OVERLOADED,
}
_CODES = {
    FailureClass.CONTEXT_WINDOW: "context_length_exceeded",
    FailureClass.CONTENT_POLICY: "content_policy_violation",
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
    498: FailureClass.OVERLOADED,
    503: FailureClass.UNAVAILABLE,
    504: FailureClass.TIMEOUT,
    529: FailureClass.OVERLOADED,
}
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    404: "not_found_error",
    413: "invalid_request_error",
    429: "rate_limit_error",
    451: "policy_error",
}
_CONTEXT_WORDS = ("maximum context length", "context window", "exceeds the available context size")
_SHOWN = 500


def decode_failure(status: int, headers: HeaderOf, body: bytes) -> ProviderFailure:
    """A provider's error answer, whatever its body is."""
    error = _error_members(body)
    message = _text(error.get("message")) or body[:_SHOWN].decode("utf-8", "replace").strip()
    return failure_of(error, status, message or f"status {status} without a body", retry_after(headers))


def decode_stream_error(error: dict[str, Any]) -> ProviderFailure:
    """The error object that came inside a stream of status 200."""
    stated = (error.get(name) for name in ("code", "status_code", "status"))
    status = next((value for value in stated if isinstance(value, int)), None)
    message = _text(error.get("message")) or "the provider reports an error without a message"
    if status is not None and 400 <= status <= 599:
        return failure_of(error, status, message, None)
    asked_wrong = error.get("type") == "invalid_request_error"
    usual = FailureClass.BAD_REQUEST if asked_wrong else FailureClass.SERVER
    kind = _class_by_words(error, message) or usual
    return failure_of(error, _STATUS_OF.get(kind, 500), message, None)


def failure_of(error: dict[str, Any], status: int, message: str, wait: float | None) -> ProviderFailure:
    """The failure that the members of an error object and a status mean."""
    kind = _class_by_words(error, message)
    if kind is None or (status not in {200, 400, 403, 429} and status in _BY_STATUS):
        kind = _BY_STATUS.get(status, FailureClass.SERVER if status >= 500 else FailureClass.BAD_REQUEST)
    code = _text(error.get("code")) or _text(error.get("type"))
    param = error.get("param")
    return ProviderFailure(kind, status, message, code, param if isinstance(param, str) else None, wait)


def encode_failure(fault: Fault) -> bytes:
    """The body `{"error": {...}}`; `param` and `code` are null when unknown, as OpenAI writes them."""
    return msgspec.json.encode({"error": error_object(fault)})


def failure_headers(fault: Fault) -> tuple[tuple[bytes, bytes], ...]:
    """None: everything stands in the body."""
    del fault
    return ()


def encode_stream_failure(fault: Fault) -> bytes:
    """The event that tells a client in its stream that the answer is broken off."""
    return b"data: %b\n\n" % encode_failure(fault)


def error_object(fault: Fault) -> dict[str, Any]:
    """The error object of a body or of a stream event."""
    usual = _TYPES.get(fault.status, "server_error" if fault.status >= 500 else "invalid_request_error")
    return {
        "message": fault.message,
        "type": fault.kind or usual,
        "param": fault.param,
        "code": _code(fault),
        **fault.extra,
    }


def _code(fault: Fault) -> str | None:
    """OpenAI's word for what clients act upon, unless the provider's own word is one; else as it came."""
    known = _CODES.get(fault.means) if fault.means is not None else None
    same = _BY_CODE.get((fault.code or "").lower()) is fault.means
    return fault.code if known is None or same else known


_STATUS_OF = {
    FailureClass.BAD_REQUEST: 400,
    FailureClass.CONTENT_POLICY: 400,
    FailureClass.CONTEXT_WINDOW: 400,
    FailureClass.AUTHENTICATION: 401,
    FailureClass.NOT_FOUND: 404,
    FailureClass.RATE_LIMITED: 429,
    FailureClass.QUOTA: 429,
    FailureClass.OVERLOADED: 503,
}


def _error_members(body: bytes) -> dict[str, Any]:
    value = read_error_body(body)
    inner = value.get("error", value)
    if isinstance(inner, str):
        return {"message": inner}
    members = inner if isinstance(inner, dict) else {}
    if "message" not in members and "detail" in value:
        return {"message": value["detail"]}
    return members


def _class_by_words(error: dict[str, Any], message: str) -> FailureClass | None:
    nested = error.get("innererror")
    inner = _text(nested.get("code")) if isinstance(nested, dict) else ""
    for word in (inner, _text(error.get("code")), _text(error.get("type"))):
        if word.lower() in _BY_CODE:
            return _BY_CODE[word.lower()]
    lowered = message.lower()
    return FailureClass.CONTEXT_WINDOW if any(words in lowered for words in _CONTEXT_WORDS) else None


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, bool) else msgspec.json.encode(value).decode()
