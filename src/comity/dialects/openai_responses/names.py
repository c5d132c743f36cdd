"""What the Responses dialect is called, and the ids and names that its wire allows."""

from __future__ import annotations

import re
from hashlib import sha256

from comity.exchange import ModelTraits, Request

NAME = "openai.responses"
NAMESPACES = "tools.namespace"
"""The hint that keeps how a client grouped its functions."""
LONGEST_CALL_ID = 64
"""Characters of a `call_id`, inclusive."""

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_DIGEST = 16


def origin_of(traits: ModelTraits) -> str:
    """The origin of encrypted reasoning that a deployment with these traits makes: it binds to an account."""
    return f"{NAME}/{traits.reasoning_account}" if traits.reasoning_account else NAME


def full_name(namespace: str, name: str) -> str:
    """What a function of a namespace is called where nothing is grouped."""
    return f"{namespace.removesuffix('__')}__{name}"


def short_name(namespace: str, name: str) -> str:
    """What it is called inside its namespace."""
    return name.removeprefix(full_name(namespace, ""))


def namespaces_of(request: Request | None) -> dict[str, str]:
    """The namespace of each function that has one, by its full name."""
    tools = () if request is None else request.tools
    return {tool.name: tool.namespace for tool in tools if tool.namespace is not None}


def call_id(identity: str) -> str:
    """The id on the wire for a tool call's id; the same for the call and its result."""
    if 0 < len(identity) <= LONGEST_CALL_ID:
        return identity
    digest = sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    readable = _UNSAFE.sub("_", identity)[: LONGEST_CALL_ID - _DIGEST - 1]
    return f"{readable}_{digest}"


def item_stem(identity: str) -> str:
    """What the ids of an answer's items share."""
    return _UNSAFE.sub("", identity.removeprefix("resp_"))
