"""Well-formed traffic of any kind and splitting, with h11 as the other side."""

from __future__ import annotations

import asyncio
import string

import h11
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.http.stage import Stage

from comity.http import Call, Headers, ServerOptions
from comity.http.reader import Message, RequestReader
from comity.http.response import ResponseReader

NAMES = st.text(string.ascii_letters + string.digits + "-_!#$%&'*+.^`|~", min_size=1, max_size=12)
VALUES = st.text([chr(code) for code in range(0x20, 0x7F)] + ["\t", "é"], max_size=20)
TAKEN = {
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "expect",
    "upgrade",
    "date",
    "keep-alive",
}
PAIRS = st.lists(
    st.tuples(
        NAMES.filter(lambda name: name.lower() not in TAKEN), VALUES.map(lambda value: value.strip(" \t"))
    ),
    max_size=6,
).map(lambda pairs: [(name.encode(), value.encode("latin-1")) for name, value in pairs])
TARGETS = st.text(string.ascii_letters + string.digits + "-._~%!$&'()*+,;=:@/?", max_size=30).map(
    lambda text: b"/" + text.encode()
)
METHODS = st.sampled_from([b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"])
PIECES = st.lists(st.binary(min_size=1, max_size=60), max_size=5)
CUTS = st.lists(st.integers(1, 60), max_size=60)
Pairs = list[tuple[bytes, bytes]]
Asked = tuple[bytes, bytes, Pairs, list[bytes], bool]
"""Method, target, headers, pieces of the body, and whether they are sent as chunks."""
ASKED: st.SearchStrategy[Asked] = st.tuples(METHODS, TARGETS, PAIRS, PIECES, st.booleans())


def framing(pieces: list[bytes], *, chunked: bool) -> Pairs:
    """The header that announces these pieces."""
    if chunked:
        return [(b"Transfer-Encoding", b"chunked")]
    return [(b"Content-Length", str(sum(map(len, pieces))).encode())]


def encode_request(asked: Asked) -> bytes:
    """What an h11 client sends."""
    method, target, pairs, pieces, chunked = asked
    client = h11.Connection(h11.CLIENT)
    headers = [(b"Host", b"test"), *pairs, *framing(pieces, chunked=chunked)]
    data = client.send(h11.Request(method=method, target=target, headers=headers))
    for piece in pieces:
        data = (data or b"") + (client.send(h11.Data(data=piece)) or b"")
    return (data or b"") + (client.send(h11.EndOfMessage()) or b"")


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    """The data in pieces of these sizes."""
    pieces, at = [], 0
    for cut in [*cuts, len(data)]:
        pieces.append(data[at : at + cut])
        at += cut
    return [piece for piece in pieces if piece]


def lower(pairs: Pairs) -> Pairs:
    """Pairs as `Headers` gives them."""
    return [(name.lower(), value) for name, value in pairs]


@settings(max_examples=60, deadline=None)
@given(st.lists(ASKED, min_size=1, max_size=4), CUTS)
def test_server_reads_what_h11_sends(requests: list[Asked], cuts: list[int]) -> None:
    """Pipelined requests in any splitting come out as they were meant, and nothing is left over."""
    reader = RequestReader(ServerOptions())
    messages: list[Message] = []
    for piece in split(b"".join(map(encode_request, requests)), cuts):
        reader.feed(piece)
        while (message := reader.next()) is not None:
            assert isinstance(message, Message)
            messages.append(message)
    assert not reader.holding
    assert not reader.in_body
    assert len(messages) == len(requests)
    for message, (method, target, pairs, pieces, chunked) in zip(messages, requests, strict=True):
        expected = [(b"host", b"test"), *lower(pairs), *lower(framing(pieces, chunked=chunked))]
        assert (message.head.method, message.head.target) == (method, target)
        assert list(message.head.headers) == expected
        assert message.body == b"".join(pieces)
        assert message.keep_alive


Answered = tuple[int, Pairs, list[bytes], str]
"""Status, headers, pieces of the body, and how they are delimited."""
ANSWERED: st.SearchStrategy[Answered] = st.tuples(
    st.sampled_from([200, 201, 204, 304, 400, 404, 429, 500, 503]),
    PAIRS,
    PIECES,
    st.sampled_from(["length", "chunks", "close"]),
)


def encode_response(answered: Answered, method: bytes) -> tuple[bytes, bytes]:
    """What an h11 server sends, and the body that a client must see."""
    status, pairs, pieces, how = answered
    server = h11.Connection(h11.SERVER)
    server.receive_data(method + b" / HTTP/1.1\r\nHost: test\r\n\r\n")
    while not isinstance(server.next_event(), h11.EndOfMessage):
        pass
    bodiless = method == b"HEAD" or status in {204, 304}
    headers = list(pairs)
    if how == "close":
        headers.append((b"Connection", b"close"))
    elif status not in {204, 304}:
        headers += framing(pieces, chunked=how == "chunks")
    data = server.send(h11.Response(status_code=status, headers=headers)) or b""
    if not bodiless:
        for piece in pieces:
            data += server.send(h11.Data(data=piece)) or b""
    if how == "length" and bodiless and method == b"HEAD":
        return data, b""
    return data + (server.send(h11.EndOfMessage()) or b""), b"" if bodiless else b"".join(pieces)


@settings(max_examples=60, deadline=None)
@given(ANSWERED, st.sampled_from([b"GET", b"POST", b"HEAD"]), CUTS)
def test_client_reads_what_h11_sends(answered: Answered, method: bytes, cuts: list[int]) -> None:
    """A response in any splitting comes out as it was meant."""
    data, body = encode_response(answered, method)
    reader = ResponseReader(bodiless=method == b"HEAD", max_head=64_000)
    received = b"".join(reader.feed(piece) for piece in split(data, cuts))
    assert reader.head is not None
    assert reader.head.status == answered[0]
    assert [pair for pair in reader.head.headers if pair in lower(answered[1])] == lower(answered[1])
    assert received == body
    assert reader.close(clean=True)
    assert reader.clean


class Oracle:
    """A running server that answers in turn with what a test lays down, and a client socket."""

    def __init__(self) -> None:
        self.answers: list[Answered] = []

    def application(self, call: Call) -> None:
        """Answer with the next one."""
        status, pairs, pieces, how = self.answers.pop(0)
        if how == "length" or status in {204, 304}:
            call.respond(status, pairs, b"".join(pieces))
            return
        call.start(status, pairs)
        for piece in pieces:
            call.write(piece)
        call.end()

    async def play(self, asked: list[Asked], cuts: list[int]) -> bytes:
        """Everything that the server answers to these requests and a last one that closes."""
        last = b"GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
        self.answers.append((200, [], [], "length"))
        stage = Stage()
        raw = await stage.connect(await stage.serve(self.application))
        for piece in split(b"".join(map(encode_request, asked)) + last, cuts):
            await raw.send(piece)
            await asyncio.sleep(0)
        data = await raw.rest()
        await stage.close()
        assert not stage.faults
        return data


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(ASKED, ANSWERED), max_size=4), CUTS)
def test_h11_reads_what_the_server_sends(turns: list[tuple[Asked, Answered]], cuts: list[int]) -> None:
    """Over a socket, h11 sees the answers in order, each with its status, headers and body."""
    oracle = Oracle()
    oracle.answers = [answered for _, answered in turns]
    data = uvloop.run(oracle.play([asked for asked, _ in turns], cuts))
    for (method, *_), (status, pairs, pieces, _) in turns:
        client = h11.Connection(h11.CLIENT)
        client.send(h11.Request(method=method, target="/", headers=[("Host", "test")]))
        client.send(h11.EndOfMessage())
        client.receive_data(data)
        response = client.next_event()
        assert isinstance(response, h11.Response)
        assert response.status_code == status
        headers = Headers.of((name, value) for name, value in response.headers)
        assert [pair for pair in headers if pair in lower(pairs)] == lower(pairs)
        body = b""
        while not isinstance(event := client.next_event(), h11.EndOfMessage):
            assert isinstance(event, h11.Data)
            body += bytes(event.data)
        assert body == (b"" if status in {204, 304} else b"".join(pieces))
        data = client.trailing_data[0]
    assert data.startswith(b"HTTP/1.1 200 ")
    assert data.count(b"HTTP/1.1 ") == 1
