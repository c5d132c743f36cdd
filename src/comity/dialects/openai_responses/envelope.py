"""Opaque blocks of any origin inside `encrypted_content`, the one opaque member that clients replay.

A client of this dialect sends its reasoning items back as they came. So whatever only its origin understands
(a signature of another vendor, encrypted reasoning of one account, a hosted tool's block) travels there, with
the name of its origin. The digest tells our envelopes from a provider's own text; it is no proof, and needs
to be none: what is inside goes to the origin that it names, which checks its own signature.
"""

from __future__ import annotations

import base64
import binascii
import re
from hashlib import blake2b
from typing import Any

import msgspec

PREFIX = "comity1."
SEALED = re.compile(rb'"comity1\.[A-Za-z0-9_-]+"')
"""An envelope as a JSON string."""

_CHECK = 8


class Sealed(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an envelope holds."""

    origin: str
    """Who made it and who alone gets it back."""
    signature: str | None = None
    """A reasoning block's signature, or an account's encrypted reasoning."""
    redacted: bytes | None = None
    """Encrypted reasoning in place of text."""
    kind: str | None = None
    """The origin's word for an opaque block; None when this is reasoning."""
    wire: dict[str, Any] = {}
    """The opaque block."""


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Sealed)


def seal(sealed: Sealed) -> str:
    """The envelope as text."""
    payload = _ENCODER.encode(sealed)
    return PREFIX + base64.urlsafe_b64encode(_check(payload) + payload).rstrip(b"=").decode()


def unseal(text: str) -> Sealed | None:
    """What is in an envelope; None for a text that is none, or that was cut or changed on the way."""
    if not text.startswith(PREFIX):
        return None
    body = text[len(PREFIX) :]
    try:
        data = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        check, payload = data[:_CHECK], data[_CHECK:]
        return _DECODER.decode(payload) if check == _check(payload) else None
    except (binascii.Error, msgspec.DecodeError, ValueError, RecursionError):
        return None


def _check(payload: bytes) -> bytes:
    return blake2b(payload, digest_size=_CHECK, person=b"comity").digest()
