"""Simulated clouds as servers: pace, clients that go away, control, TLS, other processes."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import h11
import msgspec
import pytest
import trustme
import uvloop

from comity.simulator import CloudSpec, Fault, Pace, RunningCloud, SimulatedModel, start, stop

_T = TypeVar("_T")
_MODELS = (SimulatedModel(name="m"), SimulatedModel(name="slow", pace=Pace(0.05, 100)))
_SPEC = CloudSpec(name="c", kind="compatible", models=_MODELS)
_CHAT = "/v1/chat/completions"


def _run(work: Coroutine[Any, Any, _T]) -> _T:
    return uvloop.run(work)


class _Client:
    """A bare HTTP/1.1 client that sees every piece as it comes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.wire = h11.Connection(h11.CLIENT)

    @classmethod
    async def open(cls, cloud: RunningCloud, tls: ssl.SSLContext | None = None) -> _Client:
        name = "localhost" if tls else None
        reading = socket.socket()
        reading.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
        reading.setblocking(False)
        await asyncio.get_running_loop().sock_connect(reading, ("127.0.0.1", cloud.port))
        return cls(*await asyncio.open_connection(sock=reading, ssl=tls, server_hostname=name))

    def send(self, method: str, target: str, body: bytes = b"") -> None:
        headers = [("host", "c"), ("content-length", str(len(body)))]
        self.writer.write(self.wire.send(h11.Request(method=method, target=target, headers=headers)) or b"")
        self.writer.write(self.wire.send(h11.Data(data=body)) or b"")
        self.writer.write(self.wire.send(h11.EndOfMessage()) or b"")

    async def event(self) -> Any:
        while (event := self.wire.next_event()) is h11.NEED_DATA:
            self.wire.receive_data(await self.reader.read(65536))
        return event

    async def answer(self) -> tuple[int, bytes]:
        status, body = 0, b""
        while not isinstance(event := await self.event(), h11.EndOfMessage):
            if isinstance(event, h11.Response):
                status = event.status_code
            if isinstance(event, h11.Data):
                body += bytes(event.data)
        return status, body

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


def _ask(text: str, *, model: str = "m", stream: bool = False) -> bytes:
    turns = [{"role": "user", "content": text}]
    return json.dumps({"model": model, "messages": turns, "stream": stream}).encode()


@asynccontextmanager
async def _cloud(spec: CloudSpec = _SPEC) -> AsyncIterator[RunningCloud]:
    running = await start([spec])
    try:
        yield running[spec.name]
    finally:
        await stop(running)


@asynccontextmanager
async def _client(cloud: RunningCloud, tls: ssl.SSLContext | None = None) -> AsyncIterator[_Client]:
    client = await _Client.open(cloud, tls)
    try:
        yield client
    finally:
        await client.close()


def test_a_stream_comes_at_its_pace() -> None:
    """First token after 50 ms, then a hundred a second: 11 tokens take 150 ms, and come in pieces."""

    async def work() -> tuple[float, float, int]:
        async with _cloud() as cloud, _client(cloud) as client:
            began = time.perf_counter()
            client.send("POST", _CHAT, _ask("simulate: tokens 11", model="slow", stream=True))
            await client.event()
            first = time.perf_counter() - began
            pieces = 0
            while not isinstance(await client.event(), h11.EndOfMessage):
                pieces += 1
            return first, time.perf_counter() - began, pieces

    first, took, pieces = _run(work())
    assert first >= 0.05
    assert took >= 0.15
    assert pieces > 2


def test_a_whole_answer_waits_for_its_last_token() -> None:
    """Whole answers take as long as their stream would."""

    async def work() -> float:
        async with _cloud() as cloud, _client(cloud) as client:
            began = time.perf_counter()
            client.send("POST", _CHAT, _ask("simulate: tokens 11", model="slow"))
            status, _ = await client.answer()
            assert status == 200
            return time.perf_counter() - began

    assert _run(work()) >= 0.15


