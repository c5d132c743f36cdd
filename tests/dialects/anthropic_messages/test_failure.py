"""Anthropic's errors, both ways, and those of the clouds in front of it."""

from __future__ import annotations

import json

import pytest

from comity.dialects import anthropic_messages
from comity.exchange import FailureClass, Fault


def error(kind: str, message: str = "told") -> bytes:
    """Anthropic's error body."""
    return json.dumps({"type": "error", "error": {"type": kind, "message": message}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, error("invalid_request_error"), FailureClass.BAD_REQUEST),
        (400, error("invalid_request_error", "prompt is too long: 9 > 5"), FailureClass.CONTEXT_WINDOW),
        (400, error("invalid_request_error", "Your credit balance is too low"), FailureClass.QUOTA),
        (401, error("authentication_error"), FailureClass.AUTHENTICATION),
        (402, error("billing_error"), FailureClass.QUOTA),
        (403, error("permission_error"), FailureClass.PERMISSION),
        (404, error("not_found_error"), FailureClass.NOT_FOUND),
        (413, error("request_too_large"), FailureClass.TOO_LARGE),
        (429, error("rate_limit_error"), FailureClass.RATE_LIMITED),
        (500, error("api_error"), FailureClass.SERVER),
        (504, error("timeout_error"), FailureClass.TIMEOUT),
        (529, error("overloaded_error"), FailureClass.OVERLOADED),
        (529, b"", FailureClass.OVERLOADED),
        (418, b"{", FailureClass.BAD_REQUEST),
        (599, b'"x"', FailureClass.SERVER),
        (
            403,
            b'[{"error":{"code":403,"message":"no","status":"PERMISSION_DENIED"}}]',
            FailureClass.PERMISSION,
        ),
        (
            429,
            b'{"error":{"code":429,"message":"no","status":"RESOURCE_EXHAUSTED"}}',
            FailureClass.RATE_LIMITED,
        ),
        (401, b'{"error":{"code":"401","message":"Access denied"}}', FailureClass.AUTHENTICATION),
        (503, b'{"error":"down"}', FailureClass.UNAVAILABLE),
    ],
)
def test_what_an_error_means(status: int, body: bytes, kind: FailureClass) -> None:
    """By its type, the cloud's word, the status."""
    failure = anthropic_messages.decode_failure(status, lambda _: None, body)
    assert (failure.kind, failure.status) == (kind, status)
    assert failure.message


def test_the_provider_says_how_long() -> None:
    """In its header."""
    headers = {b"retry-after": b"7"}
    assert anthropic_messages.decode_failure(429, headers.get, b"").retry_after == 7


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (402, "billing_error"),
        (404, "not_found_error"),
        (422, "invalid_request_error"),
        (429, "rate_limit_error"),
        (451, "permission_error"),
        (502, "api_error"),
        (504, "timeout_error"),
        (529, "overloaded_error"),
    ],
)
def test_a_fault_in_anthropics_shape(status: int, kind: str) -> None:
    """Its SDK finds type and message; Comity's own members stand beside them."""
    fault = Fault(status, "told", code="x", param="p", extra={"clauses": ["a"]})
    told = json.loads(anthropic_messages.encode_failure(fault))
    assert told == {
        "type": "error",
        "error": {"type": kind, "message": "told", "code": "x", "param": "p", "clauses": ["a"]},
    }
    assert anthropic_messages.failure_headers(fault) == ()
    event = anthropic_messages.encode_stream_failure(fault)
    assert event.startswith(b"event: error\ndata: ")
    assert json.loads(event.split(b"data: ")[1]) == told
