"""The head of an answer, from parts that hardly ever change."""

from __future__ import annotations

import time
from collections.abc import Iterable
from email.utils import formatdate
from http import HTTPStatus

Pairs = Iterable[tuple[bytes, bytes]]
"""Headers as an application gives them: lower-case names, values without line ends."""

_FRAMING = frozenset({b"connection", b"content-length", b"date", b"keep-alive", b"transfer-encoding"})
_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}


class DateLine:
    """The `date` header, made once a second."""

    __slots__ = ("_line", "_until")

    def __init__(self) -> None:
        self._until = 0.0
        self._line = b""

    def line(self) -> bytes:
        """`date: ...` with its CRLF."""
        now = time.time()
        if not self._until - 1 <= now < self._until:
            self._until = float(int(now) + 1)
            self._line = b"date: %b\r\n" % formatdate(int(now), usegmt=True).encode()
        return self._line


def encode_head(status: int, date: bytes, headers: Pairs, framing: bytes) -> bytes:
    """Status line, date, headers, the server's own framing headers and the empty line.

    Raises ValueError when a header would set the framing or could break out of its line.
    """
    parts = [_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status, date]
    for name, value in headers:
        if name in _FRAMING:
            raise ValueError(f"the server sets `{name.decode('latin-1')}` itself")
        parts += (name, b": ", value, b"\r\n")
    lines = len(parts) // 4 + 3 + framing.count(b"\n")
    parts += (framing, b"\r\n")
    head = b"".join(parts)
    if head.count(b"\n") != lines or head.count(b"\r") != lines or b"\0" in head:
        raise ValueError("a header holds a line end or a NUL")
    return head
