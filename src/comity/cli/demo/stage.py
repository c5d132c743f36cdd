"""The processes of the demo: each cloud, the model server and the gateway, started, watched and ended.

Every server is a process of its own, so that one can die like a cloud does and the gateway is measured like a
gateway. Only processes that were started here are ever ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import msgspec

from comity.cli.demo.cast import Server as Name
from comity.cli.demo.setting import KEY, KEYS, Addresses, write_setting
from comity.proof import Signer, new_key
from comity.simulator.llama import INSTALL_HINT, llama_available
from comity.simulator.tiny_model import model_file

READY_TIMEOUT = 60.0
"""Seconds that a server may take to say where it listens."""


class StageError(Exception):
    """A server of the demo did not start; the text holds the end of its log."""


class Started:
    """A process that said on its first line of output where it serves."""

    def __init__(self, process: Process, said: dict[str, object]) -> None:
        self.said = said
        self._process = process

    @property
    def url(self) -> str:
        """Where a gateway serves."""
        return str(self.said["serving"])

    def kill(self) -> None:
        """Ends it at once, as a power cut would."""
        if self._process.returncode is None:
            self._process.kill()

    async def stop(self) -> None:
        """Asks it to end, and ends it when it does not within ten seconds."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)
            if self._process.stdin is not None:
                self._process.stdin.close()
            try:
                await asyncio.wait_for(self._process.wait(), 10)
            except TimeoutError:
                self.kill()
        await self._process.wait()


async def start(
    name: str, arguments: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> Started:
    """Starts `python arguments` and waits for its line of JSON; its log goes to `folder`."""
    log = folder / f"{name}.log"
    with log.open("wb") as sink:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            stdin=PIPE,
            stdout=PIPE,
            stderr=sink,
            env={**os.environ, **(environment or {})},
            # Servers that read their input end with it, even when the demo is killed.
            # A Ctrl-C in the terminal is for the demo, which then ends its servers in order.
            start_new_session=True,
        )
    assert process.stdout is not None, "its output is a pipe"
    try:
        line = await asyncio.wait_for(process.stdout.readline(), READY_TIMEOUT)
        said = msgspec.json.decode(line, type=dict[str, object])
    except (TimeoutError, msgspec.MsgspecError) as error:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise StageError(f"`{name}` did not start: {_end_of(log)}") from error
    return Started(process, said)


def _end_of(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return "\n".join(lines[-12:]) if lines else "it said nothing"


_CLOUDS: tuple[tuple[Name, ...], ...] = (("azure",), ("aws", "aws-eu", "google"))
"""Simulated clouds by process: the one that will fail has its own."""


class Stage:
    """Every process of one demo; a context that ends what it started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "comity.yaml"
        self._running: dict[str, Started] = {}
        self._urls: dict[Name, str] = {}

    async def __aenter__(self) -> Self:
        if not llama_available():
            raise StageError(INSTALL_HINT)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(server.stop() for server in self._running.values()))

    async def start_clouds(self) -> None:
        """Starts every cloud and the model server."""
        await asyncio.gather(self._start_llama(), *(self._start_simulated(names) for names in _CLOUDS))

    async def restart(self, name: Name) -> None:
        """Starts a cloud that was killed, at its old address; nothing when it runs."""
        if name not in self._running:
            await self._start_simulated((name,))

    async def _start_simulated(self, names: tuple[Name, ...]) -> None:
        ports = {name: urlsplit(self._urls[name]).port if name in self._urls else 0 for name in names}
        arguments = ["-m", "comity.cli.demo.clouds", *(f"{name}={port}" for name, port in ports.items())]
        started = await start(names[0], arguments, self.folder)
        self._running[names[0]] = started
        self._urls.update({name: str(started.said[name]) for name in names})

    async def _start_llama(self) -> None:
        model = await asyncio.to_thread(model_file, self.folder, "chat")
        arguments = ["-m", "comity.simulator.llama", str(model), "--parallel", "8"]
        started = await start("llama", arguments, self.folder)
        self._running["llama"] = started
        self._urls["llama"] = str(started.said["url"])

    def kill(self, name: Name) -> None:
        """Ends a cloud at once."""
        self._running.pop(name).kill()

    async def start_gateway(self, date: str, ledger: str, port: int) -> Started:
        """Starts the gateway as of `date`, with a fresh ledger in the folder of that name."""
        shutil.rmtree(self.folder / ledger, ignore_errors=True)
        self._make_key()
        write_setting(self.folder, books_folder(), Addresses(self._urls), ledger, port)
        arguments = ["-m", "comity.cli", "serve", str(self.config), "--at", date, "--json"]
        gateway = await start("gateway", arguments, self.folder, KEYS)
        self._running["gateway"] = gateway
        return gateway

    def _make_key(self) -> None:
        """The key pair that signs what the gateway settles, made once per folder."""
        secret, public = (self.folder / f"{KEY}.{kind}" for kind in ("skey", "vkey"))
        if not secret.exists():
            skey = new_key("demo.example/ledger")
            secret.touch(0o600)
            secret.write_text(f"{skey}\n", encoding="utf-8")
            public.write_text(f"{Signer(skey).verifier}\n", encoding="utf-8")


def books_folder() -> Path:
    """The contracts that ship with Comity."""
    folder = Path(__file__).resolve().parents[4] / "books"
    if not folder.is_dir():
        raise StageError("the demo's contracts are not installed: run it from a checkout, with `make demo`")
    return folder
