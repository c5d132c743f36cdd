"""Watches a chat completion stream that passes through, and hides what the client did not ask for.

Pieces are searched for a few byte strings and only the chunks that hold one are decoded, so a stream costs a
fraction of a microsecond a chunk. When nothing has to be hidden, the bytes leave exactly as they came.
"""

from __future__ import annotations

import re
from itertools import pairwise

import msgspec

from comity.dialects.openai_chat.chunks import CHUNK, WireChunk
from comity.dialects.openai_chat.failure import decode_stream_error
from comity.dialects.openai_chat.usage import decode_usage
from comity.dialects.sse import EVENT_LIMIT
from comity.errors import ResponseError
from comity.exchange import ProviderFailure, Usage

# The groups are atomic, or CRLF would also match as two line ends.
_BLANK = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
_LINE_END = re.compile(rb"\r\n|\n|\r")
# As the last event of a piece, after another one.
_LAST = b"\n\ndata: [DONE]\n\n"
_NULL_USAGE = re.compile(rb'"usage"\s*:\s*null')
_FINISH = re.compile(rb'"finish_reason"\s*:\s*"')
_RAW_CHUNK = msgspec.json.Decoder(dict[str, msgspec.Raw])


class StreamTap:
    """Takes a stream's bytes in any splitting, gives the bytes to forward, and remembers what it saw."""

    def __init__(self, hide_usage: bool, candidates: int = 1) -> None:  # noqa: FBT001 - the one switch there is
        self.usage: Usage | None = None
        """The last count seen."""
        self.failure: ProviderFailure | None = None
        """The error that came inside the stream."""
        self.started = False
        """Whether the model said anything: before that another target may still be tried."""
        self.done = False
        """Whether the stream's own end mark was seen."""
        self.model = ""
        """The model as the provider names it, once started."""
        self._hide = hide_usage
        self._wanted = candidates
        self._finishes = 0
        self._tail = bytearray()

    @property
    def finished(self) -> bool:
        """Whether the answer is whole: the end mark was seen, or every answer gave its finish reason."""
        return self.done or self._finishes >= self._wanted

    def feed(self, data: bytes) -> bytes:
        """The bytes to forward; raises ResponseError when one event grows past the limit."""
        tail = self._tail
        if not tail and data.endswith(b"\n\n"):
            return self._watch(data)
        tail += data
        end = max(tail.rfind(b"\n\n") + 2, tail.rfind(b"\n\r\n") + 3, tail.rfind(b"\r\r") + 2)
        if end < 4:
            if len(tail) > EVENT_LIMIT:
                raise ResponseError(f"an event of the stream is longer than {EVENT_LIMIT} bytes")
            return b"" if self._hide else data
        whole = bytes(tail[:end])
        del tail[:end]
        shown = self._watch(whole)
        return shown if self._hide else data

    def flush(self) -> bytes:
        """What is still held back when the stream ends, watched as if its blank line had come."""
        rest = bytes(self._tail)
        self._tail.clear()
        shown = self._watch(rest) if rest else b""
        return shown if self._hide else b""

    def _watch(self, whole: bytes) -> bytes:
        """Looks at complete events; gives them without the usage that is to be hidden."""
        if not self.done and b"[DONE]" in whole:
            self.done = whole.endswith(_LAST) or any(_data(event) == b"[DONE]" for event in _split(whole))
        self._finishes += len(_FINISH.findall(whole)) if b'"finish_reason"' in whole else 0
        counted = whole.count(b'"usage"')
        if counted:
            counted -= len(_NULL_USAGE.findall(whole))
        telling = counted or b'"error"' in whole
        if self.started and not telling:
            return whole
        kept = [self._inspect(event) if self._matters(event) else event for event in _split(whole)]
        return b"".join(kept) if self._hide and counted else whole

    def _matters(self, event: bytes) -> bool:
        """Whether an event has to be decoded: all do until the model has said something."""
        return not self.started or b'"usage"' in event or b'"error"' in event

    def _inspect(self, event: bytes) -> bytes:
        data = _data(event)
        try:
            chunk = CHUNK.decode(data) if data.startswith(b"{") else None
        except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError):
            chunk = None
        if chunk is None:
            return event
        error = chunk.error_members()
        if error is not None and self.failure is None:
            self.failure = decode_stream_error(error)
        if not self.started and chunk.says_something():
            self.started = True
        self.model = chunk.model or self.model
        usage = decode_usage(chunk.usage)
        self.usage = usage or self.usage
        return event if usage is None else _without_usage(event, data, chunk)


def _split(whole: bytes) -> list[bytes]:
    if b"\r" not in whole:
        *events, rest = whole.split(b"\n\n")
        return [event + b"\n\n" for event in events] + ([rest] if rest else [])
    ends = [match.end() for match in _BLANK.finditer(whole)]
    cuts = [0, *ends] if ends and ends[-1] == len(whole) else [0, *ends, len(whole)]
    return [whole[start:end] for start, end in pairwise(cuts)]


def _data(event: bytes) -> bytes:
    """The data of one event; the usual single line without a list of lines."""
    if event.startswith(b"data: ") and event.count(b"\n") == 2 and event.endswith(b"\n\n"):
        return event[6:-2]
    lines = _LINE_END.split(event.removeprefix(b"\xef\xbb\xbf"))
    return b"\n".join(line[5:].removeprefix(b" ") for line in lines if line.startswith(b"data:"))


def _without_usage(event: bytes, data: bytes, chunk: WireChunk) -> bytes:
    if not chunk.choices and chunk.error is None and b'"prompt_filter_results"' not in data:
        return b""
    fields = _RAW_CHUNK.decode(data)
    fields.pop("usage", None)
    head = event[: event.find(b"data:")]
    return head + b"data: " + msgspec.json.encode(fields) + b"\n\n"
