"""Google's errors, both ways: details, status words, and what they mean for the next attempt."""

from __future__ import annotations

import json
from typing import Any

import pytest

from comity.dialects.gemini import (
    decode_failure,
    encode_failure,
    encode_stream_failure,
    failure_headers,
)
from comity.exchange import FailureClass, Fault, ProviderFailure

TYPE = "type.googleapis.com/google.rpc."


def failure(status: int, word: str = "", message: str = "no", *details: dict[str, Any]) -> ProviderFailure:
    """What an error of Google's means."""
    error = {"code": status, "message": message, "status": word, "details": list(details)}
    return decode_failure(status, lambda _: None, json.dumps({"error": error}).encode())


@pytest.mark.parametrize(
    ("status", "word", "kind"),
    [
        (400, "INVALID_ARGUMENT", FailureClass.BAD_REQUEST),
        (400, "FAILED_PRECONDITION", FailureClass.PERMISSION),
        (401, "UNAUTHENTICATED", FailureClass.AUTHENTICATION),
        (403, "PERMISSION_DENIED", FailureClass.PERMISSION),
        (404, "NOT_FOUND", FailureClass.NOT_FOUND),
        (429, "RESOURCE_EXHAUSTED", FailureClass.RATE_LIMITED),
        (499, "CANCELLED", FailureClass.TIMEOUT),
        (500, "INTERNAL", FailureClass.SERVER),
        (503, "UNAVAILABLE", FailureClass.OVERLOADED),
        (504, "DEADLINE_EXCEEDED", FailureClass.TIMEOUT),
        (413, "", FailureClass.TOO_LARGE),
        (418, "odd", FailureClass.BAD_REQUEST),
        (599, "odd", FailureClass.SERVER),
    ],
)
def test_status_words(status: int, word: str, kind: FailureClass) -> None:
    """The word decides, else HTTP's status."""
    found = failure(status, word)
    assert (found.kind, found.status, found.code) == (kind, status, word)


def test_details_decide_first() -> None:
    """A wrong key is told as an invalid argument, a daily quota as a rate limit."""
    reason = {"@type": f"{TYPE}ErrorInfo", "reason": "API_KEY_INVALID"}
    assert failure(400, "INVALID_ARGUMENT", "x", reason).kind is FailureClass.AUTHENTICATION
    assert (
        failure(400, "INVALID_ARGUMENT", "API key not valid. Pass one.").kind is FailureClass.AUTHENTICATION
    )
    daily = {"@type": f"{TYPE}QuotaFailure", "violations": ["?", {"quotaId": "RequestsPerDayPerProject"}]}
    assert failure(429, "RESOURCE_EXHAUSTED", "x", daily).kind is FailureClass.QUOTA
    minute = {"@type": f"{TYPE}QuotaFailure", "violations": [{"quotaId": "RequestsPerMinute"}]}
    assert failure(429, "RESOURCE_EXHAUSTED", "x", minute).kind is FailureClass.RATE_LIMITED
    field = {"@type": f"{TYPE}BadRequest", "fieldViolations": [{}, {"field": "contents[0]"}]}
    assert failure(400, "INVALID_ARGUMENT", "x", field).param == "contents[0]"


def test_a_prompt_that_is_too_long() -> None:
    """Google says so in words only."""
    text = "The input token count (9) exceeds the maximum number of tokens allowed (8)."
    assert failure(400, "INVALID_ARGUMENT", text).kind is FailureClass.CONTEXT_WINDOW


@pytest.mark.parametrize(
    ("delay", "seconds"), [("34.4s", 34.4), ("0s", 0.0), ("x", None), ("xs", None), ("-1s", None), (5, None)]
)
def test_google_says_how_long_to_wait_in_its_details(delay: object, seconds: float | None) -> None:
    """A protobuf duration; a header wins."""
    info = {"@type": f"{TYPE}RetryInfo", "retryDelay": delay}
    assert failure(429, "RESOURCE_EXHAUSTED", "x", info).retry_after == seconds
    body = json.dumps({"error": {"details": [info]}}).encode()
    assert decode_failure(429, {b"retry-after": b"2"}.get, body).retry_after == 2.0


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'[{"error":{"message":"in a list"}}]', "in a list"),
        (b'{"error":"text"}', "text"),
        (b"<html>", "<html>"),
        (b"", "status 502 without a body"),
        (b'{"error":{"message":5}}', "the provider reports an error without a message"),
        (b"[]", "[]"),
    ],
)
def test_errors_of_any_shape(body: bytes, message: str) -> None:
    """Streams answer with a list, proxies with anything."""
    assert decode_failure(502, lambda _: None, body).message == message


def test_faults_are_told_as_google_does() -> None:
    """Code, message, status word, and details for a reason and a field."""
    fault = Fault(400, "bad", code="unsupported", param="tools", extra={"clauses": ["a"]})
    assert json.loads(encode_failure(fault)) == {
        "error": {
            "code": 400,
            "message": "bad",
            "status": "INVALID_ARGUMENT",
            "details": [
                {"@type": f"{TYPE}ErrorInfo", "reason": "unsupported", "domain": "comity"},
                {"@type": f"{TYPE}BadRequest", "fieldViolations": [{"field": "tools", "description": "bad"}]},
            ],
            "clauses": ["a"],
        }
    }
    assert json.loads(encode_failure(Fault(451, "no")))["error"]["status"] == "PERMISSION_DENIED"
    assert json.loads(encode_failure(Fault(502, "no")))["error"]["status"] == "INTERNAL"
    assert json.loads(encode_failure(Fault(418, "no")))["error"]["status"] == "INVALID_ARGUMENT"
    assert json.loads(encode_failure(Fault(500, "no", "UNAVAILABLE")))["error"]["status"] == "UNAVAILABLE"
    assert encode_stream_failure(fault) == b"data: " + encode_failure(fault) + b"\r\n\r\n"
    assert failure_headers(fault) == ()
