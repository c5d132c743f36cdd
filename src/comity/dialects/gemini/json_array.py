"""The same dialect for clients that leave `alt=sse` out: the stream is one JSON array that grows.

Targets are always asked for server-sent events; here their events become the array's elements.
"""

from __future__ import annotations

from comity.dialects.forwarding import ForwardingTap
from comity.dialects.gemini.count import decode_count, decode_count_request, encode_count, encode_count_answer
from comity.dialects.gemini.failure import decode_failure, encode_failure, failure_headers
from comity.dialects.gemini.own_names import NAMES
from comity.dialects.gemini.passthrough import adapt, peek, read_usage
from comity.dialects.gemini.request_reader import decode_request
from comity.dialects.gemini.request_writer import encode_request
from comity.dialects.gemini.response import decode_response, encode_response
from comity.dialects.gemini.shapes import NAME
from comity.dialects.gemini.stream_reader import EventDecoder
from comity.dialects.gemini.stream_writer import EventEncoder as EventStreamEncoder
from comity.dialects.peek import Peek
from comity.dialects.sse import EventSourceDecoder
from comity.exchange import AnswerKey, Event, Fault, ModelTraits, Request, StreamEnd

ID_PREFIX = ""
REQUEST_ID = b"x-request-id"
STREAM_TYPE = b"application/json; charset=UTF-8"

__all__ = [
    "ID_PREFIX",
    "NAME",
    "NAMES",
    "REQUEST_ID",
    "STREAM_TYPE",
    "ArrayTap",
    "EventDecoder",
    "EventEncoder",
    "adapt",
    "decode_count",
    "decode_count_request",
    "decode_failure",
    "decode_request",
    "decode_response",
    "encode_count",
    "encode_count_answer",
    "encode_failure",
    "encode_request",
    "encode_response",
    "encode_stream_failure",
    "failure_headers",
    "peek",
    "read_usage",
    "tap",
]


class _Elements:
    """Events in, elements of an array out."""

    def __init__(self) -> None:
        self._source = EventSourceDecoder()
        self._begun = False

    def feed(self, data: bytes) -> bytes:
        return b"".join([self._element(sent.data) for sent in self._source.feed(data)])

    def flush(self) -> bytes:
        return b"".join([self._element(sent.data) for sent in self._source.flush()])

    def close(self) -> bytes:
        return b"\n]\n" if self._begun else b"[]\n"

    def _element(self, data: bytes) -> bytes:
        before = b",\r\n" if self._begun else b"["
        self._begun = True
        return before + data


class EventEncoder:
    """Writes a stream as an array."""

    def __init__(self, request: Request | None = None) -> None:
        self._events = EventStreamEncoder(request)
        self._elements = _Elements()

    def encode(self, event: Event) -> bytes:
        """The bytes of one event; empty when it is nothing of its own on this wire."""
        written = self._elements.feed(self._events.encode(event))
        return written + self._elements.close() if isinstance(event, StreamEnd) else written


class ArrayTap(ForwardingTap):
    """The way through for a stream of events to a client that wants an array."""

    def __init__(self) -> None:
        super().__init__(EventDecoder(AnswerKey()))
        self._elements = _Elements()

    def feed(self, data: bytes) -> bytes:
        """The elements that `data` completes; raises ResponseError when it is no such stream."""
        return self._elements.feed(super().feed(data))

    def flush(self) -> bytes:
        """The last element and the bracket, if the answer is whole."""
        super().flush()
        return self._elements.flush() + self._elements.close() if self.done else b""

    def complete(self) -> bytes:
        """The bracket."""
        return self._elements.close()


def tap(seen: Peek, traits: ModelTraits) -> ArrayTap:
    """The way through for a streamed answer."""
    del seen, traits
    return ArrayTap()


def encode_stream_failure(fault: Fault) -> bytes:
    """The element that tells a client in its stream that the answer is broken off."""
    return b",\r\n" + encode_failure(fault) + b"\n]\n"
