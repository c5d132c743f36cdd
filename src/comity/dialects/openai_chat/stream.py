"""Streamed chat completions, both ways: events of the hub from bytes in any splitting, and back.

An event that the end of the stream cuts off is dropped: without the end mark the caller knows of the cut.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.openai_chat.annotations import TextPlace, read_annotation, write_annotation
from comity.dialects.openai_chat.chunks import CHUNK, WireCall, WireChunk, WireChunkChoice, WireDelta
from comity.dialects.openai_chat.failure import decode_stream_error, encode_stream_failure
from comity.dialects.openai_chat.finish import decode_finish, encode_finish
from comity.dialects.openai_chat.reasoning import decode_detail, encode_detail
from comity.dialects.openai_chat.usage import decode_usage, encode_usage
from comity.dialects.provenance import sign_id
from comity.dialects.sse import EventSourceDecoder, read_rest
from comity.dialects.wire_json import read_answer, stated
from comity.errors import ResponseError
from comity.exchange import (
    AnswerKey,
    BlockDelta,
    CitationDelta,
    Event,
    Finished,
    LogprobsDelta,
    Opaque,
    Reasoning,
    ReasoningDelta,
    RefusalDelta,
    Request,
    Started,
    StreamEnd,
    StreamFailure,
    TextDelta,
    ToolCallDelta,
    ToolCallStart,
    Usage,
    UsageReport,
)

_PLAIN = AnswerKey()
_ORIGIN = "openai.chat"
_AUDIO = "audio"
_DONE = b"data: [DONE]\n\n"
_TEXT_END = b'},"finish_reason":null}]}\n\n'
_ENCODER = msgspec.json.Encoder()


class EventDecoder:
    """Takes a stream's body in any splitting and gives the hub's events."""

    def __init__(self, key: AnswerKey = _PLAIN) -> None:
        self._key = key
        self._source = EventSourceDecoder()
        self._started = False
        self._calls: set[tuple[int, int]] = set()
        self._refused: set[int] = set()

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes; raises ResponseError when it is no such stream."""
        return [event for sent in self._source.feed(data) for event in self._read(sent.data)]

    def flush(self) -> list[Event]:
        """What the end of the body leaves; an event that it cuts off is dropped."""
        return read_rest(self._source, self._read)

    def _read(self, data: bytes) -> list[Event]:
        if data.strip() == b"[DONE]":
            return [StreamEnd()]
        chunk = read_answer(data, CHUNK, "a chunk of the stream")
        error = chunk.error_members()
        events: list[Event] = []
        if error is not None:
            events.append(StreamFailure(decode_stream_error(error)))
        else:
            events.extend(self._begin(chunk))
            for choice in chunk.choices or ():
                events.extend(self._choice(choice))
        usage = decode_usage(chunk.usage)
        if usage is not None:
            events.append(UsageReport(usage, chunk.service_tier or ""))
        return events

    def _begin(self, chunk: WireChunk) -> list[Event]:
        if self._started or not chunk.choices or all(choice.delta is None for choice in chunk.choices):
            return []
        self._started = True
        model, created = chunk.model or self._key.model, int(chunk.created or 0)
        return [Started(chunk.id or "", model, created, tier=chunk.service_tier or "")]

    def _choice(self, choice: WireChunkChoice) -> list[Event]:
        events = [] if choice.delta is None else self._delta(choice.delta, choice.index)
        if choice.logprobs is not None:
            events.append(LogprobsDelta(choice.logprobs, choice.index))
        if choice.finish_reason:
            finish = decode_finish(choice.finish_reason, refused=choice.index in self._refused)
            events.append(Finished(finish, choice.finish_reason, choice.index, choice.stop_sequence()))
        return events

    def _delta(self, delta: WireDelta, choice: int) -> list[Event]:
        events = _reasoning(delta, choice)
        text = delta.text()
        if text:
            events.append(TextDelta(text, choice))
        if delta.annotations:
            events.extend(CitationDelta(read_annotation(wire), choice) for wire in delta.sources())
        if delta.refusal:
            self._refused.add(choice)
            events.append(RefusalDelta(delta.refusal, choice))
        spoken = delta.spoken()
        if spoken is not None:
            events.append(BlockDelta(Opaque(_AUDIO, spoken, _ORIGIN), choice))
        for place, call in enumerate(delta.tool_calls or ()):
            events.extend(self._call(call, place, choice))
        if delta.function_call is not None:
            events.extend(self._call(WireCall(0, None, delta.function_call), 0, choice))
        return events

    def _call(self, call: WireCall, place: int, choice: int) -> list[Event]:
        index = place if call.index is None else call.index
        events: list[Event] = []
        function = call.function
        if (choice, index) not in self._calls:
            if function is None or not function.name:
                raise ResponseError("a tool call of the stream begins without the tool's name")
            self._calls.add((choice, index))
            name = self._key.tools.get(function.name, function.name)
            events.append(ToolCallStart(index, call.id or f"call_{choice}_{index}", name, choice))
        fragment = "" if function is None else function.fragment()
        if fragment:
            events.append(ToolCallDelta(index, fragment, choice))
        return events


