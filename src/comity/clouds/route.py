"""A route: how one deployment is spoken to, without any secret, and who its answers say answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from comity.clouds.address import Address
from comity.clouds.deployment import Deployment
from comity.exchange import Usage
from comity.http import Headers

Purpose = Literal["whole", "stream", "count"]
"""What a request is for: a whole answer, a streamed one, or a count of its tokens."""


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
    account: str | None = None
    """The account at the provider that was served, by the provider's name."""
    tier: str | None = None
    """The tier that served, in the cloud's word, where a header says it."""
    usage: Usage | None = None
    """Tokens that were counted, where a cloud says so in a header."""


class Route(msgspec.Struct, frozen=True):
    """How one deployment is spoken to."""

    path: str
    """Request target of a whole answer, encoded."""
    stream_path: str
    """Request target of a streamed answer."""
    answered: Callable[[Headers], Answered]
    """Reads the answer's headers."""
    key_header: str = "authorization"
    """Header that an API key goes into, lower case; in `authorization` it is a bearer token."""
    headers: tuple[tuple[str, str], ...] = ()
    """Further headers beside host, type, length and credential; never a secret."""
    count_path: str | None = None
    """Request target that counts tokens, where the cloud can."""
    name: str = ""
    """The cloud's own name of the deployment, where answers may name another one."""
    signing_region: str | None = None
    """AWS region that a signature is made for; None where requests are not signed."""

    def target(self, purpose: Purpose) -> str:
        """The request target for a purpose."""
        if purpose == "count":
            assert self.count_path is not None, "a count is asked only of a cloud that can"
            return self.count_path
        return self.stream_path if purpose == "stream" else self.path


RouteOf = Callable[[Deployment, Address], Route]
"""Makes the route of a deployment at its address; raises ValueError where the address is odd."""


def text_of(headers: Headers, *names: bytes) -> str | None:
    """The first of the named headers that is there and not empty, as text."""
    for name in names:
        value = headers.get(name)
        if value:
            return value.decode("latin-1")
    return None
