"""The store beside an event loop: in order, bounded, and errors are told."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from comity.contracts import Posture
from comity.errors import StoreError
from comity.sessions import Missing, SessionSettings, SessionStore, open_sessions

KEYS = {"env:A": "11" * 32}


def settings(folder: Path) -> SessionSettings:
    """A store in `folder`."""
    return SessionSettings(folder / "kept.db", ("env:A",), {}, Posture())


def fail(_: SessionStore) -> None:
    """Work that goes wrong."""
    raise ZeroDivisionError


def test_work_is_done_beside_the_loop(tmp_path: Path) -> None:
    """Results and errors come back in the loop's own thread."""

    async def work() -> tuple[object, object]:
        loop = asyncio.get_running_loop()
        sessions = open_sessions(settings(tmp_path), KEYS.__getitem__, loop)
        assert sessions is not None
        found: asyncio.Future[object] = loop.create_future()
        failed: asyncio.Future[object] = loop.create_future()
        sessions.run(lambda store: store.response("a", "x", 0), found.set_result, found.set_exception)
        sessions.run(fail, found.set_result, failed.set_result)
        results = await found, await failed
        await sessions.close()
        return results

    found, failed = asyncio.run(work())
    assert found == Missing("response", "x")
    assert isinstance(failed, ZeroDivisionError)


def test_a_store_that_hangs_does_not_pile_up(tmp_path: Path) -> None:
    """Beyond a bound the next one is refused at once (T41)."""

    async def work() -> list[Exception]:
        sessions = open_sessions(settings(tmp_path), KEYS.__getitem__, asyncio.get_running_loop())
        assert sessions is not None
        gate = threading.Event()
        errors: list[Exception] = []
        for _ in range(300):
            sessions.run(lambda _: gate.wait(60), lambda _: None, errors.append)
        refused = list(errors)
        gate.set()
        await sessions.close()
        return refused

    refused = asyncio.run(work())
    assert len(refused) == 300 - 256
    assert isinstance(refused[0], StoreError)


def test_no_settings_are_no_store(tmp_path: Path) -> None:
    """And a reference without a key is an error at the start."""
    loop = asyncio.new_event_loop()
    assert open_sessions(None, KEYS.__getitem__, loop) is None
    with pytest.raises(ValueError, match="32 bytes"):
        open_sessions(settings(tmp_path), lambda _: "short", loop)
    loop.close()


def test_a_fault_while_a_result_is_used_is_told(tmp_path: Path) -> None:
    """Whoever waits hears of it, and so does the operator."""
    reported: list[dict[str, object]] = []

    async def work() -> object:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: reported.append(context))
        sessions = open_sessions(settings(tmp_path), KEYS.__getitem__, loop)
        assert sessions is not None
        failed: asyncio.Future[object] = loop.create_future()
        sessions.run(lambda store: store, fail, failed.set_result)
        error = await failed
        await sessions.close()
        return error

    assert isinstance(asyncio.run(work()), ZeroDivisionError)
    assert len(reported) == 1
