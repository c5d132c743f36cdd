"""The upstream of the pairs: canned answers by the dialect that an address says, whatever the body is."""

from __future__ import annotations

import asyncio
from typing import cast

import uvloop

from bench.pairs.ways import WAYS, streamed_answer, whole_answer
from comity.dialects import DIALECTS

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
            self._transport.write(self.answers[_spoken_at(path), stream])


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
