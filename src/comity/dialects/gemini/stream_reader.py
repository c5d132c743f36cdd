"""Reads a streamed answer: server-sent events in any splitting to the hub's events.

Each chunk repeats the whole count, and the last one stands (T22). The stream has no end mark: it is complete
when every answer that began has given its reason.
"""

from __future__ import annotations

from comity.dialects.gemini.answer_shapes import ANSWER, AnswerPart, Candidate, WireAnswer, answer_ids
from comity.dialects.gemini.call_ids import CallIds
from comity.dialects.gemini.failure import decode_stream_error
from comity.dialects.gemini.finish import decode_finish
from comity.dialects.gemini.grounding import read_citations
from comity.dialects.gemini.logprobs import decode_logprobs
from comity.dialects.gemini.partial_calls import PartialCall
from comity.dialects.gemini.response import answer_parts
from comity.dialects.gemini.shapes import WireCall
from comity.dialects.gemini.usage import decode_usage
from comity.dialects.sse import EventSourceDecoder
from comity.dialects.wire_json import read_answer
from comity.errors import ResponseError
from comity.exchange import (
    AnswerKey,
    BlockDelta,
    CitationDelta,
    Event,
    Finish,
    Finished,
    LogprobsDelta,
    Media,
    Opaque,
    Part,
    Reasoning,
    ReasoningDelta,
    Started,
    StreamEnd,
    StreamFailure,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStart,
    UsageReport,
)

_PLAIN = AnswerKey()


class EventDecoder:
    """Takes a stream's body in any splitting and gives the hub's events."""

    def __init__(self, key: AnswerKey = _PLAIN) -> None:
        self._key = key
        self._source = EventSourceDecoder()
        self._identity: str | None = None
        self._answers: dict[int, _Answer] = {}
        self._blocked = False
        self._ended = False

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes; raises ResponseError when it is no such stream."""
        return [event for sent in self._source.feed(data) for event in self._read(sent.data)]

    def flush(self) -> list[Event]:
        """What the end of the body leaves, and the end mark if the answer is whole."""
        events: list[Event] = []
        for sent in self._source.flush():
            try:
                events.extend(self._read(sent.data))
            except ResponseError:
                return events
        if not self._ended and (self._blocked or self._all_finished()):
            self._ended = True
            events.append(StreamEnd())
        return events

    def _all_finished(self) -> bool:
        return bool(self._answers) and all(answer.finished for answer in self._answers.values())

    def _read(self, data: bytes) -> list[Event]:
        chunk = read_answer(data, ANSWER, "a chunk of the stream")
        if chunk.error is not None:
            return [StreamFailure(decode_stream_error(chunk.error))]
        events = [] if self._identity is not None else self._begin(chunk)
        for candidate in chunk.candidates or ():
            answer = self._answers.get(candidate.index) or self._answer(candidate.index)
            events += answer.read(candidate)
        if chunk.blocked is not None and not self._answers:
            self._blocked = True
            events.append(Finished(Finish.CONTENT_FILTER, chunk.blocked))
        counted = chunk.usage_metadata
        usage = None if counted is None else decode_usage(counted)
        if counted is not None and usage is not None:
            events.append(UsageReport(usage, counted.tier or ""))
        return events

    def _begin(self, chunk: WireAnswer) -> list[Event]:
        self._identity = chunk.response_id or self._key.id
        return [Started(self._identity, chunk.model_version or self._key.model, self._key.created)]

    def _answer(self, index: int) -> _Answer:
        ids = answer_ids(self._identity or "", index)
        answer = self._answers[index] = _Answer(index, ids, self._key)
        return answer


class _Answer:
    """One candidate of the stream."""

    def __init__(self, index: int, ids: CallIds, key: AnswerKey) -> None:
        self.finished = False
        self._index = index
        self._ids = ids
        self._key = key
        self._calls = 0
        self._partial: PartialCall | None = None
        self._texts: list[str] = []

    def read(self, candidate: Candidate) -> list[Event]:
        events: list[Event] = []
        for raw in (candidate.content.parts if candidate.content is not None else None) or ():
            if raw.text and not raw.thought and raw.thought_signature is None:
                # Nearly all parts are text.
                self._texts.append(raw.text)
                events.append(TextDelta(raw.text, self._index))
            else:
                events += self._part(raw)
        if candidate.grounding_metadata is not None or candidate.citation_metadata is not None:
            events += self._sources(candidate)
        weighed = candidate.logprobs_result
        logprobs = None if weighed is None else decode_logprobs(weighed)
        if logprobs is not None:
            events.append(LogprobsDelta(logprobs, self._index))
        if candidate.finish_reason is not None and not self.finished:
            events += self._finish(candidate.finish_reason)
        return events

    def _finish(self, word: str) -> list[Event]:
        self.finished = True
        ended = self._end_call()
        return [*ended, Finished(decode_finish(word, calls=self._calls > 0), word, self._index)]

    def _part(self, raw: AnswerPart) -> list[Event]:
        wire = raw.function_call
        if wire is not None and self._partial is not None and not wire.name:
            return self._continue(wire)
        ended = self._end_call()
        if wire is not None and not wire.name:
            return ended
        events = [event for part in answer_parts(raw, self._ids, self._key) for event in self._events(part)]
        if wire is not None and wire.will_continue:
            self._partial = PartialCall(self._calls - 1)
            # Its arguments follow.
            events.pop()
        return [*ended, *events]

    def _continue(self, wire: WireCall) -> list[Event]:
        assert self._partial is not None, "a piece continues a call that began"
        return self._end_call() if self._partial.feed(wire) else []

    def _end_call(self) -> list[Event]:
        if self._partial is None:
            return []
        partial, self._partial = self._partial, None
        return [ToolCallDelta(partial.index, partial.arguments(), self._index)]

    def _events(self, part: Part) -> list[Event]:
        match part:
            case Text():
                self._texts.append(part.text)
                return [TextDelta(part.text, self._index)]
            case Reasoning():
                signed = part.signature, part.redacted, part.origin
                return [ReasoningDelta(part.text, *signed, self._index)]
            case ToolCall():
                place, self._calls = self._calls, self._calls + 1
                start = ToolCallStart(place, part.id, part.name, self._index, part.signature, part.origin)
                return [start, ToolCallDelta(place, part.arguments, self._index)]
            case Opaque() | Media():
                return [BlockDelta(part, self._index)]
            case _:
                return []

    def _sources(self, candidate: Candidate) -> list[Event]:
        texts = {0: "".join(self._texts)}
        found = read_citations(candidate.grounding_metadata, candidate.citation_metadata, texts)
        return [CitationDelta(citation, self._index) for _, citation in found]
