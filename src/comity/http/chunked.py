"""Where a chunked request body ends, to the byte, and nothing tolerated on the way.

llhttp takes the chunks apart; the scanner finds the boundary, so that a pipelined request behind it is
guarded like the first one. Both must agree. Trailers are passed over: nothing here may depend on them.
"""

from __future__ import annotations

import re

_EXTENSION = 256
_TRAILERS = 8 * 1024
# A size is 1 to 8 digits: leading zeros that make it longer, signs, prefixes and blanks are nobody's chunk.
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})(;[\t\x20-\x7e\x80-\xff]*+)?")
_TRAILER = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++:[\t\x20-\x7e\x80-\xff]*+")


class ChunkError(ValueError):
    """The bytes are no chunked body."""


class TooLargeError(ChunkError):
    """The chunks announce more than is taken."""


class ChunkScanner:
    """Walks over a chunked body in any splitting."""

    __slots__ = ("_inside", "_limit", "_line", "_size", "_skip", "_trailers", "done")

    def __init__(self, limit: int) -> None:
        """Take a body of at most `limit` bytes."""
        self._limit = limit
        self._size = 0
        self._line = b""
        self._skip = 0
        self._inside = False
        self._trailers = -1
        self.done = False
        """Whether the end of the body, trailers included, has been seen."""

    def feed(self, data: bytes) -> int:
        """How many bytes of `data` belong to this body; sets `done` at its end. Raises ChunkError."""
        at = 0
        while at < len(data) and not self.done:
            if self._skip:
                step = min(self._skip, len(data) - at)
                self._skip -= step
                at += step
                continue
            end = data.find(b"\n", at)
            piece = data[at:] if end < 0 else data[at : end + 1]
            self._line += piece
            at += len(piece)
            self._check_line_size()
            if end >= 0:
                line, self._line = self._line, b""
                if not line.endswith(b"\r\n"):
                    raise ChunkError("line ends must be CRLF")
                self._take(line[:-2])
        return at

    def _check_line_size(self) -> None:
        if self._inside and self._line not in {b"\r", b"\r\n"}:
            raise ChunkError("a chunk must end with CRLF")
        if len(self._line) > _EXTENSION and self._trailers < 0:
            raise ChunkError("the chunk extension is too long")
        if self._trailers >= 0 and self._trailers + len(self._line) > _TRAILERS:
            raise ChunkError("the trailers are too long")

    def _take(self, line: bytes) -> None:
        if self._inside:
            self._inside = False
        elif self._trailers >= 0:
            self._trailers += len(line) + 2
            self.done = not line
            if line and _TRAILER.fullmatch(line) is None:
                raise ChunkError("a trailer is malformed")
        else:
            self._open(line)

    def _open(self, line: bytes) -> None:
        match = _SIZE.fullmatch(line)
        if match is None:
            raise ChunkError("a chunk size must be hexadecimal")
        size = int(match[1], 16)
        if size == 0:
            self._trailers = 0
        else:
            self._size += size
            if self._size > self._limit:
                raise TooLargeError(f"the body is longer than {self._limit} bytes")
            self._skip = size
            self._inside = True


def encode_chunk(data: bytes) -> bytes:
    """One chunk of a body; `data` is not empty, since an empty chunk ends the body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"
"""The end of a chunked body."""
