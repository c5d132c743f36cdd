"""Finding the caller of a request by its key, or by the signature that a key made.

The places where the public SDKs put a key are read: `Authorization: Bearer`, Azure's `api-key`, Anthropic's
`x-api-key`, Google's `x-goog-api-key` and its `?key=`. Only hashes are compared; a key that matches nothing
gives None, and never another caller.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from urllib.parse import unquote_to_bytes

from comity.intake.caller import Caller
from comity.intake.refusal import Refusal
from comity.intake.signature import SCHEME, Signed, check_signature, key_id_of


class Keyring:
    """Callers by the hash of their key and by their access key id; immutable after construction."""

    def __init__(self, callers: Iterable[Caller]) -> None:
        known = tuple(callers)
        self._by_hash = {bytes.fromhex(one.key_hash): one for one in known if one.key_hash is not None}
        self._signers = {
            one.signing.access_key_id: (one, one.signing.secret)
            for one in known
            if one.signing is not None and one.signing.secret
        }

    def identify(self, key: bytes) -> Caller | None:
        """The caller whose key this is, or None."""
        return self._by_hash.get(hashlib.sha256(key).digest())

    def verify(self, signed: Signed, now: float) -> Caller | Refusal:
        """The caller who signed the request, at about `now` in Unix seconds."""
        key_id = key_id_of(b"".join(signed.headers.all(b"authorization")))
        if key_id is None:
            return Refusal(401, "invalid_signature", "the `authorization` header is not in a known form")
        if key_id not in self._signers:
            return Refusal(401, "invalid_api_key", "the access key id is not known here")
        caller, secret = self._signers[key_id]
        return check_signature(signed, secret, now) or caller


def is_signed(header: Callable[[bytes], bytes | None]) -> bool:
    """Whether a request claims to be signed; `header` looks one up by its lower-case name."""
    return (header(b"authorization") or b"").startswith(SCHEME)


def presented_key(header: Callable[[bytes], bytes | None], query: bytes = b"") -> bytes | None:
    """The key that a request presents, or None; `header` looks one up by its lower-case name."""
    authorization = header(b"authorization")
    if authorization is not None:
        scheme, _, key = authorization.partition(b" ")
        if scheme.lower() == b"bearer" and key.strip():
            return key.strip()
    found = header(b"api-key") or header(b"x-api-key") or header(b"x-goog-api-key")
    return found or _key_of(query)


def _key_of(query: bytes) -> bytes | None:
    """The parameter `key`, as Google's REST interface has it; no log of the gateway ever holds a query."""
    for part in query.split(b"&"):
        name, _, value = part.partition(b"=")
        if name == b"key" and value:
            return unquote_to_bytes(value)
    return None
