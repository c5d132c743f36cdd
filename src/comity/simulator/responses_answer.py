"""How a simulated model's answer looks in the Responses API: its items, whole and as typed events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from comity.exchange import Finish, ToolCall, Usage
from comity.simulator.answer import Composition
from comity.simulator.words import count_tokens, split_pieces

Item = dict[str, Any]


class Thinking(msgspec.Struct, frozen=True):
    """What a reasoning model shows of its thinking."""

    summary: str | None
    """A summary, where one was asked for."""
    encrypted: str | None
    """Its encrypted form, where it was asked for."""


class Told(msgspec.Struct, frozen=True):
    """One answer, ready to be told."""

    head: Item
    """The response object without output, status and usage."""
    composition: Composition
    """What the model says."""
    thinking: Thinking | None
    """What it thought; None for a model that does not."""
    sent: int | None = None
    """Output tokens that count; None for all."""

    @property
    def stem(self) -> str:
        """What the ids of its items share."""
        return str(self.head["id"]).removeprefix("resp_")

    def finished(self) -> Item:
        """The whole response object."""
        answer = self.composition.answers[0]
        cut = answer.finish is Finish.LENGTH
        return {
            **self.head,
            "status": "incomplete" if cut else "completed",
            "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
            "output": [item for item, _ in self._items()],
            "usage": _usage(self.composition.usage(self.sent)),
        }

    def events(self) -> Iterator[tuple[Item, int]]:
        """Typed events without their numbers, each with the output tokens that have been said by then."""
        said = self.composition.reasoning
        for kind in ("response.created", "response.in_progress"):
            yield {"type": kind, "response": self.head}, said
        for index, (item, pieces) in enumerate(self._items()):
            for event, tokens in _told(item, pieces, index):
                said += tokens
                yield event, said
        whole = self.finished()
        yield {"type": f"response.{whole['status']}", "response": whole}, said

    def _items(self) -> list[tuple[Item, tuple[str, ...]]]:
        items: list[tuple[Item, tuple[str, ...]]] = []
        if self.thinking is not None:
            items.append((_reasoning(f"rs_{self.stem}", self.thinking), ()))
        answer = self.composition.answers[0]
        if answer.calls:
            items += [(_call(call, f"fc_{self.stem}{n}"), ()) for n, call in enumerate(answer.calls)]
        else:
            items.append((_message(f"msg_{self.stem}", "".join(answer.pieces)), answer.pieces))
        return items


def _reasoning(identity: str, thinking: Thinking) -> Item:
    summary = [] if thinking.summary is None else [{"type": "summary_text", "text": thinking.summary}]
    item: Item = {"id": identity, "type": "reasoning", "summary": summary}
    return item if thinking.encrypted is None else {**item, "encrypted_content": thinking.encrypted}


def _message(identity: str, text: str) -> Item:
    part = {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
    return {"id": identity, "type": "message", "status": "completed", "content": [part], "role": "assistant"}


def _call(call: ToolCall, identity: str) -> Item:
    item = {"id": identity, "type": "function_call", "status": "completed", "arguments": call.arguments}
    return {**item, "call_id": call.id, "name": call.name}


def _told(item: Item, pieces: tuple[str, ...], index: int) -> Iterator[tuple[Item, int]]:
    place = {"item_id": item["id"], "output_index": index}
    match item["type"]:
        case "message":
            inner = _text(item, pieces, place)
            opened = {**item, "status": "in_progress", "content": []}
        case "function_call":
            inner = _arguments(item, place)
            opened = {**item, "status": "in_progress", "arguments": ""}
        case _:
            inner = _summary(item, place)
            opened = {**item, "summary": []}
    yield {"type": "response.output_item.added", "output_index": index, "item": opened}, 0
    yield from inner
    yield {"type": "response.output_item.done", "output_index": index, "item": item}, 0


def _text(item: Item, pieces: tuple[str, ...], place: Item) -> Iterator[tuple[Item, int]]:
    part = item["content"][0]
    at = {**place, "content_index": 0}
    yield {"type": "response.content_part.added", **at, "part": {**part, "text": ""}}, 0
    for number, piece in enumerate(pieces):
        noise = "abcdefghijklmnop"[: number % 16]
        yield (
            {
                "type": "response.output_text.delta",
                **at,
                "delta": piece,
                "logprobs": [],
                "obfuscation": noise,
            },
            1,
        )
    yield {"type": "response.output_text.done", **at, "text": part["text"], "logprobs": []}, 0
    yield {"type": "response.content_part.done", **at, "part": part}, 0


def _arguments(item: Item, place: Item) -> Iterator[tuple[Item, int]]:
    for piece in split_pieces(item["arguments"]):
        yield {"type": "response.function_call_arguments.delta", **place, "delta": piece}, 0
    done = {"type": "response.function_call_arguments.done", **place, "arguments": item["arguments"]}
    yield done, count_tokens(item["name"] + item["arguments"])


def _summary(item: Item, place: Item) -> Iterator[tuple[Item, int]]:
    for number, part in enumerate(item["summary"]):
        at = {**place, "summary_index": number}
        kind = "response.reasoning_summary"
        yield {"type": f"{kind}_part.added", **at, "part": {**part, "text": ""}}, 0
        for piece in split_pieces(part["text"]):
            yield {"type": f"{kind}_text.delta", **at, "delta": piece}, 0
        yield {"type": f"{kind}_text.done", **at, "text": part["text"]}, 0
        yield {"type": f"{kind}_part.done", **at, "part": part}, 0


def _usage(usage: Usage) -> Item:
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {"cached_tokens": usage.cached_read, "cache_write_tokens": usage.cache_write},
        "output_tokens": usage.completion,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.total,
    }


def frame(event: Item, number: int) -> bytes:
    """The bytes of one event."""
    body = json.dumps({**event, "sequence_number": number})
    return f"event: {event['type']}\ndata: {body}\n\n".encode()
