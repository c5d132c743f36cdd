"""AWS Signature Version 4 for the one form of request we send: POST, no query, three or four signed headers.

Written out rather than taken from botocore because it runs per request: the signing key is kept for its day
and the canonical text is a template, which makes a signature some nine times cheaper. What boto3 itself
sends is the oracle of the tests. It does not find credentials and does not sign streams.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import quote

import msgspec

from comity.clouds.secrets import Secret

_SERVICE = "bedrock"
_CONTENT_TYPE = "application/json"


class AwsKeys(msgspec.Struct, frozen=True):
    """One AWS account's keys."""

    access_key_id: Secret
    """Access key id."""
    secret_access_key: Secret
    """Secret access key."""
    session_token: Secret | None
    """Session token, for temporary keys."""


class Signer:
    """Signs requests of one account for one host and region."""

    def __init__(self, keys: AwsKeys, region: str, host: str) -> None:
        self._keys = keys
        self._region = region
        token = None if keys.session_token is None else keys.session_token.reveal()
        self._before_date = f"content-type:{_CONTENT_TYPE}\nhost:{host}\nx-amz-date:"
        self._signed = "content-type;host;x-amz-date" + (";x-amz-security-token" if token else "")
        self._after_date = f"\nx-amz-security-token:{token}\n" if token else "\n"
        self._token_line = f"x-amz-security-token: {token}\r\n" if token else ""
        self._day = ""
        self._day_key = b""

    def __repr__(self) -> str:
        return f"Signer({self._keys.access_key_id!r}, {self._region})"

    def lines(self, target: str, body: bytes, now: datetime) -> bytes:
        """The header lines that sign a POST of `body` to `target`; `now` is aware."""
        stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        day = stamp[:8]
        # SigV4 encodes the already encoded path once more, for every service but S3.
        canonical = (
            f"POST\n{quote(target, safe='/~')}\n\n{self._before_date}{stamp}{self._after_date}\n"
            f"{self._signed}\n{hashlib.sha256(body).hexdigest()}"
        )
        scope = f"{day}/{self._region}/{_SERVICE}/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.new(self._key(day), text.encode(), hashlib.sha256).hexdigest()
        return (
            f"x-amz-date: {stamp}\r\n{self._token_line}authorization: AWS4-HMAC-SHA256 "
            f"Credential={self._keys.access_key_id.reveal()}/{scope}, SignedHeaders={self._signed}, "
            f"Signature={signature}\r\n"
        ).encode("ascii")

    def refused(self) -> None:
        """Fixed keys stay what they are."""

    def _key(self, day: str) -> bytes:
        """The signing key, which is good for one day."""
        if day != self._day:
            key = b"AWS4" + self._keys.secret_access_key.reveal().encode()
            for part in (day, self._region, _SERVICE, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._day, self._day_key = day, key
        return self._day_key
