"""A connection: everything about a deployment that a request's head needs, worked out once.

Per request only the length and the credential's lines are new. It opens no socket: the gateway's pool does.
"""

from __future__ import annotations

from datetime import datetime

from comity.clouds.address import Address
from comity.clouds.credential import Credential
from comity.clouds.deployment import Deployment
from comity.clouds.route import Answered, Purpose, Route
from comity.exchange import ProviderFailure
from comity.http import Headers, Origin

_PURPOSES: tuple[Purpose, ...] = ("whole", "stream", "count")


class Connection:
    """One deployment, ready to be called."""

    def __init__(
        self, deployment: Deployment, address: Address, route: Route, credential: Credential
    ) -> None:
        self.deployment = deployment
        self.origin = Origin(address.host, address.port, tls=address.tls, ca_file=deployment.ca_file)
        self.counts = route.count_path is not None
        self.name = route.name
        self._route = route
        self._credential = credential
        self._prefixes = {
            purpose: _prefix(address, route.target(purpose), route.headers)
            for purpose in _PURPOSES
            if purpose != "count" or self.counts
        }

    def __repr__(self) -> str:
        return f"Connection({self.deployment.id})"

    def request_head(
        self, body: bytes, *, purpose: Purpose, now: datetime, headers: tuple[tuple[str, str], ...] = ()
    ) -> bytes | ProviderFailure:
        """The whole request head for `body`, up to and including the empty line; `now` dates a signature.

        `headers` belong to this request alone; their values were checked where they came in. A failure means
        that no valid credential is at hand, and that nothing may be sent.
        """
        lines = self._credential.lines(self._route.target(purpose), body, now)
        if isinstance(lines, ProviderFailure):
            return lines
        if headers:
            lines += "".join(f"{name}: {value}\r\n" for name, value in headers).encode("ascii")
        return b"%b%bcontent-length: %d\r\n\r\n" % (self._prefixes[purpose], lines, len(body))

    def refused(self) -> None:
        """The cloud did not take the credential; a login is made anew, for the requests to come."""
        self._credential.refused()

    def answered(self, headers: Headers) -> Answered:
        """What the answer's headers say about who really answered."""
        return self._route.answered(headers)


def _prefix(address: Address, path: str, headers: tuple[tuple[str, str], ...]) -> bytes:
    # `identity`: a compressed stream cannot be passed through piece by piece, and usage could not be read.
    lines = [
        f"POST {path} HTTP/1.1",
        f"host: {address.authority}",
        "content-type: application/json",
        "accept-encoding: identity",
        "user-agent: comity",
        *(f"{name}: {value}" for name, value in headers),
    ]
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")
