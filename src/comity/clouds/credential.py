"""A credential: the header lines that open a deployment, read or computed per request, without waiting.

What has to be fetched is fetched elsewhere and ahead of time; a credential that has nothing valid says so
as a failure value, so that the next decided candidate is tried. No text form shows a secret.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from comity.clouds.secrets import Secret
from comity.exchange import ProviderFailure


class Credential(Protocol):
    """What opens a deployment."""

    def lines(self, target: str, body: bytes, now: datetime) -> bytes | ProviderFailure:
        """The header lines for a POST of `body` to `target`; `now` is aware and dates a signature."""
        ...


class Anonymous:
    """No credential, for a server that asks for none."""

    def lines(self, target: str, body: bytes, now: datetime) -> bytes:  # noqa: ARG002 - the protocol's
        """No line."""
        return b""


class ApiKey:
    """A fixed key in one header."""

    def __init__(self, header: str, key: Secret) -> None:
        value = f"Bearer {key.reveal()}" if header == "authorization" else key.reveal()
        self._line = f"{header}: {value}\r\n".encode("ascii")
        self._key = key

    def __repr__(self) -> str:
        return f"ApiKey({self._key!r})"

    def lines(self, target: str, body: bytes, now: datetime) -> bytes:  # noqa: ARG002 - the protocol's
        """The key's line."""
        return self._line
