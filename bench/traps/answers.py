"""Answers as the providers write them, by their public documentation; none of Comity's dialects is used."""

from __future__ import annotations

import binascii
import json
import struct
from typing import Any

from bench.traps.values import Provider, Reply

SSE = "text/event-stream"
FRAMES = "application/vnd.amazon.eventstream"


def plain(provider: Provider, *, stream: bool) -> Reply:
    """A short valid answer that says `pong`."""
    if provider == "converse":
        return _frames(converse_events()) if stream else Reply((encode(converse()),))
    if provider == "gemini":
        return events(gemini(), framing=sse) if stream else Reply((encode(gemini()),))
    if provider == "messages":
        return events(*message_events(), framing=named_sse) if stream else Reply((encode(message()),))
    if stream:
        return events(*chat_chunks(), b"[DONE]", framing=sse)
    return Reply((encode(chat()),))


def encode(value: object) -> bytes:
    """JSON."""
    return json.dumps(value).encode()


def sse(value: object) -> bytes:
    """One server-sent event."""
    return b"data: " + (value if isinstance(value, bytes) else encode(value)) + b"\n\n"


def named_sse(value: Any) -> bytes:
    """One server-sent event with its name, as Anthropic writes them."""
    name: str = value["type"]
    return b"event: " + name.encode() + b"\n" + sse(value)


def events(*values: object, framing: Any = sse, status: int = 200) -> Reply:
    """A stream of server-sent events, one write each."""
    return Reply(tuple(framing(value) for value in values), status, SSE)


def _frames(frames: list[bytes]) -> Reply:
    return Reply(tuple(frames), 200, FRAMES)


def frame(kind: str, payload: object, *, exception: bool = False) -> bytes:
    """One frame of Amazon's event stream encoding: prelude, headers, payload, checksums."""
    names = {":exception-type" if exception else ":event-type": kind, ":content-type": "application/json"}
    names[":message-type"] = "exception" if exception else "event"
    headers = b"".join(
        struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", 7, len(value)) + value.encode()
        for name, value in names.items()
    )
    body = encode(payload)
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    data = prelude + struct.pack(">I", binascii.crc32(prelude)) + headers + body
    return data + struct.pack(">I", binascii.crc32(data))


def converse(
    *content: dict[str, Any], stop: str = "end_turn", usage: dict[str, int] | None = None
) -> dict[str, Any]:
    """A whole answer of Converse."""
    return {
        "output": {"message": {"role": "assistant", "content": list(content) or [{"text": "pong"}]}},
        "stopReason": stop,
        "usage": usage or {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15},
        "metrics": {"latencyMs": 7},
    }


def converse_events(stop: str = "end_turn") -> list[bytes]:
    """A streamed answer of Converse."""
    return [
        frame("messageStart", {"role": "assistant"}),
        frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "pong"}}),
        frame("contentBlockStop", {"contentBlockIndex": 0}),
        frame("messageStop", {"stopReason": stop}),
        frame(
            "metadata",
            {
                "usage": {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15},
                "metrics": {"latencyMs": 7},
            },
        ),
    ]


def chat(**members: object) -> dict[str, Any]:
    """A whole chat completion."""
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    message = {"role": "assistant", "content": "pong", "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1_790_000_000, "model": "gpt-4o"}
    return {**head, "choices": [choice], "usage": usage, **members}


def chunk(delta: dict[str, Any] | None, finish: str | None = None, **members: object) -> dict[str, Any]:
    """A chunk of a streamed chat completion; no choices without a delta."""
    head = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_790_000_000,
        "model": "gpt-4o",
    }
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {**head, "choices": choices, **members}


def chat_chunks() -> list[dict[str, Any]]:
    """A streamed chat completion without its end mark."""
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    return [
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": "po"}),
        chunk({"content": "ng"}),
        chunk({}, "stop"),
        chunk(None, usage=usage),
    ]


def gemini(
    *parts: dict[str, Any], finish: str | None = "STOP", usage: dict[str, int] | None = None
) -> dict[str, Any]:
    """A whole answer of generateContent, or one event of its stream."""
    counted = {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}
    candidate: dict[str, Any] = {
        "index": 0,
        "content": {"role": "model", "parts": list(parts) or [{"text": "pong"}]},
    }
    if finish is not None:
        candidate["finishReason"] = finish
    head = {"modelVersion": "gemini-3-pro", "responseId": "resp-1"}
    return {"candidates": [candidate], "usageMetadata": usage or counted, **head}


def message(*content: dict[str, Any], stop: str = "end_turn") -> dict[str, Any]:
    """A whole answer of Anthropic's Messages."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5",
        "content": list(content) or [{"type": "text", "text": "pong"}],
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 5},
    }


def message_events(stop: str = "end_turn") -> list[dict[str, Any]]:
    """A streamed answer of Anthropic's Messages."""
    return [
        {"type": "message_start", "message": {**message(), "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "pong"}},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": stop, "stop_sequence": None},
            "usage": {"output_tokens": 5},
        },
        {"type": "message_stop"},
    ]
