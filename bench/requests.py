"""The requests that are sent and the canned answers of the Bedrock side, as bytes in files.

One chat request of about a kilobyte, plain and streamed; its answers live in the mock upstream.
"""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

ANSWER = "bench-answer-ok"
"""In every plain answer."""
LAST = "[DONE]"
"""In every stream."""
CHUNKS = 20
"""Content chunks of a stream from the mock upstream."""

SYSTEM = "You answer questions about agreements between companies. Quote the clause. " * 4
QUESTION = "May this workload run in that region under the agreement that was signed last year? " * 6


def write_request(path: Path, *, model: str, stream: bool, headers: tuple[tuple[str, str], ...]) -> Path:
    """Write the whole request, head and body, as the load generator sends it."""
    body = json.dumps(
        {
            "model": model,
            "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": QUESTION}],
            "temperature": 0.2,
            "max_tokens": 256,
            **({"stream": True} if stream else {}),
        }
    ).encode()
    lines = [
        "POST /v1/chat/completions HTTP/1.1",
        "host: 127.0.0.1",
        "accept: application/json",
        "user-agent: bench",
        "authorization: Bearer sk-bench-caller",
        "content-type: application/json",
        f"content-length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers),
    ]
    path.write_bytes("\r\n".join([*lines, "", ""]).encode() + body)
    return path


def write_converse(folder: Path) -> tuple[Path, Path]:
    """Write Bedrock's two answers: Converse as JSON, ConverseStream as a binary event stream."""
    plain, stream = folder / "converse.json", folder / "converse.stream"
    message = {"role": "assistant", "content": [{"text": f"The agreement permits this use. {ANSWER}"}]}
    usage = {"inputTokens": 212, "outputTokens": 27, "totalTokens": 239}
    plain.write_text(
        json.dumps(
            {
                "output": {"message": message},
                "stopReason": "end_turn",
                "usage": usage,
                "metrics": {"latencyMs": 400},
            }
        )
    )
    # A fixed stamp: the checksums of the frames forbid to write the time into them as they leave.
    text = {"contentBlockIndex": 0, "delta": {"text": "@0000000000000000000"}}
    events = [
        frame("messageStart", {"role": "assistant"}),
        *(frame("contentBlockDelta", text) for _ in range(CHUNKS)),
        frame("contentBlockStop", {"contentBlockIndex": 0}),
        frame("messageStop", {"stopReason": "end_turn"}),
        frame("metadata", {"usage": usage, "metrics": {"latencyMs": 400}}),
    ]
    stream.write_bytes(b"".join(events))
    return plain, stream


def frame(kind: str, payload: object) -> bytes:
    """One message of the AWS event stream: lengths, their checksum, headers, payload, checksum of all."""
    headers = b"".join(
        bytes([len(name)]) + name + b"\x07" + struct.pack(">H", len(value)) + value
        for name, value in (
            (b":event-type", kind.encode()),
            (b":content-type", b"application/json"),
            (b":message-type", b"event"),
        )
    )
    body = json.dumps(payload).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    checked = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + body
    return checked + struct.pack(">I", zlib.crc32(checked))
