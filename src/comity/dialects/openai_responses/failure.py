"""Errors of the Responses API: OpenAI's error object, and the event that stands for one in a stream."""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.openai_chat.failure import (
    decode_failure,
    decode_stream_error,
    encode_failure,
    error_object,
    failure_headers,
)
from comity.exchange import Fault, ProviderFailure

__all__ = ["decode_failure", "encode_failure", "encode_stream_failure", "failure_headers", "failure_in"]


def failure_in(event: dict[str, Any]) -> ProviderFailure:
    """The failure that an `error` event says, flat as documented or nested as it is sent."""
    nested = event.get("error")
    return decode_stream_error(nested if isinstance(nested, dict) else event)


def encode_stream_failure(fault: Fault) -> bytes:
    """The event `error`: flat as documented, and nested as clients look for it."""
    error = error_object(fault)
    event = {
        "type": "error",
        "sequence_number": 0,
        "code": fault.code,
        "message": fault.message,
        "param": fault.param,
        "error": error,
    }
    return b"event: error\ndata: %b\n\n" % msgspec.json.encode(event)
