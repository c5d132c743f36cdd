"""Signatures that travel through clients whose dialect has no place for them, or no place for their origin.

A provider's signature is replayed byte for byte and only to its origin. A client gets it either inside the
id of a tool call (`sign_id`) or, where its dialect has signatures of its own, wrapped with its origin
(`wrap`); what comes back is taken apart (`read_id`, `unwrap`). A checksum guards both: what a client cut or
changed is no signature, so none is ever invented. Nothing here knows what a signature means.
"""

from __future__ import annotations

import base64
import binascii
import re
from hashlib import sha256

import msgspec

MARK = "__sig1_"
"""Stands between a tool call's own id and what is carried in it."""
LONGEST = 64 * 1024
"""Most characters of a signed id; a longer signature is not carried."""

# Its length is a multiple of three, so that its base64 does not depend on what follows.
_TAG = b"Comity signature: "
WRAPPED = base64.b64encode(_TAG).decode()
"""How every wrapped signature begins."""

_ID = re.compile(r"(?P<id>.*)" + MARK + r"(?P<sum>[0-9a-f]{8})(?P<data>[A-Za-z0-9_-]+)", re.DOTALL)
_ID_BYTES = re.compile(rb"__sig1_(?P<sum>[0-9a-f]{8})(?P<data>[A-Za-z0-9_-]+)")
_MARK = MARK.encode()
_PLAIN = b"t"
_BASE64 = b"b"
_REDACTED = b"r"


class Signed(msgspec.Struct, frozen=True):
    """A signature and who made it."""

    origin: str
    """Dialect and model family, as in `Reasoning.origin`; empty when unknown."""
    signature: str
    """The signature as its origin wrote it; empty for encrypted reasoning."""
    redacted: bytes | None = None
    """Encrypted reasoning in place of a signature."""


def sign_id(identity: str, signature: str | None, origin: str) -> str:
    """The id with the signature in it, in characters that every dialect allows in an id."""
    if signature is None:
        return identity
    data = base64.urlsafe_b64encode(_pack(Signed(origin, signature))).rstrip(b"=").decode()
    signed = f"{identity}{MARK}{_checksum(data)}{data}"
    return signed if len(signed) <= LONGEST else identity


def read_id(identity: str) -> tuple[str, Signed | None]:
    """The tool call's own id, and the signature in it if there is one and it is whole."""
    match = _ID.fullmatch(identity) if MARK in identity else None
    if match is None or match["sum"] != _checksum(match["data"]):
        return identity, None
    signed = _unpack(_decoded(match["data"] + "=" * (-len(match["data"]) % 4)))
    return (identity, None) if signed is None else (match["id"], signed)


def strip_ids(body: bytes) -> bytes:
    """A JSON body whose tool call ids carry no signatures, for a target that made none of them."""
    return _ID_BYTES.sub(_stripped, body) if body.find(_MARK) >= 0 else body


def wrap(signature: str, origin: str) -> str:
    """The signature with its origin, as base64, which is what dialects with signatures expect."""
    return _wrapped(_pack(Signed(origin, signature)))


def wrap_redacted(data: bytes, origin: str) -> str:
    """Encrypted reasoning with its origin, where a dialect has a place for signatures only."""
    return _wrapped(_REDACTED + origin.encode() + b"\0" + data)


def sign_for_client(signature: str | None, origin: str, dialect: str) -> str | None:
    """The signature for a client of `dialect`: wrapped, unless that dialect or nobody known made it."""
    own = origin in {"", dialect} or origin.startswith(f"{dialect}/")
    return signature if signature is None or own else wrap(signature, origin)


def redacted_for_client(data: bytes, origin: str, dialect: str) -> str:
    """Encrypted reasoning as base64 for a client of `dialect`, wrapped as in `sign_for_client`."""
    own = origin in {"", dialect} or origin.startswith(f"{dialect}/")
    return base64.b64encode(data).decode() if own else wrap_redacted(data, origin)


def unwrap(text: str) -> Signed | None:
    """What `wrap` wrapped; None for any other text, which is a signature of the client's own dialect."""
    if not text.startswith(WRAPPED):
        return None
    data = _decoded(text)
    packed = data[len(_TAG) + 4 :]
    return _unpack(packed) if data[len(_TAG) :][:4] == sha256(packed).digest()[:4] else None


def read_redacted(data: bytes, origin: str) -> tuple[bytes, str]:
    """Encrypted reasoning and who made it: `origin`, unless it was wrapped for the way through its client."""
    signed = unwrap(base64.b64encode(data).decode()) if data.startswith(_TAG) else None
    return (data, origin) if signed is None or signed.redacted is None else (signed.redacted, signed.origin)


def _stripped(match: re.Match[bytes]) -> bytes:
    whole = match["sum"].decode() == _checksum(match["data"].decode())
    return b"" if whole else match[0]


def _pack(signed: Signed) -> bytes:
    raw = _from_base64(signed.signature)
    kind, data = (_PLAIN, signed.signature.encode("utf-8", "replace")) if raw is None else (_BASE64, raw)
    return kind + signed.origin.encode() + b"\0" + data


def _wrapped(packed: bytes) -> str:
    return base64.b64encode(_TAG + sha256(packed).digest()[:4] + packed).decode()


def _unpack(packed: bytes) -> Signed | None:
    kind, rest = packed[:1], packed[1:]
    origin, zero, data = rest.partition(b"\0")
    if kind not in {_PLAIN, _BASE64, _REDACTED} or not zero:
        return None
    if kind == _REDACTED:
        return Signed(origin.decode("utf-8", "replace"), "", data)
    text = base64.b64encode(data) if kind == _BASE64 else data
    try:
        return Signed(origin.decode(), text.decode())
    except UnicodeDecodeError:
        return None


def _decoded(text: str) -> bytes:
    """The bytes behind base64 of either alphabet; nothing for any other text."""
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _from_base64(text: str) -> bytes | None:
    """The bytes behind canonical base64, which travel a third shorter; None for any other text."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode() == text else None


def _checksum(data: str) -> str:
    return sha256(data.encode()).hexdigest()[:8]
