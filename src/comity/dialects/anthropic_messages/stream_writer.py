"""Writes the hub's events as the events of a streamed answer; Bedrock's frames hold the same ones.

Reasons and counts are told together at the end, as the API does, whatever order they came in.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.anthropic_messages.blocks import shown_redacted
from comity.dialects.anthropic_messages.citations import show_citation
from comity.dialects.anthropic_messages.failure import error_object
from comity.dialects.anthropic_messages.family import FAMILY, ORIGIN
from comity.dialects.anthropic_messages.stop_reasons import encode_stop
from comity.dialects.anthropic_messages.usage import encode_usage, served
from comity.dialects.provenance import sign_id, wrap
from comity.exchange import (
    BlockDelta,
    CitationDelta,
    Event,
    Finished,
    Opaque,
    Reasoning,
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
_STARTS: dict[str, dict[str, Any]] = {
    "text": {"type": "text", "text": ""},
    "thinking": {"type": "thinking", "thinking": "", "signature": ""},
}


class EventWriter:
    """Gives the wire's events, as objects, for the hub's; of several answers only the first."""

    def __init__(self) -> None:
        self._block = -1
        self._open = ""
        self._thinker = ""
        self._thought = ""
        self._calls: dict[int, int] = {}
        self._usage: Usage | None = None
        self._finished: Finished | None = None

    def write(self, event: Event) -> list[dict[str, Any]]:  # noqa: C901 - one line per kind of event
        """The wire's events of one event; may be none."""
        if getattr(event, "choice", 0) != 0:
            return []
        match event:
            case TextDelta() | RefusalDelta():
                return self._into("text", {"type": "text_delta", "text": event.text})
            case ToolCallDelta():
                return self._arguments(event)
            case ReasoningDelta():
                return self._reasoning(event)
            case ToolCallStart():
                return self._call(event)
            case Started():
                return [self._start(event)]
            case CitationDelta():
                return self._cite(event)
            case BlockDelta(block=Opaque(wire=wire, origin=origin)) if origin in FAMILY:
                return self._whole(wire)
            case StreamFailure():
                return [error_object(event.failure.fault)]
            case Finished() | UsageReport() | StreamEnd():
                return self._end(event)
            case _:
                return []

    def _start(self, event: Started) -> dict[str, Any]:
        message: dict[str, Any] = {
            "id": event.id,
            "type": "message",
            "role": "assistant",
            "model": event.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": encode_usage(event.usage or Usage()) | served(event.tier, event.place),
        }
        return {"type": "message_start", "message": message}

    def _end(self, event: Finished | UsageReport | StreamEnd) -> list[dict[str, Any]]:
        if isinstance(event, UsageReport):
            self._usage = event.usage
            return []
        if isinstance(event, Finished):
            self._finished = event
            return self._close()
        return [*self._close(), self._ending(), {"type": "message_stop"}]

    def _ending(self) -> dict[str, Any]:
        delta: dict[str, Any] = {"stop_reason": None, "stop_sequence": None}
        members: dict[str, Any] = {"type": "message_delta", "delta": delta}
        members["usage"] = encode_usage(self._usage or Usage())
        end = self._finished
        if end is not None:
            delta["stop_reason"] = encode_stop(end.finish, end.finish_detail, end.stop_sequence)
            delta["stop_sequence"] = end.stop_sequence
            for name, value in (end.extra if end.dialect in FAMILY else {}).items():
                outer, _, inner = name.partition(".")
                if inner:
                    members[outer][inner] = value
                elif outer == "context_management":
                    members[outer] = value
                else:
                    delta[outer] = value
        return members

    def _into(self, kind: str, delta: dict[str, Any]) -> list[dict[str, Any]]:
        written = [] if self._open == kind else [*self._close(), self._begin(kind, _STARTS[kind])]
        return [*written, self._delta(self._block, delta)]

    def _cite(self, event: CitationDelta) -> list[dict[str, Any]]:
        """A source of the open text; one that comes later has no text to stand at."""
        shown = show_citation(event.citation) if self._open == "text" else None
        return [] if shown is None else self._into("text", {"type": "citations_delta", "citation": shown})

    def _begin(self, kind: str, block: dict[str, Any]) -> dict[str, Any]:
        self._open = kind
        self._block += 1
        return {"type": "content_block_start", "index": self._block, "content_block": block}

    def _close(self) -> list[dict[str, Any]]:
        if not self._open:
            return []
        signed = []
        if self._open == "thinking" and self._thinker not in {"", ORIGIN}:
            # Not a signature, but whose thoughts these are.
            signed = [self._delta(self._block, _signature(wrap("", self._thinker)))]
        self._open = self._thinker = self._thought = ""
        return [*signed, {"type": "content_block_stop", "index": self._block}]

    def _whole(self, wire: dict[str, Any]) -> list[dict[str, Any]]:
        begun = [*self._close()]
        if wire.get("type") == "server_tool_use":
            text = msgspec.json.encode(wire.get("input") or {}).decode()
            begun.append(self._begin("whole", wire | {"input": {}}))
            begun.append(self._delta(self._block, {"type": "input_json_delta", "partial_json": text}))
        else:
            begun.append(self._begin("whole", wire))
        return [*begun, *self._close()]

    def _reasoning(self, event: ReasoningDelta) -> list[dict[str, Any]]:
        if event.redacted is not None:
            shown = shown_redacted(Reasoning(redacted=event.redacted, origin=event.origin))
            return self._whole({"type": "redacted_thinking", "data": shown})
        written: list[dict[str, Any]] = []
        if self._open == "thinking" and event.id not in {None, self._thought}:
            written += self._close()
        if event.text or self._open != "thinking":
            written += self._into("thinking", {"type": "thinking_delta", "thinking": event.text})
        self._thinker = event.origin
        self._thought = event.id or self._thought
        if event.signature is not None:
            foreign = event.origin not in {"", ORIGIN}
            signature = wrap(event.signature, event.origin) if foreign else event.signature
            self._thinker = ""
            written.append(self._delta(self._block, _signature(signature)))
            written += self._close()
        return written

    def _call(self, event: ToolCallStart) -> list[dict[str, Any]]:
        identity = sign_id(event.id, event.signature, event.origin)
        block = {"type": "tool_use", "id": identity, "name": event.name, "input": {}}
        written = [*self._close(), self._begin("tool", block)]
        self._calls[event.index] = self._block
        return written

    def _arguments(self, event: ToolCallDelta) -> list[dict[str, Any]]:
        piece = {"type": "input_json_delta", "partial_json": event.fragment}
        return [self._delta(self._calls[event.index], piece)] if event.fragment else []

    def _delta(self, block: int, delta: dict[str, Any]) -> dict[str, Any]:
        return {"type": "content_block_delta", "index": block, "delta": delta}


class EventEncoder:
    """Writes the wire's events as server-sent ones."""

    def __init__(self, request: Request | None = None) -> None:
        del request  # every client of this dialect is shown everything
        self._writer = EventWriter()

    def encode(self, event: Event) -> bytes:
        """The bytes of one event; empty when it is nothing of its own on this wire."""
        written = [encode_wire(one) for one in self._writer.write(event)]
        return written[0] if len(written) == 1 else b"".join(written)


def encode_wire(event: dict[str, Any]) -> bytes:
    """One event of the wire as a server-sent event."""
    return b"event: %b\ndata: %b\n\n" % (event["type"].encode(), _ENCODER.encode(event))


def _signature(text: str) -> dict[str, Any]:
    return {"type": "signature_delta", "signature": text}
