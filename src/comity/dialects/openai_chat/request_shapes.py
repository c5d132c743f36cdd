"""What a chat completions request is made of on the wire, field by field.

The names of these structs' fields are the known ones: everything else a client sends is kept in `extra`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.openai_chat.chunks import WireFunction


class WireStreamOptions(msgspec.Struct):
    """`stream_options`."""

    include_usage: bool | None = None
    """Whether the client asks to see usage."""


class WireFormatSchema(msgspec.Struct):
    """`response_format.json_schema`."""

    name: str | None = None
    """Name of the schema."""
    description: str | None = None
    """What it is for."""
    schema: dict[str, Any] | None = None
    """The schema."""
    strict: bool | None = None
    """Whether it binds."""


class WireFormat(msgspec.Struct):
    """`response_format`."""

    type: str
    """`text`, `json_object` or `json_schema`."""
    json_schema: WireFormatSchema | None = None
    """The schema of type `json_schema`."""


class WireRequestBody(msgspec.Struct):
    """The body, with the parameters that have a place in the hub."""

    messages: list[dict[str, Any]]
    """The conversation."""
    model: str | None = None
    """Model name; absent where the address names it."""
    tools: list[dict[str, Any]] | None = None
    """Declared tools."""
    tool_choice: str | dict[str, Any] | None = None
    """A mode or a named tool."""
    parallel_tool_calls: bool | None = None
    """Whether several calls are allowed."""
    response_format: WireFormat | None = None
    """Form of the answer."""
    stream: bool | None = None
    """Whether to stream."""
    stream_options: WireStreamOptions | None = None
    """What the stream shows."""
    max_completion_tokens: int | None = None
    """Bound of generated tokens."""
    max_tokens: int | None = None
    """Its older name."""
    temperature: float | None = None
    """Sampling temperature."""
    top_p: float | None = None
    """Nucleus sampling."""
    top_k: int | None = None
    """Taken by many compatible servers."""
    stop: str | list[str] | None = None
    """Stop sequences."""
    seed: int | None = None
    """Seed."""
    frequency_penalty: float | None = None
    """Frequency penalty."""
    presence_penalty: float | None = None
    """Presence penalty."""
    n: int | None = None
    """How many answers."""
    logprobs: bool | None = None
    """Whether log-probabilities are wanted."""
    top_logprobs: int | None = None
    """How many alternatives."""
    reasoning_effort: str | None = None
    """Effort word."""
    user: str | None = None
    """End-user id."""


class WireMessage(msgspec.Struct):
    """One message."""

    role: str
    """Who speaks."""
    content: str | list[dict[str, Any]] | None = None
    """Text or parts."""
    name: str | None = None
    """Name of the speaker, or of the function for the legacy role."""
    tool_calls: list[dict[str, Any]] | None = None
    """Calls that the assistant made."""
    tool_call_id: str | None = None
    """The call that a tool message answers."""
    function_call: WireFunction | None = None
    """The legacy single call."""
    refusal: str | None = None
    """The assistant's refusal."""
    reasoning_content: str | None = None
    """Reasoning, as most servers call it."""
    reasoning: str | None = None
    """Reasoning, as vLLM and OpenRouter call it."""
    reasoning_details: list[dict[str, Any]] | None = None
    """Reasoning with signatures, in OpenRouter's shape."""
    cache_control: WireCacheControl | None = None
    """Cache mark on the last part."""
    annotations: list[dict[str, Any]] | None = None
    """Sources of what the assistant said, as clients echo them."""


class WireCacheControl(msgspec.Struct):
    """`cache_control`, an extension that many clients of compatible gateways send."""

    type: str = "ephemeral"
    """The one kind there is."""
    ttl: str | None = None
    """`5m` or `1h`."""


class WireTextPart(msgspec.Struct):
    """`{"type": "text"}`."""

    type: str
    """The part's type."""
    text: str
    """The text."""
    cache_control: WireCacheControl | None = None
    """Cache mark."""


class WireRefusalPart(msgspec.Struct):
    """`{"type": "refusal"}`."""

    type: str
    """The part's type."""
    refusal: str
    """The words."""


class WireImageUrl(msgspec.Struct):
    """`image_url`."""

    url: str
    """A `data:` URL or an address."""
    detail: str | None = None
    """Resolution hint."""


class WireImagePart(msgspec.Struct):
    """`{"type": "image_url"}`."""

    type: str
    """The part's type."""
    image_url: WireImageUrl
    """The image."""
    cache_control: WireCacheControl | None = None
    """Cache mark."""


class WireAudio(msgspec.Struct):
    """`input_audio`."""

    data: str
    """Base64."""
    format: str
    """`wav` or `mp3`."""


class WireAudioPart(msgspec.Struct):
    """`{"type": "input_audio"}`."""

    type: str
    """The part's type."""
    input_audio: WireAudio
    """The sound."""
    cache_control: WireCacheControl | None = None
    """Cache mark."""


class WireFile(msgspec.Struct):
    """`file`."""

    file_data: str | None = None
    """A `data:` URL."""
    filename: str | None = None
    """Its name."""
    file_id: str | None = None
    """Id of an uploaded file; means something only to the provider that has it."""


class WireFilePart(msgspec.Struct):
    """`{"type": "file"}`."""

    type: str
    """The part's type."""
    file: WireFile
    """The document."""
    cache_control: WireCacheControl | None = None
    """Cache mark."""


class WireToolFunction(msgspec.Struct):
    """`tools[].function`."""

    name: str
    """Tool name."""
    description: str | None = None
    """What it does."""
    parameters: dict[str, Any] | None = None
    """JSON Schema."""
    strict: bool | None = None
    """Whether arguments must follow it."""


class WireTool(msgspec.Struct):
    """A declared function."""

    type: str
    """`function`."""
    function: WireToolFunction
    """The function."""
    cache_control: WireCacheControl | None = None
    """Cache mark."""


class WireCallFunction(msgspec.Struct):
    """The function of a call in the history."""

    name: str
    """Tool name."""
    arguments: str = ""
    """JSON text."""


class WireHistoryCall(msgspec.Struct):
    """A call in the history."""

    id: str
    """Its id."""
    function: WireCallFunction
    """What was called."""
    type: str = "function"
    """`function`."""
    cache_control: WireCacheControl | None = None
    """Cache mark."""
