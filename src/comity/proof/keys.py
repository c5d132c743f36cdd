"""Keys and signatures of a log: Ed25519 in the form of C2SP signed-note.

A verifier key is `name+id+key`, a signer key `PRIVATE+KEY+name+id+key`; the name is the log's origin. Needs
the extra `proof`.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import TYPE_CHECKING

from comity.errors import MissingExtraError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_ED25519 = b"\x01"
_PREFIX = "PRIVATE+KEY+"


class Signer:
    """Signs notes under a name."""

    def __init__(self, skey: str) -> None:
        """Takes a signer key; raises ValueError, which never holds it, for any other text."""
        name, key_id, seed = _parts(skey.strip())
        self.name = name
        self._key = _private(seed)
        public = _ED25519 + self._key.public_key().public_bytes_raw()
        self._id = _key_id(name, public)
        if self._id.hex() != key_id:
            raise ValueError("the signer key has the id of another key")
        self.verifier = f"{name}+{key_id}+{base64.b64encode(public).decode()}"

    def sign(self, text: str) -> str:
        """The note of a text that ends with a newline."""
        assert text.endswith("\n"), "the text of a note ends with a newline"
        raw = self._id + self._key.sign(text.encode())
        return f"{text}\n— {self.name} {base64.b64encode(raw).decode()}\n"


def new_key(name: str, seed: bytes | None = None) -> str:
    """A new signer key; raises ValueError for a name that cannot stand in a note."""
    if not name or "+" in name or any(mark.isspace() or not mark.isprintable() for mark in name):
        raise ValueError("the name of a log has no spaces and no `+`, like `example.com/ledger`")
    seed = seed or secrets.token_bytes(32)
    public = _ED25519 + _private(seed).public_key().public_bytes_raw()
    return f"{_PREFIX}{name}+{_key_id(name, public).hex()}+{base64.b64encode(_ED25519 + seed).decode()}"


def _parts(skey: str) -> tuple[str, str, bytes]:
    name, _, rest = skey.removeprefix(_PREFIX).partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except ValueError:
        raw = b""
    if not skey.startswith(_PREFIX) or not name or len(raw) != 33 or raw[:1] != _ED25519:
        raise ValueError("a signer key is `PRIVATE+KEY+name+id+key`; `comity ledger key new NAME` makes one")
    return name, key_id, raw[1:]


def _key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + public).digest()[:4]


def _private(seed: bytes) -> Ed25519PrivateKey:
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("proof", "signing a log needs a library") from error
    return Ed25519PrivateKey.from_private_bytes(seed)
