"""Streams of InvokeModelWithResponseStream: one Anthropic event, in base64, per `chunk` frame.

Failures come as exception frames after status 200, as Converse's do.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from typing import Any

import msgspec

from comity.dialects.anthropic_messages.stream_reader import PIECE, EventReader, WatchingReader
from comity.dialects.anthropic_messages.stream_writer import EventWriter
from comity.dialects.bedrock_converse.failure import decode_exception, exception_frame, stream_exception
from comity.dialects.event_stream import Frame, FrameDecoder, encode_frame
from comity.dialects.forwarding import ForwardingTap
from comity.dialects.peek import Peek
from comity.dialects.wire_json import read_answer
from comity.errors import ResponseError
from comity.exchange import (
    AnswerKey,
    Event,
    FailureClass,
    ModelTraits,
    ProviderFailure,
    Request,
    StreamFailure,
)


class _Chunk(msgspec.Struct, gc=False):
    bytes: str | None = None


# As much of the beginning as base64 writes in whole groups, whatever comes next.
_PIECE = b'{"bytes":"' + b64encode(PIECE[: len(PIECE) // 3 * 3])
_CHUNK = msgspec.json.Decoder(_Chunk)
_PLAIN = AnswerKey()
_HEADERS = {":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}


class EventDecoder:
    """Takes a stream's body in any splitting and gives the hub's events."""

    def __init__(self, key: AnswerKey = _PLAIN, watching: WatchingReader | None = None) -> None:
        self._frames = FrameDecoder()
        self._reader = EventReader(key) if watching is None else watching
        self._watching = watching

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes; raises ResponseError when it is no such stream."""
        return [event for frame in self._frames.feed(data) for event in self._read(frame)]

    def flush(self) -> list[Event]:
        """Nothing: without an end mark the caller knows of the cut."""
        return []

    def _read(self, frame: Frame) -> list[Event]:
        kind = frame.headers.get(":message-type")
        if self._watching is not None and self._watching.started and frame.payload.startswith(_PIECE):
            return []
        if kind == "exception":
            return [StreamFailure(decode_exception(frame.text(":exception-type"), frame.payload))]
        if kind == "error":
            code, message = frame.text(":error-code"), frame.text(":error-message")
            return [StreamFailure(ProviderFailure(FailureClass.SERVER, 500, message or code, code))]
        if frame.headers.get(":event-type") != "chunk":
            return []
        data = read_answer(frame.payload, _CHUNK, "a frame of the stream").bytes
        try:
            return self._reader.read(b64decode(data or "", validate=True))
        except (binascii.Error, ValueError) as error:
            raise ResponseError("a frame of the stream holds no base64") from error


class EventEncoder:
    """Writes each Anthropic event as a frame."""

    def __init__(self, request: Request | None = None) -> None:
        del request  # every client of this dialect is shown everything
        self._writer = EventWriter()

    def encode(self, event: Event) -> bytes:
        """The bytes of one event; empty when it is nothing of its own on this wire."""
        if isinstance(event, StreamFailure):
            return exception_frame(stream_exception(event.failure), event.failure.message)
        return b"".join([chunk_frame(one) for one in self._writer.write(event)])


def chunk_frame(event: dict[str, Any]) -> bytes:
    """One Anthropic event as a frame."""
    payload = {"bytes": b64encode(msgspec.json.encode(event)).decode()}
    return encode_frame(Frame({**_HEADERS}, msgspec.json.encode(payload)))


def tap(seen: Peek, traits: ModelTraits) -> ForwardingTap:
    """The way through for a streamed answer, frame by frame as it came."""
    del seen, traits
    return ForwardingTap(EventDecoder(watching=WatchingReader()), chunk_frame({"type": "message_stop"}))
