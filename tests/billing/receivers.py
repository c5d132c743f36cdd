"""A billing system as tests need it: a real server that takes events and can refuse them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Inbox:
    """What a receiver has taken, and how it answers next."""

    def __init__(self) -> None:
        self.bodies: list[tuple[str, str, bytes]] = []
        self.answers: list[int] = []


@contextmanager
def receiver() -> Iterator[tuple[str, Inbox]]:
    """A server that answers 202, or what `answers` says first."""
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = inbox.answers.pop(0) if inbox.answers else 202
            if status == 202:
                inbox.bodies.append((self.headers["content-type"], self.headers["authorization"] or "", body))
            said = b"" if status == 202 else b"no such subscription"
            self.send_response(status)
            if status == 302:
                self.send_header("location", "/elsewhere")
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def do_GET(self) -> None:
            """A page for whoever follows a redirection without what it had to hand over."""
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/events", inbox
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
