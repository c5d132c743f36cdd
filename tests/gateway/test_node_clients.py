"""The JavaScript clients as they come against the gateway: a question, a stream and a tool loop each."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.gateway.running import KEYS, Gateway

NODE = Path(__file__).parents[1] / "node"
CLIENTS = [
    "openai",
    "ai-sdk openai chat",
    "ai-sdk openai-compatible",
    "ai-sdk azure deployments",
    "ai-sdk amazon-bedrock",
]
pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (NODE / "node_modules").exists(),
    reason="needs node and `npm ci` in tests/node, which `make test` runs where npm is there",
)


@pytest.fixture(scope="module")
def told(gateway: Gateway) -> dict[tuple[str, str], dict[str, Any]]:
    """What every client got from every target; all clients of a target run in one process."""
    found = {}
    for model in ("us-only", "bedrock-only"):
        command = ["node", str(NODE / "clients.mjs"), gateway.url, KEYS["app"], model, *CLIENTS]
        run = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
        for line in run.stdout.splitlines():
            value = json.loads(line)
            found[value["client"], model] = value
    return found


@pytest.mark.parametrize("model", ["us-only", "bedrock-only"])
@pytest.mark.parametrize("client", CLIENTS)
def test_a_javascript_client_as_it_comes(
    told: dict[tuple[str, str], dict[str, Any]], client: str, model: str
) -> None:
    """Text whole and streamed, a tool loop over two turns, and the cloud's count."""
    got = told[client, model]
    assert "error" not in got, got["error"]
    assert got["text"] == got["streamed"] == "one two three"
    assert [list(call) for call in got["called"]] == [["city"]]
    assert got["after"] == "The tool said: rain"
    assert got["usage"]["output"] >= 3
    assert got["usage"]["input"] > 0
