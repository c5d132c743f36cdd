"""The three surfaces that take Anthropic's Messages: the API itself, Bedrock's InvokeModel, Vertex AI.

Bodies are the same but for what stands in the address instead. Anthropic documents that signatures made on
one surface are valid on the others, so reasoning has one origin for all of them.
"""

from __future__ import annotations

import msgspec

NAME = "anthropic.messages"

ORIGIN = NAME
"""Origin of what Claude signs on any of the surfaces, and of blocks that only these surfaces understand."""

BETA = "anthropic_beta"
"""Name of the beta flags in `Request.hints`: a list, wherever the client wrote them."""

_NOT_ON_CLOUDS = frozenset(
    {
        "cache_control",
        "container",
        "diagnostics",
        "fallbacks",
        "inference_geo",
        "mcp_servers",
        "service_tier",
        "speed",
        "user_profile_id",
        "workspace_id",
    }
)


class Surface(msgspec.Struct, frozen=True):
    """Where Messages are taken, and what is particular about it."""

    name: str
    """Dialect name."""
    version: str | None = None
    """Value of `anthropic_version` in the body; None where a header says it."""
    addressed: bool = False
    """Whether the address says the model, so that the body may not."""
    streams_by_address: bool = False
    """Whether the address says that the answer is streamed, so that the body may not."""
    fetches: bool = False
    """Whether it fetches images and documents from addresses."""
    beta_in_body: bool = False
    """Whether beta flags stand in the body rather than in a header."""
    lacks: frozenset[str] = frozenset()
    """Members of the API's bodies that it refuses."""


MESSAGES = Surface(NAME, fetches=True)
"""Anthropic's own API, and whoever serves its paths."""

INVOKE = Surface(
    "bedrock.invoke",
    version="bedrock-2023-05-31",
    addressed=True,
    streams_by_address=True,
    beta_in_body=True,
    lacks=_NOT_ON_CLOUDS,
)
"""Amazon Bedrock's InvokeModel."""

VERTEX = Surface("vertex.messages", version="vertex-2023-10-16", addressed=True, lacks=_NOT_ON_CLOUDS)
"""Vertex AI's rawPredict and streamRawPredict."""

FAMILY = frozenset({MESSAGES.name, INVOKE.name, VERTEX.name})
"""Dialects whose parameters and blocks carry over as they are."""
