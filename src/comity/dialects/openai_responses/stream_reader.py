"""Reads a streamed response: typed events to the hub's, in any splitting.

Items are told apart by their place in the output, never by id, since some servers change the id from event to
event. What only an item's end says (a text that never came in pieces, encrypted reasoning) is read there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

from comity.dialects.openai_chat.failure import decode_stream_error
from comity.dialects.openai_responses.content_reader import read_citation
from comity.dialects.openai_responses.failure import failure_in
from comity.dialects.openai_responses.finish import decode_finish, detail_of
from comity.dialects.openai_responses.output_reader import read_call, read_item
from comity.dialects.openai_responses.response import WireAnswer
from comity.dialects.openai_responses.shapes import Item
from comity.dialects.openai_responses.usage import decode_usage
from comity.dialects.sse import EventSourceDecoder, read_rest
from comity.dialects.wire_json import read_answer
from comity.errors import ResponseError
from comity.exchange import (
    AnswerKey,
    BlockDelta,
    CitationDelta,
    Event,
    Finished,
    LogprobsDelta,
    Media,
    Opaque,
    Reasoning,
    ReasoningDelta,
    Refusal,
    RefusalDelta,
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


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    response: WireAnswer | None = None
    item: Item | None = None
    output_index: int = 0
    content_index: int = 0
    summary_index: int = 0
    # Events of hosted tools have members of the same names and other types.
    delta: Any = None
    logprobs: Any = None
    annotation: Any = None
    error: Any = None
    code: Any = None
    message: Any = None
    param: Any = None


class _Open(msgspec.Struct):
    """An item of the output, as far as it has come."""

    kind: str = ""
    index: int = 0
    said: dict[int, str] = {}
    cited: int = 0
    thought: int = -1
    item: str | None = None


_EVENT = msgspec.json.Decoder(_Event)
_PLAIN = AnswerKey()
_FORMS: dict[str, Any] = {
    "response.reasoning_summary_text.delta": "summary",
    "response.reasoning_text.delta": "raw",
}


class EventDecoder:
    """Takes a stream's body in any splitting and gives the hub's events."""

    def __init__(self, key: AnswerKey = _PLAIN) -> None:
        self._key = key
        self._source = EventSourceDecoder()
        self._started = False
        self._ended = False
        self._items: dict[int, _Open] = {}
        self._calls = 0
        self._refused = False

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes; raises ResponseError when it is no such stream."""
        return [event for sent in self._source.feed(data) for event in self._read(sent.data)]

    def flush(self) -> list[Event]:
        """What the end of the body leaves; an event that it cuts off is dropped."""
        return read_rest(self._source, self._read)

    def _read(self, data: bytes) -> list[Event]:
        if data.strip() == b"[DONE]" or self._ended:
            return []
        event = read_answer(data, _EVENT, "an event of the stream")
        if event.type == "response.output_text.delta" and self._started:
            return self._text(event)
        step = self._STEPS.get(event.type)
        return self._begin(event) + ([] if step is None else step(self, event))

    def _begin(self, event: _Event) -> list[Event]:
        if self._started or event.type in {"error", "response.failed", ""}:
            return []
        self._started = True
        answer = event.response or WireAnswer()
        created = int(answer.created_at or self._key.created)
        return [Started(answer.id or self._key.id, answer.model or self._key.model, created)]

    def _open(self, index: int, kind: str) -> _Open:
        item = self._items.get(index)
        if item is None:
            item = self._items[index] = _Open(kind)
        return item

    def _added(self, event: _Event) -> list[Event]:
        item = event.item or {}
        opened = self._open(event.output_index, _word(item.get("type")))
        opened.item = _word(item.get("id")) or None
        return self._call(opened, item) if opened.kind == "function_call" else []

    def _call(self, opened: _Open, item: Item) -> list[Event]:
        call = read_call(item, self._key)
        opened.index = self._calls
        opened.said = {0: call.arguments}
        self._calls += 1
        events: list[Event] = [ToolCallStart(opened.index, call.id, call.name)]
        return [*events, ToolCallDelta(opened.index, call.arguments)] if call.arguments else events

    def _text(self, event: _Event) -> list[Event]:
        piece = _word(event.delta)
        said = self._open(event.output_index, "message").said
        said[event.content_index] = said.get(event.content_index, "") + piece
        events: list[Event] = [TextDelta(piece)] if piece else []
        return (
            [*events, LogprobsDelta({"content": event.logprobs, "refusal": None})]
            if isinstance(event.logprobs, list) and event.logprobs
            else events
        )

    def _refusal(self, event: _Event) -> list[Event]:
        self._refused = True
        piece = _word(event.delta)
        said = self._open(event.output_index, "message").said
        said[event.content_index] = said.get(event.content_index, "") + piece
        return [RefusalDelta(piece)] if piece else []

    def _arguments(self, event: _Event) -> list[Event]:
        opened = self._items.get(event.output_index)
        if opened is None or opened.kind != "function_call":
            raise ResponseError("arguments of the stream belong to no function call")
        piece = _word(event.delta)
        opened.said[0] = opened.said.get(0, "") + piece
        return [ToolCallDelta(opened.index, piece)] if piece else []

    def _thought(self, event: _Event) -> list[Event]:
        opened = self._open(event.output_index, "reasoning")
        raw = event.type == "response.reasoning_text.delta"
        place = event.content_index if raw else event.summary_index
        identity = opened.item if place != opened.thought else None
        opened.thought = place
        origin = self._key.origin
        return [ReasoningDelta(_word(event.delta), origin=origin, id=identity, form=_FORMS[event.type])]

    def _annotation(self, event: _Event) -> list[Event]:
        opened = self._open(event.output_index, "message")
        opened.cited += 1
        wire = event.annotation
        return [CitationDelta(read_citation(wire))] if isinstance(wire, dict) else []

    def _done(self, event: _Event) -> list[Event]:
        item = event.item or {}
        opened = self._items.get(event.output_index)
        events: list[Event] = []
        if opened is None:
            events = self._added(event)
            opened = self._items[event.output_index]
        for place, part in enumerate(read_item(item, self._key)):
            events.extend(self._rest(opened, place, part))
        return events

    def _rest(self, opened: _Open, place: int, part: object) -> list[Event]:
        """What of a finished item's part did not come before."""
        match part:
            case Text():
                missing = _missing(opened.said.get(place, ""), part.text)
                late = part.citations[opened.cited :]
                opened.cited = max(opened.cited - len(part.citations), 0)
                text: list[Event] = [TextDelta(missing)] if missing else []
                return [*text, *map(CitationDelta, late)]
            case Refusal():
                self._refused = True
                missing = _missing(opened.said.get(place, ""), part.text)
                return [RefusalDelta(missing)] if missing else []
            case ToolCall():
                missing = _missing(opened.said.get(0, ""), part.arguments)
                return [ToolCallDelta(opened.index, missing)] if missing else []
            case Reasoning():
                return _thought_rest(opened, place, part)
            case Opaque() | Media():
                return [BlockDelta(part)]
            case _:
                return []

    def _end(self, event: _Event) -> list[Event]:
        answer = event.response or WireAnswer()
        if answer.status == "failed":
            return self._failed(event)
        self._ended = True
        status = answer.status or event.type.removeprefix("response.")
        finish = decode_finish(status, answer.reason, calls=self._calls > 0, refused=self._refused)
        events: list[Event] = [Finished(finish, detail_of(finish, status, answer.reason))]
        usage = decode_usage(answer.usage)
        if usage is not None:
            events.append(UsageReport(usage, answer.service_tier or ""))
        return [*events, StreamEnd()]

    def _failed(self, event: _Event) -> list[Event]:
        error = (event.response.error if event.response else None) or {}
        return [StreamFailure(decode_stream_error(error))]

    def _error(self, event: _Event) -> list[Event]:
        return [StreamFailure(failure_in(msgspec.to_builtins(event)))]

    # All other events only say how far a hosted tool is.
    _STEPS: ClassVar[dict[str, Callable[[EventDecoder, _Event], list[Event]]]] = {
        "response.output_text.delta": _text,
        "response.refusal.delta": _refusal,
        "response.function_call_arguments.delta": _arguments,
        "response.reasoning_summary_text.delta": _thought,
        "response.reasoning_text.delta": _thought,
        "response.output_text.annotation.added": _annotation,
        "response.output_item.added": _added,
        "response.output_item.done": _done,
        "response.completed": _end,
        "response.incomplete": _end,
        "response.done": _end,
        "response.failed": _failed,
        "error": _error,
    }


def _thought_rest(opened: _Open, place: int, block: Reasoning) -> list[Event]:
    closing = block.signature is not None or block.redacted is not None
    text = block.text if opened.thought < 0 or place > opened.thought else ""
    if not text and not closing:
        return []
    identity = block.id if text or opened.thought < 0 else None
    return [ReasoningDelta(text, block.signature, block.redacted, block.origin, id=identity, form=block.form)]


def _missing(had: str, whole: str) -> str:
    """What of `whole` is still to be told; nothing when the pieces said something else."""
    return whole[len(had) :] if whole.startswith(had) else ""


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""
