"""Error answers of OpenAI-compatible servers, and the one that Comity writes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.dialects.openai_chat import decode_failure, encode_failure
from comity.exchange import FailureClass, Fault, ProviderFailure


def read(status: int, body: bytes, **headers: bytes) -> ProviderFailure:
    """The failure of an answer with headers, whose underscores are hyphens."""
    return decode_failure(status, lambda name: headers.get(name.decode().replace("-", "_")), body)


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, {"code": "content_filter"}, FailureClass.CONTENT_POLICY),
        (400, {"innererror": {"code": "ResponsibleAIPolicyViolation"}}, FailureClass.CONTENT_POLICY),
        (400, {"code": "context_length_exceeded"}, FailureClass.CONTEXT_WINDOW),
        (400, {"message": "This model's maximum context length is 10"}, FailureClass.CONTEXT_WINDOW),
        (500, {"message": "exceeds the available context size"}, FailureClass.CONTEXT_WINDOW),
        (400, {"type": "invalid_request_error"}, FailureClass.BAD_REQUEST),
        (401, {"code": "invalid_api_key"}, FailureClass.AUTHENTICATION),
        (402, {}, FailureClass.QUOTA),
        (403, {"type": "invalid_request_error"}, FailureClass.PERMISSION),
        (404, {"code": "DeploymentNotFound"}, FailureClass.NOT_FOUND),
        (408, {}, FailureClass.TIMEOUT),
        (413, {}, FailureClass.TOO_LARGE),
        (429, {"code": "429"}, FailureClass.RATE_LIMITED),
        (429, {"code": "insufficient_quota"}, FailureClass.QUOTA),
        (418, {}, FailureClass.BAD_REQUEST),
        (500, {}, FailureClass.SERVER),
        (502, {}, FailureClass.SERVER),
        (503, {"type": "server_error"}, FailureClass.UNAVAILABLE),
        (504, {}, FailureClass.TIMEOUT),
        (529, {"type": "overloaded_error"}, FailureClass.OVERLOADED),
    ],
)
def test_what_a_failure_means(status: int, error: dict[str, object], kind: FailureClass) -> None:
    """The table of statuses and codes."""
    assert read(status, json.dumps({"error": error}).encode()).kind is kind


def test_the_members_of_an_error() -> None:
    """Message, code and field are the provider's."""
    body = b'{"error":{"message":"no","type":"t","code":"c","param":"p"}}'
    assert read(400, body) == ProviderFailure(FailureClass.BAD_REQUEST, 400, "no", "c", "p")


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        (b'{"error":"plain"}', "plain", ""),
        (b'{"error":7}', '{"error":7}', ""),
        (b'[{"error":{"message":"listed"}}]', "listed", ""),
        (b'{"object":"error","message":"old","code":400}', "old", "400"),
        (b'{"detail":[{"loc":["body"]}]}', '[{"loc":["body"]}]', ""),
        (b"<html>gateway</html>", "<html>gateway</html>", ""),
        (b"\xff\xfe", "\ufffd\ufffd", ""),
        (b"7", "7", ""),
        (b"", "status 500 without a body", ""),
    ],
)
def test_servers_disagree_on_the_shape(body: bytes, message: str, code: str) -> None:
    """Whatever the body is, a text for the reader comes out of it."""
    failure = read(500, body)
    assert (failure.message, failure.code) == (message, code)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry_after_ms": b"250", "retry_after": b"9"}, 0.25),
        ({"retry_after": b"9"}, 9.0),
        ({"retry_after": b"-9"}, None),
        ({"retry_after": b"nan"}, None),
        ({"retry_after": b"soon"}, None),
        ({"retry_after": b"Wed, 21 Oct 2026 07:28:30 GMT", "date": b"Wed, 21 Oct 2026 07:28:00 GMT"}, 30.0),
        ({"retry_after": b"Wed, 21 Oct 2026 07:28:00 GMT", "date": b"Wed, 21 Oct 2026 07:28:30 GMT"}, 0.0),
        ({"retry_after": b"Wed, 21 Oct 2026 07:28:30 GMT"}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, bytes], wait: float | None) -> None:
    """Milliseconds, seconds, or a date against the answer's own date."""
    assert read(429, b"{}", **headers).retry_after == wait


def test_comitys_own_refusal_keeps_openais_shape() -> None:
    """A contract's refusal has room for its clauses."""
    fault = Fault(451, "forbidden by `a.b`", code="contract_forbids", extra={"clauses": ["a.b"]})
    assert json.loads(encode_failure(fault)) == {
        "error": {
            "message": "forbidden by `a.b`",
            "type": "policy_error",
            "param": None,
            "code": "contract_forbids",
            "clauses": ["a.b"],
        }
    }


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "invalid_request_error"), (503, "server_error"), (418, "invalid_request_error")],
)
def test_the_usual_type_of_a_status(status: int, kind: str) -> None:
    """Clients that look at the type find a familiar word."""
    assert json.loads(encode_failure(Fault(status, "x")))["error"]["type"] == kind


def test_a_provider_failure_as_it_is_told() -> None:
    """Status, text, code and field go on to the client."""
    failure = ProviderFailure(FailureClass.BAD_REQUEST, 400, "no", "", "p")
    assert failure.fault == Fault(400, "no", param="p", means=FailureClass.BAD_REQUEST)


@given(st.integers(400, 599), st.binary(max_size=50))
def test_any_error_body_is_a_failure(status: int, body: bytes) -> None:
    """Fuzz: reading a failure never fails."""
    assert read(status, body).message
