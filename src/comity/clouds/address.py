"""Addresses and model names of deployments, checked once at load.

What reaches a request line is built from these two; so neither may carry a query, a fragment, a dot segment,
an encoded slash, a control character or a user name. There is no clean-up: what is odd is refused.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import msgspec

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")
_PATH = re.compile(r"(/[A-Za-z0-9._~:@!$&'()*+,;=-]+)*/?")
_MODEL = re.compile(r"[A-Za-z0-9._:/@+-]+")
_PORTS = {"https": 443, "http": 80}


class Address(msgspec.Struct, frozen=True):
    """The parts of a deployment's base address."""

    tls: bool
    """Whether the scheme is https."""
    host: str
    """Host name or IP address, lower case, without brackets."""
    port: int
    """TCP port, the scheme's own when none was written."""
    path: str
    """Path without a trailing slash; empty for the root."""
    query: dict[str, str]
    """Query parameters; a cloud refuses those it does not know."""

    @property
    def authority(self) -> str:
        """What the `host` header says: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


def parse_address(url: str) -> Address:
    """The parts of `url`; raises ValueError that says what was expected."""
    if not url.isascii() or not url.isprintable() or any(mark in url for mark in ' "<>\\^`{|}'):
        raise ValueError(f"the address `{url!r}` holds characters that do not belong in an address")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"the address `{url}` cannot be read: {error}") from error
    if parts.scheme not in _PORTS:
        raise ValueError(f"the address `{url}` must begin with `https://` or `http://`")
    if "@" in parts.netloc:
        raise ValueError("an address carries no user name or password; refer to secrets under `auth`")
    host = parts.hostname or ""
    if not _HOST.fullmatch(f"[{host}]" if ":" in host else host) or ".." in host:
        raise ValueError(f"the address `{url}` names no host")
    if "#" in url:
        raise ValueError(f"the address `{url}` carries a fragment (`#`); leave it out")
    if not _PATH.fullmatch(parts.path) or any(piece in {".", ".."} for piece in parts.path.split("/")):
        raise ValueError(f"the path of `{url}` must be plain segments, without `..`, `//` or `%`")
    if port == 0:
        raise ValueError(f"the address `{url}` names port 0; write the port that the server listens on")
    return Address(
        tls=parts.scheme == "https",
        host=host,
        port=port or _PORTS[parts.scheme],
        path=parts.path.rstrip("/"),
        query=_query(url, parts.query),
    )


def check_model_name(name: str) -> None:
    """Raises ValueError unless `name` may stand in a path segment or a body as the target's model name."""
    if not _MODEL.fullmatch(name) or ".." in name or "//" in name or "." in name.split("/"):
        raise ValueError(
            f"the model name {name!r} must be letters, digits and `._:/@+-`, without `..`, `//` and `/./`"
        )


def _query(url: str, text: str) -> dict[str, str]:
    if not text:
        if url.endswith("?"):
            raise ValueError(f"the address `{url}` ends in `?`; leave it out")
        return {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True)
    except ValueError as error:
        raise ValueError(f"the query of `{url}` must be `name=value`") from error
    if len(dict(pairs)) != len(pairs):
        raise ValueError(f"the query of `{url}` names a parameter twice")
    return dict(pairs)
