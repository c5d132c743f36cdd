"""Which paths the gateway answers, and what each of them means.

The official SDKs work by changing the base URL, so the paths are theirs. Where an address names the model, a
region or a project, only the model counts: it is the route's name, and what runs where is the contracts'
business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal
from urllib.parse import parse_qs, unquote

import msgspec

from comity.dialects import EMBEDDINGS, ERRORS, Dialect, EmbeddingDialect, gemini
from comity.dialects.answer_headers import HeaderOf
from comity.gateway.kept_paths import KeptPath, find_kept
from comity.intake.classify import (
    CHAT,
    CONVERSE,
    COUNT_BEDROCK,
    COUNT_CONTENT,
    COUNT_MESSAGES,
    COUNT_RESPONSES,
    COUNT_VERTEX,
    EMBED,
    EMBED_CONTENT,
    EMBED_INVOKE,
    EMBED_PREDICT,
    GENERATE,
    INVOKE,
    MESSAGES,
    RESPONSES,
    VERTEX_MESSAGES,
    Operation,
)

Listing = Literal["openai", "deployments", "anthropic", "gemini", "vertex", "bedrock", "profiles"]
"""In whose words models are listed."""


ANY = b"*"
"""In place of a method: the path looks at it itself."""


class Endpoint(msgspec.Struct, frozen=True):
    """One thing that can be asked of the gateway."""

    does: Literal["generate", "kept", "models", "health"]
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
    embedding: Operation | None = None
    """What the same address means where the route's deployments make embeddings."""
    kept: KeptPath | None = None
    """What a path of kept things names; its methods are looked at there."""
    listing: Listing = "openai"
    """In whose words models are listed."""

    @property
    def spoken(self) -> Dialect:
        """The client's dialect; for embeddings the one whose errors it shares."""
        return self.form or ERRORS[self.operation.dialect]

    @property
    def read(self) -> Dialect | EmbeddingDialect:
        """The dialect that reads the body."""
        return EMBEDDINGS.get(self.operation.dialect) or self.spoken


