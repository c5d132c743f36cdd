"""Simulated Bedrock lets in what AWS would, and refuses in AWS's words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from comity.clouds import Secret
from comity.clouds.sigv4 import AwsKeys, Signer
from comity.simulator import AwsAccount
from comity.simulator.aws_signature import SignedRequest, check_signature

_NOW = datetime(2026, 3, 18, 12, tzinfo=UTC)
_ACCOUNTS = (AwsAccount("AKID", "secret"), AwsAccount("ASIA", "secret", "token"))
_PATH = "/model/m%3A1/converse"


def _signed(key: str = "AKID", secret: str = "secret", token: str | None = None) -> SignedRequest:
    keys = AwsKeys(
        Secret("env:A", key), Secret("env:B", secret), None if token is None else Secret("env:C", token)
    )
    lines = Signer(keys, "eu-central-1", "h.example").lines(_PATH, b"{}", _NOW).decode()
    headers = dict(line.split(": ", 1) for line in lines.split("\r\n") if line)
    headers |= {"host": "h.example", "content-type": "application/json", "user-agent": "x"}
    return SignedRequest("POST", _PATH, headers, b"{}")


def _refused(request: SignedRequest, *, region: str = "eu-central-1", now: datetime = _NOW) -> str | None:
    denied = check_signature(request, _ACCOUNTS, region, now)
    return None if denied is None else f"{denied.exception}: {denied.message}"


def _with(request: SignedRequest, **headers: str) -> SignedRequest:
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    return msgspec.structs.replace(request, headers={**request.headers, **changed})


def test_right_signatures_are_let_in() -> None:
    """Our own signer, with and without a session token; headers that are not signed may be anything."""
    assert _refused(_signed()) is None
    assert _refused(_signed("ASIA", token="token")) is None
    assert _refused(_with(_signed(), x_anything="else")) is None


@pytest.mark.parametrize("seconds", [-300, 300])
def test_five_minutes_of_skew_are_allowed(seconds: int) -> None:
    """Exactly five minutes either way still pass."""
    assert _refused(_signed(), now=_NOW + timedelta(seconds=seconds)) is None


def test_skew_is_refused_with_both_times() -> None:
    """A second more does not pass, and AWS says what it compared."""
    late = _refused(_signed(), now=_NOW + timedelta(seconds=301))
    assert late == (
        "InvalidSignatureException: Signature expired: 20260318T120000Z is now earlier than "
        "20260318T120001Z (20260318T120501Z - 5 min.)"
    )
    assert "not yet current" in str(_refused(_signed(), now=_NOW - timedelta(seconds=301)))


_CREDENTIAL = (
    "AWS4-HMAC-SHA256 Credential=AKID/{scope}/aws4_request, SignedHeaders={names}, Signature=" + "0" * 64
)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (_signed(secret="other"), "InvalidSignatureException: The request signature we calculated"),
        (_signed(key="AKIDOTHER"), "UnrecognizedClientException: The security token"),
        (_signed(token="token"), "UnrecognizedClientException"),
        (_signed("ASIA"), "UnrecognizedClientException"),
        (msgspec.structs.replace(_signed(), body=b"{ }"), "does not match"),
        (msgspec.structs.replace(_signed(), target="/model/m%3A2/converse"), "does not match"),
        (msgspec.structs.replace(_signed(), target=f"{_PATH}?a=1"), "does not match"),
        (_with(_signed(), host="other.example"), "does not match"),
        (_with(_signed(), authorization=""), "MissingAuthenticationTokenException: Missing"),
        (_with(_signed(), authorization="Basic eDp5"), "IncompleteSignatureException"),
        (_with(_signed(), x_amz_date="2026-03-18"), "IncompleteSignatureException: Date must be"),
        (
            _with(
                _signed(), authorization=_CREDENTIAL.format(scope="20260318/eu-central-1/s3", names="host")
            ),
            "correct service",
        ),
        (
            _with(
                _signed(),
                authorization=_CREDENTIAL.format(scope="20260317/eu-central-1/bedrock", names="host"),
            ),
            "Date in Credential scope",
        ),
        (
            _with(
                _signed(),
                authorization=_CREDENTIAL.format(scope="20260318/eu-central-1/bedrock", names="host"),
            ),
            "does not match",
        ),
        (
            _with(
                _signed(),
                authorization=_CREDENTIAL.format(
                    scope="20260318/eu-central-1/bedrock", names="host;x-absent;x-amz-date"
                ),
            ),
            "does not match",
        ),
    ],
)
def test_wrong_requests_are_refused(request_: SignedRequest, said: str) -> None:
    """Anything that was changed after signing, an unknown account, an odd form."""
    assert said in str(_refused(request_))


def test_a_signature_for_another_region_is_refused() -> None:
    """The region of the endpoint is the one that counts."""
    assert "valid region" in str(_refused(_signed(), region="us-east-1"))
