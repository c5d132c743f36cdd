"""The real model server: llama.cpp with the tiny random model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from comity.simulator import llama
from comity.simulator.llama import LlamaServer, llama_available
from comity.simulator.tiny_model import model_file

pytestmark = pytest.mark.skipif(not llama_available(), reason=llama.INSTALL_HINT)

_USER: Any = [{"role": "user", "content": "hello there"}]
_TOOLS: Any = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "w",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string", "enum": ["Paris", "Rome"]}},
                "required": ["city"],
                "additionalProperties": False,
            },
        },
    }
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[openai.OpenAI]:
    """The SDK's client of a running server."""
    with (
        LlamaServer(tmp_path_factory.mktemp("models"), parallel=1) as server,
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as one,
    ):
        yield one


def test_it_answers_with_real_usage(client: openai.OpenAI) -> None:
    """Text up to the limit, counted by a real tokenizer."""
    answer = client.chat.completions.create(model="tiny", messages=_USER, max_tokens=8)
    assert answer.usage is not None
    assert 1 <= answer.usage.completion_tokens <= 8
    assert answer.usage.prompt_tokens > 8


def test_it_streams(client: openai.OpenAI) -> None:
    """Chunks, and usage at the end when it is asked for."""
    chunks = list(
        client.chat.completions.create(
            model="tiny", messages=_USER, max_tokens=8, stream=True, stream_options={"include_usage": True}
        )
    )
    assert chunks[-1].usage is not None
    assert chunks[-2].choices[0].finish_reason in {"length", "stop"}


def test_answers_come_to_an_end_by_themselves(client: openai.OpenAI) -> None:
    """The bias on the end mark keeps answers to some tens of tokens."""
    lengths = []
    for seed in range(5):
        answer = client.chat.completions.create(model="tiny", messages=_USER, seed=seed, max_tokens=900)
        assert answer.usage is not None
        lengths.append(answer.usage.completion_tokens)
    assert min(lengths) < 300


def test_it_follows_a_schema(client: openai.OpenAI) -> None:
    """A grammar holds even random weights to a JSON schema."""
    schema = {
        "type": "object",
        "properties": {"city": {"enum": ["Paris", "Rome"]}},
        "required": ["city"],
        "additionalProperties": False,
    }
    form: Any = {"type": "json_schema", "json_schema": {"name": "c", "schema": schema}}
    answer = client.chat.completions.create(
        model="tiny", messages=_USER, response_format=form, max_tokens=200, temperature=0
    )
    assert json.loads(answer.choices[0].message.content or "")["city"] in {"Paris", "Rome"}


def test_the_tool_variant_calls_tools(tmp_path: Path) -> None:
    """A required tool is called with arguments that follow its schema."""
    with (
        LlamaServer(tmp_path, "tools", parallel=1) as server,
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as one,
    ):
        answer = one.chat.completions.create(
            model="tiny", messages=_USER, tools=_TOOLS, tool_choice="required", max_tokens=200
        )
    calls = answer.choices[0].message.tool_calls
    assert calls
    function = calls[0].to_dict()["function"]
    assert function["name"] == "get_weather"  # type: ignore[index]  # a plain dict
    assert json.loads(function["arguments"])["city"] in {"Paris", "Rome"}  # type: ignore[index]  # a plain dict


def test_the_file_is_written_once(tmp_path: Path) -> None:
    """A second start finds the file; the two variants are two files."""
    chat = model_file(tmp_path, "chat")
    written = chat.stat().st_mtime_ns
    assert model_file(tmp_path, "chat").stat().st_mtime_ns == written
    assert model_file(tmp_path, "tools") != chat
    assert chat.stat().st_size < 1_000_000
    assert sorted(path.name for path in tmp_path.iterdir()) == [chat.name, "tiny-tools-1.gguf"]


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    """A file that is no model ends the child; the parent hears its last words."""
    model_file(tmp_path, "chat").write_bytes(b"no model")
    server = LlamaServer(tmp_path, "chat", parallel=1)
    with pytest.raises(ValueError, match=r"llama\.cpp did not start"):
        server.wait_ready()


def test_a_missing_extra_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra nothing is started, and the message is the command to run."""
    monkeypatch.setattr("sys.path", [])
    monkeypatch.setattr("sys.path_importer_cache", {})
    monkeypatch.delitem(__import__("sys").modules, "gguf", raising=False)
    with pytest.raises(ValueError, match=r"pip install 'comity\[llama\]'"):
        LlamaServer(tmp_path)
