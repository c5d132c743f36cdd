"""Items of an answer that are being streamed: the events that open, fill and close each of them.

Events are given as objects without their number, which the writer of the stream adds.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from comity.dialects.openai_responses.output_writer import call_item, message_item, text_part
from comity.dialects.openai_responses.reasoning import seal_reasoning, write_reasoning
from comity.dialects.openai_responses.shapes import Item
from comity.exchange import Reasoning, ReasoningDelta, ToolCall, ToolCallStart

Kind: TypeAlias = Literal["output_text", "refusal"]
"""What a message's part holds."""

_ENCODER = msgspec.json.Encoder()


class OpenMessage:
    """A message that is being written."""

    def __init__(self, index: int, identity: str) -> None:
        self._index = index
        self._id = identity
        self._content: list[dict[str, Any]] = []
        self._pieces: list[str] = []
        self._annotations: list[dict[str, Any]] = []
        self._logprobs: list[Any] = []
        self._head = b""
        self.kind: Kind | None = None
        """What the part that is being written holds; None between parts."""

    @property
    def item(self) -> Item:
        """The message as it is."""
        return message_item(self._id, self._content)

    @property
    def length(self) -> int:
        """Characters of the open part."""
        return sum(map(len, self._pieces))

    def begin(self) -> list[Item]:
        """The event that opens it."""
        item = message_item(self._id, [], done=False)
        return [{"type": "response.output_item.added", "output_index": self._index, "item": item}]

    def part(self, kind: Kind) -> list[Item]:
        """The events that make a part of `kind` the open one."""
        if kind == self.kind:
            return []
        events = self._end_part()
        self.kind = kind
        place = self._place()
        # All of a text event but its number and its text is written once.
        self._head = _ENCODER.encode(place)[1:-1]
        empty = text_part("", [], []) if kind == "output_text" else {"type": "refusal", "refusal": ""}
        return [*events, {"type": "response.content_part.added", **place, "part": empty}]

    def say(self, text: str) -> list[Item]:
        """More text."""
        self._pieces.append(text)
        return [{"type": "response.output_text.delta", **self._place(), "delta": text, "logprobs": []}]

    def text_delta(self, number: int, text: str) -> bytes:
        """More text, as the bytes of its event."""
        self._pieces.append(text)
        return (
            b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta",'
            b'"sequence_number":%d,%b,"delta":%b,"logprobs":[]}\n\n'
            % (number, self._head, _ENCODER.encode(text))
        )

    def refuse(self, text: str) -> list[Item]:
        """More of a refusal."""
        self._pieces.append(text)
        return [{"type": "response.refusal.delta", **self._place(), "delta": text}]

    def cite(self, annotation: dict[str, Any]) -> list[Item]:
        """One more source of the open text."""
        place = {**self._place(), "annotation_index": len(self._annotations)}
        self._annotations.append(annotation)
        return [{"type": "response.output_text.annotation.added", **place, "annotation": annotation}]

    def weigh(self, tokens: list[Any]) -> None:
        """Log-probabilities of the tokens last written."""
        self._logprobs.extend(tokens)

    def end(self) -> list[Item]:
        """The events that close it."""
        done = {"type": "response.output_item.done", "output_index": self._index}
        return [*self._end_part(), {**done, "item": self.item}]

    def _place(self) -> dict[str, Any]:
        return {"item_id": self._id, "output_index": self._index, "content_index": len(self._content)}

    def _end_part(self) -> list[Item]:
        if self.kind is None:
            return []
        said, place = "".join(self._pieces), self._place()
        if self.kind == "refusal":
            part: dict[str, Any] = {"type": "refusal", "refusal": said}
            done: Item = {"type": "response.refusal.done", **place, "refusal": said}
        else:
            part = text_part(said, self._annotations, self._logprobs)
            done = {"type": "response.output_text.done", **place, "text": said, "logprobs": self._logprobs}
        self._content.append(part)
        self._pieces, self._annotations, self._logprobs, self.kind = [], [], [], None
        return [done, {"type": "response.content_part.done", **place, "part": part}]


