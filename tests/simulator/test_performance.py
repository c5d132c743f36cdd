"""A performance on a call that remembers what it was told, with the clock of a real loop."""

from __future__ import annotations

import uvloop

from comity.http import Call, ServerOptions
from comity.http.framing import RequestHead, read_request_head
from comity.simulator.performance import Performance
from comity.simulator.reply import Reply, Step


class _Wire:
    """The connection's side of a call, in memory; full after the first piece."""

    peer = "test"

    def __init__(self) -> None:
        self.data: list[bytes] = []

    def answer(self, call: Call, status: int, headers: object, body: bytes) -> None:
        del status, headers
        self.data.append(body)
        call.closed = True

    def begin(self, call: Call, status: int, headers: object) -> None:
        del status, headers
        call.started = True

    def more(self, call: Call, data: bytes) -> None:
        self.data.append(data)
        call.writable = False

    def finish(self, call: Call) -> None:
        call.closed = True

    def cut(self, call: Call) -> None:
        call.closed = True


def _call(wire: _Wire) -> Call:
    head = read_request_head(b"POST / HTTP/1.1\r\nhost: h\r\n\r\n", ServerOptions())
    assert isinstance(head, RequestHead)
    return Call(wire, head, b"", keep_alive=True)


def test_a_full_connection_is_written_in_batches() -> None:
    """No more than a batch goes out before the client has caught up, and the end comes once."""
    wire = _Wire()
    endings: list[tuple[str, int]] = []

    async def work() -> None:
        call = _call(wire)
        steps = tuple(Step(0.0, b"x", number + 1) for number in range(130))
        reply = Reply(200, (), steps, stream=True, answered_by="m")
        Performance(call, reply, lambda ending, tokens: endings.append((ending, tokens))).begin()
        assert call.on_drain is not None
        while not call.closed:
            call.writable = True
            call.on_drain()
        call.on_drain()
        assert call.on_disconnect is not None
        call.on_disconnect()

    uvloop.run(work())
    assert [len(piece) for piece in wire.data] == [64, 64, 2]
    assert endings == [("complete", 130)]


def test_a_client_that_left_stops_the_timer() -> None:
    """After the client has gone nothing is written, whatever was still due."""
    wire = _Wire()
    endings: list[tuple[str, int]] = []

    async def work() -> None:
        call = _call(wire)
        reply = Reply(200, (), (Step(0.01, b"late", 5),), stream=False, answered_by="m")
        performance = Performance(call, reply, lambda ending, tokens: endings.append((ending, tokens)))
        performance.begin()
        assert call.on_disconnect is not None
        call.on_disconnect()
        assert performance._timer is not None
        assert performance._timer.cancelled()

    uvloop.run(work())
    assert wire.data == []
    assert endings == [("abandoned", 0)]
