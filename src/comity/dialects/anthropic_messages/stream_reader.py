"""Reads the events of a streamed answer into the hub's; the same events come as SSE and in Bedrock's frames.

Usage is cumulative: what the end says stands, completed by what the beginning said. Blocks that only
Anthropic understands are gathered and given whole. Unknown events are skipped, as the SDKs do.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.anthropic_messages.citations import read_citation
from comity.dialects.anthropic_messages.failure import decode_stream_error
from comity.dialects.anthropic_messages.family import NAME, ORIGIN
from comity.dialects.anthropic_messages.stop_reasons import decode_stop
from comity.dialects.anthropic_messages.usage import WireUsage, decode_usage, merge_usage, usage_extra
from comity.dialects.provenance import unwrap
from comity.dialects.sse import EventSourceDecoder, read_rest
from comity.dialects.wire_json import read_answer, unknown_members
from comity.exchange import (
    AnswerKey,
    BlockDelta,
    CitationDelta,
    Event,
    Finished,
    Opaque,
    ReasoningDelta,
    Started,
    StreamEnd,
    StreamFailure,
    TextDelta,
    ToolCallDelta,
    ToolCallStart,
    UsageReport,
)


class _Start(msgspec.Struct, gc=False):
    id: str | None = None
    model: str | None = None
    usage: WireUsage | None = None


class _Delta(msgspec.Struct, gc=False):
    type: str | None = None
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    partial_json: str | None = None
    citation: dict[str, Any] | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None


class _Event(msgspec.Struct, gc=False):
    type: str
    index: int = 0
    message: _Start | None = None
    content_block: msgspec.Raw = msgspec.Raw(b"{}")
    delta: _Delta | None = None
    usage: WireUsage | None = None
    error: dict[str, Any] | None = None


_EVENT = msgspec.json.Decoder(_Event)
_BLOCK = msgspec.json.Decoder(dict[str, Any])
PIECE = b'{"type":"content_block_delta"'
"""How an event with a piece of a block usually begins."""

_ENDING = frozenset({"stop_reason", "stop_sequence"})
_PLAIN = AnswerKey()


class EventReader:
    """Takes the JSON of one event after the other and gives the hub's events."""

    def __init__(self, key: AnswerKey = _PLAIN) -> None:
        self._key = key
        self._usage: WireUsage | None = None
        self._calls: dict[int, int] = {}
        self._silent: set[int] = set()
        self._opaque: dict[int, tuple[dict[str, Any], list[str]]] = {}

    def read(self, data: bytes) -> list[Event]:
        """The hub's events of one event; raises ResponseError when it cannot be read."""
        event = read_answer(data, _EVENT, "an event of the stream")
        match event.type:
            case "content_block_delta":
                return self._delta(event, data)
            case "content_block_start":
                return self._start(event)
            case "content_block_stop":
                return self._stop(event.index)
            case "message_start":
                return self._begin(event.message or _Start())
            case "message_delta":
                return self._finish(event, data)
            case "message_stop":
                return [StreamEnd()]
            case "error":
                return [StreamFailure(decode_stream_error(event.error or {}))]
            case _:
                return []

    def _begin(self, message: _Start) -> list[Event]:
        self._usage = message.usage
        key = self._key
        usage = decode_usage(message.usage)
        # Whoever cannot say yet what was read begins with zeros.
        read = usage if usage is not None and usage.prompt else None
        tier = None if message.usage is None else message.usage.service_tier
        place = "" if message.usage is None else message.usage.place
        identity, model = message.id or key.id, message.model or key.model
        return [Started(identity, model, key.created, read, tier or "", place)]

    def _start(self, event: _Event) -> list[Event]:
        block = read_answer(bytes(event.content_block), _BLOCK, "a block of the stream")
        match block.get("type"):
            case "text":
                sources = [CitationDelta(read_citation(one)) for one in block.get("citations") or ()]
                text = block.get("text")
                return [*([TextDelta(text)] if text else []), *sources]
            case "thinking":
                text, signature = block.get("thinking") or "", block.get("signature") or None
                return self._thought(text, signature) if text or signature else []
            case "redacted_thinking":
                data = str(block.get("data") or "").encode()
                return [ReasoningDelta(redacted=data, origin=self._key.origin)]
            case "tool_use":
                return self._call(event.index, block)
            case _:
                self._opaque[event.index] = (block, [])
                return []

    def _call(self, block: int, wire: dict[str, Any]) -> list[Event]:
        index = self._calls[block] = len(self._calls)
        name = str(wire.get("name") or "")
        started = ToolCallStart(index, str(wire.get("id") or ""), self._key.tools.get(name, name))
        if wire.get("input"):
            return [started, ToolCallDelta(index, msgspec.json.encode(wire["input"]).decode())]
        self._silent.add(block)
        return [started]

    def _delta(self, event: _Event, data: bytes) -> list[Event]:
        delta = event.delta or _Delta()
        if event.index in self._opaque:
            self._gather(event.index, data)
            return []
        match delta.type:
            case "text_delta":
                return [TextDelta(delta.text)] if delta.text else []
            case "thinking_delta":
                return self._thought(delta.thinking, None) if delta.thinking else []
            case "signature_delta":
                return self._thought("", delta.signature) if delta.signature else []
            case "input_json_delta":
                return self._arguments(event.index, delta.partial_json or "")
            case "citations_delta":
                return [CitationDelta(read_citation(delta.citation or {}))]
            case _:
                return []

    def _thought(self, text: str, signature: str | None) -> list[Event]:
        foreign = None if signature is None else unwrap(signature)
        if foreign is not None:
            return [ReasoningDelta(text, foreign.signature or None, origin=foreign.origin)]
        return [ReasoningDelta(text, signature, origin=self._key.origin)]

    def _arguments(self, block: int, fragment: str) -> list[Event]:
        if block not in self._calls or not fragment:
            return []
        self._silent.discard(block)
        return [ToolCallDelta(self._calls[block], fragment)]

    def _gather(self, block: int, data: bytes) -> None:
        """Adds a piece to a block that is given whole: text to text, anything else in place of what was."""
        wire, fragments = self._opaque[block]
        delta = read_answer(data, _BLOCK, "an event of the stream").get("delta") or {}
        for name, value in delta.items():
            if name == "partial_json":
                fragments.append(str(value))
            elif name != "type":
                joins = isinstance(value, str) and isinstance(wire.get(name), str)
                wire[name] = wire[name] + value if joins else value

    def _stop(self, block: int) -> list[Event]:
        """A call without any argument text is a call with no arguments: `{}`, never an empty string."""
        if block in self._silent:
            self._silent.discard(block)
            return [ToolCallDelta(self._calls[block], "{}")]
        if block not in self._opaque:
            return []
        wire, fragments = self._opaque.pop(block)
        if fragments:
            wire["input"] = read_answer("".join(fragments) or "{}", _BLOCK, "the input of a block")
        return [BlockDelta(Opaque(str(wire.get("type") or ""), wire, ORIGIN))]

    def _finish(self, event: _Event, data: bytes) -> list[Event]:
        delta = event.delta or _Delta()
        self._usage = merge_usage(self._usage, event.usage)
        raw = read_answer(data, _BLOCK, "an event of the stream")
        extra = unknown_members(raw.get("delta") or {}, _ENDING) | usage_extra(raw.get("usage"))
        extra |= unknown_members(raw, _Event.__struct_fields__)
        word = delta.stop_reason or ""
        usage = decode_usage(self._usage)
        tier = None if self._usage is None else self._usage.service_tier
        place = "" if self._usage is None else self._usage.place
        counted: list[Event] = [] if usage is None else [UsageReport(usage, tier or "", place)]
        if not word:
            return counted
        return [Finished(decode_stop(word), word, 0, delta.stop_sequence, extra, NAME), *counted]


class WatchingReader(EventReader):
    """Reads what metering needs of a stream: of the pieces of blocks only the first."""

    def __init__(self) -> None:
        super().__init__()
        self.started = False
        """Whether a piece has been read."""

    def read(self, data: bytes) -> list[Event]:
        """The hub's events of one event, none of a further piece."""
        piece = data.startswith(PIECE)
        if piece and self.started:
            return []
        events = super().read(data)
        self.started = self.started or (piece and bool(events))
        return events


class EventDecoder:
    """Takes a stream's body in any splitting and gives the hub's events."""

    def __init__(self, key: AnswerKey = _PLAIN, reader: EventReader | None = None) -> None:
        self._reader = EventReader(key) if reader is None else reader
        self._source = EventSourceDecoder()

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes; raises ResponseError when it is no such stream."""
        return [event for one in self._source.feed(data) for event in self._reader.read(one.data)]

    def flush(self) -> list[Event]:
        """What the end of the body leaves; an event that it cuts off is dropped."""
        return read_rest(self._source, self._reader.read)
