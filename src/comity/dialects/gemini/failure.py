"""Google's `google.rpc.Status`, both ways: the details decide first, then the status word, then HTTP's."""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.answer_headers import HeaderOf, retry_after
from comity.dialects.error_body import read_error_body, told_message
from comity.dialects.gemini.grounding import dicts
from comity.exchange import FailureClass, Fault, ProviderFailure

_BY_REASON = {
    "API_KEY_INVALID": FailureClass.AUTHENTICATION,
    "API_KEY_SERVICE_BLOCKED": FailureClass.PERMISSION,
    "ACCESS_TOKEN_EXPIRED": FailureClass.AUTHENTICATION,
    "ACCESS_TOKEN_TYPE_UNSUPPORTED": FailureClass.AUTHENTICATION,
    "CREDENTIALS_MISSING": FailureClass.AUTHENTICATION,
    "SERVICE_DISABLED": FailureClass.PERMISSION,
    "BILLING_DISABLED": FailureClass.QUOTA,
}
_BY_WORD = {
    "INVALID_ARGUMENT": (FailureClass.BAD_REQUEST, 400),
    "FAILED_PRECONDITION": (FailureClass.PERMISSION, 400),
    "OUT_OF_RANGE": (FailureClass.BAD_REQUEST, 400),
    "UNAUTHENTICATED": (FailureClass.AUTHENTICATION, 401),
    "PERMISSION_DENIED": (FailureClass.PERMISSION, 403),
    "NOT_FOUND": (FailureClass.NOT_FOUND, 404),
    "ABORTED": (FailureClass.UNAVAILABLE, 409),
    "RESOURCE_EXHAUSTED": (FailureClass.RATE_LIMITED, 429),
    "CANCELLED": (FailureClass.TIMEOUT, 499),
    "INTERNAL": (FailureClass.SERVER, 500),
    "UNKNOWN": (FailureClass.SERVER, 500),
    "UNIMPLEMENTED": (FailureClass.SERVER, 501),
    "UNAVAILABLE": (FailureClass.OVERLOADED, 503),
    "DEADLINE_EXCEEDED": (FailureClass.TIMEOUT, 504),
}
_BY_STATUS = {status: kind for kind, status in _BY_WORD.values() if status != 400} | {
    400: FailureClass.BAD_REQUEST,
    408: FailureClass.TIMEOUT,
    413: FailureClass.TOO_LARGE,
    500: FailureClass.SERVER,
}
_WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "RESOURCE_EXHAUSTED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    451: "PERMISSION_DENIED",
    499: "CANCELLED",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
    529: "UNAVAILABLE",
}
_CONTEXT_WORDS = ("exceeds the maximum number of tokens", "input token count", "context window")
_TOO_LONG = "The input token count exceeds the maximum number of tokens allowed"
_KEY_WORDS = ("api key not valid", "api key expired", "api key not found")
_TYPE = "type.googleapis.com/google.rpc."
_SHOWN = 500


def decode_failure(status: int, headers: HeaderOf, body: bytes) -> ProviderFailure:
    """A provider's error answer, whatever its body is."""
    error = error_members(body)
    if not error:
        message = body[:_SHOWN].decode("utf-8", "replace").strip()
        error = {"message": message or f"status {status} without a body"}
    return failure_of(error, status, retry_after(headers))


def decode_stream_error(error: dict[str, Any]) -> ProviderFailure:
    """The error that came inside a stream of status 200; its code stands for the status."""
    code = error.get("code")
    _, usual = _BY_WORD.get(str(error.get("status")), (FailureClass.SERVER, 500))
    return failure_of(error, code if isinstance(code, int) and 400 <= code <= 599 else usual, None)


def failure_of(error: dict[str, Any], status: int, wait: float | None) -> ProviderFailure:
    """The failure that the members of an error and a status mean."""
    details = dicts(error.get("details"))
    message = error.get("message")
    if not isinstance(message, str) or not message:
        message = "the provider reports an error without a message"
    word = error.get("status")
    code = word if isinstance(word, str) else ""
    return ProviderFailure(
        _class(code, status, details, message),
        status,
        message,
        code,
        _param(details),
        wait if wait is not None else _delay(details),
    )


def error_members(body: bytes) -> dict[str, Any]:
    """The members of `error`, also where the answer is a list of one; empty when it is none."""
    error = read_error_body(body).get("error")
    if isinstance(error, str):
        return {"message": error}
    return error if isinstance(error, dict) else {}


def encode_failure(fault: Fault) -> bytes:
    """The body `{"error": {...}}`, with the code as a reason and the field at fault as Google writes them."""
    return msgspec.json.encode({"error": error_object(fault)})


def failure_headers(fault: Fault) -> tuple[tuple[bytes, bytes], ...]:
    """None: everything stands in the body."""
    del fault
    return ()


def encode_stream_failure(fault: Fault) -> bytes:
    """The event that tells a client in its stream that the answer is broken off."""
    return b"data: %b\r\n\r\n" % encode_failure(fault)


def error_object(fault: Fault) -> dict[str, Any]:
    """The error object of a body or of a stream event."""
    usual = "INTERNAL" if fault.status >= 500 else "INVALID_ARGUMENT"
    details: list[dict[str, Any]] = []
    if fault.code:
        details.append({"@type": f"{_TYPE}ErrorInfo", "reason": fault.code, "domain": "comity"})
    if fault.param:
        violation = {"field": fault.param, "description": fault.message}
        details.append({"@type": f"{_TYPE}BadRequest", "fieldViolations": [violation]})
    word = fault.kind if fault.kind in _BY_WORD else _WORDS.get(fault.status, usual)
    return {
        "code": fault.status,
        "message": told_message(fault, _TOO_LONG, "input token count"),
        "status": word,
        **({"details": details} if details else {}),
        **fault.extra,
    }


def _class(word: str, status: int, details: list[dict[str, Any]], message: str) -> FailureClass:
    for detail in details:
        kind = _BY_REASON.get(str(detail.get("reason")))
        if kind is not None:
            return kind
    lowered = message.lower()
    kind, _ = _BY_WORD.get(word, (None, 0))
    if kind is None:
        kind = _BY_STATUS.get(status, FailureClass.SERVER if status >= 500 else FailureClass.BAD_REQUEST)
    if kind is FailureClass.BAD_REQUEST and any(words in lowered for words in _CONTEXT_WORDS):
        return FailureClass.CONTEXT_WINDOW
    if kind is FailureClass.BAD_REQUEST and any(words in lowered for words in _KEY_WORDS):
        return FailureClass.AUTHENTICATION
    return FailureClass.QUOTA if kind is FailureClass.RATE_LIMITED and _daily(details) else kind


def _daily(details: list[dict[str, Any]]) -> bool:
    """Whether a limit per day is used up: waiting a minute does not help."""
    for detail in details:
        for violation in dicts(detail.get("violations")):
            if "PerDay" in str(violation.get("quotaId")):
                return True
    return False


def _delay(details: list[dict[str, Any]]) -> float | None:
    """Seconds of `RetryInfo`, a protobuf duration such as `34.4s`."""
    for detail in details:
        delay = detail.get("retryDelay")
        if isinstance(delay, str) and delay.endswith("s"):
            try:
                seconds = float(delay[:-1])
            except ValueError:
                continue
            if 0 <= seconds < float("inf"):
                return seconds
    return None


def _param(details: list[dict[str, Any]]) -> str | None:
    for detail in details:
        for violation in dicts(detail.get("fieldViolations")):
            if isinstance(violation.get("field"), str):
                return str(violation["field"])
    return None
