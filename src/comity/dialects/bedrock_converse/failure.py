"""Bedrock's errors, both ways: the exception's type decides, then the status."""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.answer_headers import HeaderOf, retry_after
from comity.dialects.error_body import told_message
from comity.dialects.event_stream import Frame, HeaderValue, encode_frame
from comity.exchange import FailureClass, Fault, ProviderFailure

_BY_TYPE = {
    "validationexception": (FailureClass.BAD_REQUEST, 400),
    "accessdeniedexception": (FailureClass.PERMISSION, 403),
    "unrecognizedclientexception": (FailureClass.AUTHENTICATION, 403),
    "invalidsignatureexception": (FailureClass.AUTHENTICATION, 403),
    "expiredtokenexception": (FailureClass.AUTHENTICATION, 403),
    "missingauthenticationtokenexception": (FailureClass.AUTHENTICATION, 403),
    "resourcenotfoundexception": (FailureClass.NOT_FOUND, 404),
    "throttlingexception": (FailureClass.RATE_LIMITED, 429),
    "servicequotaexceededexception": (FailureClass.QUOTA, 400),
    "modelnotreadyexception": (FailureClass.UNAVAILABLE, 429),
    "modeltimeoutexception": (FailureClass.TIMEOUT, 408),
    "modelerrorexception": (FailureClass.SERVER, 424),
    "modelstreamerrorexception": (FailureClass.SERVER, 424),
    "internalserverexception": (FailureClass.SERVER, 500),
    "serviceunavailableexception": (FailureClass.UNAVAILABLE, 503),
}
_BY_STATUS = {
    400: FailureClass.BAD_REQUEST,
    401: FailureClass.AUTHENTICATION,
    403: FailureClass.PERMISSION,
    404: FailureClass.NOT_FOUND,
    408: FailureClass.TIMEOUT,
    413: FailureClass.TOO_LARGE,
    429: FailureClass.RATE_LIMITED,
    503: FailureClass.UNAVAILABLE,
    504: FailureClass.TIMEOUT,
}
_EXCEPTIONS = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    451: "AccessDeniedException",
    503: "ServiceUnavailableException",
}
_STREAM_EXCEPTIONS = {
    FailureClass.RATE_LIMITED: "throttlingException",
    FailureClass.QUOTA: "throttlingException",
    FailureClass.OVERLOADED: "serviceUnavailableException",
    FailureClass.UNAVAILABLE: "serviceUnavailableException",
    FailureClass.SERVER: "internalServerException",
    FailureClass.TIMEOUT: "modelStreamErrorException",
}
_STREAM_STATUS = {
    408: "modelStreamErrorException",
    424: "modelStreamErrorException",
    429: "throttlingException",
    503: "serviceUnavailableException",
    504: "modelStreamErrorException",
    529: "serviceUnavailableException",
}
_CONTEXT_WORDS = ("input is too long", "too many input tokens", "maximum context length", "context window")
_SHOWN = 500


def decode_failure(status: int, headers: HeaderOf, body: bytes) -> ProviderFailure:
    """A provider's error answer, whatever its body is."""
    members = read_members(body)
    kind = (headers(b"x-amzn-errortype") or b"").decode("latin-1") or str(members.get("__type") or "")
    name = kind.partition(":")[0].rpartition("#")[2]
    message = message_of(members) or body[:_SHOWN].decode("utf-8", "replace").strip()
    meant = classify(name, message) or _BY_STATUS.get(status)
    if meant is None:
        meant = FailureClass.SERVER if status >= 500 else FailureClass.BAD_REQUEST
    shown = message or f"status {status} without a body"
    return ProviderFailure(meant, status, shown, name, retry_after=retry_after(headers))


def decode_exception(name: str, payload: bytes) -> ProviderFailure:
    """The failure that an exception frame of a stream reports; its type stands for a status."""
    members = read_members(payload)
    message = message_of(members) or "the provider reports an error without a message"
    _, status = _BY_TYPE.get(name.lower(), (FailureClass.SERVER, 500))
    return ProviderFailure(classify(name, message) or FailureClass.SERVER, status, message, name)


def classify(name: str, message: str) -> FailureClass | None:
    """What an exception type means; None for an unknown one."""
    kind, _ = _BY_TYPE.get(name.lower(), (None, 0))
    if kind is FailureClass.BAD_REQUEST and any(words in message.lower() for words in _CONTEXT_WORDS):
        return FailureClass.CONTEXT_WINDOW
    return kind


def exception_name(status: int) -> str:
    """The exception type of a status, for the header `x-amzn-errortype`."""
    return _EXCEPTIONS.get(status, "InternalServerException" if status >= 500 else "ValidationException")


def stream_exception(failure: ProviderFailure) -> str:
    """The exception type of a failure inside a stream."""
    return _STREAM_EXCEPTIONS.get(failure.kind, "validationException")


def failure_headers(fault: Fault) -> tuple[tuple[bytes, bytes], ...]:
    """The header by which the SDKs tell exceptions apart."""
    return ((b"x-amzn-errortype", exception_name(fault.status).encode()),)


def encode_stream_failure(fault: Fault) -> bytes:
    """The exception frame that ends a stream."""
    usual = "internalServerException" if fault.status >= 500 else "validationException"
    return exception_frame(_STREAM_STATUS.get(fault.status, usual), _message(fault))


def exception_frame(kind: str, message: str) -> bytes:
    """An exception of the stream as a frame."""
    headers: dict[str, HeaderValue] = {
        ":exception-type": kind,
        ":content-type": "application/json",
        ":message-type": "exception",
    }
    return encode_frame(Frame(headers, msgspec.json.encode({"message": message})))


def encode_failure(fault: Fault) -> bytes:
    """The body; the type belongs into the header `x-amzn-errortype` (`exception_name`)."""
    return msgspec.json.encode({"message": _message(fault), **fault.extra})


def _message(fault: Fault) -> str:
    return told_message(fault, "Input is too long for requested model")


def read_members(body: bytes) -> dict[str, Any]:
    """The JSON object of an error, empty when it is none."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def message_of(members: dict[str, Any]) -> str:
    """The text of an error; services write its key both ways."""
    return next((text for key in ("message", "Message") if isinstance(text := members.get(key), str)), "")
