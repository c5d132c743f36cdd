"""Writes the hub's events as ConverseStream frames, as the cloud does: blocks in order, padding included."""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.bedrock_converse.blocks import NAME
from comity.dialects.bedrock_converse.citations import write_citation
from comity.dialects.bedrock_converse.failure import exception_frame, stream_exception
from comity.dialects.bedrock_converse.held_blocks import split_block
from comity.dialects.bedrock_converse.stop_reasons import encode_stop, write_sequence
from comity.dialects.bedrock_converse.usage import encode_usage
from comity.dialects.event_stream import Frame, encode_frame
from comity.dialects.provenance import redacted_for_client, sign_for_client, sign_id
from comity.exchange import (
    BlockDelta,
    CitationDelta,
    Event,
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

_PADDING = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_STRIDE = 23


class EventEncoder:
    """Writes the first answer of a stream; the metadata frame is written at its end."""

    def __init__(self, request: Request | None = None) -> None:
        del request  # every client of this dialect is shown everything
        self._frames = 0
        self._block = -1
        self._open = ""
        self._calls: dict[int, int] = {}
        self._usage = Usage()

    def encode(self, event: Event) -> bytes:
        """The bytes of one event; empty when it is nothing of its own on this wire."""
        if getattr(event, "choice", 0) != 0:
            return b""
        match event:
            case Started():
                return self._frame("messageStart", {"role": "assistant"})
            case TextDelta() | RefusalDelta():
                return self._into("text", {"text": event.text})
            case ReasoningDelta():
                return self._reasoning(event)
            case ToolCallStart():
                return self._call(event)
            case ToolCallDelta():
                return self._delta(self._calls[event.index], {"toolUse": {"input": event.fragment}})
            case StreamFailure():
                return exception_frame(stream_exception(event.failure), event.failure.message)
            case CitationDelta() | BlockDelta() | LogprobsDelta():
                return self._beside(event)
            case Finished() | UsageReport() | StreamEnd():
                return self._end(event)

    def _end(self, event: Finished | UsageReport | StreamEnd) -> bytes:
        if isinstance(event, UsageReport):
            self._usage = event.usage
            return b""
        if isinstance(event, Finished):
            stop = {"stopReason": encode_stop(event.finish, event.finish_detail, event.stop_sequence)}
            return self._close() + self._frame("messageStop", stop | write_sequence(event.stop_sequence))
        usage = encode_usage(self._usage)
        return self._frame("metadata", {"usage": usage, "metrics": {"latencyMs": 0}})

    def _into(self, kind: str, delta: dict[str, Any]) -> bytes:
        closed = b""
        if self._open != kind:
            closed = self._close()
            self._begin(kind)
        return closed + self._delta(self._block, delta)

    def _begin(self, kind: str) -> None:
        self._open = kind
        self._block += 1

    def _close(self) -> bytes:
        if not self._open:
            return b""
        self._open = ""
        return self._frame("contentBlockStop", {"contentBlockIndex": self._block})

    def _reasoning(self, event: ReasoningDelta) -> bytes:
        pieces: list[dict[str, Any]] = []
        if event.text:
            pieces.append({"text": event.text})
        if event.signature is not None:
            pieces.append({"signature": sign_for_client(event.signature, event.origin, NAME)})
        if event.redacted is not None:
            pieces.append({"redactedContent": redacted_for_client(event.redacted, event.origin, NAME)})
        written = b"".join(self._into("reasoning", {"reasoningContent": piece}) for piece in pieces)
        ends = event.signature is not None or event.redacted is not None
        return written + (self._close() if ends else b"")

    def _beside(self, event: CitationDelta | BlockDelta | LogprobsDelta) -> bytes:
        if isinstance(event, CitationDelta):
            # A source that comes after its text has no text to stand at.
            if self._open != "text":
                return b""
            return self._into("text", {"citation": write_citation(event.citation)})
        pieces = split_block(event.block) if isinstance(event, BlockDelta) else None
        if pieces is None:
            return b""
        start, delta = pieces
        closed = self._close()
        self._begin("whole")
        begun = self._frame("contentBlockStart", {"start": start, "contentBlockIndex": self._block})
        return closed + begun + self._delta(self._block, delta) + self._close()

    def _call(self, event: ToolCallStart) -> bytes:
        closed = self._close()
        self._begin("tool")
        self._calls[event.index] = self._block
        identity = sign_id(event.id, event.signature, event.origin)
        start = {"toolUse": {"toolUseId": identity, "name": event.name}}
        return closed + self._frame("contentBlockStart", {"start": start, "contentBlockIndex": self._block})

    def _delta(self, block: int, delta: dict[str, Any]) -> bytes:
        return self._frame("contentBlockDelta", {"delta": delta, "contentBlockIndex": block})

    def _frame(self, kind: str, payload: dict[str, Any]) -> bytes:
        self._frames += 1
        padding = _PADDING[: self._frames * _STRIDE % len(_PADDING) + 1]
        headers = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
        return encode_frame(Frame(dict(headers), msgspec.json.encode(payload | {"p": padding})))
