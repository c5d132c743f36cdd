"""The gateways under test, each configured for the same routes as its own documentation says.

Routes by the model name that clients ask for: `chat` (an OpenAI-compatible server), `azure` (a reasoning
model behind an opaque deployment name), `claude` and `nova` (Bedrock Converse), `gemini` (AI Studio),
`messages` (Anthropic), `pair` (chat, then the spare server). The key in front is not the keys behind.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec

from bench.traps.values import Answer
from comity.intake import hash_key

KEY = "sk-front-0123456789"
"""The key that clients hold."""
BEHIND = {
    "chat": "sk-chat-secret",
    "spare": "sk-spare-secret",
    "gemini": "gemini-secret",
    "messages": "anthropic-secret",
    "aws_id": "AKIDTRAPS",
    "aws_secret": "aws-secret",
}
"""The keys of the providers, by provider."""
BEDROCK = {
    "claude": "anthropic.claude-sonnet-4-5-20250929-v1:0",
    "nova": "amazon.nova-pro-v1:0",
}
CLAUDE = {
    "family": "claude",
    "reasoning_signatures": "required",
    "prompt_caching": True,
    "structured_output": True,
    "additional_fields": ["thinking"],
}
"""What Claude takes on Bedrock: Comity is told; the others know it by the model's name."""
COPIES = 9
"""Copies of the routes whose providers are made to fail, so that no case meets what another one broke."""
READY_SECONDS = 90.0


