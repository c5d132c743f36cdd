"""The last head of a connection, remembered: a client's requests often differ in their length alone.

Every line of a head stands for itself. So a head that equals a guarded one but for the digits of its length
needs only those digits read, and is as sound as the other; anything else is read in full.
"""

from __future__ import annotations

import msgspec

from comity.http.framing import Refusal, RequestHead, read_request_head
from comity.http.headers import Headers
from comity.http.options import ServerOptions

_NAME = b"\r\ncontent-length:"
_DIGITS = 15


class Recall:
    """Reads the heads of one connection."""

    __slots__ = ("_after", "_before", "_digits", "_head", "_options")

    def __init__(self, options: ServerOptions) -> None:
        self._options = options
        self._before = b""
        self._digits = b""
        self._after = b""
        self._head: RequestHead | None = None

    def read(self, held: bytes, start: int, end: int) -> RequestHead | Refusal:
        """The meaning of the head that stands between two places, its empty line included."""
        last = self._head
        if last is not None and held.startswith(self._before, start):
            at = start + len(self._before)
            stop = end - len(self._after)
            # The head ends where the last one did after its digits: same bytes on both sides, digits between.
            if 0 < stop - at <= _DIGITS and held[stop:end] == self._after:
                digits = held[at:stop]
                if digits == self._digits:
                    return last
                if digits.isdigit() and digits[0] != 0x30:
                    return self._renew(last, held[start:end], digits)
        return self._learn(held[start:end])

    def _renew(self, last: RequestHead, raw: bytes, digits: bytes) -> RequestHead | Refusal:
        length = int(digits)
        if length > self._options.max_body or len(raw) > self._options.max_head:
            return read_request_head(raw, self._options)
        self._digits = digits
        self._head = msgspec.structs.replace(last, headers=Headers(raw), length=length)
        return self._head

    def _learn(self, raw: bytes) -> RequestHead | Refusal:
        head = read_request_head(raw, self._options)
        self._head = None
        if isinstance(head, Refusal) or head.length <= 0:
            return head
        digits = b"%d" % head.length
        at = raw.index(digits, head.headers.lower.index(_NAME) + len(_NAME))
        self._head = head
        self._before, self._digits, self._after = raw[:at], digits, raw[at + len(digits) :]
        return head
