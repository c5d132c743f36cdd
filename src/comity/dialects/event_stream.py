"""Amazon's binary event stream: frames from bytes in any splitting, and frames to bytes.

A frame is a prelude (total length, header length, CRC32 of both), headers, a payload, and a CRC32 of all of
it. Both checksums and the length limits are verified before anything is believed. Knows nothing of Bedrock.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias
from zlib import crc32

import msgspec

from comity.errors import ResponseError

HeaderValue: TypeAlias = str | bytes | bool | int
"""Value of a frame header; timestamps are milliseconds as int, identifiers are 16 bytes."""

PAYLOAD_LIMIT = 24 * 1024 * 1024
"""Most bytes that a payload may take, inclusive."""
HEADER_LIMIT = 128 * 1024
"""Most bytes that a frame's headers may take, inclusive."""

_USUAL = 256
_PRELUDE = struct.Struct(">III")
_U16 = struct.Struct(">H")
_U32 = struct.Struct(">I")
_I64 = struct.Struct(">q")
_FRAMING = _PRELUDE.size + _U32.size
_FIXED = {2: struct.Struct(">b"), 3: struct.Struct(">h"), 4: struct.Struct(">i"), 5: _I64, 8: _I64}


class Frame(msgspec.Struct, frozen=True):
    """One message of the stream."""

    headers: Mapping[str, HeaderValue]
    """Headers in their order."""
    payload: bytes
    """The payload."""

    def text(self, name: str) -> str:
        """The header `name` when it is text, else an empty string."""
        value = self.headers.get(name)
        return value if isinstance(value, str) else ""


class FrameDecoder:
    """Takes a body in any splitting and gives its frames."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes; raises ResponseError when a checksum or a length is wrong."""
        held = self._held
        if held:
            held += data
        # A piece that begins with a frame is read where it lies.
        buffer = held or data
        frames = []
        start, size = 0, len(buffer)
        while size - start >= _PRELUDE.size:
            total, header_size = _read_prelude(buffer, start)
            if size - start < total:
                break
            frames.append(_read_frame(bytes(buffer[start : start + total]), header_size))
            start += total
        if buffer is held:
            del held[:start]
        else:
            held += data[start:]
        return frames

    def flush(self) -> None:
        """Raises ResponseError when the body ended inside a frame."""
        if self._held:
            raise ResponseError("the event stream ends inside a frame")


def encode_frame(frame: Frame) -> bytes:
    """The frame's bytes with both checksums; integers are written with 64 bits."""
    headers = b"".join(_write_header(name, value) for name, value in frame.headers.items())
    lengths = struct.pack(">II", len(headers) + len(frame.payload) + _FRAMING, len(headers))
    message = lengths + _U32.pack(crc32(lengths)) + headers + frame.payload
    return message + _U32.pack(crc32(message))


def _read_prelude(held: bytes | bytearray, start: int) -> tuple[int, int]:
    total, header_size, checksum = _PRELUDE.unpack_from(held, start)
    if crc32(held[start : start + 8]) != checksum:
        raise ResponseError("the checksum of a frame's prelude is wrong")
    payload_size = total - header_size - _FRAMING
    if header_size > HEADER_LIMIT or not 0 <= payload_size <= PAYLOAD_LIMIT:
        raise ResponseError("the lengths of a frame are out of bounds")
    return total, header_size


def _read_frame(message: bytes, header_size: int) -> Frame:
    if crc32(message[:-4]) != _U32.unpack_from(message, len(message) - 4)[0]:
        raise ResponseError("the checksum of a frame is wrong")
    split = _PRELUDE.size + header_size
    raw = message[_PRELUDE.size : split]
    headers = _read_usual_headers(raw) if header_size <= _USUAL else _read_headers(raw)
    return Frame(headers, message[split:-4])


@lru_cache(maxsize=64)
def _read_usual_headers(data: bytes) -> Mapping[str, HeaderValue]:
    """Those of the few kinds of event that make up a stream, read once."""
    return MappingProxyType(_read_headers(data))


def _read_headers(data: bytes) -> dict[str, HeaderValue]:
    headers: dict[str, HeaderValue] = {}
    at = 0
    try:
        while at < len(data):
            size = data[at]
            name = _slice(data, at + 1, size).decode()
            at += 1 + size
            if name in headers:
                raise ResponseError("a frame has a header twice")
            headers[name], at = _read_value(data, data[at], at + 1)
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise ResponseError("the headers of a frame cannot be read") from error
    return headers


def _read_value(data: bytes, kind: int, at: int) -> tuple[HeaderValue, int]:
    if kind in {0, 1}:
        return kind == 0, at
    if kind in _FIXED:
        value: int = _FIXED[kind].unpack_from(data, at)[0]
        return value, at + _FIXED[kind].size
    if kind == 9:
        return _slice(data, at, 16), at + 16
    if kind not in {6, 7}:
        raise ResponseError(f"a frame has a header of the unknown type {kind}")
    size: int = _U16.unpack_from(data, at)[0]
    raw = _slice(data, at + 2, size)
    return (raw if kind == 6 else raw.decode()), at + 2 + size


def _slice(data: bytes, at: int, size: int) -> bytes:
    piece = data[at : at + size]
    if len(piece) < size:
        raise IndexError
    return piece


def _write_header(name: str, value: HeaderValue) -> bytes:
    raw_name = name.encode()
    head = bytes((len(raw_name),)) + raw_name
    if isinstance(value, bool):
        return head + (b"\0" if value else b"\1")
    if isinstance(value, int):
        return head + b"\5" + _I64.pack(value)
    raw, kind = (value.encode(), b"\7") if isinstance(value, str) else (value, b"\6")
    return head + kind + _U16.pack(len(raw)) + raw
