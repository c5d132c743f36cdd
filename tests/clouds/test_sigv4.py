"""Signatures are those of AWS's own SDK."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from comity.clouds import Auth, Deployment, Secret, Secrets, connect
from comity.clouds.sigv4 import AwsKeys, Signer

_STAMP = "%Y%m%dT%H%M%SZ"


class _Recorded(ThreadingHTTPServer):
    """A loopback server that keeps the one request it gets."""

    path = ""
    headers: dict[str, str]
    body = b""


class _Recorder(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Keeps the request and answers as little as Converse may."""
        server = self.server
        assert isinstance(server, _Recorded)
        server.path = self.path
        server.headers = {name.lower(): value for name, value in self.headers.items()}
        server.body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Says nothing."""


@contextmanager
def _recorder() -> Iterator[_Recorded]:
    with _Recorded(("127.0.0.1", 0), _Recorder) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("token", [None, "session-token-1"])
@pytest.mark.parametrize(
    "model",
    [
        "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0",
        "plain",
    ],
)
def test_the_signature_is_the_one_that_boto3_sends(model: str, token: str | None) -> None:
    """For the same request at the same second, path, authorization and token are boto3's, byte for byte."""
    with _recorder() as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        client = boto3.client(
            "bedrock-runtime",
            endpoint_url=url,
            region_name="eu-central-1",
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            aws_session_token=token,
            config=Config(retries={"total_max_attempts": 1}),
        )
        client.converse(modelId=model, messages=[{"role": "user", "content": [{"text": "hi"}]}])
        client.close()
    environ = {"ID": "AKIDEXAMPLE", "SECRET": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
    if token is not None:
        environ["TOKEN"] = token
    deployment = Deployment(
        id="d",
        cloud="aws",
        region=frozenset({"eu-central-1"}),
        model="m",
        served_model=model,
        dialect="bedrock.converse",
        url=url,
        auth=Auth(
            access_key_id="env:ID",
            secret_access_key="env:SECRET",
            session_token=None if token is None else "env:TOKEN",
        ),
    )
    now = datetime.strptime(server.headers["x-amz-date"], _STAMP).replace(tzinfo=UTC)
    signed = connect(deployment, Secrets(environ)).request_head(server.body, purpose="whole", now=now)
    assert isinstance(signed, bytes)
    head = signed.decode()
    lines = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
    assert head.split(" ")[1] == server.path
    assert lines["authorization"] == server.headers["authorization"]
    assert lines["host"] == server.headers["host"]
    assert lines["content-type"] == server.headers["content-type"]
    assert lines.get("x-amz-security-token") == server.headers.get("x-amz-security-token")


@given(
    body=st.binary(max_size=200),
    # Dot segments are no model names, and botocore would remove them from the path.
    model=st.from_regex(r"[A-Za-z0-9:._~-]{1,40}", fullmatch=True).filter(
        lambda name: name not in {".", ".."}
    ),
    secret=st.from_regex(r"[!-~]{1,60}", fullmatch=True),
    seconds=st.integers(0, 10**9),
)
def test_signatures_equal_botocores(body: bytes, model: str, secret: str, seconds: int) -> None:
    """Any body, model, key and moment is signed as botocore signs it."""
    now = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    path = f"/model/{model.replace(':', '%3A')}/converse-stream"
    keys = AwsKeys(Secret("env:ID", "AKID"), Secret("env:SECRET", secret), None)
    ours = Signer(keys, "us-east-1", "bedrock.example:8443").lines(path, body, now).decode()
    again = AWSRequest(
        "POST", f"https://bedrock.example:8443{path}", {"content-type": "application/json"}, body
    )
    stamp = now.strftime(_STAMP)
    again.context["timestamp"] = stamp
    again.headers["x-amz-date"] = stamp
    signer = SigV4Auth(Credentials("AKID", secret), "bedrock", "us-east-1")
    signature = signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again)
    assert ours.endswith(f"Signature={signature}\r\n")


def test_a_signer_changes_its_key_at_midnight_utc() -> None:
    """The day's key is not carried into the next day, wherever the moment's own zone is."""
    keys = AwsKeys(Secret("env:ID", "AKID"), Secret("env:SECRET", "s"), None)
    warm = Signer(keys, "us-east-1", "h")
    moments = [datetime(2026, 3, 18, 23, 59, 59, tzinfo=UTC), datetime(2026, 3, 19, tzinfo=UTC)]
    for moment in [*moments, *moments]:
        assert warm.lines("/p", b"", moment) == Signer(keys, "us-east-1", "h").lines("/p", b"", moment)
