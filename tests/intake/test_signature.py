"""Signatures of clients that know no other key, held to what botocore signs."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from comity.http import Headers
from comity.intake import Caller, Keyring, Refusal, Signed, SigningKey, is_signed

_ID = "AKIACOMITY000001"
_SECRET = "a-secret-of-the-gateways-own"
_BOT = Caller("bot", None, {}, signing=SigningKey(_ID, "env:BOT", _SECRET.encode()))
_RING = Keyring([_BOT, Caller("other", "0" * 64, {})])
_NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
_HEADERS = {"content-type": "application/json", "host": "gateway.example:8080"}


def _sign(
    body: bytes = b"{}",
    target: str = "/model/gpt-5.5/converse",
    headers: dict[str, str] | None = None,
    *,
    secret: str = _SECRET,
    at: datetime = _NOW,
    region: str = "eu-central-1",
    service: str = "bedrock",
    key_id: str = _ID,
) -> dict[str, str]:
    """The headers of a request as botocore signs it."""
    given_headers = _HEADERS if headers is None else headers
    request = AWSRequest("POST", f"https://gateway.example:8080{target}", given_headers, body)
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    request.context["timestamp"] = stamp
    request.headers["x-amz-date"] = stamp
    signer = SigV4Auth(Credentials(key_id, secret), service, region)
    canonical = signer.canonical_request(request)
    signer._inject_signature_to_request(
        request, signer.signature(signer.string_to_sign(request, canonical), request)
    )
    return {name.lower(): str(value) for name, value in request.headers.items()}


def _came(
    headers: dict[str, str],
    body: bytes = b"{}",
    target: str = "/model/gpt-5.5/converse",
    method: bytes = b"POST",
) -> Signed:
    path, _, query = target.encode().partition(b"?")
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Signed(method, path, query, Headers.of(pairs), body)


def _verify(signed: Signed, now: datetime = _NOW) -> Caller | Refusal:
    return _RING.verify(signed, now.timestamp())


@given(
    body=st.binary(max_size=100),
    model=st.from_regex(r"[A-Za-z0-9:._~%-]{1,30}", fullmatch=True).filter(lambda name: name.strip(".")),
    query=st.sampled_from(["", "?", "?b=2&a=1", "?a", "?x=%2F&x=1"]),
    scope=st.sampled_from([("us-east-1", "bedrock"), ("eu-south-2", "bedrock-x"), ("x", "execute-api")]),
    extra=st.sampled_from([{}, {"x-amz-meta": "  a   b "}, {"amz-sdk-request": "attempt=1"}]),
)
def test_what_botocore_signs_is_accepted(
    body: bytes, model: str, query: str, scope: tuple[str, str], extra: dict[str, str]
) -> None:
    """Any body, model, query, region and service that a client signs for."""
    target = f"/model/{model}/converse{query}"
    headers = _sign(body, target, {**_HEADERS, **extra}, region=scope[0], service=scope[1])
    assert _verify(_came(headers, body, target)) is _BOT


def test_headers_that_are_not_signed_may_be_there() -> None:
    """A user agent or a proxy's header does not break a signature."""
    assert _verify(_came({**_sign(), "user-agent": "boto3", "x-forwarded-for": "10.0.0.1"})) is _BOT


def test_a_hash_of_the_body_may_come_along() -> None:
    """It is checked where it comes; `UNSIGNED-PAYLOAD` is no hash."""
    good = {**_HEADERS, "x-amz-content-sha256": sha256(b"{}").hexdigest()}
    assert _verify(_came(_sign(headers=good))) is _BOT
    for value in ("UNSIGNED-PAYLOAD", sha256(b"[]").hexdigest()):
        refused = _verify(_came(_sign(headers={**_HEADERS, "x-amz-content-sha256": value})))
        assert isinstance(refused, Refusal)


_GOOD = _sign()


@pytest.mark.parametrize(
    ("signed", "said"),
    [
        (_came(_GOOD, b'{"a":1}'), "does not match"),
        (_came(_GOOD, target="/model/gpt-5.5/converse-stream"), "does not match"),
        (_came(_GOOD, target="/model/gpt-5.5/converse?x=1"), "does not match"),
        (_came(_GOOD, method=b"PUT"), "does not match"),
        (_came({**_GOOD, "host": "other.example"}), "does not match"),
        (_came(_sign(secret="another")), "does not match"),
        (_came({**_GOOD, "x-amz-date": "20261121T120001Z"}), "does not match"),
        (_came({**_GOOD, "x-amz-date": "20261122T120000Z"}), "not that of `x-amz-date`"),
        (_came({**_GOOD, "x-amz-date": "yesterday"}), "must be like"),
        (_came({**_GOOD, "x-amz-target": "unsigned"}), "every `x-amz-` header must be signed"),
        (_came({k: v for k, v in _GOOD.items() if k != "host"}), "must be there"),
        (_came({k: v for k, v in _GOOD.items() if k != "x-amz-date"}), "must be there"),
        (_came({**_GOOD, "x-amz-security-token": "t"}), "session tokens are not known"),
        (_came({**_GOOD, "authorization": _GOOD["authorization"].replace("host;", "")}), "must be signed"),
        (
            _came({**_GOOD, "authorization": _GOOD["authorization"].replace("host;", "host;host;")}),
            "must be signed",
        ),
        (_came({**_GOOD, "authorization": "AWS4-HMAC-SHA256 Credential=x"}), "not in a known form"),
        (_came(_sign(key_id="AKIASOMEBODYELSE")), "not known here"),
    ],
)
def test_t35_anything_else_is_nobody(signed: Signed, said: str) -> None:
    """T35: a request that was changed, or signed by somebody else, has no caller."""
    refused = _verify(signed)
    assert isinstance(refused, Refusal)
    assert refused.status == 401
    assert said in refused.message
    assert _SECRET not in refused.message


@pytest.mark.parametrize(("seconds", "caller"), [(-301, None), (-300, _BOT), (300, _BOT), (301, None)])
def test_a_signature_is_good_for_five_minutes(seconds: int, caller: Caller | None) -> None:
    """Either way from the gateway's clock, inclusive."""
    now = datetime.fromtimestamp(_NOW.timestamp() + seconds, UTC)
    found = _verify(_came(_GOOD), now)
    assert (None if isinstance(found, Refusal) else found) == caller


def test_a_pair_without_its_secret_lets_nobody_in() -> None:
    """A secret that was never resolved is no empty secret."""
    ring = Keyring([Caller("bot", None, {}, signing=SigningKey(_ID, "env:BOT"))])
    refused = ring.verify(_came(_sign(secret="")), _NOW.timestamp())
    assert isinstance(refused, Refusal)


def test_a_signed_request_is_told_by_its_scheme() -> None:
    """Anything else goes by its key."""
    assert is_signed({b"authorization": _GOOD["authorization"].encode()}.get)
    assert not is_signed({b"authorization": b"Bearer x"}.get)
    assert not is_signed(dict[bytes, bytes]().get)


def test_t42_a_key_pair_prints_without_its_secret() -> None:
    """T42: a caller in a log or a traceback shows the reference."""
    assert _SECRET not in repr(_BOT)
    assert "env:BOT" in repr(_BOT)
