"""Which paths the gateway answers, and what each of them means.

The official SDKs work by changing the base URL, so the paths are theirs. Where an address names the model, a
region or a project, only the model counts: it is the route's name, and what runs where is the contracts'
business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal
from urllib.parse import unquote

import msgspec

from comity.dialects import DIALECTS, Dialect, gemini
from comity.intake.classify import (
    CHAT,
    CONVERSE,
    GENERATE,
    INVOKE,
    MESSAGES,
    RESPONSES,
    VERTEX_MESSAGES,
    Operation,
)


class Endpoint(msgspec.Struct, frozen=True):
    """One thing that can be asked of the gateway."""

    does: Literal["generate", "models", "health"]
    """What is asked."""
    method: bytes
    """The HTTP method it takes."""
    operation: Operation = CHAT
    """The operation of a call that runs a model; its dialect is the one that errors are told in."""
    model: str | None = None
    """The model name, where the path holds it."""
    stream: bool | None = None
    """Whether the answer is streamed, where the path says it."""
    plain: Dialect | None = None
    """Google only: how a stream is spoken to a client that does not ask for events with `alt=sse`."""
    form: Dialect | None = None
    """How the client's dialect is spoken here, where that is not its usual form."""

    @property
    def spoken(self) -> Dialect:
        """The client's dialect."""
        return self.form or DIALECTS[self.operation.dialect]


_CHAT = Endpoint("generate", b"POST", CHAT)
_MESSAGES = Endpoint("generate", b"POST", MESSAGES)
_RESPONSES = Endpoint("generate", b"POST", RESPONSES)
_MODELS = Endpoint("models", b"GET")
_FIXED = {
    b"/v1/chat/completions": _CHAT,
    b"/openai/v1/chat/completions": _CHAT,
    b"/models/chat/completions": _CHAT,
    b"/v1/messages": _MESSAGES,
    b"/anthropic/v1/messages": _MESSAGES,
    b"/v1/responses": _RESPONSES,
    b"/openai/v1/responses": _RESPONSES,
    b"/openai/responses": _RESPONSES,
    b"/v1/models": _MODELS,
    b"/openai/v1/models": _MODELS,
    b"/openai/models": _MODELS,
    b"/health": Endpoint("health", b"GET"),
    # Claude Code asks whether anybody is there.
    b"/": Endpoint("health", b"HEAD"),
}
_NAMED: tuple[tuple[re.Pattern[bytes], Mapping[bytes, Endpoint]], ...] = (
    (
        re.compile(rb"/openai/deployments/(?P<model>[^/]+)/(?P<verb>chat/completions)"),
        {b"chat/completions": _CHAT},
    ),
    (
        re.compile(rb"/model/(?P<model>[^/]+)/(?P<verb>[a-z-]+)"),
        {
            b"converse": Endpoint("generate", b"POST", CONVERSE, stream=False),
            b"converse-stream": Endpoint("generate", b"POST", CONVERSE, stream=True),
            b"invoke": Endpoint("generate", b"POST", INVOKE, stream=False),
            b"invoke-with-response-stream": Endpoint("generate", b"POST", INVOKE, stream=True),
        },
    ),
    (
        re.compile(
            rb"/v1(?:beta1)?/projects/[^/]+/locations/[^/]+/publishers/anthropic/models/"
            rb"(?P<model>[^/:]+):(?P<verb>[A-Za-z]+)"
        ),
        {
            b"rawPredict": Endpoint("generate", b"POST", VERTEX_MESSAGES, stream=False),
            b"streamRawPredict": Endpoint("generate", b"POST", VERTEX_MESSAGES, stream=True),
        },
    ),
    (
        re.compile(
            rb"(?:/v1(?:beta1?)?)?(?:/projects/[^/]+/locations/[^/]+)?(?:/publishers/google)?/models/"
            rb"(?P<model>[^/]+):(?P<verb>[A-Za-z]+)"
        ),
        {
            b"generateContent": Endpoint("generate", b"POST", GENERATE, stream=False),
            b"streamGenerateContent": Endpoint(
                "generate", b"POST", GENERATE, stream=True, plain=gemini.json_array
            ),
        },
    ),
)
"""Paths that name a model, with what their last word means."""


def find_endpoint(path: bytes, query: bytes = b"") -> Endpoint | None:
    """The endpoint at `path` with this query, or None."""
    fixed = _FIXED.get(path)
    if fixed is not None:
        return fixed
    for pattern, verbs in _NAMED:
        match = pattern.fullmatch(path)
        endpoint = None if match is None else verbs.get(match["verb"])
        if match is not None and endpoint is not None:
            model = unquote(match["model"].decode("ascii", "replace"))
            form = None if b"alt=sse" in query.split(b"&") else endpoint.plain
            return msgspec.structs.replace(endpoint, model=model, form=form)
    return None
