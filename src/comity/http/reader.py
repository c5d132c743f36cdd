"""Bytes of one client connection in, whole requests out: framing only, no socket and no clock."""

from __future__ import annotations

import httptools
import msgspec

from comity.http.body import ChunkedBody, LengthBody, Messages, feed_body, open_body
from comity.http.framing import Refusal, RequestHead, check_partial
from comity.http.options import ServerOptions
from comity.http.recall import Recall


class Message(msgspec.Struct, frozen=True, gc=False):
    """A whole request."""

    head: RequestHead
    """What its head says."""
    body: bytes
    """Its body, chunks taken apart."""
    keep_alive: bool
    """Whether the client would use the connection again."""


class RequestReader:
    """Reads requests one by one, so that none is looked at before there is room for it."""

    __slots__ = (
        "_at",
        "_body",
        "_head",
        "_held",
        "_messages",
        "_options",
        "_recall",
        "_seen",
        "expecting",
        "stage",
    )

    def __init__(self, options: ServerOptions) -> None:
        self._options = options
        self._messages = Messages()
        self._recall = Recall(options)
        self._held = b""
        self._at = 0
        self._seen = 0
        self._head: RequestHead | None = None
        self._body: LengthBody | ChunkedBody | None = None
        self.expecting = False
        """Whether the client waits for `100 Continue`; whoever sends it clears this."""
        self.stage = 0
        """Grows with every head and every message that ends, so that time limits can be told apart."""

    @property
    def holding(self) -> bool:
        """Whether bytes have been fed that no message has taken."""
        return self._at < len(self._held)

    @property
    def in_body(self) -> bool:
        """Whether a head has been read whose body is still coming."""
        return self._body is not None

    @property
    def resting(self) -> bool:
        """Whether nothing of a next message has come."""
        return self._body is None and self._at >= len(self._held)

    def feed(self, data: bytes) -> None:
        """Take bytes; `next` reads them."""
        if self._at < len(self._held):
            self._held = self._held[self._at :] + data
            self._seen -= self._at
        else:
            self._held = data
            self._seen = 0
        self._at = 0

    def next(self) -> Message | Refusal | None:
        """The next whole request; a refusal, after which nothing is read; None: more bytes are needed."""
        if self._body is not None:
            return self._go_on(self._body)
        held, start = self._held, self._at
        if start >= len(held):
            return None
        end = held.find(b"\r\n\r\n", max(start, self._seen - 3)) + 4
        if end < 4:
            refusal = check_partial(held[start:], max(self._seen - start, 0), self._options)
            self._seen = len(held)
            return refusal
        head = self._recall.read(held, start, end)
        if isinstance(head, Refusal):
            return head
        stop = end + head.length
        if stop > len(held) or head.length < 0 or head.upgrades:
            return self._open(head, held[start:end], end)
        # The common case: the whole message has come at once, and llhttp is asked once.
        self._at = self._seen = stop
        self.stage += 2
        try:
            self._messages.feed(held[start:stop])
        except httptools.HttpParserError as error:
            return _malformed(error)
        if not self._messages.complete:
            return _AMBIGUOUS
        return Message(head, held[end:stop], self._messages.keep_alive)

    def _open(self, head: RequestHead, raw: bytes, end: int) -> Message | Refusal | None:
        try:
            body = open_body(self._messages, head, raw, self._options.max_body)
        except httptools.HttpParserError as error:
            return _malformed(error)
        self._head = head
        self._body = body
        self.stage += 1
        self._at = self._seen = end
        self.expecting = head.expects and not body.done
        return self._go_on(body)

    def _go_on(self, body: LengthBody | ChunkedBody) -> Message | Refusal | None:
        if not body.done:
            if not self.holding:
                return None
            self.expecting = False
            size = feed_body(body, self._held[self._at :])
            if isinstance(size, Refusal):
                return size
            self._at += size
            if not body.done:
                return None
        head = self._head
        assert head is not None, "a body belongs to a head"
        self._head = self._body = None
        self.stage += 1
        return Message(head, body.value(), body.keep_alive)


_AMBIGUOUS = Refusal(400, "the length of the body is ambiguous")


def _malformed(error: httptools.HttpParserError) -> Refusal:
    return Refusal(400, f"the head is malformed: {error}")
