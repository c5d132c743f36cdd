"""The JavaScript clients as they come against the gateway: a question, a stream and a tool loop each."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from tests.gateway.everywhere import DISTINCT
from tests.gateway.running import KEYS, Gateway

NODE = Path(__file__).parents[1] / "node"
CLIENTS = [
    "openai",
    "anthropic",
    "genai",
    "ai-sdk openai responses",
    "ai-sdk openai chat",
    "ai-sdk openai-compatible",
    "ai-sdk azure",
    "ai-sdk azure deployments",
    "ai-sdk anthropic",
    "ai-sdk amazon-bedrock",
    "ai-sdk google",
]
RESULT = {"ai-sdk google": '{"name":"get_weather","content":"rain"}'}
"""How a client puts a tool's result, where it wraps it; the wrapping is what its model reads anywhere."""
Told: TypeAlias = dict[tuple[str, str], dict[str, Any]]
pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (NODE / "node_modules").exists(),
    reason="needs node and `npm ci` in tests/node, which `make test` runs where npm is there",
)


@pytest.fixture(scope="module")
def told(anywhere: Gateway) -> Told:
    """What every client got from every target; all of them run in one process."""
    command = ["node", str(NODE / "clients.mjs"), anywhere.url, KEYS["app"], ",".join(DISTINCT), *CLIENTS]
    run = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    values = [json.loads(line) for line in run.stdout.splitlines()]
    return {(value["client"], value["model"]): value for value in values}


@pytest.mark.parametrize("target", DISTINCT)
@pytest.mark.parametrize("client", CLIENTS)
def test_a_javascript_client_as_it_comes(told: Told, client: str, target: str) -> None:
    """Text whole and streamed, a tool loop over two turns, and the cloud's count."""
    got = told[client, target]
    assert "error" not in got, got["error"]
    assert got["text"] == got["streamed"] == "one two three"
    assert [list(call) for call in got["called"]] == [["city"]]
    assert got["after"] == f"The tool said: {RESULT.get(client, 'rain')}"
    assert got["usage"] == {"input": 13, "output": 4}
