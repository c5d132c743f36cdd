"""Verifying SigV4 as AWS does, with botocore recomputing the signature: an oracle apart from our own signer.

The refusals carry AWS's words and exception names. It checks no permissions: a known key may do everything.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import msgspec
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from comity.simulator.spec import AwsAccount

_SKEW = timedelta(minutes=5)
_STAMP = "%Y%m%dT%H%M%SZ"
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/\s,]+)/(\d{8})/([^/\s,]+)/([^/\s,]+)/aws4_request,\s*"
    r"SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})"
)
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret"
    " Access Key and signing method. Consult the service documentation for details."
)
_REQUIRED = frozenset({"host", "x-amz-date"})


class SignedRequest(msgspec.Struct, frozen=True):
    """What a signature is computed over."""

    method: str
    """HTTP method."""
    target: str
    """Path and query as they came, encoded."""
    headers: Mapping[str, str]
    """Headers by lower-case name."""
    body: bytes
    """Whole body."""


class Denied(msgspec.Struct, frozen=True):
    """Why a request is not let in."""

    exception: str
    """AWS's name of the error."""
    message: str
    """AWS's words."""


def check_signature(
    request: SignedRequest, accounts: Iterable[AwsAccount], region: str, now: datetime
) -> Denied | None:
    """None when the request carries a right signature of one of the accounts for `region`."""
    value = request.headers.get("authorization", "")
    if not value:
        return Denied("MissingAuthenticationTokenException", "Missing Authentication Token")
    match = _AUTHORIZATION.fullmatch(value)
    if match is None:
        return Denied(
            "IncompleteSignatureException", f"Authorization header is not in a known form: '{value[:80]}'"
        )
    key_id, day, signed_region, service, names, signature = match.groups()
    account = next((known for known in accounts if known.access_key_id == key_id), None)
    if account is None or request.headers.get("x-amz-security-token") != account.session_token:
        return Denied("UnrecognizedClientException", "The security token included in the request is invalid.")
    late = _check_scope(request, (day, signed_region, service), region, now)
    if late is not None:
        return late
    signed = frozenset(names.split(";"))
    if not (signed >= _REQUIRED and request.headers.keys() >= signed):
        return Denied("InvalidSignatureException", _MISMATCH)
    expected = _signature(request, account, signed, (signed_region, service))
    return (
        None if hmac.compare_digest(expected, signature) else Denied("InvalidSignatureException", _MISMATCH)
    )


def _check_scope(
    request: SignedRequest, scope: tuple[str, str, str], region: str, now: datetime
) -> Denied | None:
    day, signed_region, service = scope
    stamp = request.headers.get("x-amz-date", "")
    try:
        signed_at = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return Denied(
            "IncompleteSignatureException", f"Date must be in ISO-8601 'basic format'. Got '{stamp}'."
        )
    if signed_at < now - _SKEW:
        early = now - _SKEW
        text = f"Signature expired: {stamp} is now earlier than {early:{_STAMP}} ({now:{_STAMP}} - 5 min.)"
        return Denied("InvalidSignatureException", text)
    if signed_at > now + _SKEW:
        late = now + _SKEW
        bound = f"{late:{_STAMP}} ({now:{_STAMP}} + 5 min.)"
        text = f"Signature not yet current: {stamp} is still later than {bound}"
        return Denied("InvalidSignatureException", text)
    if service != "bedrock":
        return Denied(
            "InvalidSignatureException", "Credential should be scoped to correct service: 'bedrock'. "
        )
    if signed_region != region:
        return Denied("InvalidSignatureException", "Credential should be scoped to a valid region. ")
    if stamp[:8] != day:
        return Denied(
            "InvalidSignatureException", f"Date in Credential scope does not match: '{day}' != '{stamp[:8]}'"
        )
    return None


def _signature(
    request: SignedRequest, account: AwsAccount, signed: frozenset[str], scope: tuple[str, str]
) -> str:
    again = AWSRequest(
        method=request.method,
        url=f"http://{request.headers['host']}{request.target}",
        headers={name: value for name, value in request.headers.items() if name in signed},
        data=request.body,
    )
    again.context["timestamp"] = request.headers["x-amz-date"]
    credentials = Credentials(account.access_key_id, account.secret_access_key, account.session_token)
    signer = SigV4Auth(credentials, scope[1], scope[0])
    canonical = signer.canonical_request(again)
    text = signer.string_to_sign(again, canonical)
    computed: str = signer.signature(text, again)
    return computed
