"""A light client of the gateway: many chat requests at once over one pool of connections.

It measures and counts, and looks into an answer only as far as that needs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

import msgspec

from comity.http import ClientOptions, Headers, Origin, Pool, TransportFailure

_DONE = b"data: [DONE]"
_BODY = msgspec.json.Encoder()


class Call(msgspec.Struct, frozen=True):
    """One request to send."""

    label: str
    """Who sends it, as the caller of `run` counts it."""
    head: bytes
    """Request line and headers, without content-length and the empty line unless `complete`."""
    body: bytes
    """JSON body."""
    stream: bool
    """Whether a streamed answer was asked for."""
    complete: bool = False
    """Whether `head` is whole."""


class Answer(msgspec.Struct, frozen=True):
    """What came back for one call."""

    label: str
    """The call's label."""
    status: int
    """HTTP status; 0 when no answer came."""
    deployment: str
    """Deployment that served it; empty when none did."""
    seconds: float
    """From sending to the last byte."""
    first_byte: float
    """From sending to the first byte of the body; `seconds` when there was none."""
    whole: bool
    """Whether the answer came to its proper end."""


def chat_head(url: str, key: str) -> bytes:
    """The head of a chat completion for the server at `url`, up to what varies with the body."""
    parts = urlsplit(url)
    return (
        f"POST {parts.path.rstrip('/')}/chat/completions HTTP/1.1\r\nhost: {parts.netloc}\r\n"
        f"authorization: Bearer {key}\r\napi-key: {key}\r\ncontent-type: application/json\r\n"
    ).encode()


def chat_body(model: str, prompt: str, output_tokens: int, *, stream: bool) -> bytes:
    """A chat completion request."""
    return _BODY.encode(
        {
            "model": model,
            "messages": [{"role": "user", "content": prompt}],
            "max_completion_tokens": output_tokens,
            "stream": stream,
        }
    )


def origin_of(url: str) -> Origin:
    """Where the server at a plain-HTTP `url` listens."""
    parts = urlsplit(url)
    assert parts.hostname is not None, "the demo's servers have addresses"
    return Origin(host=parts.hostname, port=parts.port or 80)


def finish_head(call: Call) -> bytes:
    """The whole head of a call."""
    return call.head + b"content-length: %d\r\n\r\n" % len(call.body)


class _Exchange:
    """The receiver of one answer."""

    def __init__(self, call: Call, done: Callable[[Answer], None]) -> None:
        self._call = call
        self._done = done
        self._sent = time.perf_counter()
        self._first = 0.0
        self._status = 0
        self._deployment = ""
        self._tail = b""

    def on_response(self, status: int, headers: Headers) -> None:
        self._status = status
        self._deployment = (headers.get(b"comity-deployment") or b"").decode("latin-1")

    def on_data(self, data: bytes) -> None:
        self._first = self._first or time.perf_counter()
        self._tail = (self._tail + data)[-32:]

    def on_end(self) -> None:
        streamed = self._call.stream and self._status == 200
        self._finish(whole=not streamed or self._tail.rstrip().endswith(_DONE))

    def on_failure(self, failure: TransportFailure) -> None:  # noqa: ARG002 - how it failed does not matter here
        self._finish(whole=False)

    def _finish(self, *, whole: bool) -> None:
        now = time.perf_counter()
        first = self._first or now
        self._done(
            Answer(
                self._call.label, self._status, self._deployment, now - self._sent, first - self._sent, whole
            )
        )


class Client:
    """One server, asked over a pool of kept connections."""

    def __init__(self, url: str, connections: int) -> None:
        options = ClientOptions(max_connections=connections, max_waiting=connections)
        self._pool = Pool(origin_of(url), options, asyncio.get_running_loop())

    async def run(self, calls: Iterable[Call], concurrency: int, on_answer: Callable[[Answer], None]) -> None:
        """Sends every call, `concurrency` at a time in their order, and returns when all were answered."""
        pending = iter(calls)
        finished = asyncio.get_running_loop().create_future()
        running = 0

        def send_next() -> None:
            nonlocal running
            call = next(pending, None)
            if call is not None:
                running += 1
                head = call.head if call.complete else finish_head(call)
                self._pool.send(head, call.body, _Exchange(call, done))
            elif running == 0 and not finished.done():
                finished.set_result(None)

        def done(answer: Answer) -> None:
            nonlocal running
            running -= 1
            on_answer(answer)
            send_next()

        for _ in range(concurrency):
            send_next()
        await finished

    async def ask(self, call: Call) -> Answer:
        """Sends one call and waits for its answer."""
        answers: list[Answer] = []
        await self.run([call], 1, answers.append)
        return answers[0]

    async def close(self) -> None:
        """Closes the connections."""
        await self._pool.close()