class Subject(Protocol):
    """One gateway that can be asked."""

    name: str
    """As the table calls it."""

    def ask(
        self, route: str, body: Mapping[str, Any], *, path: str, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Its answer to `body` with the model name filled in."""
        ...


class Process:
    """A gateway's process on a port of its own."""

    def __init__(self, command: list[str], port: int, folder: Path, settings: Mapping[str, str]) -> None:
        self.port = port
        self._log = (folder / "log").open("wb")
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        end = time.monotonic() + READY_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                self.stop()
                said = (folder / "log").read_text(errors="replace").strip()[-800:]
                raise RuntimeError(f"{command[0]} does not start: {said}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/health/liveliness")
            connection.getresponse().read()
            return True
        return False

    def stop(self) -> None:
        """Ends it."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


class Client:
    """Asks one gateway over HTTP."""

    def __init__(
        self, name: str, port: int, models: Mapping[str, str], headers: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.name = name
        self._port = port
        self._models = models
        self._headers = headers
        self._used: Counter[str] = Counter()

    def fresh(self, route: str) -> str:
        """A copy of a route that no case has asked yet."""
        self._used[route] += 1
        return f"{route}-{self._used[route]}"

    def ask(
        self, route: str, body: Mapping[str, Any], *, path: str, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Its answer to `body` with the model name filled in."""
        sent = json.dumps({"model": self._models.get(route, route), **body}).encode()
        own = {"content-type": "application/json", "authorization": f"Bearer {KEY}"}
        own |= self._headers.get(route, {})
        return post(self._port, path, sent, {**own, **(headers or {})})

    def leave(self, route: str, body: Mapping[str, Any], *, path: str) -> bytes:
        """Asks for a stream, reads its first piece, and leaves."""
        sent = json.dumps({"model": self._models.get(route, route), **body}).encode()
        own = {"content-type": "application/json", "authorization": f"Bearer {KEY}"}
        own |= self._headers.get(route, {})
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        connection.request("POST", path, sent, own)
        with contextlib.closing(connection.getresponse()) as response, contextlib.closing(connection):
            first: bytes = response.read1(4096)
        return first


def post(port: int, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """One POST, read to its end."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    data, status, got, whole = b"", 0, {}, True
    try:
        connection.request("POST", path, body, dict(headers))
        response = connection.getresponse()
        status = response.status
        got = {name.lower(): value for name, value in response.getheaders()}
        while piece := response.read1(65536):
            data += piece
    except (OSError, http.client.HTTPException):
        whole = False
    finally:
        connection.close()
    value = None
    with contextlib.suppress(ValueError):
        value = json.loads(data)
    return Answer(status, got, data, value, tuple(_events(data)), whole)


def _events(data: bytes) -> Iterator[Any]:
    for line in data.splitlines():
        text = line.removeprefix(b"data:").strip()
        if not line.startswith(b"data:"):
            continue
        try:
            yield json.loads(text)
        except ValueError:
            yield text.decode("utf-8", "replace")


def copies_of(route: str) -> list[str]:
    """The names under which a route can be asked; the first is the route itself."""
    if route not in {"chat", "spare", "pair", "claude"}:
        return [route]
    return [route, *(f"{route}-{number}" for number in range(1, COPIES))]


class Started(msgspec.Struct):
    """A gateway that is up."""

    client: Client
    """How to ask it."""
    process: Process
    """How to end it."""


def start_comity(folder: Path, upstream: int, port: int) -> Started:
    """Comity with a book that forbids what no case asks for."""
    base = f"http://127.0.0.1:{upstream}"
    (folder / "book").mkdir(parents=True, exist_ok=True)
    (folder / "book" / "book.md").write_text(BOOK)
    deployments = [
        _deployment("chat", f"{base}/chat/v1", "openai.chat", "own", "chat", "gpt-4o"),
        _deployment("spare", f"{base}/spare/v1", "openai.chat", "own", "spare", "gpt-4o"),
        {
            **_deployment(
                "azure", f"{base}/openai/deployments/blue/", "openai.chat", "azure", "chat", "blue"
            ),
            "traits": {"completion_limit_field": "max_completion_tokens", "sampling": False},
        },
        _bedrock("claude", base, CLAUDE),
        _bedrock("nova", base, {"family": "nova"}),
        _deployment("gemini", base, "gemini.generate", "google", "gemini", "gemini-3-pro"),
        _deployment("messages", base, "anthropic.messages", "anthropic", "messages", "claude-sonnet-4-5"),
    ]
    copies = [{**one, "id": copy} for one in deployments for copy in copies_of(str(one["id"]))]
    pairs = {
        copy: {"from": [copy.replace("pair", "chat"), copy.replace("pair", "spare")]}
        for copy in copies_of("pair")
    }
    configuration = {
        "book": "book",
        "posture": {"disputed": "refuse", "unknown": "refuse"},
        "ledger": {"journal": "ledger", "fold_every": 0},
        "listen": {"port": port, "drain": 1},
        "deployments": copies,
        "models": {str(one["id"]): {"from": [one["id"]]} for one in copies} | pairs,
        "callers": [
            {"id": "front", "key": f"sha256:{hash_key(KEY)}", "facts": {"customer": "acme", "data": "public"}}
        ],
    }
    (folder / "comity.yaml").write_text(json.dumps(configuration, indent=1))
    command = [sys.executable, "-c", "from comity.cli.main import app; app()", "serve", "comity.yaml"]
    settings = {f"BEHIND_{name.upper()}": value for name, value in BEHIND.items()}
    process = Process(command, port, folder, settings)
    return Started(Client("Comity", port, {}, {}), process)


BOOK = """\
---
contract: house
title: House rules that forbid one thing
parties: {acme: Acme GmbH, oai: Model maker}
binds: [acme]
silence: permitted
clock: Europe/Berlin
sources:
  S1: {title: Written for the scoreboard, date: 2026-01-01, grade: verified}
---

## 1 Special data `house.special`
Special categories of data leave only with a consent on record.

```comity
forbid: {data: special, consent: {not: acme}}
source: [S1]
```
"""


def _deployment(  # noqa: PLR0917 - a row of a table
    name: str, url: str, dialect: str, cloud: str, key: str, served: str
) -> dict[str, Any]:
    return {
        "id": name,
        "cloud": cloud,
        "region": ["us-east-1"],
        "model": served,
        "dialect": dialect,
        "url": url,
        "auth": {"api_key": f"env:BEHIND_{key.upper()}"},
        "price": {"input": 1, "cached_read": 1, "cache_write": 1, "cache_write_1h": 1, "output": 1},
    }


def _bedrock(family: str, url: str, traits: dict[str, Any]) -> dict[str, Any]:
    return {
        **_deployment(family, url, "bedrock.converse", "aws", "aws_id", BEDROCK[family]),
        "signing_region": "us-east-1",
        "auth": {"access_key_id": "env:BEHIND_AWS_ID", "secret_access_key": "env:BEHIND_AWS_SECRET"},
        "traits": traits,
    }


def start_litellm(folder: Path, upstream: int, port: int, peers: Path) -> Started | str:
    """LiteLLM's proxy with a model list and one fallback; else why not."""
    program = peers / "litellm/bin/litellm"
    if not program.exists():
        return "not installed; `python -m bench --install-peers`"
    base = f"http://127.0.0.1:{upstream}"
    bedrock = {
        "aws_access_key_id": BEHIND["aws_id"],
        "aws_secret_access_key": BEHIND["aws_secret"],
        "aws_region_name": "us-east-1",
        "aws_bedrock_runtime_endpoint": base,
    }
    models = {
        "chat": {"model": "openai/gpt-4o", "api_base": f"{base}/chat/v1", "api_key": BEHIND["chat"]},
        "spare": {"model": "openai/gpt-4o", "api_base": f"{base}/spare/v1", "api_key": BEHIND["spare"]},
        "pair": {"model": "openai/gpt-4o", "api_base": f"{base}/chat/v1", "api_key": BEHIND["chat"]},
        "azure": {
            "model": "azure/blue",
            "api_base": base,
            "api_key": BEHIND["chat"],
            "api_version": "2024-10-21",
            "base_model": "azure/gpt-5",
        },
        "claude": {"model": f"bedrock/converse/{BEDROCK['claude']}", **bedrock},
        "nova": {"model": f"bedrock/converse/{BEDROCK['nova']}", **bedrock},
        "gemini": {"model": "gemini/gemini-3-pro", "api_base": base, "api_key": BEHIND["gemini"]},
        "messages": {"model": "anthropic/claude-sonnet-4-5", "api_base": base, "api_key": BEHIND["messages"]},
    }
    configuration = {
        "model_list": [
            {
                "model_name": copy,
                "litellm_params": {k: v for k, v in one.items() if k != "base_model"},
                **({"model_info": {"base_model": one["base_model"]}} if "base_model" in one else {}),
            }
            for name, one in models.items()
            for copy in copies_of(name)
        ],
        "router_settings": {
            "fallbacks": [{copy: [copy.replace("pair", "spare")]} for copy in copies_of("pair")],
            "num_retries": 0,
            "disable_cooldowns": True,
        },
        "litellm_settings": {"telemetry": False, "num_retries": 0},
        "general_settings": {"master_key": KEY},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "litellm.yaml").write_text(json.dumps(configuration, indent=1))
    command = [str(program), "--config", "litellm.yaml", "--host", "127.0.0.1", "--port", str(port)]
    settings = {
        "LITELLM_LOG": "ERROR",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
    }
    return Started(Client("LiteLLM", port, {}, {}), Process(command, port, folder, settings))


def start_portkey(folder: Path, upstream: int, port: int, peers: Path) -> Started | str:
    """Portkey's gateway, told by headers where to go; else why not."""
    program = peers / "portkey/node_modules/@portkey-ai/gateway/build/start-server.js"
    node = shutil.which("node")
    if node is None or not program.exists():
        return "not installed; `python -m bench --install-peers` with node and npm"
    base = f"http://127.0.0.1:{upstream}"
    aws = {
        "provider": "bedrock",
        "aws_access_key_id": BEHIND["aws_id"],
        "aws_secret_access_key": BEHIND["aws_secret"],
        "aws_region": "us-east-1",
        "custom_host": base,
    }
    chat = {"provider": "openai", "api_key": BEHIND["chat"], "custom_host": f"{base}/chat/v1"}
    spare = {"provider": "openai", "api_key": BEHIND["spare"], "custom_host": f"{base}/spare/v1"}
    azure = {
        "provider": "azure-openai",
        "api_key": BEHIND["chat"],
        "resource_name": "blue",
        "deployment_id": "blue",
        "api_version": "2024-10-21",
        "custom_host": f"{base}/openai",
    }
    routes: dict[str, dict[str, Any]] = {
        "chat": chat,
        "spare": spare,
        "azure": azure,
        "claude": aws,
        "nova": aws,
        "gemini": {"provider": "google", "api_key": BEHIND["gemini"], "custom_host": base},
        "messages": {"provider": "anthropic", "api_key": BEHIND["messages"], "custom_host": f"{base}/v1"},
        "pair": {"strategy": {"mode": "fallback"}, "targets": [chat, spare]},
    }
    headers = {
        copy: {"x-portkey-config": json.dumps(one)}
        for name, one in routes.items()
        for copy in copies_of(name)
    }
    models = {
        "chat": "gpt-4o",
        "spare": "gpt-4o",
        "pair": "gpt-4o",
        "azure": "gpt-5",
        **BEDROCK,
        "gemini": "gemini-3-pro",
        "messages": "claude-sonnet-4-5",
    }
    models = {copy: model for name, model in models.items() for copy in copies_of(name)}
    folder.mkdir(parents=True, exist_ok=True)
    command = [node, str(program), f"--port={port}", "--headless"]
    settings = {"NODE_ENV": "production", "TRUSTED_CUSTOM_HOSTS": "127.0.0.1,localhost"}
    return Started(Client("Portkey", port, models, headers), Process(command, port, folder, settings))
