"""Servers on loopback that speak the protocols of identity providers, and keep what came."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import msgspec
import trustme


class Came(msgspec.Struct, frozen=True):
    """One request as it came in."""

    method: str
    """HTTP method."""
    path: str
    """Path and query."""
    headers: dict[str, str]
    """Headers by lower-case name."""
    body: str
    """Whole body."""

    @property
    def form(self) -> dict[str, str]:
        """The body as a form."""
        return {name: values[0] for name, values in parse_qs(self.body).items()}


Answer = Callable[[Came], tuple[int, str]]
"""A status and a body; JSON unless it begins with `<`."""


class Provider:
    """One running server."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.came: list[Came] = []

    @property
    def host(self) -> str:
        """Host and port."""
        return self.url.partition("//")[2]


@contextmanager
def provider(answer: Answer, certificate: tuple[trustme.CA, Path] | None = None) -> Iterator[Provider]:
    """A server that gives `answer`; over TLS with a certificate, whose authority is written to the path."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def serve(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            came = Came(self.command, self.path, headers, self.rfile.read(length).decode())
            running.came.append(came)
            status, body = answer(came)
            data = body.encode()
            self.send_response(status)
            self.send_header("content-type", "text/xml" if body.startswith("<") else "application/json")
            self.send_header("metadata-flavor", "Google")
            self.send_header("content-length", str(len(data)))
            self.send_header("connection", "close")
            self.end_headers()
            self.wfile.write(data)
            self.close_connection = True

        do_GET = do_POST = do_PUT = serve  # noqa: N815 - the base class's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    scheme = "http"
    if certificate is not None:
        authority, path = certificate
        authority.cert_pem.write_to_path(str(path))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    running = Provider(f"{scheme}://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def entra(token: str = "entra-token", seconds: int = 3600, error: str = "") -> Answer:
    """Entra ID's discovery and token endpoint."""

    def answer(came: Came) -> tuple[int, str]:
        base = f"https://{came.headers['host']}{came.path.partition('/v2.0/')[0]}"
        if came.path.endswith("openid-configuration"):
            endpoints = {
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "issuer": f"{base}/v2.0",
            }
            return 200, json.dumps(endpoints)
        if error:
            return 401, json.dumps({"error": "invalid_client", "error_description": error})
        return 200, json.dumps({"token_type": "Bearer", "expires_in": seconds, "access_token": token})

    return answer


def imds(token: str = "machine-token", seconds: int = 3600) -> Answer:
    """Azure's instance metadata service."""

    def answer(came: Came) -> tuple[int, str]:
        if came.headers.get("metadata") != "true":
            return 400, json.dumps({"error": "invalid_request"})
        end = int(datetime.now(UTC).timestamp()) + seconds
        given = {"access_token": token, "expires_in": str(seconds), "expires_on": str(end)}
        return 200, json.dumps({**given, "resource": "r", "token_type": "Bearer"})

    return answer


def sts(key_id: str = "ASIAROLE", end: str = "2099-01-01T00:00:00Z", denied: str = "") -> Answer:
    """AWS's security token service: AssumeRole."""

    def answer(came: Came) -> tuple[int, str]:
        namespace = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"'
        if denied:
            body = f"<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>{denied}</Message></Error>"
            return 403, f"<ErrorResponse {namespace}>{body}<RequestId>r</RequestId></ErrorResponse>"
        keys = (
            f"<AccessKeyId>{key_id}</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey>"
            f"<SessionToken>role-session</SessionToken><Expiration>{end}</Expiration>"
        )
        result = f"<AssumeRoleResult><Credentials>{keys}</Credentials></AssumeRoleResult>"
        return 200, f"<AssumeRoleResponse {namespace}>{result}</AssumeRoleResponse>"

    return answer


def google(token: str = "google-token", seconds: int = 3600) -> Answer:
    """Google's token endpoint, its security token service and its metadata server: one shape of answer."""

    def answer(came: Came) -> tuple[int, str]:
        if "service-accounts" in came.path and "token" not in came.path:
            return 200, json.dumps({"email": "sa@p.iam.gserviceaccount.com", "scopes": [], "aliases": []})
        kind = "urn:ietf:params:oauth:token-type:access_token"
        given = {"access_token": token, "expires_in": seconds, "token_type": "Bearer"}
        return 200, json.dumps({**given, "issued_token_type": kind})

    return answer
