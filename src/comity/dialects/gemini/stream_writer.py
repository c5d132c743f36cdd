"""Writes the hub's events as streamed chunks of a generateContent answer.

Google sends a call whole, so its pieces are held until it ends. The reason and the count are told in the last
chunk, as Google does; the stream has no end mark of its own.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.gemini.failure import encode_stream_failure
from comity.dialects.gemini.grounding import write_grounding
from comity.dialects.gemini.logprobs import encode_logprobs
from comity.dialects.gemini.response import ending_of, write_answer_part, write_call
from comity.dialects.gemini.usage import encode_usage
from comity.exchange import (
    BlockDelta,
    Citation,
    CitationDelta,
    Event,
    Finished,
    LogprobsDelta,
    Reasoning,
    ReasoningDelta,
    RefusalDelta,
    Request,
    Started,
    StreamEnd,
    StreamFailure,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStart,
    Usage,
    UsageReport,
)

_ENCODER = msgspec.json.Encoder()


class EventEncoder:
    """Writes a stream as server-sent events."""

    def __init__(self, request: Request | None = None) -> None:
        del request  # every client of this dialect is shown everything
        self._about: dict[str, Any] = {}
        self._text_frames: dict[int, tuple[bytes, bytes]] = {}
        self._answers: dict[int, _Answer] = {}
        self._usage: Usage | None = None

    def encode(self, event: Event) -> bytes:
        """The bytes of one event; empty when it is nothing of its own on this wire."""
        if isinstance(event, TextDelta) and event.text:
            return self._text(event)
        match event:
            case Started():
                self._about = {"modelVersion": event.model, "responseId": event.id}
                self._text_frames.clear()
                return b""
            case UsageReport():
                self._usage = event.usage
                return b""
            case StreamFailure():
                return encode_stream_failure(event.failure.fault)
            case StreamEnd():
                return self._end()
            case _:
                return self._write(event.choice, self._answer(event.choice).take(event))

    def _text(self, event: TextDelta) -> bytes:
        """A chunk of text, of which all but the text is written once."""
        answer = self._answer(event.choice)
        frame = self._text_frames.get(event.choice)
        if frame is None:
            before, _, after = self._write(event.choice, [{"text": ""}]).partition(b'""')
            frame = self._text_frames[event.choice] = before, after
        held = answer.finish() if answer.calling else []
        answer.said(event.text)
        return b"%b%b%b%b" % (
            self._write(event.choice, held),
            frame[0],
            _ENCODER.encode(event.text),
            frame[1],
        )

    def _answer(self, index: int) -> _Answer:
        return self._answers.setdefault(index, _Answer())

    def _end(self) -> bytes:
        candidates = [
            _candidate(index, answer.finish(), **answer.about(), **answer.ending)
            for index, answer in sorted(self._answers.items())
        ]
        usage = {} if self._usage is None else {"usageMetadata": encode_usage(self._usage)}
        return _frame({"candidates": candidates, **usage, **self._about})

    def _write(self, index: int, parts: list[dict[str, Any]]) -> bytes:
        if not parts:
            return b""
        return _frame({"candidates": [_candidate(index, parts)], **self._about})


class _Answer:
    """What one candidate has still to say."""

    def __init__(self) -> None:
        self.ending: dict[str, Any] = {}
        self._calls: dict[int, tuple[ToolCallStart, list[str]]] = {}
        self._text: list[str] = []
        self._citations: list[Citation] = []
        self._logprobs: list[Any] = []
        self._broken: str | None = None

    @property
    def calling(self) -> bool:
        """Whether calls are held that are not complete yet."""
        return bool(self._calls)

    def said(self, text: str) -> None:
        """Remembers a piece of text, whose places its sources name at the end."""
        self._text.append(text)

    def take(self, event: Event) -> list[dict[str, Any]]:
        """The parts that can be written now."""
        match event:
            case ToolCallStart():
                self._calls[event.index] = event, []
                return []
            case ToolCallDelta():
                self._calls[event.index][1].append(event.fragment)
                return []
            case CitationDelta():
                self._citations.append(event.citation)
                return []
            case LogprobsDelta():
                self._logprobs += event.logprobs.get("content") or []
                return []
            case Finished():
                held = self.finish()
                self.ending = ending_of(event.finish, event.finish_detail, self._broken)
                return held
            case _:
                return [*self.finish(), *self._said(event)]

    def finish(self) -> list[dict[str, Any]]:
        """The calls that are complete by now."""
        calls, self._calls = self._calls, {}
        written = []
        for _, (start, fragments) in sorted(calls.items()):
            text = "".join(fragments)
            call = ToolCall(start.id, start.name, text, signature=start.signature, origin=start.origin)
            part = write_call(call)
            if part is None:
                self._broken = start.name
            else:
                written.append(part)
        return written

    def _said(self, event: Event) -> list[dict[str, Any]]:
        match event:
            case RefusalDelta() if event.text:
                self._text.append(event.text)
                return [{"text": event.text}]
            case ReasoningDelta():
                block = Reasoning(event.text, event.signature, event.redacted, event.origin)
                part = write_answer_part(block)
                return [] if part is None else [part]
            case BlockDelta():
                part = write_answer_part(event.block)
                return [] if part is None else [part]
            case _:
                return []

    def about(self) -> dict[str, Any]:
        """The sources of its text and the log-probabilities of its tokens."""
        sources = write_grounding([(0, "".join(self._text), self._citations)])
        return sources | encode_logprobs({"content": self._logprobs})


def _candidate(index: int, parts: list[dict[str, Any]], **ending: Any) -> dict[str, Any]:
    return {"content": {"parts": parts, "role": "model"}, "index": index, **ending}


def _frame(chunk: dict[str, Any]) -> bytes:
    return b"data: %b\r\n\r\n" % _ENCODER.encode(chunk)
