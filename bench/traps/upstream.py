"""The providers behind every gateway: one scripted server on loopback that keeps what it was sent.

It answers each provider's paths with a plain valid answer unless a case has laid out other replies. It does
not judge: the cases do, against the official schemas.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bench.traps import answers
from bench.traps.values import Provider, Received, Reply


class Upstream:
    """A running server with every provider's paths."""

    def __init__(self, port: int) -> None:
        self.received: list[Received] = []
        self.left = threading.Event()
        """Set once a client has left an endless reply."""
        self._scripts: dict[Provider, deque[Reply]] = {}
        outer = self

        class Handler(_Handler):
            upstream = outer

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def script(self, provider: Provider, *replies: Reply) -> None:
        """Lays out the next replies of a provider."""
        self._scripts[provider] = deque(replies)

    def clear(self) -> None:
        """Forgets what was sent and laid out."""
        self.received.clear()
        self._scripts.clear()
        self.left.clear()

    def close(self) -> None:
        """Ends the server."""
        self._server.shutdown()
        self._server.server_close()

    def take(self, received: Received, *, stream: bool) -> Reply:
        """The reply to a request: the next one laid out, else a plain one."""
        self.received.append(received)
        script = self._scripts.get(received.provider)
        if script:
            return script.popleft()
        return answers.plain(received.provider, stream=stream)


def provider_of(path: str) -> Provider:
    """Whose path it is."""
    if "/spare/" in path:
        return "spare"
    if path.endswith(("/converse", "/converse-stream")):
        return "converse"
    if "enerateContent" in path:
        return "gemini"
    if path.partition("?")[0].endswith("/messages"):
        return "messages"
    return "chat" if path.partition("?")[0].endswith("/chat/completions") else "unknown"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    upstream: Upstream

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Says nothing."""

    def do_GET(self) -> None:
        """Says that somebody is here."""
        self._send(Reply((b"{}",)))

    def do_POST(self) -> None:
        """Keeps the request and answers it."""
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        body = None
        with contextlib.suppress(ValueError):
            body = json.loads(raw)
        headers = {name.lower(): value for name, value in self.headers.items()}
        received = Received(provider_of(self.path), self.path, headers, body, raw)
        asked = isinstance(body, dict) and body.get("stream") is True
        stream = asked or "stream" in self.path.rpartition("/")[2].lower()
        with contextlib.suppress(OSError):
            self._send(self.upstream.take(received, stream=stream))

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("content-type", reply.kind)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in reply.pieces:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.flush()
        if reply.endless:
            self._wait_for_leaving()
            return
        self.wfile.write(b"0\r\n\r\n")

    def _wait_for_leaving(self) -> None:
        self.connection.settimeout(20)
        with contextlib.suppress(OSError):
            if self.connection.recv(1) == b"":
                self.upstream.left.set()
        self.close_connection = True
