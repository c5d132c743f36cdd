"""Where Anthropic's bodies are sent: its own API, Foundry, Bedrock's InvokeModel and Vertex AI."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from comity.clouds import Auth, Connection, Deployment, Secrets, connect
from comity.http import Headers

_NOW = datetime(2026, 3, 18, 12, 30, 5, tzinfo=UTC)
_SECRETS = Secrets({"K": "key-1"})
_PLACE = "/v1/projects/p/locations/europe-west1"


def _connect(dialect: str, cloud: str, url: str, region: str = "eu", **changes: Any) -> Connection:
    fields: dict[str, Any] = {
        "id": "d1",
        "cloud": cloud,
        "region": frozenset({region}),
        "model": "claude",
        "served_model": "claude-sonnet-4-5@20250929",
        "dialect": dialect,
        "url": url,
        "auth": Auth(api_key="env:K"),
    }
    return connect(Deployment(**{**fields, **changes}), _SECRETS)


def _head(connection: Connection, purpose: Any, **more: Any) -> list[str]:
    head = connection.request_head(b"{}", purpose=purpose, now=_NOW, **more)
    assert isinstance(head, bytes)
    return head.decode("ascii").split("\r\n")


@pytest.mark.parametrize(
    ("cloud", "url", "target", "key"),
    [
        ("anthropic", "https://api.anthropic.com", "/v1/messages", "x-api-key: key-1"),
        ("anthropic", "https://api.anthropic.com/v1/", "/v1/messages", "x-api-key: key-1"),
        ("azure", "https://x.services.ai.azure.com/anthropic", "/anthropic/v1/messages", "api-key: key-1"),
        ("own", "http://10.0.0.1:8000", "/v1/messages", "x-api-key: key-1"),
    ],
)
def test_the_messages_api(cloud: str, url: str, target: str, key: str) -> None:
    """One path for whole and streamed, its counterpart for counts, the version of the dialect."""
    connection = _connect("anthropic.messages", cloud, url)
    for purpose, path in (("whole", target), ("stream", target), ("count", f"{target}/count_tokens")):
        head = _head(connection, purpose)
        assert head[0] == f"POST {path} HTTP/1.1"
        assert key in head
        assert "anthropic-version: 2023-06-01" in head


def test_T18_headers_of_one_request() -> None:
    """Beta flags go out with the request that they belong to, and with no other."""
    connection = _connect("anthropic.messages", "anthropic", "https://api.anthropic.com")
    assert "anthropic-beta: a,b" in _head(connection, "whole", headers=(("anthropic-beta", "a,b"),))
    assert not [line for line in _head(connection, "whole") if "beta" in line]


def test_invoke_model() -> None:
    """Bedrock's other operation, under the same signatures and keys as Converse."""
    url = "https://bedrock-runtime.eu-central-1.amazonaws.com"
    connection = _connect("bedrock.invoke", "aws", url, "eu-central-1", served_model="anthropic.claude-v1:0")
    base = "POST /model/anthropic.claude-v1%3A0"
    assert _head(connection, "whole")[0] == f"{base}/invoke HTTP/1.1"
    assert _head(connection, "stream")[0] == f"{base}/invoke-with-response-stream HTTP/1.1"
    assert _head(connection, "count")[0] == f"{base}/count-tokens HTTP/1.1"


def test_vertex() -> None:
    """The publisher's models in the project's location; counts have an address of their own."""
    url = f"https://europe-west1-aiplatform.googleapis.com{_PLACE}"
    connection = _connect("vertex.messages", "google", url, "europe-west1")
    models = f"POST {_PLACE}/publishers/anthropic/models"
    assert _head(connection, "whole")[0] == f"{models}/claude-sonnet-4-5@20250929:rawPredict HTTP/1.1"
    assert _head(connection, "stream")[0] == f"{models}/claude-sonnet-4-5@20250929:streamRawPredict HTTP/1.1"
    assert _head(connection, "count")[0] == f"{models}/count-tokens:rawPredict HTTP/1.1"
    assert "authorization: Bearer key-1" in _head(connection, "whole")


@pytest.mark.parametrize(
    "url",
    [
        "https://europe-west1-aiplatform.googleapis.com",
        "https://europe-west1-aiplatform.googleapis.com/v1/projects/p/locations/us-east5",
        "https://aiplatform.googleapis.com/v1/projects/p/locations/europe-west1",
        f"https://europe-west1-aiplatform.googleapis.com{_PLACE}?x=1",
    ],
)
def test_T24_no_location_is_the_usual_one(url: str) -> None:
    """One that is missing, or that the host does not serve, is refused."""
    with pytest.raises(ValueError, match=r"location|serve"):
        _connect("vertex.messages", "google", url, "europe-west1")


def test_odd_addresses_are_refused() -> None:
    """A query at the Messages API, and Vertex's bodies on another cloud."""
    with pytest.raises(ValueError, match="query"):
        _connect("anthropic.messages", "anthropic", "https://api.anthropic.com?x=1")
    with pytest.raises(ValueError, match="google"):
        _connect("vertex.messages", "azure", f"https://x{_PLACE}")


def test_who_answered() -> None:
    """The request id, for a support case."""
    connection = _connect("anthropic.messages", "anthropic", "https://api.anthropic.com")
    assert connection.answered(Headers.of(((b"request-id", b"req_1"),))).request_id == "req_1"
