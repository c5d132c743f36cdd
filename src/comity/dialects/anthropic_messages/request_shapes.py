"""What a Messages request is made of on the wire, as far as the hub has places for it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class WireCacheControl(msgspec.Struct):
    """`cache_control`."""

    type: str = "ephemeral"
    """The one kind there is."""
    ttl: Literal["5m", "1h"] | None = None
    """Lifetime."""


class WireSource(msgspec.Struct):
    """`source` of an image or a document."""

    type: str
    """`base64`, `url`, `text`, `content` or `file`."""
    media_type: str | None = None
    """IANA media type."""
    data: str | None = None
    """Base64, or the text of type `text`."""
    url: str | None = None
    """Address of type `url`."""


class WireBlock(msgspec.Struct):
    """A content block; which members count depends on its type."""

    type: str
    """What it is."""
    text: str | None = None
    """Of `text`."""
    citations: Any = None
    """Sources of a text; of a document, whether it may be cited."""
    source: WireSource | None = None
    """Of `image` and `document`."""
    title: str | None = None
    """Of `document`."""
    context: str | None = None
    """Of `document`."""
    id: str | None = None
    """Of `tool_use`."""
    name: str | None = None
    """Of `tool_use`."""
    input: Any = None
    """Of `tool_use`."""
    tool_use_id: str | None = None
    """Of `tool_result`."""
    content: Any = None
    """Of `tool_result`."""
    is_error: bool | None = None
    """Of `tool_result`."""
    thinking: str | None = None
    """Of `thinking`."""
    signature: str | None = None
    """Of `thinking`."""
    data: str | None = None
    """Of `redacted_thinking`."""
    cache_control: WireCacheControl | None = None
    """Cache mark."""


class WireMessage(msgspec.Struct):
    """A message."""

    role: str
    """`user`, `assistant`, or `system` within the conversation."""
    content: str | list[dict[str, Any]]
    """Text or blocks."""


class WireTool(msgspec.Struct):
    """A tool of the client's own."""

    name: str
    """Its name."""
    input_schema: dict[str, Any] | None = None
    """Schema of its arguments."""
    description: str | None = None
    """What it does."""
    strict: bool | None = None
    """Whether arguments must follow the schema."""
    cache_control: WireCacheControl | None = None
    """Cache mark."""
    type: str | None = None
    """`custom`, or nothing."""


class WireToolChoice(msgspec.Struct):
    """`tool_choice`."""

    type: Literal["auto", "any", "tool", "none"]
    """Which tools may or must be called."""
    name: str | None = None
    """The tool of type `tool`."""
    disable_parallel_tool_use: bool | None = None
    """Whether at most one call is allowed."""


class WireThinking(msgspec.Struct):
    """`thinking`."""

    type: Literal["enabled", "adaptive", "disabled"]
    """Whether the model thinks first."""
    budget_tokens: int | None = None
    """Of `enabled`."""
    display: str | None = None
    """Whether thoughts are shown: `summarized` or `omitted`."""


class WireFormat(msgspec.Struct):
    """The form of an answer."""

    type: Literal["json_schema"]
    """The one form there is."""
    schema: dict[str, Any]
    """What it must follow."""


class WireOutput(msgspec.Struct):
    """`output_config`."""

    effort: str | None = None
    """Effort word."""
    format: WireFormat | None = None
    """Structured output."""


class WireMetadata(msgspec.Struct):
    """`metadata`."""

    user_id: str | None = None
    """The end user."""


class WireBody(msgspec.Struct):
    """A request's parameters that have a place in the hub."""

    messages: list[dict[str, Any]]
    """The conversation."""
    model: str | None = None
    """Model; the address says it on Bedrock and Vertex."""
    max_tokens: int | None = None
    """Bound of generated tokens; the API demands it."""
    system: str | list[dict[str, Any]] | None = None
    """System text."""
    temperature: float | None = None
    """Sampling temperature, 0 to 1."""
    top_p: float | None = None
    """Nucleus sampling."""
    top_k: int | None = None
    """Sampling from the k likeliest tokens."""
    stop_sequences: list[str] | None = None
    """Stop sequences."""
    stream: bool | None = None
    """Whether the answer is streamed."""
    tools: list[dict[str, Any]] | None = None
    """Tools, the client's own and the provider's."""
    tool_choice: WireToolChoice | None = None
    """Choice among them."""
    thinking: WireThinking | None = None
    """Thinking."""
    output_config: WireOutput | None = None
    """Effort and form of the answer."""
    output_format: WireFormat | None = None
    """The older place of the form."""
    metadata: WireMetadata | None = None
    """The end user."""
    anthropic_version: str | None = None
    """Version of the bodies, on Bedrock and Vertex; each surface writes its own."""
    anthropic_beta: list[str] | None = None
    """Beta flags, on Bedrock and Vertex."""
