"""A caller: an application that holds a key, with the facts its operator vouches for."""

from __future__ import annotations

import hashlib

import msgspec

from comity.contracts import Workload


class SigningKey(msgspec.Struct, frozen=True):
    """An AWS-style key pair of a caller whose client can only sign. It opens no AWS account."""

    access_key_id: str
    """What the client names in its signatures."""
    reference: str
    """Where the secret is (`env:NAME` or `file:PATH`): to verify a signature takes the secret itself."""
    secret: bytes = b""
    """The secret, once it is resolved; without it nobody is let in."""

    def __repr__(self) -> str:
        return f"SigningKey({self.access_key_id}, {self.reference})"


class Caller(msgspec.Struct, frozen=True):
    """One application that may call the gateway."""

    id: str
    """Name in the configuration, in the ledger and in metrics."""
    key_hash: str | None
    """Lower-case hex SHA-256 of its key, which itself is nowhere stored; None where it can only sign."""
    facts: Workload
    """Facts of all its requests, vouched for by the operator; they win over what a dialect implies."""
    models: frozenset[str] | None = None
    """Model names it may ask for; None for all."""
    may_state: frozenset[str] = frozenset()
    """Attributes that it may state itself, per request, in the `comity-facts` header."""
    signing: SigningKey | None = None
    """Its key pair, where its client signs as for AWS."""


def hash_key(key: str) -> str:
    """The form in which a key is stored: hex SHA-256 of its UTF-8 bytes.

    Keys are long random strings, so a plain fast hash is enough; passwords would need a slow one.
    """
    return hashlib.sha256(key.encode()).hexdigest()
