"""The C programs agree with h11: what they send is HTTP/1.1, what they count is what was exchanged."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import h11
import pytest
from bench.native import Counts, Shape, Upstream, get, load
from bench.requests import ANSWER, CHUNKS, LAST, write_converse, write_request


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[Upstream]:
    """A mock upstream on a free port."""
    with Upstream(0, 0, write_converse(tmp_path)) as started:
        yield started


def exchange(port: int, pieces: list[bytes]) -> tuple[int, bytes]:
    """Send the pieces of a request, read one answer with h11."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="POST", target="/", headers=[("host", "x"), ("content-length", "0")]))
    client.send(h11.EndOfMessage())
    status, body = 0, b""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=5)) as connection:
        for piece in pieces:
            connection.sendall(piece)
        while not isinstance(event := client.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                client.receive_data(connection.recv(65536))
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += event.data
    return status, body


def request_bytes(folder: Path, *, stream: bool) -> bytes:
    """A request as the load generator sends it."""
    path = write_request(folder / "request", model="bench-model", stream=stream, headers=(("x-more", "1"),))
    return path.read_bytes()


def test_the_upstream_answers_in_whatever_pieces_a_request_comes(upstream: Upstream, tmp_path: Path) -> None:
    """A plain answer is one JSON document, also when the request arrives byte by byte."""
    request = request_bytes(tmp_path, stream=False)
    for pieces in ([request], [request[at : at + 1] for at in range(len(request))]):
        status, body = exchange(upstream.port, pieces)
        assert status == 200
        assert ANSWER in json.loads(body)["choices"][0]["message"]["content"]
    assert upstream.counts() == Counts(requests=2, streams=0, connections=2, refused=0)


@pytest.mark.parametrize("gap_us", [0, 500])
def test_the_upstream_streams_at_once_and_paced(upstream: Upstream, tmp_path: Path, gap_us: int) -> None:
    """A stream has its chunks and its end, in one write or chunk by chunk."""
    upstream.pace(gap_us)
    status, body = exchange(upstream.port, [request_bytes(tmp_path, stream=True)])
    events = [line.removeprefix(b"data: ") for line in body.split(b"\n\n") if line]
    assert status == 200
    assert events[-1] == LAST.encode()
    said = [json.loads(event)["choices"][0]["delta"].get("content") for event in events[:-1]]
    stamps = [text[1:] for text in said if text]
    assert len(stamps) == CHUNKS
    assert stamps == sorted(stamps)
    assert (len(set(stamps)) == 1) == (gap_us == 0)


def test_the_upstream_takes_chunked_requests_and_gives_usage(upstream: Upstream) -> None:
    """Some gateways send chunked bodies; a stream tells usage when it was asked to."""
    parts = [b'{"messages": [], "stream" :true,', b'"stream_options":{"include_usage": true}}']
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"
    status, body = exchange(upstream.port, [head + chunks, b"0\r\n\r\n"])
    assert status == 200
    assert b'"usage":{"prompt_tokens":212' in body
    assert upstream.counts() == Counts(requests=1, streams=1, connections=1, refused=0)


def test_the_upstream_plays_bedrock(upstream: Upstream) -> None:
    """Converse is answered with the given bytes, ConverseStream with whole frames."""
    head = b"POST /model/m/%s HTTP/1.1\r\nhost: x\r\ncontent-length: 15\r\n\r\n"
    body = b'{"messages":[]}'
    _, plain = exchange(upstream.port, [head % b"converse" + body])
    _, stream = exchange(upstream.port, [head % b"converse-stream" + body])
    assert ANSWER in json.loads(plain)["output"]["message"]["content"][0]["text"]
    lengths, at = [], 0
    while at < len(stream):
        lengths.append(int.from_bytes(stream[at : at + 4], "big"))
        at += lengths[-1]
    assert at == len(stream)
    assert len(lengths) == CHUNKS + 4


@pytest.mark.parametrize("stream", [False, True])
def test_the_load_counts_what_the_upstream_counts(upstream: Upstream, tmp_path: Path, stream: bool) -> None:  # noqa: FBT001 - pytest passes it
    """Every request of a run is one at the upstream, over as many connections, with a good answer."""
    path = tmp_path / "load.request"
    path.write_bytes(request_bytes(tmp_path, stream=stream))
    shape = Shape(4, 10.0, 0.0, LAST if stream else ANSWER, CHUNKS if stream else 0, requests=300)
    seen = load(upstream.port, path, shape, None, 0)
    assert (seen.sent, seen.done, seen.good) == (300, 300, 300)
    assert (seen.bad_status, seen.wrong, seen.failed, seen.unfinished) == (0, 0, 0, 0)
    assert upstream.counts().requests == 300
    assert upstream.counts().connections == seen.opened == 4
    assert 0 < seen.latency.p50 <= seen.latency.p99 <= seen.latency.max * 1.01
    assert seen.delay.count == (CHUNKS * seen.first.count if stream else 0)


ANSWERS = {
    "chunks of one byte": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n"
        + b"".join(b"1\r\n%c\r\n" % byte for byte in b"all is well\n")
        + b"0\r\ntrailer: t\r\n\r\n",
        "good",
    ),
    "length, odd case": (b"HTTP/1.1 201 Created\r\ncontent-LENGTH: 12\r\n\r\nall is well\n", "good"),
    "interim first": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nall is well",
        "good",
    ),
    "until close": (b"HTTP/1.0 200 OK\r\n\r\nall is well", "good"),
    "another text": (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnone", "wrong"),
    "an error": (b"HTTP/1.1 503 No\r\nContent-Length: 11\r\n\r\nall is well", "bad_status"),
    "cut short": (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nall is well", "failed"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_load_reads_every_kind_of_answer(tmp_path: Path, name: str) -> None:
    """Answers are judged by status, body and completeness, however they are framed and split."""
    answer, verdict = ANSWERS[name]
    path = tmp_path / "load.request"
    path.write_bytes(request_bytes(tmp_path, stream=False))
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        server = threading.Thread(target=serve_one, args=(listener, answer, path.stat().st_size))
        server.start()
        shape = Shape(1, 10.0, 0.0, "all is well", requests=1)
        seen = load(listener.getsockname()[1], path, shape, None, 0)
        server.join()
    found = {"good": seen.good, "wrong": seen.wrong, "bad_status": seen.bad_status, "failed": seen.failed}
    assert found == {**dict.fromkeys(found, 0), verdict: 1}


def serve_one(listener: socket.socket, answer: bytes, length: int) -> None:
    """Read one request, send the answer in small pieces, close; then take one more connection."""
    connection, _ = listener.accept()
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while length > 0:
            length -= len(connection.recv(length))
        for at in range(0, len(answer), 3):
            connection.sendall(answer[at : at + 3])


def test_a_target_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """The load generator says so, and the benchmark does not take it for a slow target."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    path = tmp_path / "load.request"
    path.write_bytes(request_bytes(tmp_path, stream=False))
    with pytest.raises(RuntimeError, match="ended with status 1"):
        load(port, path, Shape(1, 0.1, 0.0, ANSWER), None, 0)


def test_health_of_the_upstream_is_no_request(upstream: Upstream) -> None:
    """Looking at the counters does not count."""
    assert json.loads(get(upstream.port, "/stats")) == {
        "requests": 0,
        "streams": 0,
        "connections": 0,
        "refused": 0,
    }
