"""Request messages through llhttp: it must come to the same end as the guard, or the message is refused."""

from __future__ import annotations

import re

import httptools

from comity.http.chunked import ChunkError, ChunkScanner, TooLargeError
from comity.http.framing import CHUNKED, Refusal, RequestHead

_UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)


class Messages:
    """The llhttp parser of one connection, for messages that are not chunked."""

    __slots__ = ("_should_keep_alive", "complete", "feed", "keep_alive")

    def __init__(self) -> None:
        self.complete = False
        self.keep_alive = False
        parser = httptools.HttpRequestParser(self)
        self._should_keep_alive = parser.should_keep_alive
        self.feed = parser.feed_data
        """Parse some bytes of one message."""

    def on_message_begin(self) -> None:
        """Called by llhttp; a message that begins where the guard sees none is never complete."""
        self.complete = False

    def on_message_complete(self) -> None:
        """Called by llhttp; only here does it know whether the connection stays."""
        self.complete = True
        self.keep_alive = self._should_keep_alive()


class LengthBody:
    """A body of known length."""

    __slots__ = ("_messages", "_missing", "_pieces")

    def __init__(self, messages: Messages, length: int) -> None:
        self._messages = messages
        self._missing = length
        self._pieces: list[bytes] = []

    @property
    def done(self) -> bool:
        """Whether the message is complete."""
        return self._missing == 0

    @property
    def keep_alive(self) -> bool:
        """What llhttp says of the connection."""
        return self._messages.keep_alive

    def feed(self, data: bytes) -> int:
        """Take what belongs to the body."""
        piece = data[: self._missing]
        self._pieces.append(piece)
        self._missing -= len(piece)
        self._messages.feed(piece)
        if self._messages.complete is not self.done:
            raise httptools.HttpParserError("the end of the body is ambiguous")
        return len(piece)

    def value(self) -> bytes:
        """The whole body."""
        return b"".join(self._pieces)


class ChunkedBody:
    """A chunked body: the scanner finds the end, llhttp the content."""

    __slots__ = ("_complete", "_parser", "_pieces", "_scanner", "keep_alive", "on_body")

    def __init__(self, head: bytes, limit: int) -> None:
        self._complete = False
        self._pieces: list[bytes] = []
        self.on_body = self._pieces.append
        """Called by llhttp for every chunk."""
        self._scanner = ChunkScanner(limit)
        self.keep_alive = False
        self._parser = httptools.HttpRequestParser(self)
        self._parser.feed_data(head)

    def on_message_complete(self) -> None:
        """Called by llhttp."""
        self._complete = True
        self.keep_alive = self._parser.should_keep_alive()

    @property
    def done(self) -> bool:
        """Whether the message is complete."""
        return self._scanner.done

    def feed(self, data: bytes) -> int:
        """Take what belongs to the body."""
        size = self._scanner.feed(data)
        self._parser.feed_data(data[:size])
        if self._complete is not self._scanner.done:
            raise httptools.HttpParserError("the end of the body is ambiguous")
        return size

    def value(self) -> bytes:
        """The whole body."""
        return b"".join(self._pieces)


def open_body(messages: Messages, head: RequestHead, raw: bytes, limit: int) -> LengthBody | ChunkedBody:
    """Begin the message whose head is `raw`. Raises HttpParserError when llhttp does not take it."""
    if head.upgrades:
        # Another protocol is not on offer here; llhttp would wait for it after the headers.
        raw = _UPGRADE.sub(b"\r\nx-upgrade:", raw)
    if head.length == CHUNKED:
        return ChunkedBody(raw, limit)
    messages.feed(raw)
    if messages.complete is not (head.length == 0):
        raise httptools.HttpParserError("the length of the body is ambiguous")
    return LengthBody(messages, head.length)


def feed_body(body: LengthBody | ChunkedBody, data: bytes) -> int | Refusal:
    """How many bytes of `data` belong to the body, or why the message is refused."""
    try:
        return body.feed(data)
    except TooLargeError as error:
        return Refusal(413, str(error))
    except (ChunkError, httptools.HttpParserError) as error:
        return Refusal(400, f"the body is malformed: {error}")
