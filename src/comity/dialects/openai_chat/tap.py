"""Watches a chat completion stream that passes through, and hides what the client did not ask for.

Pieces are searched for a few byte strings, from their end, and only the events that hold one are decoded; a
chunk that differs from an earlier one in nothing but its text is not even searched. When nothing has to be
hidden, the bytes leave exactly as they came.
"""

from __future__ import annotations

from comity.dialects.openai_chat.chunks import WireChunk
from comity.dialects.openai_chat.failure import decode_stream_error
from comity.dialects.openai_chat.stream_bytes import (
    ERROR,
    FINISH,
    USAGE,
    bounds_around,
    chunk_around,
    chunk_of,
    data_in,
    data_of,
    end_of_event,
    has_marks,
    split_events,
    stated,
    without_usage,
)
from comity.dialects.openai_chat.usage import decode_usage
from comity.dialects.peek import Peek
from comity.dialects.sse import EVENT_LIMIT
from comity.errors import ResponseError
from comity.exchange import ModelTraits, ProviderFailure, Usage

_DONE = b"data: [DONE]\n\n"
_TEXT = b'content":"'
_STRING_END = b'"}\n\n'
_LESSONS = 8


def tap(seen: Peek, traits: ModelTraits) -> StreamTap:
    """The tap for the stream that the request behind `seen` asked for."""
    del traits  # all servers of this dialect count alike
    return StreamTap(not seen.stream_usage, seen.candidates)


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
        self.tier = ""
        """The tier that serves, in the provider's word."""
        self.place = ""
        """Nothing: the dialect has no word for where it was served."""
        self._hide = hide_usage
        self._wanted = candidates
        self._ended: set[int] = set()
        self._tail = bytearray()
        # A chunk that said text and nothing else: its bytes before the text, and those after it, up to its
        # end or into its last string, which some providers fill with noise.
        self._before = b""
        self._after = b""
        self._noise = False
        self._lessons = _LESSONS

    @property
    def finished(self) -> bool:
        """Whether the answer is whole: the end mark was seen, or every answer gave its finish reason."""
        return self.done or len(self._ended) >= self._wanted

    def feed(self, data: bytes) -> bytes:
        """The bytes to forward; raises ResponseError when one event grows past the limit."""
        if self._tail:
            return self._join(data)
        before = self._before
        if before and data.startswith(before):
            # Up to the next quote there is no room for another member.
            at = data.find(b'"', len(before))
            if data.startswith(self._after, at):
                at += len(self._after)
                if self._noise:
                    at = data.find(b'"', at) + 4 if data.endswith(_STRING_END) else -1
                if at == len(data):
                    return data
        return self._watch(data) if data.endswith(b"\n\n") else self._join(data)

    def complete(self) -> bytes:
        """The end mark."""
        return _DONE

    def flush(self) -> bytes:
        """What is still held back when the stream ends, watched as if its blank line had come."""
        rest = bytes(self._tail)
        self._tail.clear()
        shown = self._watch(rest) if rest else b""
        return shown if self._hide else b""

    def _join(self, data: bytes) -> bytes:
        """Watches the events that `data` completes and keeps what it leaves open."""
        tail = self._tail
        # A blank line can have begun at most three bytes before.
        since = max(len(tail) - 3, 0)
        tail += data
        end = tail.rfind(b"\n\n", since) + 2
        if tail.find(b"\r", since) >= 0:
            end = max(end, tail.rfind(b"\n\r\n", since) + 3, tail.rfind(b"\r\r", since) + 2)
        if end < 4:
            if len(tail) > EVENT_LIMIT:
                raise ResponseError(f"an event of the stream is longer than {EVENT_LIMIT} bytes")
            return b"" if self._hide else data
        whole = bytes(tail[:end])
        del tail[:end]
        shown = self._watch(whole)
        return shown if self._hide else data

    def _watch(self, whole: bytes) -> bytes:
        """Looks at complete events; gives them without the usage that is to be hidden."""
        if whole.find(b"\r") >= 0:
            return self._watch_each(whole) if not self.started or has_marks(whole) else whole
        first = 0 if self.started else self._await_start(whole)
        quiet = self._see_marks(whole, first)
        shown = self._take_usage(whole)
        if quiet and self.started and self._lessons:
            self._learn(whole)
        return shown

    def _watch_each(self, whole: bytes) -> bytes:
        """The same for the rare servers that end lines with CR, event by event."""
        shown = []
        for event in split_events(whole):
            data = data_of(event)
            chunk = chunk_of(data)
            self.done = self.done or data == b"[DONE]"
            usage = None
            if chunk is not None:
                self._note(chunk)
                usage = decode_usage(chunk.usage)
                self.tier = chunk.service_tier or self.tier
            self.usage = usage or self.usage
            shown.append(event if usage is None or chunk is None else without_usage(event, data, chunk))
        return b"".join(shown) if self._hide else whole

    def _await_start(self, whole: bytes) -> int:
        """Reads events until the model says something; gives where the next one begins."""
        at = 0
        while at < len(whole) and not self.started:
            end = end_of_event(whole, at)
            chunk = chunk_of(data_in(whole, at, end))
            if chunk is not None:
                self._note(chunk)
            at = end
        return at

    def _note(self, chunk: WireChunk) -> None:
        error = chunk.error_members()
        if error is not None and self.failure is None:
            self.failure = decode_stream_error(error)
        if not self.started:
            self.started = chunk.says_something()
            self.model = chunk.model or self.model
            self.tier = chunk.service_tier or self.tier
        self._note_finishes(chunk)

    def _note_finishes(self, chunk: WireChunk) -> None:
        for choice in chunk.choices or ():
            if choice.finish_reason:
                self._ended.add(choice.index)

    def _see_marks(self, whole: bytes, first: int) -> bool:
        """Finishes, errors and the end mark from `first` on; whether there was nothing of them."""
        if self._sees_end(whole):
            self.done = True
        quiet = not self.done
        if not self.finished:
            for at in stated(whole, FINISH, first):
                quiet = False
                chunk = chunk_around(whole, at)
                if chunk is not None:
                    self._note_finishes(chunk)
                    if self.finished:
                        break
        earliest = None
        for at in stated(whole, ERROR, first):
            quiet = False
            chunk = chunk_around(whole, at)
            earliest = (None if chunk is None else chunk.error_members()) or earliest
        if earliest is not None and self.failure is None:
            self.failure = decode_stream_error(earliest)
        return quiet

    def _sees_end(self, whole: bytes) -> bool:
        if whole.endswith(_DONE) and (len(whole) == len(_DONE) or whole.endswith(b"\n\n" + _DONE)):
            return True
        return whole.rfind(b"[DONE]") >= 0 and any(
            data_of(event) == b"[DONE]" for event in split_events(whole)
        )

    def _take_usage(self, whole: bytes) -> bytes:
        """Remembers the last count; `whole` without any that is to be hidden."""
        kept: list[bytes] = []
        start = end = len(whole)
        counted = False
        for at in stated(whole, USAGE):
            if at >= start:
                continue
            start, stop = bounds_around(whole, at)
            data = data_in(whole, start, stop)
            chunk = chunk_of(data)
            usage = None if chunk is None else decode_usage(chunk.usage)
            if chunk is None or usage is None:
                continue
            if not counted:
                self.usage, counted = usage, True
                self.tier = chunk.service_tier or self.tier
            if not self._hide:
                return whole
            kept += (whole[stop:end], without_usage(whole[start:stop], data, chunk))
            end = start
        return b"".join((whole[:end], *reversed(kept))) if kept else whole

    def _learn(self, whole: bytes) -> None:
        """Remembers what surrounds the text of a chunk, if it is the only one of the piece."""
        begin = whole.find(_TEXT) + len(_TEXT)
        end = whole.find(b'"', begin)
        alone = whole.find(b"\n") == len(whole) - 2 and whole.startswith(b"data: {")
        if begin < len(_TEXT) or end < 0 or not alone or whole[end - 1] == ord("\\"):
            return
        if any(True for _ in stated(whole, USAGE)):
            return
        self._lessons -= 1
        noise = whole.rfind(b'":"', end) + 3
        self._noise = noise > end + 3 and whole.find(b'"', noise) == len(whole) - len(_STRING_END)
        self._before = whole[:begin]
        self._after = whole[end:noise] if self._noise else whole[end:]