@pytest.mark.parametrize("stalled", [True, False])
def test_a_client_that_goes_away_is_counted_as_far_as_it_was_served(*, stalled: bool) -> None:
    """The cloud bills what it sent; a stalled answer counts as the cloud's failure."""

    async def work() -> tuple[str, int, int]:
        spec = CloudSpec(name="c", kind="compatible", models=_MODELS, pace=Pace(0.0, 200))
        async with _cloud(spec) as cloud:
            counted = asyncio.get_running_loop().create_future()
            cloud.cloud.record.on_entry = counted.set_result
            if stalled:
                cloud.cloud.faults = (Fault(kind="stall", after=4),)
            async with _client(cloud) as client:
                client.send("POST", _CHAT, _ask("simulate: tokens 5000", stream=True))
                seen = b""
                while seen.count(b'"content"') < 4:
                    seen += bytes(getattr(await client.event(), "data", b""))
            async with asyncio.timeout(5):
                served = await counted
        assert served.usage is not None
        return served.ending, served.status, served.usage.output

    ending, status, output = _run(work())
    assert (ending, status) == ("failed" if stalled else "abandoned", 200)
    assert output == 3 if stalled else 3 <= output < 5000


def test_a_slow_reader_is_waited_for() -> None:
    """A client that does not read holds the answer back, and gets all of it in the end."""

    async def work() -> bytes:
        async with _cloud() as cloud, _client(cloud) as client:
            client.send("POST", _CHAT, _ask("simulate: tokens 30000", stream=True))
            await client.event()
            assert not cloud.cloud.record.entries, "a full socket holds the cloud back"
            _, body = await client.answer()
            return body

    body = _run(work())
    assert body.count(b'"content"') == 30_001
    assert body.endswith(b"data: [DONE]\n\n")


def test_a_delayed_answer_comes_in_the_end() -> None:
    """A stall of some time is only slow."""

    async def work() -> tuple[float, str]:
        async with _cloud() as cloud, _client(cloud) as client:
            cloud.cloud.faults = (Fault(kind="stall", seconds=0.1),)
            began = time.perf_counter()
            client.send("POST", _CHAT, _ask("hello"))
            await client.answer()
            return time.perf_counter() - began, cloud.cloud.record.entries[0].ending

    took, ending = _run(work())
    assert took >= 0.1
    assert ending == "complete"


def test_another_process_can_read_the_record_and_set_faults() -> None:
    """The control paths, and what they refuse."""

    async def work() -> list[tuple[int, Any]]:
        answers = []
        async with _cloud() as cloud, _client(cloud) as client:
            for method, target, body in (
                ("PUT", "/_simulator/faults", b'[{"kind":"status","status":500,"first":1}]'),
                ("POST", _CHAT, _ask("hello")),
                ("PUT", "/_simulator/faults", b"[]"),
                ("POST", _CHAT, _ask("simulate: tokens 3")),
                ("GET", "/_simulator/record", b""),
                ("PUT", "/_simulator/faults", b'[{"kind":"earthquake"}]'),
                ("GET", "/_simulator/other", b""),
                ("POST", "/_simulator/record", b""),
            ):
                client.wire = h11.Connection(h11.CLIENT)
                client.send(method, target, body)
                status, data = await client.answer()
                answers.append((status, msgspec.json.decode(data)))
        return answers

    answers = _run(work())
    assert [status for status, _ in answers] == [200, 500, 200, 200, 200, 400, 404, 404]
    assert answers[4][1]["requests"] == 2
    assert answers[4][1]["tokens"]["m"]["output"] == 3
    assert "earthquake" in answers[5][1]["message"]


def test_a_cloud_can_speak_tls(tmp_path: Path) -> None:
    """With a certificate the address is https, and a client that trusts it gets its answer."""
    authority = trustme.CA()
    pem = tmp_path / "server.pem"
    certificate = authority.issue_cert("localhost")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(pem))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    spec = CloudSpec(name="c", kind="compatible", models=_MODELS, certificate=str(pem))

    async def work() -> tuple[str, int]:
        async with _cloud(spec) as cloud, _client(cloud, context) as client:
            client.send("POST", _CHAT, _ask("hello"))
            status, _ = await client.answer()
            return cloud.url, status

    url, status = _run(work())
    assert url.startswith("https://127.0.0.1:")
    assert status == 200


def test_specs_that_contradict_themselves_are_refused() -> None:
    """A model twice, a spillover to nowhere."""
    with pytest.raises(ValueError, match="names a model twice"):
        CloudSpec(name="c", kind="azure", models=(SimulatedModel(name="m"), SimulatedModel(name="m")))
    with pytest.raises(ValueError, match="spills to `n`"):
        CloudSpec(name="c", kind="azure", models=(SimulatedModel(name="m", spills_to="n"),))
