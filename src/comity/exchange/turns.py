"""What a conversation is made of: turns and their blocks."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec


class CacheMark(msgspec.Struct, frozen=True):
    """A request to cache the prompt up to and including the block that carries it."""

    lifetime: Literal["5m", "1h"] | None = None
    """Requested lifetime; None leaves it to the provider."""


class Citation(msgspec.Struct, frozen=True):
    """Where a piece of text comes from: an address of the web, or a place in a document of the request."""

    url: str | None = None
    """Address of a web page; None for a document of the request."""
    title: str | None = None
    """Title of the page or document."""
    quote: str | None = None
    """The words of the source."""
    start: int | None = None
    """First character of the cited text within its block; None when the whole block is meant."""
    end: int | None = None
    """Character after the last one of the cited text within its block."""
    origin: str = ""
    """Dialect that `wire` belongs to."""
    wire: dict[str, Any] = {}
    """The citation as its origin wrote it, replayed only there."""


class Text(msgspec.Struct, frozen=True):
    """Plain text."""

    text: str
    """The text as written; may be empty, since clients send such parts."""
    cache: CacheMark | None = None
    """Cache mark after this block."""
    citations: tuple[Citation, ...] = ()
    """Sources of the text, in order."""
    message: str | None = None
    """The provider's id of the message that it stands in, where one turn may hold several messages."""
    phase: str | None = None
    """What the text is to the answer (`commentary`, `final_answer`), where the provider says."""


class Media(msgspec.Struct, frozen=True):
    """An image, a document or a sound, by value or by address; exactly one of `data` and `url` is set."""

    kind: Literal["image", "document", "audio", "video"]
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
    context: str | None = None
    """What the model is told about a document, beside the document itself."""
    cited: bool | None = None
    """Whether the answer is to cite a document; None when the client did not say."""


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
    signature: str | None = None
    """Opaque proof of the thinking behind the call (Gemini's), replayed only to `origin`."""
    origin: str = ""
    """Dialect and model family that signed, as in `Reasoning`; empty without a signature."""
    item: str | None = None
    """The provider's id of the call itself, where it has one besides the id that the result quotes."""
    namespace: str | None = None
    """Group of the tool, as in `Tool`."""


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
    id: str | None = None
    """The provider's id of the block, replayed with it."""
    form: Literal["summary", "raw"] | None = None
    """Whether the text sums the thinking up or is the thinking itself, where the provider says."""


class Opaque(msgspec.Struct, frozen=True):
    """A block that only its origin understands: a hosted tool's call or result, a compaction."""

    kind: str
    """The origin's word for it, for example `web_search_call`."""
    wire: dict[str, Any]
    """The block as it came."""
    origin: str
    """Dialect that made it; no other one is ever sent it."""
    cache: CacheMark | None = None
    """Cache mark after this block."""


class Refusal(msgspec.Struct, frozen=True):
    """The model declines, in its own words."""

    text: str
    """What it said."""


Part: TypeAlias = Text | Media | ToolCall | ToolResult | Reasoning | Refusal | Opaque
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
