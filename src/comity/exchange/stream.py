"""A streamed answer as events."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from comity.exchange.outcome import ProviderFailure
from comity.exchange.response import Finish, Usage
from comity.exchange.turns import Citation, Media, Opaque


class Started(msgspec.Struct, frozen=True):
    """The answer begins."""

    id: str
    """The provider's id of the answer, or one made for it."""
    model: str
    """The model as the provider names it."""
    created: int = 0
    """Unix seconds; 0 when unknown."""
    usage: Usage | None = None
    """What was read, where the provider counts it before it answers; a report at the end stands instead."""
    tier: str = ""
    """The tier that serves, in the provider's word, where it says so before it answers."""
    place: str = ""
    """Where it is served, as books of contracts call it, where the provider says so in the answer."""


class TextDelta(msgspec.Struct, frozen=True):
    """More text."""

    text: str
    """The piece."""
    choice: int = 0
    """Which answer."""


class RefusalDelta(msgspec.Struct, frozen=True):
    """More of a refusal."""

    text: str
    """The piece."""
    choice: int = 0
    """Which answer."""


class ReasoningDelta(msgspec.Struct, frozen=True):
    """More reasoning; a signature ends its block."""

    text: str = ""
    """The piece."""
    signature: str | None = None
    """The block's signature."""
    redacted: bytes | None = None
    """Encrypted reasoning."""
    origin: str = ""
    """Dialect and model family that made it, as in `Reasoning`."""
    choice: int = 0
    """Which answer."""
    id: str | None = None
    """The provider's id of the block, as in `Reasoning`; it begins a new block."""
    form: Literal["summary", "raw"] | None = None
    """What the text is, as in `Reasoning`."""


class ToolCallStart(msgspec.Struct, frozen=True):
    """A tool call begins."""

    index: int
    """Position among the tool calls of this answer, from 0."""
    id: str
    """Its id."""
    name: str
    """Tool name as the client declared it."""
    choice: int = 0
    """Which answer."""
    signature: str | None = None
    """Opaque proof of the thinking behind the call, as in `ToolCall`."""
    origin: str = ""
    """Who signed, as in `ToolCall`."""


class ToolCallDelta(msgspec.Struct, frozen=True):
    """More JSON text of a tool call's arguments."""

    index: int
    """Which tool call."""
    fragment: str
    """The piece of JSON text."""
    choice: int = 0
    """Which answer."""


class CitationDelta(msgspec.Struct, frozen=True):
    """A source of the text that is being written."""

    citation: Citation
    """The source."""
    choice: int = 0
    """Which answer."""


class BlockDelta(msgspec.Struct, frozen=True):
    """A whole block that does not come in pieces: what only its origin understands, or media."""

    block: Opaque | Media
    """The block."""
    choice: int = 0
    """Which answer."""


class LogprobsDelta(msgspec.Struct, frozen=True):
    """Log-probabilities of the tokens last written."""

    logprobs: dict[str, Any]
    """In the shape of chat completions, as in `Choice.logprobs`."""
    choice: int = 0
    """Which answer."""


class Finished(msgspec.Struct, frozen=True):
    """One answer is complete."""

    finish: Finish
    """Why it stopped."""
    finish_detail: str = ""
    """The provider's own word for it."""
    choice: int = 0
    """Which answer."""
    stop_sequence: str | None = None
    """Which stop sequence was met, where the provider says."""
    extra: dict[str, Any] = {}
    """Members of the answer's end without a place in the hub, by their path in `dialect`."""
    dialect: str = ""
    """Dialect that the names in `extra` belong to."""


class UsageReport(msgspec.Struct, frozen=True):
    """The provider's count; the last report stands, reports are never summed."""

    usage: Usage
    """Tokens by class."""
    tier: str = ""
    """The tier that served, in the provider's word; empty where it does not say."""
    place: str = ""
    """Where it was served, as in `Started`."""


class StreamFailure(msgspec.Struct, frozen=True):
    """The provider reports an error inside a stream that began with status 200."""

    failure: ProviderFailure
    """What it said."""


class StreamEnd(msgspec.Struct, frozen=True):
    """The provider's own mark that the stream is complete."""


Event: TypeAlias = (
    Started
    | TextDelta
    | RefusalDelta
    | ReasoningDelta
    | ToolCallStart
    | ToolCallDelta
    | CitationDelta
    | BlockDelta
    | LogprobsDelta
    | Finished
    | UsageReport
    | StreamFailure
    | StreamEnd
)
"""One step of a streamed answer."""
