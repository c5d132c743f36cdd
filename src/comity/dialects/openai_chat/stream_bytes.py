"""Finding events and members in the bytes of a chat completion stream without decoding them.

Searches run from the end, where what matters stands and where CPython searches twice as fast. What is found
is only a hint: a chunk that may matter is decoded before anything is believed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from comity.dialects.openai_chat.chunks import CHUNK, WireChunk

USAGE = b'"usage"'
"""The member with the count."""
ERROR = b'"error"'
"""The member with an error."""
FINISH = b'"finish_reason"'
"""The member with a finish reason."""

_MARKS = (USAGE, ERROR, FINISH)
# The groups are atomic, or CRLF would also match as two line ends.
_BLANK = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_NULL = re.compile(rb"\s*:\s*null")
_RAW_CHUNK = msgspec.json.Decoder(dict[str, msgspec.Raw])


def stated(whole: bytes, quoted: bytes, first: int = 0) -> Iterator[int]:
    """Where the member `quoted` stands from `first` on with a value other than null, last place first.

    Inside a JSON string the closing quote would be escaped, so text never looks like it.
    """
    at = whole.rfind(quoted, first)
    while at >= 0:
        after = at + len(quoted)
        if not whole.startswith(b":null", after) and _NULL.match(whole, after) is None:
            yield at
        at = whole.rfind(quoted, first, at)


def has_marks(whole: bytes) -> bool:
    """Whether anything in these events may matter once the answer has begun."""
    return whole.rfind(b"[DONE]") >= 0 or any(True for mark in _MARKS for _ in stated(whole, mark))


def end_of_event(whole: bytes, at: int) -> int:
    """Where the event that begins at `at` ends, its blank line included; lines end with LF."""
    end = whole.find(b"\n", at)
    while end >= 0:
        if whole.startswith(b"\n", end + 1):
            return end + 2
        end = whole.find(b"\n", end + 1)
    return len(whole)


def bounds_around(whole: bytes, at: int) -> tuple[int, int]:
    """Where the event around `at` begins and ends, its blank line included; lines end with LF."""
    before = whole.rfind(b"\n\n", 0, at)
    return (0 if before < 0 else before + 2), end_of_event(whole, at)


def split_events(whole: bytes) -> list[bytes]:
    """The events, each with its blank line; lines may end with CR too."""
    ends = [match.end() for match in _BLANK.finditer(whole)]
    cuts = [0, *ends] if ends and ends[-1] == len(whole) else [0, *ends, len(whole)]
    return [whole[start:end] for start, end in pairwise(cuts)]


def data_in(whole: bytes, start: int, end: int) -> bytes:
    """The data of the event between the places; the usual single line without a list of lines."""
    if whole.startswith(b"data: ", start) and whole.find(b"\n", start, end) == end - 2:
        return whole[start + 6 : end - 2]
    return data_of(whole[start:end])


def data_of(event: bytes) -> bytes:
    """The data of one event, in however many lines of whichever end."""
    lines = _LINE_END.split(event.removeprefix(b"\xef\xbb\xbf"))
    return b"\n".join(line[5:].removeprefix(b" ") for line in lines if line.startswith(b"data:"))


def chunk_of(data: bytes) -> WireChunk | None:
    """The chunk in an event's data; None for any other, which is the client's to judge."""
    if not data.startswith(b"{"):
        return None
    try:
        return CHUNK.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError):
        return None


def chunk_around(whole: bytes, at: int) -> WireChunk | None:
    """The chunk in the event around `at`."""
    return chunk_of(data_in(whole, *bounds_around(whole, at)))


def without_usage(event: bytes, data: bytes, chunk: WireChunk) -> bytes:
    """The event without its count; nothing when it holds nothing else."""
    if not chunk.choices and chunk.error is None and b'"prompt_filter_results"' not in data:
        return b""
    fields = _RAW_CHUNK.decode(data)
    fields.pop("usage", None)
    head = event[: event.find(b"data:")]
    return head + b"data: " + msgspec.json.encode(fields) + b"\n\n"
