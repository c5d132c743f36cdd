"""Bytes of one response in, its head and the pieces of its body out: framing only, no socket and no clock."""

from __future__ import annotations

import httptools

from comity.http.framing import CHUNKED, UNTIL_CLOSE, ResponseHead, read_response_head

_INTERIM = 16


class ProtocolFailureError(ValueError):
    """The peer does not speak HTTP/1.1 as it is written."""


class ResponseReader:
    """Reads one response; what follows it makes the connection unusable, not the response wrong."""

    __slots__ = (
        "_barren",
        "_bodiless",
        "_held",
        "_interim",
        "_max_head",
        "_missing",
        "_parser",
        "_pieces",
        "_surplus",
        "clean",
        "done",
        "head",
        "on_body",
    )

    def __init__(self, *, bodiless: bool, max_head: int) -> None:
        """Expect a response; `bodiless` when the request was a HEAD."""
        self._bodiless = bodiless
        self._max_head = max_head
        self._held = b""
        self._interim = 0
        self._missing = 0
        self._barren = 0
        self._parser: httptools.HttpResponseParser | None = None
        self._pieces: list[bytes] = []
        self._surplus = 0
        self.on_body = self._pieces.append
        """Called by llhttp for every chunk."""
        self.head: ResponseHead | None = None
        """The final head, once it has come."""
        self.done = False
        """Whether the response is complete."""
        self.clean = True
        """Whether nothing followed the response."""

    def feed(self, data: bytes) -> bytes:
        """Take bytes; the piece of the body in them. Raises ProtocolFailureError."""
        if self.head is None:
            data = self._feed_head(data)
            if self.head is None:
                return b""
        if self.done:
            self.clean = self.clean and not data
            return b""
        if self._parser is not None:
            return self._feed_chunks(data)
        if self._missing == UNTIL_CLOSE:
            return data
        piece = data[: self._missing]
        self._missing -= len(piece)
        self.done = self._missing == 0
        self.clean = len(piece) == len(data)
        return piece

    def close(self, *, clean: bool) -> bool:
        """The connection has ended, cleanly or not; whether that completes the response."""
        if self.head is not None and self._missing == UNTIL_CLOSE and clean:
            self.done = True
        return self.done

    def _feed_head(self, data: bytes) -> bytes:
        held = self._held + data if self._held else data
        while True:
            end = held.find(b"\r\n\r\n") + 4
            if (end if end >= 4 else len(held)) > self._max_head:
                raise ProtocolFailureError("the head of the response is too long")
            if end < 4:
                self._held = held
                return b""
            raw, held = held[:end], held[end:]
            head = read_response_head(raw, bodiless=self._bodiless)
            if isinstance(head, str):
                raise ProtocolFailureError(head)
            if head.status >= 200:
                self._open(head, raw)
                return held
            self._pass_over(head)

    def _pass_over(self, head: ResponseHead) -> None:
        if head.status == 101:
            raise ProtocolFailureError("the peer switched to a protocol that was not asked for")
        self._interim += 1
        if self._interim > _INTERIM:
            raise ProtocolFailureError("too many interim responses")

    def _open(self, head: ResponseHead, raw: bytes) -> None:
        self.head = head
        self._missing = head.length
        self.done = head.length == 0
        if head.length == CHUNKED:
            self._parser = httptools.HttpResponseParser(self)
            self._parse(raw)

    def _parse(self, data: bytes) -> None:
        assert self._parser is not None, "only chunked bodies are parsed"
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self.done:
                raise ProtocolFailureError(f"the response is malformed: {error}") from error
            self.on_message_begin()

    def _feed_chunks(self, data: bytes) -> bytes:
        self._parse(data)
        if not self.clean:
            # What a second response brought is nobody's.
            del self._pieces[self._surplus :]
        if not self._pieces:
            # Extensions and trailers are passed over, but not without end.
            self._barren += len(data)
            if self._barren > self._max_head:
                raise ProtocolFailureError("too many bytes without content between chunks")
            return b""
        self._barren = 0
        piece = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        return piece

    def on_message_begin(self) -> None:
        """Called by llhttp."""
        if self.done and self.clean:
            self.clean = False
            self._surplus = len(self._pieces)

    def on_message_complete(self) -> None:
        """Called by llhttp."""
        self.done = True
