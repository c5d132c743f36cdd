"""A connection: everything about a deployment that a request's head needs, worked out once.

Per request only the length and, on AWS, the signature are new. It opens no socket: the gateway's pool does.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from comity.clouds.address import Address
from comity.clouds.deployment import Deployment
from comity.clouds.sigv4 import Signer
from comity.http import Headers, Origin

_LENGTH = b"content-length: %d\r\n\r\n"


class Answered(msgspec.Struct, frozen=True):
    """What an answer's headers say about who really answered; None is "the cloud did not say"."""

    deployment: str | None = None
    """The cloud's own name of the deployment that served."""
    model: str | None = None
    """The model that served, by the cloud's name."""
    region: str | None = None
    """The region that served, lower case without spaces, as configurations write it."""
    request_id: str | None = None
    """The cloud's id of the request, for a support case."""
    spilled: bool = False
    """Whether the cloud itself moved the request to another deployment than the one addressed."""


class Route(msgspec.Struct, frozen=True):
    """How one deployment is spoken to."""

    path: str
    """Request target of a whole answer, encoded."""
    stream_path: str
    """Request target of a streamed answer."""
    headers: tuple[tuple[str, str], ...]
    """Headers beyond host, type and length; they may hold a key."""
    answered: Callable[[Headers], Answered]
    """Reads the answer's headers."""
    signer: Signer | None = None
    """Signs each request, on AWS."""

    def __repr__(self) -> str:
        return f"Route({self.path})"


class Connection:
    """One deployment, ready to be called."""

    def __init__(self, deployment: Deployment, address: Address, route: Route) -> None:
        self.deployment = deployment
        self.origin = Origin(address.host, address.port, tls=address.tls, ca_file=deployment.ca_file)
        self._route = route
        self._head = _prefix(address, route.path, route.headers)
        self._stream_head = _prefix(address, route.stream_path, route.headers)

    def __repr__(self) -> str:
        return f"Connection({self.deployment.id})"

    def request_head(self, body: bytes, *, stream: bool, now: datetime) -> bytes:
        """The whole request head for `body`, up to and including the empty line; `now` dates a signature."""
        head = self._stream_head if stream else self._head
        signer = self._route.signer
        if signer is None:
            return head + _LENGTH % len(body)
        path = self._route.stream_path if stream else self._route.path
        return head + signer.lines(path, body, now) + _LENGTH % len(body)

    def answered(self, headers: Headers) -> Answered:
        """What the answer's headers say about who really answered."""
        return self._route.answered(headers)


def text_of(headers: Headers, *names: bytes) -> str | None:
    """The first of the named headers that is there and not empty, as text."""
    for name in names:
        value = headers.get(name)
        if value:
            return value.decode("latin-1")
    return None


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