_CHAT = Endpoint("generate", b"POST", CHAT)
_MESSAGES = Endpoint("generate", b"POST", MESSAGES)
_COUNT = Endpoint("generate", b"POST", COUNT_MESSAGES)
_RESPONSES = Endpoint("generate", b"POST", RESPONSES)
_INPUT_TOKENS = Endpoint("generate", b"POST", COUNT_RESPONSES)
_EMBED = Endpoint("generate", b"POST", EMBED)
_KEPT = Endpoint("kept", ANY, RESPONSES)
_MODELS = Endpoint("models", b"GET")
_CLAUDES = Endpoint("models", b"GET", MESSAGES, listing="anthropic")
_GEMINIS = Endpoint("models", b"GET", GENERATE, listing="gemini")
_PUBLISHED = Endpoint("models", b"GET", GENERATE, listing="vertex")
_FOUNDATION = Endpoint("models", b"GET", CONVERSE, listing="bedrock")
_PROFILES = Endpoint("models", b"GET", CONVERSE, listing="profiles")
_FIXED = {
    b"/v1/chat/completions": _CHAT,
    b"/openai/v1/chat/completions": _CHAT,
    b"/models/chat/completions": _CHAT,
    b"/v1/messages": _MESSAGES,
    b"/anthropic/v1/messages": _MESSAGES,
    b"/v1/messages/count_tokens": _COUNT,
    b"/anthropic/v1/messages/count_tokens": _COUNT,
    b"/v1/responses": _RESPONSES,
    b"/openai/v1/responses": _RESPONSES,
    b"/openai/responses": _RESPONSES,
    b"/v1/responses/input_tokens": _INPUT_TOKENS,
    b"/openai/v1/responses/input_tokens": _INPUT_TOKENS,
    b"/v1/embeddings": _EMBED,
    b"/openai/v1/embeddings": _EMBED,
    b"/models/embeddings": _EMBED,
    b"/v1/models": _MODELS,
    b"/openai/v1/models": _MODELS,
    b"/openai/models": _MODELS,
    b"/openai/deployments": Endpoint("models", b"GET", listing="deployments"),
    b"/anthropic/v1/models": _CLAUDES,
    b"/v1beta/models": _GEMINIS,
    b"/foundation-models": _FOUNDATION,
    b"/inference-profiles": _PROFILES,
    b"/health": Endpoint("health", b"GET"),
    # Claude Code asks whether anybody is there.
    b"/": Endpoint("health", b"HEAD"),
}
_NAMED: tuple[tuple[re.Pattern[bytes], Mapping[bytes, Endpoint]], ...] = (
    (
        re.compile(rb"/openai/deployments/(?P<model>[^/]+)/(?P<verb>chat/completions|embeddings)"),
        {b"chat/completions": _CHAT, b"embeddings": _EMBED},
    ),
    (
        re.compile(rb"/model/(?P<model>[^/]+)/(?P<verb>[a-z-]+)"),
        {
            b"converse": Endpoint("generate", b"POST", CONVERSE, stream=False),
            b"converse-stream": Endpoint("generate", b"POST", CONVERSE, stream=True),
            b"invoke": Endpoint("generate", b"POST", INVOKE, stream=False, embedding=EMBED_INVOKE),
            b"invoke-with-response-stream": Endpoint("generate", b"POST", INVOKE, stream=True),
            b"count-tokens": Endpoint("generate", b"POST", COUNT_BEDROCK),
        },
    ),
    (
        # Claude on Vertex AI counts for all models at one address; the body names the model.
        re.compile(
            rb"/v1(?:beta1)?/projects/[^/]+/locations/[^/]+/publishers/anthropic/models/"
            rb"count-tokens:(?P<verb>rawPredict)"
        ),
        {b"rawPredict": Endpoint("generate", b"POST", COUNT_VERTEX)},
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
            b"countTokens": Endpoint("generate", b"POST", COUNT_CONTENT),
            b"embedContent": Endpoint("generate", b"POST", EMBED_CONTENT),
            b"batchEmbedContents": Endpoint("generate", b"POST", EMBED_CONTENT),
            b"predict": Endpoint("generate", b"POST", EMBED_PREDICT),
        },
    ),
    (
        re.compile(rb"(?:/openai)?(?P<verb>/v1/models|/models)/(?P<model>[^/:]+)"),
        {b"/v1/models": _MODELS, b"/models": _MODELS},
    ),
    (re.compile(rb"/anthropic(?P<verb>/v1/models)/(?P<model>[^/:]+)"), {b"/v1/models": _CLAUDES}),
    (re.compile(rb"/v1beta/(?P<verb>models)/(?P<model>[^/:]+)"), {b"models": _GEMINIS}),
    (
        re.compile(
            rb"/v1(?:beta1)?(?:/projects/[^/]+/locations/[^/]+)?/publishers/[^/]+/(?P<verb>models)"
            rb"(?:/(?P<model>[^/:]+))?"
        ),
        {b"models": _PUBLISHED},
    ),
    (re.compile(rb"/(?P<verb>foundation-models)/(?P<model>[^/]+)"), {b"foundation-models": _FOUNDATION}),
    (re.compile(rb"/(?P<verb>inference-profiles)/(?P<model>[^/]+)"), {b"inference-profiles": _PROFILES}),
)
"""Paths that name a model, with what their last word means."""


def find_endpoint(path: bytes, query: bytes, header: HeaderOf) -> Endpoint | None:
    """The endpoint that a path, its query and the headers of a request name, or None."""
    fixed = _FIXED.get(path)
    if fixed is not None:
        return _listing_for(fixed, query, header) if fixed is _MODELS else fixed
    for pattern, verbs in _NAMED:
        match = pattern.fullmatch(path)
        endpoint = None if match is None else verbs.get(match["verb"])
        if match is not None and endpoint is not None:
            named = match.groupdict().get("model")
            model = None if named is None else unquote(named.decode("ascii", "replace"))
            form = None if b"alt=sse" in query.split(b"&") else endpoint.plain
            if endpoint is _MODELS:
                endpoint = _listing_for(endpoint, query, header)
            return msgspec.structs.replace(endpoint, model=model, form=form)
    kept = find_kept(path)
    return None if kept is None else msgspec.structs.replace(_KEPT, kept=kept)


def _listing_for(usual: Endpoint, query: bytes, header: HeaderOf) -> Endpoint:
    """Several services list models at `/v1/models`: what else the client sends says which is meant."""
    if header(b"anthropic-version") is not None:
        return _CLAUDES
    google = header(b"x-goog-api-key") is not None or b"key" in parse_qs(query)
    return _GEMINIS if google else usual