class OpenReasoning:
    """A reasoning item that is being written."""

    def __init__(self, index: int, identity: str, block: str | None) -> None:
        self._index = index
        self._id = identity
        self._block = block
        self._blocks: list[Reasoning] = []
        self._open = False
        self.closed = False
        """Whether its signature has come: what is thought next is another item."""

    @property
    def item(self) -> Item:
        """The item as it is."""
        last = self._blocks[-1] if self._blocks else Reasoning()
        return write_reasoning(self._blocks, self._id, seal_reasoning(last))

    def takes(self, event: ReasoningDelta) -> bool:
        """Whether more thinking belongs to this item rather than to a new one."""
        return event.id is None or event.id == self._block

    def begin(self) -> list[Item]:
        """The event that opens it."""
        item = write_reasoning((), self._id, None)
        return [{"type": "response.output_item.added", "output_index": self._index, "item": item}]

    def think(self, event: ReasoningDelta) -> list[Item]:
        """More thinking; an id again, or another form, begins the next text of the item."""
        form = event.form or "summary"
        last = self._blocks[-1] if self._blocks else None
        events: list[Item] = []
        if event.text and (last is None or event.id is not None or last.form != form or not self._open):
            events += self._end_text()
            self._blocks.append(Reasoning(origin=event.origin, form=form))
            events += self._begin_text()
        elif last is None:
            self._blocks.append(Reasoning(origin=event.origin, form=form))
        block = self._blocks[-1]
        self._blocks[-1] = msgspec.structs.replace(
            block,
            text=block.text + event.text,
            signature=event.signature or block.signature,
            redacted=event.redacted if event.redacted is not None else block.redacted,
            origin=event.origin or block.origin,
        )
        if event.text:
            kind = "reasoning_summary_text" if form == "summary" else "reasoning_text"
            events.append({"type": f"response.{kind}.delta", **self._place(), "delta": event.text})
        self.closed = event.signature is not None or event.redacted is not None
        return events

    def end(self) -> list[Item]:
        """The events that close it."""
        done = {"type": "response.output_item.done", "output_index": self._index}
        return [*self._end_text(), {**done, "item": self.item}]

    def _place(self) -> dict[str, Any]:
        form = self._blocks[-1].form
        index = sum(block.form == form for block in self._blocks) - 1
        name = "content_index" if form == "raw" else "summary_index"
        return {"item_id": self._id, "output_index": self._index, name: index}

    def _begin_text(self) -> list[Item]:
        self._open = True
        if self._blocks[-1].form == "raw":
            return []
        part = {"type": "summary_text", "text": ""}
        return [{"type": "response.reasoning_summary_part.added", **self._place(), "part": part}]

    def _end_text(self) -> list[Item]:
        if not self._open:
            return []
        self._open = False
        place, text = self._place(), self._blocks[-1].text
        if self._blocks[-1].form == "raw":
            return [{"type": "response.reasoning_text.done", **place, "text": text}]
        part = {"type": "summary_text", "text": text}
        return [
            {"type": "response.reasoning_summary_text.done", **place, "text": text},
            {"type": "response.reasoning_summary_part.done", **place, "part": part},
        ]


class OpenCall:
    """A function call whose arguments are being written."""

    def __init__(self, index: int, identity: str, event: ToolCallStart, group: str | None) -> None:
        self._index = index
        self._id = identity
        self._group = group
        self._call = ToolCall(event.id, event.name, "", signature=event.signature, origin=event.origin)
        self._pieces: list[str] = []

    @property
    def item(self) -> Item:
        """The call as it is."""
        call = msgspec.structs.replace(self._call, arguments="".join(self._pieces))
        return call_item(call, self._id, self._group)

    @property
    def whole(self) -> bool:
        """Whether its arguments are a whole object, which nothing can be added to."""
        try:
            return isinstance(msgspec.json.decode("".join(self._pieces)), dict)
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            return False

    def begin(self) -> list[Item]:
        """The event that opens it."""
        item = call_item(self._call, self._id, self._group, done=False)
        return [{"type": "response.output_item.added", "output_index": self._index, "item": item}]

    def more(self, fragment: str) -> list[Item]:
        """More of its arguments."""
        self._pieces.append(fragment)
        return [{"type": "response.function_call_arguments.delta", **self._place(), "delta": fragment}]

    def end(self) -> list[Item]:
        """The events that close it."""
        item = self.item
        arguments = {**self._place(), "name": item["name"], "arguments": item["arguments"]}
        return [
            {"type": "response.function_call_arguments.done", **arguments},
            {"type": "response.output_item.done", "output_index": self._index, "item": item},
        ]

    def _place(self) -> dict[str, Any]:
        return {"item_id": self._id, "output_index": self._index}


OpenItem: TypeAlias = OpenMessage | OpenReasoning | OpenCall
"""An item that is being streamed."""
