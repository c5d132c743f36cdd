"""Finding the caller of a request by its key.

The places where the public SDKs put a key are read: `Authorization: Bearer`, Azure's `api-key`, Anthropic's
`x-api-key` and Google's `x-goog-api-key`. Only hashes are compared; a key that
matches nothing gives None, and never another caller.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from comity.intake.caller import Caller


class Keyring:
    """Callers by the hash of their key; immutable after construction."""

    def __init__(self, callers: Iterable[Caller]) -> None:
        self._by_hash = {bytes.fromhex(caller.key_hash): caller for caller in callers}

    def identify(self, key: bytes) -> Caller | None:
        """The caller whose key this is, or None."""
        return self._by_hash.get(hashlib.sha256(key).digest())


def presented_key(header: Callable[[bytes], bytes | None]) -> bytes | None:
    """The key that a request presents, or None; `header` looks one up by its lower-case name."""
    authorization = header(b"authorization")
    if authorization is not None:
        scheme, _, key = authorization.partition(b" ")
        if scheme.lower() == b"bearer" and key.strip():
            return key.strip()
    return header(b"api-key") or header(b"x-api-key") or header(b"x-goog-api-key")
