"""A credential: the header lines that open a deployment, read or computed per request, without waiting.

What has to be fetched is fetched elsewhere and ahead of time; a credential that has nothing valid says so
as a failure value, so that the next decided candidate is tried. No text form shows a secret.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from comity.clouds.grant import Grant, LoginFailure
from comity.clouds.renewal import Renewal
from comity.clouds.secrets import Secret
from comity.clouds.sigv4 import AwsKeys, Signer
from comity.exchange import FailureClass, ProviderFailure


class Credential(Protocol):
    """What opens a deployment."""

    def lines(self, target: str, body: bytes, now: datetime) -> bytes | ProviderFailure:
        """The header lines for a POST of `body` to `target`; `now` is aware and dates a signature."""
        ...

    def refused(self) -> None:
        """The cloud did not take it: what can be fetched anew is, for the requests to come."""
        ...


class Anonymous:
    """No credential, for a server that asks for none."""

    def lines(self, target: str, body: bytes, now: datetime) -> bytes:  # noqa: ARG002 - the protocol's
        """No line."""
        return b""

    def refused(self) -> None:
        """There is nothing to fetch."""


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

    def refused(self) -> None:
        """A fixed key stays what it is."""


class Bearer:
    """A token that is renewed in the background."""

    def __init__(self, renewal: Renewal[Secret]) -> None:
        self._renewal = renewal
        self._grant: Grant[Secret] | None = None
        self._line = b""

    def __repr__(self) -> str:
        return f"Bearer({self._renewal!r})"

    def lines(self, target: str, body: bytes, now: datetime) -> bytes | ProviderFailure:  # noqa: ARG002 - the protocol's
        """The token's line, while it is good."""
        grant = self._renewal.current
        if isinstance(grant, LoginFailure):
            return _no_login(grant)
        if grant is not self._grant:
            self._grant = grant
            self._line = f"authorization: Bearer {grant.value.reveal()}\r\n".encode("ascii")
        return self._line

    def refused(self) -> None:
        """The token may have been revoked."""
        self._renewal.hurry()


class RenewedSigner:
    """Signatures with keys that are renewed in the background."""

    def __init__(self, renewal: Renewal[AwsKeys], region: str, host: str) -> None:
        self._renewal = renewal
        self._region = region
        self._host = host
        self._signer: tuple[Grant[AwsKeys], Signer] | None = None

    def __repr__(self) -> str:
        return f"RenewedSigner({self._renewal!r}, {self._region})"

    def lines(self, target: str, body: bytes, now: datetime) -> bytes | ProviderFailure:
        """The lines of a signature, while the keys are good."""
        grant = self._renewal.current
        if isinstance(grant, LoginFailure):
            return _no_login(grant)
        if self._signer is None or self._signer[0] is not grant:
            self._signer = grant, Signer(grant.value, self._region, self._host)
        return self._signer[1].lines(target, body, now)

    def refused(self) -> None:
        """The keys may have been rotated."""
        self._renewal.hurry()


def _no_login(failure: LoginFailure) -> ProviderFailure:
    message = f"the gateway has no valid login for this deployment ({failure.cause})"
    return ProviderFailure(FailureClass.AUTHENTICATION, 401, message, code="no_login")
