"""Simulated clouds on loopback: in this event loop, or in a thread of their own for callers without one."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterable
from functools import partial
from types import TracebackType
from typing import Self

import msgspec
import uvloop

from comity.http import Call, Headers, Server, ServerOptions, serve
from comity.period import utc_now
from comity.simulator.anthropic import AnthropicWire, VertexClaudeWire
from comity.simulator.azure import AzureWire
from comity.simulator.bedrock import BedrockWire
from comity.simulator.bedrock_invoke import BedrockInvokeWire
from comity.simulator.cloud import Cloud
from comity.simulator.compatible import CompatibleWire
from comity.simulator.embedding_bedrock import BedrockEmbeddingWire
from comity.simulator.embedding_gemini import GeminiEmbeddingWire, VertexEmbeddingWire
from comity.simulator.embedding_openai import AzureEmbeddingWire, CompatibleEmbeddingWire
from comity.simulator.fault import Fault
from comity.simulator.gemini import GeminiWire, VertexGeminiWire
from comity.simulator.performance import Performance
from comity.simulator.responses_wire import AzureResponsesWire, CompatibleResponsesWire
from comity.simulator.spec import CloudKind, CloudSpec
from comity.simulator.wire import Asked, Wire

_WIRES: dict[CloudKind, tuple[Callable[[CloudSpec], Wire], ...]] = {
    "azure": (AzureWire, AzureResponsesWire, AnthropicWire, AzureEmbeddingWire),
    "bedrock": (BedrockWire, BedrockEmbeddingWire, BedrockInvokeWire),
    "anthropic": (AnthropicWire,),
    "vertex": (VertexClaudeWire, VertexEmbeddingWire, VertexGeminiWire),
    "ai-studio": (GeminiWire, GeminiEmbeddingWire),
    "compatible": (CompatibleWire, CompatibleResponsesWire, CompatibleEmbeddingWire),
}
_CONTROL = b"/_simulator/"
_MAX_BODY = 64 * 1024 * 1024
_JSON = ((b"content-type", b"application/json"),)


class RunningCloud:
    """One simulated cloud and its server."""

    def __init__(self, spec: CloudSpec) -> None:
        self.cloud = Cloud(spec, *(wire(spec) for wire in _WIRES[spec.kind]))
        self._server: Server | None = None
        self._began = 0.0

    @property
    def name(self) -> str:
        """The cloud's name."""
        return self.cloud.spec.name

    @property
    def port(self) -> int:
        """The port it listens on."""
        assert self._server is not None, "a cloud has a port once it is started"
        return self._server.addresses[0][1]

    @property
    def url(self) -> str:
        """Its base address, without a path."""
        scheme = "http" if self.cloud.spec.certificate is None else "https"
        return f"{scheme}://127.0.0.1:{self.port}"

    async def open(self) -> None:
        """Starts listening; its clock starts too."""
        spec = self.cloud.spec
        tls = None
        if spec.certificate is not None:
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            tls.load_cert_chain(spec.certificate)
        options = ServerOptions(port=spec.port, tls=tls, max_body=_MAX_BODY)
        self._began = asyncio.get_running_loop().time()
        self._server = await serve(self.answer, options)

    async def close(self) -> None:
        """Cuts every connection and stops listening."""
        assert self._server is not None, "a cloud is closed once it is started"
        await self._server.close()

    def answer(self, call: Call) -> None:
        """The application of its server."""
        if call.path.startswith(_CONTROL):
            self._control(call)
            return
        elapsed = asyncio.get_running_loop().time() - self._began
        ticket = self.cloud.answer(_asked(call), elapsed)
        Performance(call, ticket.reply, partial(self.cloud.settle, ticket)).begin()

    def _control(self, call: Call) -> None:
        """`GET /_simulator/record` and `PUT /_simulator/faults`, for another process."""
        name = call.path.removeprefix(_CONTROL)
        if name == b"record" and call.method == b"GET":
            call.respond(200, _JSON, msgspec.json.encode(self.cloud.record.summary()))
            return
        if name == b"faults" and call.method == b"PUT":
            try:
                self.cloud.faults = msgspec.json.decode(call.body, type=tuple[Fault, ...])
            except (msgspec.DecodeError, msgspec.ValidationError) as error:
                call.respond(400, _JSON, msgspec.json.encode({"message": str(error)}))
                return
            call.respond(200, _JSON, b"{}")
            return
        call.respond(404, _JSON, b"{}")


async def start(specs: Iterable[CloudSpec]) -> dict[str, RunningCloud]:
    """Starts clouds in the running event loop, by name."""
    running: dict[str, RunningCloud] = {}
    for spec in specs:
        assert spec.name not in running, f"two simulated clouds are called `{spec.name}`"
        running[spec.name] = RunningCloud(spec)
        await running[spec.name].open()
    return running


async def stop(running: dict[str, RunningCloud]) -> None:
    """Stops clouds that `start` started."""
    for one in running.values():
        await one.close()


class Background:
    """Clouds in a thread of their own, as a context manager, for programs without an event loop."""

    def __init__(self, *specs: CloudSpec) -> None:
        self._specs = specs
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="simulated clouds", daemon=True)
        self.clouds: dict[str, RunningCloud] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        self.clouds = asyncio.run_coroutine_threadsafe(start(self._specs), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(stop(self.clouds), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __getitem__(self, name: str) -> RunningCloud:
        return self.clouds[name]


def _asked(call: Call) -> Asked:
    headers: Headers = call.headers
    return Asked(
        method=call.method.decode("latin-1"),
        path=call.path.decode("latin-1"),
        query=call.query.decode("latin-1"),
        headers=headers,
        body=call.body,
        at=utc_now(),
    )
