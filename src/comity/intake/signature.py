"""Verifying AWS Signature Version 4, for clients that know no other key, such as boto3.

A caller has an access key id and a secret of the gateway's own, which are nobody's AWS account. Region and
service are whatever the client signs for. Session tokens are refused: nobody here issues them.
"""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import quote

import msgspec

from comity.http import Headers
from comity.intake.refusal import Refusal

SCHEME = b"AWS4-HMAC-SHA256 "
"""How the `authorization` of a signed request begins."""

SKEW_SECONDS = 300.0
"""How far a request's date may be from now, either way, inclusive."""

_AUTHORIZATION = re.compile(
    rb"AWS4-HMAC-SHA256 Credential=(?P<id>[\w.-]{1,128})/(?P<day>\d{8})/(?P<region>[\w-]{1,64})/"
    rb"(?P<service>[\w-]{1,64})/aws4_request, ?SignedHeaders=(?P<names>[a-z0-9;_-]{1,2048}), ?"
    rb"Signature=(?P<signature>[0-9a-f]{64})"
)
_STAMP = "%Y%m%dT%H%M%SZ"
_REQUIRED = frozenset({b"host", b"x-amz-date"})


class Signed(msgspec.Struct, frozen=True):
    """What a signature was made over, as far as it came."""

    method: bytes
    """Upper-case method."""
    path: bytes
    """Path as it came, encoded."""
    query: bytes
    """Query as it came, encoded."""
    headers: Headers
    """All headers."""
    body: bytes
    """Whole body."""


def key_id_of(authorization: bytes) -> str | None:
    """The access key id that a signature claims; None where it is not in a known form."""
    match = _AUTHORIZATION.fullmatch(authorization)
    return None if match is None else match["id"].decode("ascii")


def check_signature(signed: Signed, secret: bytes, now: float) -> Refusal | None:
    """None where the request carries a signature made with `secret` at about `now`, in Unix seconds."""
    match = _AUTHORIZATION.fullmatch(b"".join(signed.headers.all(b"authorization")))
    assert match is not None, "asked only where the key id could be read"
    if b"x-amz-security-token" in signed.headers:
        return _refuse("session tokens are not known here; sign with the caller's own key pair")
    names = match["names"].split(b";")
    came = frozenset(name for name, _ in signed.headers)
    needed = _REQUIRED | {name for name in came if name.startswith(b"x-amz-")}
    if names != sorted(set(names)) or not needed <= frozenset(names) <= came:
        return _refuse("`host` and every `x-amz-` header must be signed, and what is signed must be there")
    stamp = b"".join(signed.headers.all(b"x-amz-date"))
    late = _check_date(stamp, match["day"], now)
    if late is not None:
        return late
    digest = sha256(signed.body).hexdigest().encode()
    if b"x-amz-content-sha256" in signed.headers and signed.headers.all(b"x-amz-content-sha256") != [digest]:
        return _refuse("`x-amz-content-sha256` is not the hash of the body")
    scope = b"/".join((match["day"], match["region"], match["service"], b"aws4_request"))
    text = b"\n".join((SCHEME.rstrip(), stamp, scope, _canonical(signed, names, digest)))
    key = b"AWS4" + secret
    for part in scope.split(b"/"):
        key = hmac.digest(key, part, "sha256")
    expected = hmac.digest(key, text, "sha256").hex().encode()
    if not hmac.compare_digest(expected, match["signature"]):
        return _refuse("the signature does not match")
    return None


def _check_date(stamp: bytes, day: bytes, now: float) -> Refusal | None:
    try:
        at = datetime.strptime(stamp.decode("ascii"), _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return _refuse("`x-amz-date` must be like 20260318T120000Z")
    if stamp[:8] != day:
        return _refuse("the date of the signature's scope is not that of `x-amz-date`")
    if abs(at.timestamp() - now) > SKEW_SECONDS:
        return _refuse("the request was signed more than five minutes away from the gateway's clock")
    return None


def _canonical(signed: Signed, names: list[bytes], digest: bytes) -> bytes:
    """The hash of the canonical request: what came, in the one form that both sides sign."""
    # Encoded once more than it came, as every service but S3 has it.
    path = quote(signed.path, safe="/~").encode("ascii")
    query = b"&".join(
        sorted(part if b"=" in part else part + b"=" for part in signed.query.split(b"&") if part)
    )
    headers = b"".join(
        b"%b:%b\n" % (name, b",".join(b" ".join(value.split()) for value in signed.headers.all(name)))
        for name in names
    )
    request = b"\n".join((signed.method, path, query, headers, b";".join(names), digest))
    return sha256(request).hexdigest().encode()


def _refuse(why: str) -> Refusal:
    return Refusal(401, "invalid_signature", f"the signature of the request is not accepted: {why}")
