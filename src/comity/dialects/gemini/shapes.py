"""The shapes of generateContent bodies, as tolerant as proto JSON: every member may be absent or null."""

from __future__ import annotations

from typing import Any

import msgspec

NAME = "gemini.generate"
"""The dialect's name, and the origin of what only Google can read again."""


class WireBlob(msgspec.Struct, rename="camel"):
    """Media by value."""

    mime_type: str | None = None
    """IANA media type."""
    data: str = ""
    """Base64."""
    display_name: str | None = None
    """File name; Vertex only."""


class WireFile(msgspec.Struct, rename="camel"):
    """Media by address."""

    file_uri: str
    """Address."""
    mime_type: str | None = None
    """IANA media type."""
    display_name: str | None = None
    """File name; Vertex only."""


class WireCall(msgspec.Struct, rename="camel"):
    """A function call."""

    name: str = ""
    """Function name; absent in the later pieces of a call whose arguments are streamed."""
    args: dict[str, Any] | None = None
    """JSON object of the arguments."""
    id: str | None = None
    """Its id, where the surface gives one."""
    partial_args: list[dict[str, Any]] | None = None
    """Pieces of streamed arguments."""
    will_continue: bool | None = None
    """Whether more pieces follow."""


class WireResult(msgspec.Struct, rename="camel"):
    """A function's answer."""

    name: str = ""
    """Function name."""
    response: dict[str, Any] = {}
    """The answer."""
    id: str | None = None
    """Id of the call it answers."""
    parts: list[dict[str, Any]] | None = None
    """Media that belong to the answer."""


class WirePart(msgspec.Struct, rename="camel"):
    """One part: exactly one of its kinds, and what is said about it."""

    text: str | None = None
    """Text."""
    thought: bool | None = None
    """Whether the text is a thought."""
    thought_signature: str | None = None
    """Opaque proof of the thinking behind this part, base64."""
    inline_data: WireBlob | None = None
    """Media by value."""
    file_data: WireFile | None = None
    """Media by address."""
    function_call: WireCall | None = None
    """A function call."""
    function_response: WireResult | None = None
    """A function's answer."""


class WireContent(msgspec.Struct):
    """One turn."""

    parts: list[dict[str, Any]] | dict[str, Any] | None = None
    """Its parts, or its only one."""
    role: str | None = None
    """`user` or `model`."""


class WireFunction(msgspec.Struct, rename="camel"):
    """A function declaration."""

    name: str
    """Function name."""
    description: str | None = None
    """What it does."""
    parameters: dict[str, Any] | None = None
    """Parameters in Google's subset of OpenAPI."""
    parameters_json_schema: dict[str, Any] | None = None
    """Parameters as JSON Schema."""


class WireCalling(msgspec.Struct, rename="camel"):
    """`functionCallingConfig`."""

    mode: str | None = None
    """`AUTO`, `ANY`, `NONE` or `VALIDATED`."""
    allowed_function_names: list[str] | None = None
    """The functions that may be called."""


class WireThinking(msgspec.Struct, rename="camel"):
    """`thinkingConfig`."""

    include_thoughts: bool | None = None
    """Whether thoughts are shown."""
    thinking_budget: int | None = None
    """Most thinking tokens; 0 is none, -1 leaves it to the model."""
    thinking_level: str | None = None
    """How hard to think."""


class WireGeneration(msgspec.Struct, rename="camel"):
    """`generationConfig`."""

    max_output_tokens: int | None = None
    """Most tokens generated."""
    temperature: float | None = None
    """Sampling temperature."""
    top_p: float | None = None
    """Nucleus sampling."""
    top_k: float | None = None
    """Sampling from the k likeliest; Vertex writes it as a float."""
    stop_sequences: list[str] | None = None
    """Stop sequences."""
    candidate_count: int | None = None
    """How many answers."""
    seed: int | None = None
    """Seed."""
    frequency_penalty: float | None = None
    """Frequency penalty."""
    presence_penalty: float | None = None
    """Presence penalty."""
    response_mime_type: str | None = None
    """Form of the answer."""
    response_schema: dict[str, Any] | None = None
    """Schema of the answer in Google's subset of OpenAPI."""
    response_json_schema: dict[str, Any] | None = None
    """Schema of the answer as JSON Schema."""
    response_logprobs: bool | None = None
    """Whether log-probabilities are wanted."""
    logprobs: int | None = None
    """How many alternatives per token."""
    thinking_config: WireThinking | None = None
    """How to think."""
    response_modalities: list[str] | None = None
    """What the answer may be made of."""


class WireBody(msgspec.Struct, rename="camel"):
    """A generateContent request; `tools` and `contents` may be one message where a list is meant."""

    contents: list[WireContent] | WireContent
    """The conversation."""
    model: str | None = None
    """Model; the address decides."""
    system_instruction: WireContent | None = None
    """System text."""
    tools: list[dict[str, Any]] | dict[str, Any] | None = None
    """Declared functions and hosted tools."""
    tool_config: dict[str, Any] | None = None
    """Which functions may be called."""
    generation_config: dict[str, Any] | None = None
    """How the answer is drawn."""
