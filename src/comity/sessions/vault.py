"""Encryption of what is kept: AES-256-GCM, a fresh nonce each time, the place of a record bound to its bytes.

A record moved to another caller or another id does not open. Keys rotate: the first one seals, and a record
names its key, so the older ones still open what they sealed. A wrong key is an error, never an empty answer.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

from comity.errors import MissingExtraError, StoreError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_NAME = 8
_SIZE = 32


class Vault:
    """Seals and opens with a ring of keys."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Takes keys of 32 bytes as hex or base64; raises ValueError for any other text."""
        if not keys:
            raise ValueError("a store of conversations needs a key")
        raw = [_key(text) for text in keys]
        self._ring = {_name(key): _cipher(key) for key in raw}
        self._first = _name(raw[0])

    def seal(self, plain: bytes, place: str) -> bytes:
        """`plain` for keeping at `place`: the key's name, a nonce, and what only the key opens."""
        nonce = os.urandom(_NONCE)
        return self._first + nonce + self._ring[self._first].encrypt(nonce, plain, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """What was sealed for `place`; raises StoreError when no key of the ring opens it there."""
        cipher = self._ring.get(sealed[:_NAME])
        if cipher is None:
            raise StoreError("what is kept was sealed with a key that is not in `sessions.key` or `old_keys`")
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - an extra; the cipher is there by now

        try:
            return cipher.decrypt(sealed[_NAME : _NAME + _NONCE], sealed[_NAME + _NONCE :], place.encode())
        except (InvalidTag, ValueError) as error:
            raise StoreError("what is kept was changed, or moved from its place") from error


def _cipher(key: bytes) -> AESGCM:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError(
            "sessions", "conversations are kept encrypted, which needs a library"
        ) from error
    return AESGCM(key)


def _name(key: bytes) -> bytes:
    return blake2b(key, digest_size=_NAME, person=b"comity").digest()


def _key(text: str) -> bytes:
    try:
        raw = bytes.fromhex(text) if len(text) == 2 * _SIZE else base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != _SIZE:
        raise ValueError("a session key is 32 bytes as hex or base64; `openssl rand -hex 32` makes one")
    return raw