def _reasoning(delta: WireDelta, choice: int) -> list[Event]:
    events: list[Event] = []
    for detail in delta.reasoning_details or ():
        block = decode_detail(detail)
        if block is not None:
            events.append(ReasoningDelta(block.text, block.signature, block.redacted, block.origin, choice))
    plain = delta.thoughts()
    return events or ([ReasoningDelta(plain, choice=choice)] if plain else [])


class EventEncoder:
    """Writes the hub's events as chat completion chunks.

    Usage is held until the end mark, since it belongs into the last chunk, and shown only when asked for.
    """

    def __init__(self, request: Request) -> None:
        self._show_usage = request.stream_usage
        self._candidates = request.sampling.candidates or 1
        self._head: dict[str, Any] = {"id": "", "object": "chat.completion.chunk", "created": 0, "model": ""}
        self._usage: Usage | None = None
        self._thoughts: dict[int, int] = {}
        self._refused: set[int] = set()
        self._text_heads: dict[int, bytes] = {}
        self._places: dict[int, TextPlace] = {}

    def encode(self, event: Event) -> bytes:
        """The bytes of one event; empty when it is nothing of its own on this wire."""
        if isinstance(event, TextDelta):
            return self._text(event)
        match event:
            case Started():
                return self._start(event)
            case Finished():
                refused = event.choice in self._refused
                word = encode_finish(event.finish, event.finish_detail, refused=refused)
                return self._chunk(event.choice, {}, word | stated(stop_reason=event.stop_sequence))
            case UsageReport():
                self._usage = event.usage
                return b""
            case StreamFailure():
                return encode_stream_failure(event.failure.fault)
            case StreamEnd():
                return self._last_usage() + _DONE
            case LogprobsDelta():
                return self._chunk(event.choice, {}, {"logprobs": event.logprobs, "finish_reason": None})
            case CitationDelta() | BlockDelta():
                delta = self._source(event) if isinstance(event, CitationDelta) else _block(event)
                return self._chunk(event.choice, delta, {"finish_reason": None}) if delta else b""
            case _:
                return self._chunk(event.choice, self._delta(event), {"finish_reason": None})

    def _start(self, event: Started) -> bytes:
        self._text_heads.clear()
        self._head |= {"id": event.id, "created": event.created, "model": event.model}
        role = {"role": "assistant", "content": ""}
        return b"".join(
            self._chunk(choice, role, {"finish_reason": None}) for choice in range(self._candidates)
        )

    def _text(self, event: TextDelta) -> bytes:
        """A chunk of text, of which all but the text is written once."""
        head = self._text_heads.get(event.choice)
        if head is None:
            empty = self._chunk(event.choice, {"content": ""}, {"finish_reason": None})
            head = self._text_heads[event.choice] = empty.removesuffix(b'""' + _TEXT_END)
            self._places.setdefault(event.choice, TextPlace())
        self._places[event.choice].take(event.text)
        return b"%b%b%b" % (head, _ENCODER.encode(event.text), _TEXT_END)

    def _delta(self, event: RefusalDelta | ReasoningDelta | ToolCallStart | ToolCallDelta) -> dict[str, Any]:
        match event:
            case RefusalDelta():
                self._refused.add(event.choice)
                return {"refusal": event.text}
            case ReasoningDelta():
                return self._thought(event)
            case ToolCallStart():
                function = {"name": event.name, "arguments": ""}
                identity = sign_id(event.id, event.signature, event.origin)
                call = {"index": event.index, "id": identity, "type": "function", "function": function}
                return {"tool_calls": [call]}
            case ToolCallDelta():
                call = {"index": event.index, "function": {"arguments": event.fragment}}
                return {"tool_calls": [call]}

    def _thought(self, event: ReasoningDelta) -> dict[str, Any]:
        index = self._thoughts.get(event.choice, 0)
        if event.signature is not None or event.redacted is not None:
            self._thoughts[event.choice] = index + 1
        delta: dict[str, Any] = {"reasoning_content": event.text} if event.text else {}
        if event.origin or event.signature is not None or event.redacted is not None:
            block = Reasoning(event.text, event.signature, event.redacted, event.origin)
            delta["reasoning_details"] = [encode_detail(block, index)]
        return delta

    def _source(self, event: CitationDelta) -> dict[str, Any] | None:
        place = self._places.setdefault(event.choice, TextPlace())
        annotation = write_annotation(event.citation, *place.cited(event.citation))
        return None if annotation is None else {"annotations": [annotation]}

    def _chunk(self, choice: int, delta: dict[str, Any], ending: dict[str, Any]) -> bytes:
        return _frame(self._head | {"choices": [{"index": choice, "delta": delta, **ending}]})

    def _last_usage(self) -> bytes:
        if self._usage is None or not self._show_usage:
            return b""
        return _frame(self._head | {"choices": [], "usage": encode_usage(self._usage)})


def _block(event: BlockDelta) -> dict[str, Any] | None:
    block = event.block
    own = isinstance(block, Opaque) and block.origin == _ORIGIN and block.kind == _AUDIO
    return {_AUDIO: block.wire} if own and isinstance(block, Opaque) else None


def _frame(value: dict[str, Any]) -> bytes:
    return b"data: %b\n\n" % _ENCODER.encode(value)
