"""What a Responses request is made of on the wire, field by field.

The names of these structs' fields are the known ones: everything else a client sends is kept by its name.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

Item: TypeAlias = dict[str, Any]
"""One item of input or output."""


class WireFormat(msgspec.Struct):
    """`text.format`."""

    type: str
    """`text`, `json_object` or `json_schema`."""
    name: str | None = None
    """Name of the schema."""
    description: str | None = None
    """What it is for."""
    schema: dict[str, Any] | None = None
    """The schema."""
    strict: bool | None = None
    """Whether it binds."""


class WireText(msgspec.Struct):
    """`text`."""

    format: WireFormat | None = None
    """Form of the answer."""
    verbosity: str | None = None
    """How long answers are: `low`, `medium` or `high`."""


class WireReasoning(msgspec.Struct):
    """`reasoning`."""

    effort: str | None = None
    """Effort word."""
    summary: str | None = None
    """`auto`, `concise` or `detailed`: whether and how thinking is summed up."""
    generate_summary: str | None = None
    """Its older name."""


class WireBody(msgspec.Struct):
    """The body, with the parameters that are read here."""

    input: str | list[Item] | None = None
    """The conversation."""
    model: str | None = None
    """Model name; absent where the address names it."""
    instructions: str | list[Item] | None = None
    """System text before the conversation."""
    tools: list[dict[str, Any]] | None = None
    """Declared tools, functions and hosted ones."""
    tool_choice: str | dict[str, Any] | None = None
    """A mode, a named function or something only OpenAI knows."""
    parallel_tool_calls: bool | None = None
    """Whether several calls are allowed."""
    text: WireText | None = None
    """Form and length of the answer."""
    reasoning: WireReasoning | None = None
    """Whether and how to think."""
    stream: bool | None = None
    """Whether to stream."""
    max_output_tokens: int | None = None
    """Bound of generated tokens, reasoning included."""
    temperature: float | None = None
    """Sampling temperature."""
    top_p: float | None = None
    """Nucleus sampling."""
    top_logprobs: int | None = None
    """How many alternatives per token."""
    include: list[str] | None = None
    """Further output that is wanted."""
    store: bool | None = None
    """Whether the answer is kept; no target is ever asked to."""
    user: str | None = None
    """End-user id."""


class WireFunction(msgspec.Struct):
    """A declared function."""

    name: str
    """Tool name."""
    type: str = "function"
    """`function`."""
    description: str | None = None
    """What it does."""
    parameters: dict[str, Any] | None = None
    """JSON Schema."""
    strict: bool | None = None
    """Whether arguments must follow it."""


class WireMessage(msgspec.Struct):
    """A message of input or output."""

    role: str
    """Who speaks."""
    content: str | list[dict[str, Any]] | None = None
    """Text or parts."""
    type: str = "message"
    """`message`."""
    id: str | None = None
    """Its id, where a provider gave it one."""
    status: str | None = None
    """`completed` or `incomplete`; says nothing that counts in a history."""
    phase: str | None = None
    """What the text is to the answer."""


class WireCall(msgspec.Struct):
    """A function call."""

    call_id: str
    """Id that the result quotes."""
    name: str
    """Tool name."""
    arguments: str = ""
    """JSON text."""
    type: str = "function_call"
    """`function_call`."""
    id: str | None = None
    """Id of the item."""
    status: str | None = None
    """As in `WireMessage`."""
    namespace: str | None = None
    """Group of the tool."""


class WireOutput(msgspec.Struct):
    """A function's result."""

    call_id: str
    """The call that it answers."""
    output: str | list[dict[str, Any]] = ""
    """Text or parts."""
    type: str = "function_call_output"
    """`function_call_output`."""
    id: str | None = None
    """Id of the item; means nothing to the next turn."""
    status: str | None = None
    """As in `WireMessage`."""


class WireThought(msgspec.Struct):
    """One text of a reasoning item."""

    text: str = ""
    """The text."""
    type: str = ""
    """`summary_text` or `reasoning_text`."""


class WireReasoningItem(msgspec.Struct):
    """A reasoning item."""

    summary: list[WireThought] | None = None
    """The thinking, summed up."""
    content: list[WireThought] | None = None
    """The thinking itself, where the model shows it."""
    encrypted_content: str | None = None
    """What only its origin can read: a provider's own, or one of our envelopes."""
    type: str = "reasoning"
    """`reasoning`."""
    id: str | None = None
    """Its id."""
    status: str | None = None
    """As in `WireMessage`."""


class WirePart(msgspec.Struct):
    """A part of a message's or a result's content; which fields count depends on its type."""

    type: str
    """The part's type."""
    text: str | None = None
    """Of text."""
    refusal: str | None = None
    """Of a refusal."""
    annotations: list[dict[str, Any]] | None = None
    """Sources of the text."""
    logprobs: list[dict[str, Any]] | None = None
    """Log-probabilities of the text."""
    image_url: str | None = None
    """Of an image: an address or a `data:` URL."""
    detail: str | None = None
    """Resolution hint."""
    file_data: str | None = None
    """Of a file: a `data:` URL."""
    file_url: str | None = None
    """Of a file: an address."""
    filename: str | None = None
    """Of a file."""
    file_id: str | None = None
    """Of a file that only its provider has."""
    input_audio: WireAudio | None = None
    """Of a sound."""


class WireAudio(msgspec.Struct):
    """`input_audio`."""

    data: str
    """Base64."""
    format: str
    """`wav` or `mp3`."""
