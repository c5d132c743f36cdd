"""Writes the hub's events as the typed events of a streamed response.

The last event repeats the whole answer, so what was said is kept until then. One item is open at a time, or
several calls.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile
from typing import Any, ClassVar

import msgspec

from comity.dialects.openai_responses.answer_object import answer_object
from comity.dialects.openai_responses.content_writer import write_annotation
from comity.dialects.openai_responses.failure import encode_stream_failure
from comity.dialects.openai_responses.finish import encode_finish
from comity.dialects.openai_responses.names import item_stem, namespaces_of
from comity.dialects.openai_responses.open_items import (
    Kind,
    OpenCall,
    OpenItem,
    OpenMessage,
    OpenReasoning,
)
from comity.dialects.openai_responses.output_writer import block_item
from comity.dialects.openai_responses.shapes import Item
from comity.dialects.openai_responses.usage import encode_usage
from comity.exchange import (
    BlockDelta,
    CitationDelta,
    Event,
    Finish,
    Finished,
    LogprobsDelta,
    ReasoningDelta,
    RefusalDelta,
    Request,
    Started,
    StreamEnd,
    StreamFailure,
    TextDelta,
    ToolCallDelta,
    ToolCallStart,
    Usage,
    UsageReport,
)

_ENCODER = msgspec.json.Encoder()


class EventEncoder:
    """Writes one streamed answer; its events are numbered from 0."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._answer = answer_object("", request.model, 0, request)
        self._namespaces = namespaces_of(request)
        self._stem = ""
        self._number = 0
        self._output: list[Item] = []
        self._open: list[OpenItem] = []
        self._calls: dict[int, OpenCall] = {}
        self._finish = Finish.UNKNOWN
        self._refused = False
        self._usage: Usage | None = None

    def encode(self, event: Event) -> bytes:
        """The bytes of one event; empty when it is nothing of its own on this wire."""
        if isinstance(event, TextDelta):
            return self._text(event)
        step = self._STEPS.get(type(event))
        return b"" if step is None else step(self, event)

    def _start(self, event: Started) -> bytes:
        self._stem = item_stem(event.id)
        self._answer |= {"id": event.id, "model": event.model, "created_at": event.created}
        return self._lifecycle("response.created") + self._lifecycle("response.in_progress")

    def _text(self, event: TextDelta) -> bytes:
        message = self._last
        if isinstance(message, OpenMessage) and message.kind == "output_text":
            number = self._number
            self._number += 1
            return message.text_delta(number, event.text)
        return self._message("output_text", lambda opened: opened.say(event.text))

    def _message(self, kind: Kind, step: Callable[[OpenMessage], list[Item]]) -> bytes:
        before = b""
        message = self._last
        if not isinstance(message, OpenMessage):
            before = self._close()
            message = OpenMessage(self._next, f"msg_{self._stem}_{self._next}")
            before += self._begin(message)
        return before + self._frames([*message.part(kind), *step(message)])

    def _thought(self, event: ReasoningDelta) -> bytes:
        before = b""
        item = self._last
        if not isinstance(item, OpenReasoning) or item.closed or not item.takes(event):
            before = self._close()
            item = OpenReasoning(self._next, f"rs_{self._stem}_{self._next}", event.id)
            before += self._begin(item)
        return before + self._frames(item.think(event))

    def _call(self, event: ToolCallStart) -> bytes:
        before = self._close_whole() if isinstance(self._last, OpenCall) else self._close()
        group = self._namespaces.get(event.name)
        call = OpenCall(self._next, f"fc_{self._stem}_{self._next}", event, group)
        self._calls[event.index] = call
        return before + self._begin(call)

    def _citation(self, event: CitationDelta) -> bytes:
        if not isinstance(self._last, OpenMessage):
            # A source that comes after its text has no text to stand at.
            return b""

        def cite(message: OpenMessage) -> list[Item]:
            annotation = write_annotation(event.citation, message.length)
            return [] if annotation is None else message.cite(annotation)

        return self._message("output_text", cite)

    def _block(self, event: BlockDelta) -> bytes:
        before = self._close()
        index = self._next
        item = block_item(event.block, f"{self._stem}_{index}")
        self._output.append(item)
        place = {"output_index": index, "item": item}
        added = {"type": "response.output_item.added", **place}
        return before + self._frames([added, {"type": "response.output_item.done", **place}])

    @property
    def _next(self) -> int:
        return len(self._output) + len(self._open)

    @property
    def _last(self) -> OpenItem | None:
        return self._open[-1] if self._open else None

    def _begin(self, item: OpenItem) -> bytes:
        self._open.append(item)
        return self._frames(item.begin())

    def _close_whole(self) -> bytes:
        """Ends the calls that are complete; others may come interleaved and stay open side by side."""
        whole = list(takewhile(lambda item: isinstance(item, OpenCall) and item.whole, self._open))
        self._open, rest = whole, self._open[len(whole) :]
        calls = {index: call for index, call in self._calls.items() if call in rest}
        ended = self._close()
        self._open, self._calls = rest, calls
        return ended

    def _close(self) -> bytes:
        events: list[Item] = []
        for item in self._open:
            events += item.end()
            self._output.append(item.item)
        self._open.clear()
        self._calls.clear()
        return self._frames(events)

    def _end(self, _: StreamEnd) -> bytes:
        before = self._close()
        self._answer |= encode_finish(self._finish, refused=self._refused)
        self._answer["output"] = self._output
        self._answer["usage"] = None if self._usage is None else encode_usage(self._usage)
        return before + self._lifecycle(f"response.{self._answer['status']}")

    def _refuse(self, event: RefusalDelta) -> bytes:
        self._refused = True
        return self._message("refusal", lambda message: message.refuse(event.text))

    def _arguments(self, event: ToolCallDelta) -> bytes:
        call = self._calls.get(event.index)
        return b"" if call is None else self._frames(call.more(event.fragment))

    def _weigh(self, event: LogprobsDelta) -> bytes:
        if isinstance(self._last, OpenMessage):
            self._last.weigh(event.logprobs.get("content") or [])
        return b""

    def _note(self, event: Finished | UsageReport) -> bytes:
        if isinstance(event, Finished):
            self._finish = event.finish
        else:
            self._usage = event.usage
        return b""

    def _lifecycle(self, kind: str) -> bytes:
        return self._frames([{"type": kind, "response": self._answer}])

    def _frames(self, events: list[Item]) -> bytes:
        frames = []
        for event in events:
            kind = event["type"]
            body = _ENCODER.encode({"type": kind, "sequence_number": self._number, **event})
            frames.append(b"event: %b\ndata: %b\n\n" % (kind.encode(), body))
            self._number += 1
        return b"".join(frames)

    def _fail(self, event: StreamFailure) -> bytes:
        return encode_stream_failure(event.failure.fault)

    _STEPS: ClassVar[dict[type[Event], Callable[[EventEncoder, Any], bytes]]] = {
        Started: _start,
        RefusalDelta: _refuse,
        ReasoningDelta: _thought,
        ToolCallStart: _call,
        ToolCallDelta: _arguments,
        CitationDelta: _citation,
        BlockDelta: _block,
        LogprobsDelta: _weigh,
        Finished: _note,
        UsageReport: _note,
        StreamFailure: _fail,
        StreamEnd: _end,
    }
