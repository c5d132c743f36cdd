"""What a request says in headers rather than in its body: the beta flags of Anthropic's clients.

They are part of the request: a target of the same dialect gets them as they came, another surface of
Anthropic's those that it is known to take, and any other target goes without them, visibly. Amazon ignores
the header, so there only the body counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from comity.errors import RequestError
from comity.exchange import Request

HEADER = "anthropic-beta"
"""Names flags, separated by commas."""

_HINT = "anthropic_beta"
_DIALECTS = frozenset({"anthropic.messages", "vertex.messages"})
_FLAG = re.compile(r"[A-Za-z0-9._-]{1,128}")
_MOST = 64


def carried_flags(header: Callable[[bytes], bytes | None], dialect: str) -> tuple[str, ...]:
    """The flags of a request; raises RequestError when the header holds anything else."""
    value = header(HEADER.encode()) if dialect in _DIALECTS else None
    if value is None:
        return ()
    flags = tuple(flag for word in value.decode("latin-1").split(",") if (flag := word.strip()))
    if len(flags) > _MOST or not all(_FLAG.fullmatch(flag) for flag in flags):
        raise RequestError(f"expected at most {_MOST} names, separated by commas", HEADER)
    return flags


def with_flags(request: Request, flags: tuple[str, ...]) -> Request:
    """The request with its flags among the hints, where the writers of bodies find them."""
    if not flags:
        return request
    return msgspec.structs.replace(request, hints={**request.hints, _HINT: list(flags)})


def flag_headers(flags: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The headers that hand the flags on."""
    return ((HEADER, ",".join(flags)),) if flags else ()
