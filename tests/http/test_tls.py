"""TLS on both sides: verified names, HTTP/1.1 by ALPN, and no truncated answer that passes for whole."""

from __future__ import annotations

import os
import socket
import ssl
from pathlib import Path

import msgspec
import pytest
import trustme
from tests.http.stage import Collector, Raw, Stage, echo, eventually, head_of, parse_responses, play, request

from comity.http import Call, ClientOptions, Origin, Server, ServerOptions


class Keys(msgspec.Struct):
    """A certificate authority and what it made."""

    ca_file: str
    server: ssl.SSLContext
    client: ssl.SSLContext


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """A server's certificate for `localhost`, and a client that trusts its maker."""
    authority = trustme.CA()
    path = Path(tmp_path_factory.mktemp("tls")) / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.set_alpn_protocols(["http/1.1"])
    authority.issue_cert("localhost").configure_cert(server)
    client = ssl.create_default_context(cafile=str(path))
    return Keys(str(path), server, client)


def origin_of(server: Server | Origin, keys: Keys, name: str | None = "localhost") -> Origin:
    """The TLS origin of a server or peer on the loopback address."""
    host, port = server.addresses[0] if isinstance(server, Server) else (server.host, server.port)
    return Origin(host, port, tls=True, ca_file=keys.ca_file, server_name=name)


def test_both_sides(keys: Keys) -> None:
    """Requests and answers of every size go over TLS and over one connection."""

    async def scenario(stage: Stage) -> None:
        server = await stage.serve(echo, ServerOptions(tls=keys.server))
        pool = stage.pool(origin_of(server, keys), ClientOptions(probation=0))
        for size in (0, 1, 1000, 3_000_000):
            collector = Collector()
            body = b"x" * size
            pool.send(head_of("/tls", size), body, collector)
            await collector.end()
            assert (collector.status, len(collector.body), collector.failure) == (200, size, None)
        assert (pool.connections, server.connections) == (1, 1)
        (link,) = pool._links
        assert link._transport.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"

    play(scenario)


def test_streams(keys: Keys) -> None:
    """Pieces, pauses and refusals work over TLS as they do without."""

    async def scenario(stage: Stage) -> None:
        calls: list[Call] = []
        server = await stage.serve(calls.append, ServerOptions(tls=keys.server))
        raw = await stage.connect(server, keys.client)
        await raw.send(request())
        await eventually(lambda: bool(calls))
        calls[0].start(200, ())
        calls[0].write(b"one")
        assert (await raw.until(b"one\r\n")).endswith(b"3\r\none\r\n")
        calls[0].end()
        await raw.until(b"0\r\n\r\n")
        await raw.send(b"nonsense\r\n\r\n")
        (refusal,) = parse_responses(await raw.rest(), [b"POST"])
        assert refusal.status == 400

    play(scenario)


def test_paused_receiver(keys: Keys) -> None:
    """A pool slows a fast TLS peer down as it does a plain one."""

    async def scenario(stage: Stage) -> None:
        total = 32 * 1024 * 1024
        server = await stage.serve(
            lambda call: call.respond(200, (), bytes(total)), ServerOptions(tls=keys.server)
        )
        pool = stage.pool(origin_of(server, keys))
        collector = Collector()
        sending = pool.send(head_of(), b"", collector)
        await collector.arrived.wait()
        sending.pause()
        await eventually(lambda: True)
        seen = len(collector.body)
        assert seen < total
        sending.resume()
        await collector.end()
        assert len(collector.body) == total

    play(scenario)


def test_wrong_certificates(keys: Keys) -> None:
    """An unknown authority or another name is a failure before anything is sent."""

    async def scenario(stage: Stage) -> None:
        calls: list[Call] = []
        server = await stage.serve(calls.append, ServerOptions(tls=keys.server))
        host, port = server.addresses[0]
        for origin in (
            Origin(host, port, tls=True, server_name="localhost"),
            origin_of(server, keys, name="example.com"),
            origin_of(server, keys, name=None),
        ):
            collector = Collector()
            stage.pool(origin).send(head_of(), b"", collector)
            failure = await collector.failed()
            assert (failure.kind, failure.sent) == ("tls", False)
            assert "certificate" in failure.detail.lower()
        assert not calls

    play(scenario)


def test_plain_client_at_a_tls_server(keys: Keys) -> None:
    """A request without TLS is not served."""

    async def scenario(stage: Stage) -> None:
        calls: list[Call] = []
        server = await stage.serve(calls.append, ServerOptions(tls=keys.server))
        raw = await stage.connect(server)
        await raw.send(request())
        assert b"HTTP/1.1" not in await raw.rest()
        assert not calls

    play(scenario)


def test_tls_client_at_a_plain_server(keys: Keys) -> None:
    """A peer that speaks no TLS is a `tls` failure; nothing was sent."""

    async def scenario(stage: Stage) -> None:
        server = await stage.serve(echo)
        collector = Collector()
        stage.pool(origin_of(server, keys), ClientOptions(connect_timeout=2)).send(head_of(), b"", collector)
        failure = await collector.failed()
        assert (failure.kind, failure.sent) == ("tls", False)

    play(scenario)


@pytest.mark.parametrize("clean", [True, False])
def test_truncation(keys: Keys, *, clean: bool) -> None:
    """A response that ends with its connection is whole only when the peer said goodbye."""

    async def scenario(stage: Stage) -> None:
        async def handler(raw: Raw) -> None:
            await raw.until(b"\r\n\r\n")
            await raw.send(b"HTTP/1.1 200 OK\r\n\r\nsome")
            if clean:
                raw.close()
            else:
                # The plain socket below ends without TLS's own end.
                descriptor = os.dup(raw.writer.get_extra_info("socket").fileno())
                with socket.socket(fileno=descriptor) as below:
                    below.shutdown(socket.SHUT_WR)

        collector = Collector()
        stage.pool(origin_of(await stage.listen(handler, keys.server), keys)).send(head_of(), b"", collector)
        await collector.end()
        assert collector.body == b"some"
        if clean:
            assert collector.failure is None
        else:
            assert (await collector.failed()).kind == "closed"

    play(scenario)


def test_abort_over_tls(keys: Keys) -> None:
    """A cut answer is no whole answer over TLS either."""

    async def scenario(stage: Stage) -> None:
        def application(call: Call) -> None:
            call.start(200, ())
            call.write(b"some")
            call.abort()

        server = await stage.serve(application, ServerOptions(tls=keys.server))
        for head in (head_of(), b"GET / HTTP/1.0\r\n\r\n"):
            collector = Collector()
            stage.pool(origin_of(server, keys)).send(head, b"", collector)
            assert (await collector.failed()).kind == "closed"

    play(scenario)


def test_drain_over_tls(keys: Keys) -> None:
    """Draining closes TLS connections too."""

    async def scenario(stage: Stage) -> None:
        server = await stage.serve(echo, ServerOptions(tls=keys.server))
        raw = await stage.connect(server, keys.client)
        await raw.send(request())
        await raw.until(b"\r\n\r\n")
        await server.drain(5)
        assert server.connections == 0
        assert await raw.rest() == b""

    play(scenario)
