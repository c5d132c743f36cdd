"""What Converse's bodies are made of on the wire; unions are structs of which one member is set."""

from __future__ import annotations

from typing import Any

import msgspec

SERVER_TOOL = "server_tool_use"
"""Type of a tool use that Bedrock runs by itself; a client's own has another type or none."""


class WireSource(msgspec.Struct, rename="camel"):
    """Where the bytes of a medium are."""

    bytes: str | None = None
    """Base64."""
    s3_location: dict[str, Any] | None = None
    """An object in S3, with `uri`."""
    text: str | None = None
    """Text of a document."""


class WireCited(msgspec.Struct):
    """`citations` of a document."""

    enabled: bool
    """Whether the answer is to cite it."""


class WireMedium(msgspec.Struct, rename="camel"):
    """`image`, `document`, `audio` or `video`."""

    source: WireSource
    """The bytes, or where they are."""
    format: str | None = None
    """`png`, `pdf`, `wav` and so on."""
    name: str | None = None
    """Name of a document."""
    context: str | None = None
    """What the model is told about a document."""
    citations: WireCited | None = None
    """Whether the answer is to cite a document."""


class WireToolUse(msgspec.Struct, rename="camel"):
    """`toolUse`."""

    tool_use_id: str
    """Id that the result quotes."""
    name: str
    """Tool name."""
    input: Any = {}
    """Arguments, a JSON value."""
    type: str | None = None
    """`SERVER_TOOL` when Bedrock itself runs it."""


class WireToolResult(msgspec.Struct, rename="camel"):
    """`toolResult`."""

    tool_use_id: str
    """The call it answers."""
    content: list[dict[str, Any]]
    """Blocks."""
    status: str | None = None
    """`success` or `error`."""
    type: str | None = None
    """Set on the result of a tool that Bedrock itself ran."""


class WireCachePoint(msgspec.Struct, rename="camel"):
    """`cachePoint`."""

    type: str = "default"
    """The one kind there is."""
    ttl: str | None = None
    """`5m` or `1h`."""


class WireReasoningText(msgspec.Struct, rename="camel"):
    """`reasoningText`."""

    text: str = ""
    """Visible reasoning; the key stays present when it is empty."""
    signature: str | None = None
    """Proof."""


class WireReasoning(msgspec.Struct, rename="camel"):
    """`reasoningContent`."""

    reasoning_text: WireReasoningText | None = None
    """Visible reasoning."""
    redacted_content: bytes | None = None
    """Encrypted reasoning; base64 on the wire."""


class WireCitations(msgspec.Struct):
    """`citationsContent`."""

    content: list[dict[str, Any]] = []
    """The text in pieces."""
    citations: list[dict[str, Any]] = []
    """Its sources."""


class WireBlock(msgspec.Struct, rename="camel"):
    """A content block."""

    text: str | None = None
    """Text."""
    image: WireMedium | None = None
    """An image."""
    document: WireMedium | None = None
    """A document."""
    audio: WireMedium | None = None
    """A sound."""
    tool_use: WireToolUse | None = None
    """A call."""
    tool_result: WireToolResult | None = None
    """A result."""
    cache_point: WireCachePoint | None = None
    """A cache mark after the block before it."""
    reasoning_content: WireReasoning | None = None
    """Reasoning."""
    citations_content: WireCitations | None = None
    """Text with citations."""
    video: WireMedium | None = None
    """A video."""


class WireMessage(msgspec.Struct, rename="camel"):
    """A message."""

    role: str
    """`user` or `assistant`."""
    content: list[dict[str, Any]]
    """Blocks."""


class WireInferenceConfig(msgspec.Struct, rename="camel"):
    """`inferenceConfig`."""

    max_tokens: int | None = None
    """Bound of generated tokens."""
    temperature: float | None = None
    """Sampling temperature, 0 to 1."""
    top_p: float | None = None
    """Nucleus sampling."""
    stop_sequences: list[str] | None = None
    """Stop sequences."""


class WireToolConfig(msgspec.Struct, rename="camel"):
    """`toolConfig`."""

    tools: list[dict[str, Any]]
    """Tools and cache points."""
    tool_choice: dict[str, Any] | None = None
    """`auto`, `any` or `tool`."""


class WireToolSpec(msgspec.Struct, rename="camel"):
    """`toolSpec`."""

    name: str
    """Tool name."""
    input_schema: dict[str, Any]
    """`{"json": SCHEMA}`."""
    description: str | None = None
    """What it does."""
    strict: bool | None = None
    """Whether arguments must follow the schema."""


class WireOutputConfig(msgspec.Struct, rename="camel"):
    """`outputConfig`."""

    text_format: dict[str, Any] | None = None
    """Structured output."""
    effort: str | None = None
    """Reasoning effort."""


class WireBody(msgspec.Struct, rename="camel"):
    """A request, with the parameters that have a place in the hub."""

    messages: list[dict[str, Any]]
    """The conversation."""
    system: list[dict[str, Any]] | None = None
    """System blocks."""
    inference_config: WireInferenceConfig | None = None
    """Sampling."""
    tool_config: WireToolConfig | None = None
    """Tools."""
    output_config: WireOutputConfig | None = None
    """Form of the answer."""
