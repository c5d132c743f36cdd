"""Server-sent events: bytes in any splitting to events, and events to bytes.

Follows the event-stream grammar of the HTML standard: LF, CR and CRLF end a line, a byte order mark at the
start and comment lines are skipped, several `data` lines join with LF. One deviation: an event whose closing
blank line never came is still given by `flush`, since servers forget that line. No reconnection here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from comity.errors import ResponseError

T = TypeVar("T")

EVENT_LIMIT = 16 * 1024 * 1024
"""Most bytes that one event may take before its blank line."""

_BOM = b"\xef\xbb\xbf"


class ServerSentEvent(msgspec.Struct, frozen=True):
    """One event of a stream."""

    data: bytes
    """The `data` lines joined with LF."""
    event: bytes = b""
    """The `event` field; empty when absent."""
    id: bytes = b""
    """The `id` field of this event; empty when absent."""


class EventSourceDecoder:
    """Takes a body in any splitting and gives its events."""

    def __init__(self, limit: int = EVENT_LIMIT) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []
        self._held = 0
        self._after_cr = False
        self._first = True
        self._data: list[bytes] = []
        self._event = b""
        self._id = b""

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        """The events that `data` completes; raises ResponseError when one grows past the limit."""
        if self._fresh and data.endswith((b"\n\n", b"\r\n\r\n")):
            plain = data.replace(b"\r\n", b"\n") if b"\r" in data else data
            if b"\r" not in plain:
                return self._take_whole(plain)
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
        if data:
            self._after_cr = data.endswith(b"\r")
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        self._held += len(data)
        if self._held > self._limit:
            raise ResponseError(f"an event of the stream is longer than {self._limit} bytes")
        if b"\n" not in data:
            self._pieces.append(data)
            return []
        *lines, rest = b"".join((*self._pieces, data)).split(b"\n")
        self._pieces = [rest] if rest else []
        events = [event for line in lines if (event := self._take(line)) is not None]
        if events or not self._data:
            self._held = len(rest) + sum(map(len, self._data))
        return events

    @property
    def _fresh(self) -> bool:
        """Whether nothing of an event is held."""
        return not (self._held or self._after_cr or self._event or self._id)

    def flush(self) -> list[ServerSentEvent]:
        """The event that the stream's end leaves without its blank line, if it has data."""
        rest = b"".join(self._pieces)
        self._pieces = []
        event = self._take(rest) if rest else None
        last = event or self._take(b"")
        return [] if last is None else [last]

    def _take_whole(self, data: bytes) -> list[ServerSentEvent]:
        """Whole events and nothing else, as they mostly come: a line of data, perhaps a name before it."""
        if len(data) > self._limit:
            raise ResponseError(f"an event of the stream is longer than {self._limit} bytes")
        if self._first:
            self._first = False
            data = data.removeprefix(_BOM)
        events = []
        for block in data[:-2].split(b"\n\n"):
            name, newline, rest = block.partition(b"\n")
            if name.startswith(b"data: ") and not newline:
                events.append(ServerSentEvent(name[6:]))
            elif name.startswith(b"event: ") and rest.startswith(b"data: ") and b"\n" not in rest:
                events.append(ServerSentEvent(rest[6:], name[7:]))
            else:
                taken = (self._take(line) for line in (*block.split(b"\n"), b""))
                events.extend(event for event in taken if event is not None)
        return events

    def _take(self, line: bytes) -> ServerSentEvent | None:
        if self._first:
            self._first = False
            line = line.removeprefix(_BOM)
        if not line:
            return self._dispatch()
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._event = value
        elif name == b"id":
            self._id = value
        return None

    def _dispatch(self) -> ServerSentEvent | None:
        data, event, identity = self._data, self._event, self._id
        self._data, self._event, self._id = [], b"", b""
        return ServerSentEvent(b"\n".join(data), event, identity) if data else None


def read_rest(source: EventSourceDecoder, read: Callable[[bytes], list[T]]) -> list[T]:
    """What `read` makes of the end of a stream; an event that it cuts off is dropped.

    Without the stream's end mark the caller knows of the cut.
    """
    try:
        return [one for event in source.flush() for one in read(event.data)]
    except ResponseError:
        return []


def encode_event(event: ServerSentEvent) -> bytes:
    """The event's bytes, blank line included."""
    lines = []
    if event.event:
        lines.append(b"event: " + event.event)
    if event.id:
        lines.append(b"id: " + event.id)
    lines.extend(b"data: " + line for line in event.data.split(b"\n"))
    return b"\n".join(lines) + b"\n\n"
