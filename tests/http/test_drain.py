"""Draining: nothing new is taken, everything under way is finished, then everything is closed."""

from __future__ import annotations

import asyncio

import pytest
from tests.http.stage import Stage, echo, eventually, parse_responses, play, request

from comity.http import Call


def test_drain_finishes_calls() -> None:
    """Plain and streamed answers under way end properly, and their connections with them."""

    async def scenario(stage: Stage) -> None:
        calls: list[Call] = []
        server = await stage.serve(calls.append)
        plain, stream, idle = [await stage.connect(server) for _ in range(3)]
        await plain.send(request("/plain"))
        await eventually(lambda: len(calls) == 1)
        await stream.send(request("/stream"))
        await eventually(lambda: len(calls) == 2)
        calls[1].start(200, ())
        await idle.send(request("/idle"))
        await eventually(lambda: len(calls) == 3)
        calls[2].respond(200, (), b"")
        await idle.until(b"\r\n\r\n")

        draining = asyncio.ensure_future(server.drain(10))
        assert await idle.rest() == b""
        with pytest.raises(OSError, match="refused"):
            await stage.connect(server)
        assert not draining.done()
        calls[0].respond(200, (), b"plain")
        calls[1].write(b"stream")
        calls[1].end()
        (one,) = parse_responses(await plain.rest(), [b"POST"])
        (two,) = parse_responses(await stream.rest(), [b"POST"])
        assert (one.body, one.headers[b"connection"]) == (b"plain", b"close")
        assert (two.body, two.whole) == (b"stream", True)
        await draining
        assert server.connections == 0

    play(scenario)


def test_drain_takes_the_request_on_its_way() -> None:
    """A request of which a part has come is still answered."""

    async def scenario(stage: Stage) -> None:
        server = await stage.serve(echo)
        raw = await stage.connect(server)
        data = request(body=b"hello")
        await raw.send(data[:-2])
        await eventually(lambda: any(one._reader.in_body for one in server._connections))
        draining = asyncio.ensure_future(server.drain(10))
        await eventually(lambda: server.draining)
        await raw.send(data[-2:])
        (response,) = parse_responses(await raw.rest(), [b"POST"])
        assert (response.body, response.headers[b"connection"]) == (b"hello", b"close")
        await draining

    play(scenario)


def test_grace_ends() -> None:
    """What is not finished within the grace is cut, and its call told."""

    async def scenario(stage: Stage) -> None:
        calls: list[Call] = []
        gone: list[bytes] = []
        server = await stage.serve(calls.append)
        raw = await stage.connect(server)
        await raw.send(request("/slow"))
        await eventually(lambda: bool(calls))
        calls[0].on_disconnect = lambda: gone.append(calls[0].path)
        await server.drain(0.05)
        assert gone == [b"/slow"]
        assert server.connections == 0

    play(scenario)


def test_drain_of_nothing() -> None:
    """A server without connections drains at once, and closing it again is harmless."""

    async def scenario(stage: Stage) -> None:
        server = await stage.serve(echo)
        await server.drain(10)
        await server.close()

    play(scenario)
