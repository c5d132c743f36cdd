"""What a conversation is made of: turns and their blocks."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec


class CacheMark(msgspec.Struct, frozen=True):
    """A request to cache the prompt up to and including the block that carries it."""

    lifetime: Literal["5m", "1h"] | None = None
    """Requested lifetime; None leaves it to the provider."""


class Text(msgspec.Struct, frozen=True):
    """Plain text."""

    text: str
    """The text as written; may be empty, since clients send such parts."""
    cache: CacheMark | None = None
    """Cache mark after this block."""


class Media(msgspec.Struct, frozen=True):
    """An image, a document or a sound, by value or by address; exactly one of `data` and `url` is set."""

    kind: Literal["image", "document", "audio"]
    """What it is."""
    media_type: str | None = None
    """IANA media type such as `image/png`; None when only an address is known."""
    data: bytes | None = None
    """The bytes themselves, decoded."""
    url: str | None = None
    """Where a provider may fetch it."""
    name: str | None = None
    """File name, for documents."""
    detail: str | None = None
    """OpenAI's resolution hint (`auto`, `low`, `high`)."""
    cache: CacheMark | None = None
    """Cache mark after this block."""


class ToolCall(msgspec.Struct, frozen=True):
    """The model asks for a tool to be run."""

    id: str
    """Id that the result must quote."""
    name: str
    """Tool name as the client declared it."""
    arguments: str
    """JSON text of the arguments as it came; may be empty for a tool without parameters."""
    cache: CacheMark | None = None
    """Cache mark after this block."""


class ToolResult(msgspec.Struct, frozen=True):
    """What the tool answered."""

    call_id: str
    """Id of the call it answers."""
    content: tuple[Text | Media, ...]
    """The answer, possibly empty."""
    is_error: bool = False
    """Whether the tool failed."""
    cache: CacheMark | None = None
    """Cache mark after this block."""


class Reasoning(msgspec.Struct, frozen=True):
    """Thinking that the model shows or hides; only the origin that made it can check its signature."""

    text: str = ""
    """Visible reasoning."""
    signature: str | None = None
    """Opaque proof by the provider, replayed byte for byte and only to `origin`."""
    redacted: bytes | None = None
    """Encrypted reasoning in place of text."""
    origin: str = ""
    """Dialect and model family that made it, for example `bedrock.converse`."""


class Refusal(msgspec.Struct, frozen=True):
    """The model declines, in its own words."""

    text: str
    """What it said."""


Part: TypeAlias = Text | Media | ToolCall | ToolResult | Reasoning | Refusal
"""One block of a turn."""

Role: TypeAlias = Literal["system", "developer", "user", "assistant", "tool"]
"""Who speaks. `tool` turns hold only `ToolResult` parts."""


class Turn(msgspec.Struct, frozen=True):
    """One message of the conversation."""

    role: Role
    """Who speaks."""
    parts: tuple[Part, ...]
    """Its blocks in order; may be empty."""
    name: str | None = None
    """Name of the speaker, where the dialect has one."""
    extra: dict[str, Any] = {}
    """Members of the message without a place in the hub, by their path in it (`audio`, `content[0].x`)."""
