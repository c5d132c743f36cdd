"""What a request asks for, in no vendor's dialect."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from comity.exchange.names import Names, Places
from comity.exchange.turns import CacheMark, Opaque, Turn


class Tool(msgspec.Struct, frozen=True):
    """A function that the model may call."""

    name: str
    """Name as the client declared it."""
    description: str | None = None
    """What it does."""
    parameters: dict[str, Any] | None = None
    """JSON Schema of its arguments; None when it takes none."""
    strict: bool | None = None
    """Whether arguments must follow the schema; None when the client did not say."""
    cache: CacheMark | None = None
    """Cache mark after this tool."""
    namespace: str | None = None
    """Group in which a client of Responses declared it; `name` is unique without it."""


class ToolChoice(msgspec.Struct, frozen=True):
    """Which tools the model may or must call."""

    mode: Literal["auto", "none", "required", "named"]
    """`required` is any tool, `named` is the one in `name`."""
    name: str | None = None
    """The tool of mode `named`."""


class Format(msgspec.Struct, frozen=True):
    """The form the answer must have."""

    kind: Literal["text", "json_object", "json_schema"]
    """Free text, any JSON object, or JSON that follows `schema`."""
    name: str | None = None
    """Name of the schema."""
    description: str | None = None
    """What the schema is for."""
    schema: dict[str, Any] | None = None
    """The JSON Schema of kind `json_schema`."""
    strict: bool | None = None
    """Whether it must be followed exactly; None when the client did not say."""


class Sampling(msgspec.Struct, frozen=True):
    """How the answer is drawn; None is always "the client did not say"."""

    max_output_tokens: int | None = None
    """Upper bound of generated tokens, reasoning included."""
    temperature: float | None = None
    """Sampling temperature."""
    top_p: float | None = None
    """Nucleus sampling."""
    top_k: int | None = None
    """Sampling from the k likeliest tokens."""
    stop: tuple[str, ...] = ()
    """Stop sequences."""
    seed: int | None = None
    """Seed for repeatable sampling."""
    frequency_penalty: float | None = None
    """OpenAI's frequency penalty."""
    presence_penalty: float | None = None
    """OpenAI's presence penalty."""
    candidates: int | None = None
    """How many answers are wanted (`n`)."""
    logprobs: bool | None = None
    """Whether token log-probabilities are wanted."""
    top_logprobs: int | None = None
    """How many alternatives per token."""
    reasoning_effort: str | None = None
    """Effort word (`minimal`, `low`, `medium`, `high`, ...)."""
    thinking: Literal["off", "on", "adaptive"] | None = None
    """Whether the model may think first: never, always, or as it sees fit."""
    thinking_budget: int | None = None
    """Upper bound of thinking tokens, where the client names one."""
    thoughts: Literal["none", "summary"] | None = None
    """Whether thoughts are shown."""


class Request(msgspec.Struct, frozen=True):
    """One call of a model, in no vendor's dialect."""

    model: str
    """Model name as the client wrote it."""
    turns: tuple[Turn, ...]
    """The conversation in order, system turns included where they stood."""
    tools: tuple[Tool, ...] = ()
    """Declared tools."""
    tool_choice: ToolChoice | None = None
    """None when the client did not say."""
    parallel_tool_calls: bool | None = None
    """Whether several calls in one turn are allowed; None when the client did not say."""
    format: Format | None = None
    """Form of the answer; None when the client did not say."""
    sampling: Sampling = Sampling()
    """How the answer is drawn."""
    stream: bool = False
    """Whether the answer is streamed."""
    stream_usage: bool = False
    """Whether a streaming client asked to see usage."""
    user: str | None = None
    """End-user id that the client passes on."""
    extra: dict[str, Any] = {}
    """Parameters without a place in the hub, by their name or path in the client's dialect."""
    dialect: str = ""
    """Dialect that the names in `extra` belong to, for example `openai.chat`."""
    hosted_tools: tuple[Opaque, ...] = ()
    """Tools that the provider itself runs (web search, code execution), in its own words."""
    hints: dict[str, Any] = {}
    """Parameters in `dialect` that change no meaning; another dialect leaves them out, visibly."""
    names: Names = Names()
    """The words of the client's dialect."""
    places: Places = Places()
    """Where in the client's body things stood."""
