"""The upstream of the pairs: canned answers by the dialect that an address says, whatever the body is.

A model that is called paced answers with a stream whose events leave one by one, each with its time.
"""

from __future__ import annotations

import asyncio
import time
from typing import cast

import uvloop

from bench.pairs.ways import PACED, USAGE, WAYS, question, streamed_answer, whole_answer
from comity.dialects import DIALECTS, EncodesEvents
from comity.exchange import Event, Finish, Finished, Started, StreamEnd, TextDelta, UsageReport

PORT = 18650
"""Where it listens on loopback."""


class _Upstream(asyncio.Protocol):
    """Answers canned bytes by the dialect that the address says; it does not look at bodies."""

    answers: dict[tuple[str, bool], bytes]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._held = b""

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head = self._held[:end].lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
            if len(self._held) < end + 4 + length:
                return
            body, self._held = self._held[end + 4 : end + 4 + length], self._held[end + 4 + length :]
            path = head.split(b" ", 2)[1].decode()
            stream = b'"stream":true' in body or "stream" in path.rpartition("/")[2]
            if b"paced-" in body or "/paced-" in path:
                self._pace(_spoken_at(path))
            else:
                self._transport.write(self.answers[_spoken_at(path), stream])

    def _pace(self, name: str) -> None:
        spoken = DIALECTS[name]
        encoder = spoken.EventEncoder(question(name, stream=True))
        kind = spoken.STREAM_TYPE
        head = b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ntransfer-encoding: chunked\r\n\r\n" % kind
        self._transport.write(head + _chunk(encoder.encode(Started("answer-1", "bench", 1_790_000_000))))
        asyncio.get_running_loop().call_later(PACED.seconds, self._step, encoder, PACED.events)

    def _step(self, encoder: EncodesEvents, left: int) -> None:
        if self._transport.is_closing():
            return
        if not left:
            ends: list[Event] = [Finished(Finish.STOP, "stop"), UsageReport(USAGE), StreamEnd()]
            self._transport.write(_chunk(b"".join([encoder.encode(one) for one in ends])) + b"0\r\n\r\n")
            return
        self._transport.write(_chunk(encoder.encode(TextDelta(f"@{time.monotonic_ns()}@"))))
        asyncio.get_running_loop().call_later(PACED.seconds, self._step, encoder, left - 1)


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def _spoken_at(path: str) -> str:
    last = path.partition("?")[0].rpartition("/")[2]
    if "converse" in last:
        return "bedrock.converse"
    if "invoke" in last:
        return "bedrock.invoke"
    if "content" in last:
        return "gemini.generate"
    return {"responses": "openai.responses", "messages": "anthropic.messages"}.get(last, "openai.chat")


def serve_upstream() -> None:
    """Runs the upstream until it is killed."""
    for name in WAYS:
        spoken = DIALECTS[name]
        for stream in (False, True):
            body = streamed_answer(spoken) if stream else whole_answer(spoken)
            kind = spoken.STREAM_TYPE if stream else b"application/json"
            head = b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n" % (kind, len(body))
            _Upstream.answers[name, stream] = head + body

    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(_Upstream, "127.0.0.1", PORT)
        print("ready", flush=True)
        await server.serve_forever()

    uvloop.run(forever())


_Upstream.answers = {}


if __name__ == "__main__":
    serve_upstream()
