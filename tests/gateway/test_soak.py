"""What takes too long for every run: memory over many requests, and many crashes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.gateway.running import KEYS, Gateway, clouds, configuration, serving
from tests.gateway.test_accounting import kill_under_load

from comity.http import ClientOptions, Headers, Origin, Pool, TransportFailure

pytestmark = pytest.mark.soak

BODY = b'{"model": "us-only", "messages": [{"role": "user", "content": "x"}], "max_completion_tokens": 1}'
HEAD = (
    b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer %b\r\ncontent-length: %d\r\n\r\n"
)


class Asker:
    """Sends one request after the other until enough were answered."""

    def __init__(self, pool: Pool, left: list[int], done: asyncio.Event) -> None:
        self._pool = pool
        self._left = left
        self._done = done

    def ask(self) -> None:
        """The next request."""
        self._left[0] -= 1
        self._pool.send(HEAD % (KEYS["app"].encode(), len(BODY)), BODY, self)

    def on_response(self, status: int, headers: Headers) -> None:
        """Every answer is a good one."""
        assert status == 200, headers

    def on_data(self, data: bytes) -> None:
        """The answer itself does not matter."""

    def on_end(self) -> None:
        """One more is done."""
        if self._left[0] > 0:
            self.ask()
        else:
            self._done.set()

    def on_failure(self, failure: TransportFailure) -> None:
        """None may fail."""
        raise AssertionError(failure)


async def _ask(gateway: Gateway, number: int) -> None:
    host, port = gateway.url.removeprefix("http://").split(":")
    pool = Pool(Origin(host, int(port)), ClientOptions(), asyncio.get_running_loop())
    done = asyncio.Event()
    left = [number]
    for _ in range(16):
        Asker(pool, left, done).ask()
    await done.wait()
    await pool.close()


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def test_memory_stays_flat(tmp_path: Path) -> None:
    """Fifty thousand requests leave the worker within two mebibytes of where five thousand left it."""
    with clouds() as running, serving(tmp_path, running, configuration(running)) as gateway:
        (worker,) = gateway.workers()
        asyncio.run(_ask(gateway, 5_000))
        early = _resident(worker)
        asyncio.run(_ask(gateway, 50_000))
        assert _resident(worker) - early < 2048


@pytest.mark.parametrize("round_number", range(10))
def test_kill_9_again_and_again(tmp_path: Path, round_number: int) -> None:
    """Ten crashes under load, streamed and not, lose nothing that a client saw complete."""
    kill_under_load(tmp_path, stream=round_number % 2 == 0)
