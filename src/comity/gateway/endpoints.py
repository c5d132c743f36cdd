"""Which paths the gateway answers, and what each of them means.

The official SDKs work by changing the base URL, so the paths are theirs: OpenAI's, and both forms of
Azure's, where the deployment in the path is the model name.
"""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import unquote

import msgspec

from comity.intake.classify import CHAT, Operation


class Endpoint(msgspec.Struct, frozen=True):
    """One thing that can be asked of the gateway."""

    does: Literal["chat", "models", "health"]
    """What is asked."""
    method: bytes
    """The HTTP method it takes."""
    operation: Operation | None = None
    """The operation of a call that runs a model."""
    model: str | None = None
    """The model name, where the path holds it."""


_CHAT = Endpoint("chat", b"POST", CHAT)
_MODELS = Endpoint("models", b"GET")
_HEALTH = Endpoint("health", b"GET")
_FIXED = {
    b"/v1/chat/completions": _CHAT,
    b"/openai/v1/chat/completions": _CHAT,
    b"/v1/models": _MODELS,
    b"/openai/v1/models": _MODELS,
    b"/openai/models": _MODELS,
    b"/health": _HEALTH,
}
_AZURE = re.compile(rb"/openai/deployments/([^/]+)/chat/completions")


def find_endpoint(path: bytes) -> Endpoint | None:
    """The endpoint at `path` (without its query), or None."""
    fixed = _FIXED.get(path)
    if fixed is not None:
        return fixed
    azure = _AZURE.fullmatch(path)
    if azure is None:
        return None
    return Endpoint("chat", b"POST", CHAT, unquote(azure[1].decode("ascii", "replace")))
