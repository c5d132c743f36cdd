"""Reads a ConverseStream body: event stream frames in any splitting to the hub's events.

Failures come as exception frames after status 200. The metadata frame is the end mark; a body that ends after
`messageStop` without it is complete too. Unknown events are skipped, as the SDKs do.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.bedrock_converse.citations import read_citation
from comity.dialects.bedrock_converse.failure import decode_exception
from comity.dialects.bedrock_converse.held_blocks import HeldBlock, is_held
from comity.dialects.bedrock_converse.shapes import WireReasoningText
from comity.dialects.bedrock_converse.stop_reasons import decode_stop, read_sequence
from comity.dialects.bedrock_converse.usage import WireUsage, decode_usage
from comity.dialects.event_stream import Frame, FrameDecoder
from comity.dialects.provenance import read_redacted, unwrap
from comity.dialects.wire_json import read_answer
from comity.errors import ResponseError
from comity.exchange import (
    AnswerKey,
    BlockDelta,
    CitationDelta,
    Event,
    FailureClass,
    Finished,
    ProviderFailure,
    ReasoningDelta,
    Started,
    StreamEnd,
    StreamFailure,
    TextDelta,
    ToolCallDelta,
    ToolCallStart,
    UsageReport,
)


class _ToolStart(msgspec.Struct, rename="camel", gc=False):
    tool_use_id: str
    name: str


class _Start(msgspec.Struct, rename="camel", gc=False):
    tool_use: _ToolStart


class _ToolDelta(msgspec.Struct, gc=False):
    input: str = ""


class _ReasoningPiece(WireReasoningText, rename="camel"):
    redacted_content: bytes | None = None


class _Delta(msgspec.Struct, rename="camel", gc=False):
    text: str | None = None
    tool_use: _ToolDelta | None = None
    reasoning_content: _ReasoningPiece | None = None
    citation: dict[str, Any] | None = None
    tool_result: list[dict[str, Any]] | None = None
    image: dict[str, Any] | None = None


class _Tier(msgspec.Struct, gc=False):
    type: str | None = None


class _Payload(msgspec.Struct, rename="camel", gc=False):
    content_block_index: int = 0
    start: dict[str, Any] | None = None
    delta: _Delta | None = None
    stop_reason: str | None = None
    usage: WireUsage | None = None
    additional_model_response_fields: Any = None
    service_tier: _Tier | None = None


_PAYLOAD = msgspec.json.Decoder(_Payload)
_PLAIN = AnswerKey()


class EventDecoder:
    """Takes a stream's body in any splitting and gives the hub's events."""

    def __init__(self, key: AnswerKey = _PLAIN) -> None:
        self._key = key
        self._frames = FrameDecoder()
        self._calls: dict[int, int] = {}
        self._silent: set[int] = set()
        self._held: dict[int, HeldBlock] = {}
        self._stopped = False
        self._ended = False

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes; raises ResponseError when it is no such stream."""
        return [event for frame in self._frames.feed(data) for event in self._read(frame)]

    def flush(self) -> list[Event]:
        """What the end of the body leaves; without an end mark the caller knows of the cut."""
        if self._stopped and not self._ended:
            self._ended = True
            return [StreamEnd()]
        return []

    def _read(self, frame: Frame) -> list[Event]:
        kind = frame.headers.get(":message-type")
        if kind == "exception":
            return [StreamFailure(decode_exception(frame.text(":exception-type"), frame.payload))]
        if kind == "error":
            code, message = frame.text(":error-code"), frame.text(":error-message")
            return [StreamFailure(ProviderFailure(FailureClass.SERVER, 500, message or code, code))]
        payload = read_answer(frame.payload or b"{}", _PAYLOAD, "an event of the stream")
        match frame.headers.get(":event-type"):
            case "contentBlockDelta":
                return self._delta(payload)
            case "messageStart":
                return [Started(self._key.id, self._key.model, self._key.created)]
            case "contentBlockStart":
                return self._start(payload)
            case "contentBlockStop":
                return self._stop(payload.content_block_index)
            case "messageStop":
                self._stopped = True
                word = payload.stop_reason
                sequence = read_sequence(payload.additional_model_response_fields)
                return [Finished(decode_stop(word), word or "", stop_sequence=sequence)]
            case "metadata":
                return self._metadata(payload)
            case _:
                return []

    def _start(self, payload: _Payload) -> list[Event]:
        block, start = payload.content_block_index, payload.start
        if not start:
            return []
        if is_held(start):
            self._held[block] = HeldBlock(start)
            return []
        tool = _started(start).tool_use
        index = len(self._calls)
        self._calls[block] = index
        self._silent.add(block)
        return [ToolCallStart(index, tool.tool_use_id, self._key.tools.get(tool.name, tool.name))]

    def _delta(self, payload: _Payload) -> list[Event]:
        delta = payload.delta
        if delta is None:
            return []
        if self._held and payload.content_block_index in self._held:
            self._held[payload.content_block_index].take(msgspec.to_builtins(delta))
            return []
        if delta.tool_use is not None:
            return self._arguments(payload.content_block_index, delta.tool_use.input)
        piece = delta.reasoning_content
        if piece is not None:
            return [_thought(piece, self._key.origin)]
        if delta.citation is not None:
            return [CitationDelta(read_citation(delta.citation))]
        return [TextDelta(delta.text)] if delta.text else []

    def _arguments(self, block: int, fragment: str) -> list[Event]:
        if block not in self._calls or not fragment:
            return []
        self._silent.discard(block)
        return [ToolCallDelta(self._calls[block], fragment)]

    def _stop(self, block: int) -> list[Event]:
        """A held block is whole; a call without any argument text has the arguments `{}`, never nothing."""
        held = self._held.pop(block, None)
        if held is not None:
            whole = held.block()
            return [] if whole is None else [BlockDelta(whole)]
        if block not in self._silent:
            return []
        self._silent.discard(block)
        return [ToolCallDelta(self._calls[block], "{}")]

    def _metadata(self, payload: _Payload) -> list[Event]:
        self._ended = True
        usage = decode_usage(payload.usage, includes_cache=self._key.input_includes_cache)
        tier = None if payload.service_tier is None else payload.service_tier.type
        return [StreamEnd()] if usage is None else [UsageReport(usage, tier or ""), StreamEnd()]


def _started(start: dict[str, Any]) -> _Start:
    try:
        return msgspec.convert(start, _Start)
    except msgspec.ValidationError as error:
        raise ResponseError(f"an event of the stream cannot be read: {error}") from error


def _thought(piece: _ReasoningPiece, origin: str) -> ReasoningDelta:
    """A piece of thinking with who made it."""
    if piece.redacted_content is not None:
        data, maker = read_redacted(piece.redacted_content, origin)
        return ReasoningDelta(piece.text, redacted=data, origin=maker)
    signed = None if piece.signature is None else unwrap(piece.signature)
    if signed is not None:
        return ReasoningDelta(piece.text, signed.signature, None, signed.origin)
    return ReasoningDelta(piece.text, piece.signature, None, origin)
