"""Frames of a journal segment: mark, length, checksum, payload; and reading them back from damaged bytes.

The mark holds a byte that no UTF-8 text contains, so a client's text inside a record cannot pose as a frame
when the reader looks for the next one after damage. The checksum covers the length too. Pure: no files here.
"""

from __future__ import annotations

import struct
from typing import Literal
from zlib import crc32

import msgspec

MARK = b"\xf5Cj\x01"
"""Begins every frame; the last byte is the version of the format."""
PAYLOAD_LIMIT = 1 << 20
"""Most bytes of one record."""
_HEAD = struct.Struct("<4sII")
_pack_head, _unpack_head = _HEAD.pack, _HEAD.unpack_from
HEAD_BYTES = _HEAD.size
"""Bytes before the payload."""
FRAME_LIMIT = HEAD_BYTES + PAYLOAD_LIMIT
"""Most bytes of one frame."""


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One record as it stands in a segment."""

    start: int
    """First byte of the frame, counted from the beginning of what was scanned."""
    payload: bytes
    """The encoded record."""
    checksum: int
    """CRC-32 of length and payload."""


class Damage(msgspec.Struct, frozen=True):
    """Bytes that cannot be read as frames."""

    start: int
    """First byte, counted from the beginning of what was scanned."""
    stop: int
    """First byte after it."""
    kind: Literal["torn", "damaged"]
    """`torn`: the last frame was cut short; `damaged`: bytes were changed or lost."""


class Scan(msgspec.Struct, frozen=True):
    """What was found in some bytes."""

    frames: list[Frame]
    """Whole frames in order."""
    damages: list[Damage]
    """What had to be skipped."""
    consumed: int
    """Bytes that need not be read again; the rest may be the beginning of a frame."""


def encode_frame(payload: bytes) -> bytes:
    """The frame of one record."""
    length = len(payload)
    return _pack_head(MARK, length, crc32(payload, length)) + payload


def scan(data: bytes, *, final: bool) -> Scan:
    """The frames in `data`; `final` says that nothing will ever follow, so an incomplete end is damage."""
    frames: list[Frame] = []
    damages: list[Damage] = []
    position, end = 0, len(data)
    while position < end:
        position = _read_frames(data, position, end, frames)
        if position == end:
            break
        following = _next_frame(data, position + 1)
        if following is None and not final:
            # Anything longer than a frame can no longer become one; a shorter rest may still be written.
            following = end - FRAME_LIMIT if end - position > FRAME_LIMIT else None
            if following is None:
                break
        kind: Literal["torn", "damaged"] = (
            "torn" if following is None and _cut_short(data, position) else "damaged"
        )
        stop = end if following is None else following
        damages.append(Damage(position, stop, kind))
        position = stop
    return Scan(frames, damages, position)


def _read_frames(data: bytes, position: int, stop: int, frames: list[Frame]) -> int:
    """Adds the frames from `position` on that begin before `stop`; where they end."""
    stop = min(stop, len(data) - HEAD_BYTES + 1)
    while position < stop:
        mark, length, checksum = _unpack_head(data, position)
        start = position + HEAD_BYTES
        payload = data[start : start + length] if mark == MARK and length <= PAYLOAD_LIMIT else b""
        if mark != MARK or len(payload) != length or crc32(payload, length) != checksum:
            return position
        frames.append(Frame(position, payload, checksum))
        position = start + length
    return position


def _next_frame(data: bytes, position: int) -> int | None:
    found = data.find(MARK, position)
    while found >= 0:
        if _read_frames(data, found, found + 1, []) > found:
            return found
        found = data.find(MARK, found + 1)
    return None


def _cut_short(data: bytes, position: int) -> bool:
    rest = data[position : position + HEAD_BYTES]
    if len(rest) < HEAD_BYTES:
        return MARK.startswith(rest[:4])
    mark, length, _ = _HEAD.unpack(rest)
    return bool(mark == MARK and length <= PAYLOAD_LIMIT and position + HEAD_BYTES + length > len(data))
