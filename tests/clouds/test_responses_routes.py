"""Where the Responses API is, cloud by cloud."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from comity.clouds import Auth, Deployment, Secrets, connect

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def head(cloud: str, url: str) -> tuple[bytes, bytes]:
    """The request line and the key header of a deployment there."""
    deployment = Deployment(
        id="d",
        cloud=cloud,
        region=frozenset({"swedencentral"}),
        model="m",
        served_model="gpt55",
        dialect="openai.responses",
        url=url,
        auth=Auth(api_key="env:K"),
    )
    sent = connect(deployment, Secrets({"K": "key-1"})).request_head(b"{}", purpose="stream", now=NOW)
    assert isinstance(sent, bytes)
    lines = sent.split(b"\r\n")
    return lines[0], next(line for line in lines if b"key-1" in line)


AZURE = "https://acme.openai.azure.com"


@pytest.mark.parametrize(
    ("cloud", "url", "path", "key"),
    [
        ("azure", f"{AZURE}/openai/v1", "/openai/v1/responses", "api-key: key-1"),
        (
            "azure",
            f"{AZURE}/openai/v1?api-version=preview",
            "/openai/v1/responses?api-version=preview",
            "api-key: key-1",
        ),
        (
            "azure",
            f"{AZURE}/openai?api-version=2025-04-01-preview",
            "/openai/responses?api-version=2025-04-01-preview",
            "api-key: key-1",
        ),
        ("azure", "https://own.example/models/v1", "/models/v1/responses", "authorization: Bearer key-1"),
        ("openai", "https://api.openai.com/v1", "/v1/responses", "authorization: Bearer key-1"),
        ("coreweave", "http://10.0.0.1:8000/v1", "/v1/responses", "authorization: Bearer key-1"),
    ],
)
def test_paths(cloud: str, url: str, path: str, key: str) -> None:
    """The deployment stands in the body everywhere."""
    assert head(cloud, url) == (f"POST {path} HTTP/1.1".encode(), key.encode())


@pytest.mark.parametrize(
    ("cloud", "url", "words"),
    [
        ("azure", f"{AZURE}/openai", "needs `\\?api-version=`"),
        ("azure", f"{AZURE}/openai/deployments/gpt55", "no deployment in its path"),
        ("azure", f"{AZURE}/openai/v1?x=1", "means nothing to Azure"),
        ("openai", "https://api.openai.com/v1?x=1", "carries no query"),
    ],
)
def test_odd_addresses(cloud: str, url: str, words: str) -> None:
    """Refused at the start."""
    with pytest.raises(ValueError, match=words):
        head(cloud, url)
