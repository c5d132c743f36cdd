"""Recorded exchanges of OpenAI, Azure, DeepSeek and others: what we read is what was said, there and back.

The recordings are other people's data and lie beside the project; without them these tests skip.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest
from tests.dialects.test_recorded import heard, said
from tests.material import beside, read_lines, recordings

from comity.dialects import bedrock_converse, openai_chat, openai_responses
from comity.errors import ResponseError
from comity.exchange import AnswerKey, ModelTraits, StreamEnd, StreamFailure, WireRequest

DIALECTS = {"openai-responses", "azure-responses", "compat-responses"}
SIGNED = ModelTraits(reasoning_signatures="required")
ALOUD = ModelTraits(reasoning_signatures="forbidden")
"""DeepSeek thinks aloud and signs nothing."""
KEY = AnswerKey(origin="openai.responses")


class Exchange(NamedTuple):
    """One recorded request and its answer."""

    name: str
    """File and position, for messages."""
    request: dict[str, Any]
    """Body of the request."""
    status: int
    """Status of the answer."""
    answer: bytes
    """Body of the answer."""
    streamed: bool
    """Whether the answer is a stream."""


@pytest.fixture(scope="module")
def recorded() -> list[Exchange]:
    """Every recorded exchange with the Responses API."""
    return [
        Exchange(one.name, json.loads(one.request), one.status, one.answer, one.streamed)
        for one in recordings(lambda row: row["dialect"] in DIALECTS and row["method"] == "POST")
    ]


def normal(body: dict[str, Any]) -> dict[str, Any]:
    """A request as it means: defaults, nulls and the two ways to write a message aside."""
    members = {
        k: v for k, v in body.items() if v not in (None, "", []) and k not in {"store", "include", "input"}
    }
    given = body["input"]
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    members["input"] = [_item(item) for item in items]
    if members["input"][0].get("role") == "system" and "instructions" not in members and len(items) > 1:
        members["instructions"] = members["input"].pop(0)["content"][0]["text"]
    tools = [{k: v for k, v in tool.items() if v is not None} for tool in body.get("tools") or []]
    # Functions stand before hosted tools.
    members["tools"] = sorted(tools, key=lambda tool: tool["type"] != "function")
    thinking = {k: v for k, v in (body.get("reasoning") or {}).items() if v is not None}
    if "generate_summary" in thinking:
        thinking["summary"] = thinking.pop("generate_summary")
    members["reasoning"] = thinking
    if members.get("stream") is False:
        del members["stream"]
    return {k: v for k, v in members.items() if (k, v) != ("truncation", "disabled")}


def _item(item: dict[str, Any]) -> dict[str, Any]:
    kept = {k: v for k, v in item.items() if k != "status" and v is not None}
    if kept.get("type") == "function_call_output":
        kept.pop("id", None)
    if "role" not in kept:
        return kept
    kept.pop("type", None)
    if isinstance(kept["content"], str):
        kind = "output_text" if kept["role"] == "assistant" else "input_text"
        kept["content"] = [{"type": kind, "text": kept["content"]}]
    kept["content"] = [
        {k: v for k, v in part.items() if k != "logprobs" and (k, v) != ("annotations", [])}
        for part in kept["content"]
    ]
    for part in kept["content"]:
        if part["type"] == "input_image":
            part.setdefault("detail", "auto")
    return kept


def test_requests_come_back_the_same(recorded: list[Exchange]) -> None:
    """Every recorded request is read, and written it means what it meant."""
    count = 0
    for exchange in recorded:
        body = json.dumps(exchange.request)
        traits = ALOUD if '"reasoning_text"' in body else SIGNED
        request = openai_responses.decode_request(body.encode())
        wire = openai_responses.encode_request(request, request.model, traits, lossy=False)
        assert isinstance(wire, WireRequest), (exchange.name, wire)
        assert normal(json.loads(wire.body)) == normal(exchange.request), exchange.name
        count += 1
    assert count > 130


def test_whole_answers_say_what_the_json_says(recorded: list[Exchange]) -> None:
    """Text, calls and usage, there and back, and across to the other dialects."""
    count = 0
    for exchange in recorded:
        if exchange.status >= 400 or exchange.streamed:
            continue
        value = json.loads(exchange.answer)
        if value["status"] in {"queued", "failed"}:
            with pytest.raises(ResponseError):
                openai_responses.decode_response(exchange.answer)
            continue
        response = openai_responses.decode_response(exchange.answer, KEY)
        texts = [
            part.get("text", "")
            for item in value["output"]
            if item["type"] == "message"
            for part in item["content"]
        ]
        calls = [
            (item["name"], json.loads(item["arguments"] or "{}"))
            for item in value["output"]
            if item["type"] == "function_call"
        ]
        assert said(response) == ("".join(texts), calls), exchange.name
        counted = value["usage"]
        assert response.usage is not None
        assert (response.usage.prompt, response.usage.completion) == (
            counted["input_tokens"],
            counted["output_tokens"],
        )
        for spoken in (openai_responses, openai_chat, bedrock_converse):
            again = spoken.decode_response(spoken.encode_response(response), KEY)
            assert said(again) == said(response), (exchange.name, spoken.NAME)
            assert again.choices[0].finish is response.choices[0].finish
            assert again.usage is not None
            assert again.usage.total == response.usage.total
        count += 1
    assert count > 70


def test_streams_say_what_they_say_in_any_splitting(recorded: list[Exchange]) -> None:
    """Byte by byte as at once; the watcher passes them on; written again they say the same."""
    count = 0
    for exchange in recorded:
        if exchange.status >= 400 or not exchange.streamed or not exchange.answer.startswith(b"event"):
            continue
        whole = openai_responses.EventDecoder(KEY)
        events = whole.feed(exchange.answer) + whole.flush()
        slow = openai_responses.EventDecoder(KEY)
        pieces = [slow.feed(exchange.answer[at : at + 1]) for at in range(len(exchange.answer))]
        assert [event for piece in pieces for event in piece] + slow.flush() == events, exchange.name
        assert isinstance(events[-1], StreamEnd | StreamFailure), exchange.name
        body = json.dumps(exchange.request).encode()
        if not exchange.request.get("background"):
            tap = openai_responses.tap(openai_responses.peek(body), SIGNED)
            cuts = range(0, len(exchange.answer), 97)
            passed = b"".join(tap.feed(exchange.answer[at : at + 97]) for at in cuts) + tap.flush()
            assert passed == openai_responses.seal_answer(exchange.answer, SIGNED), exchange.name
            assert tap.usage == heard(events)[3]
        encoder = openai_responses.EventEncoder(openai_responses.decode_request(body))
        again = openai_responses.EventDecoder(KEY).feed(b"".join(encoder.encode(event) for event in events))
        assert heard(again) == heard(events), exchange.name
        count += 1
    assert count > 35


def test_failures_are_understood(recorded: list[Exchange]) -> None:
    """Each has words, and is the client's fault."""
    for exchange in recorded:
        if exchange.status >= 400:
            failure = openai_responses.decode_failure(exchange.status, lambda _: None, exchange.answer)
            assert len(failure.message) > 10, exchange.name
            assert failure.kind.value in {"bad_request", "not_found"}


@pytest.mark.parametrize("server", ["vllm_0.32.0", "llamacpp_xllamacpp_2026.10"])
def test_local_servers_are_understood(server: str) -> None:
    """Two real servers' responses and streams."""
    count = 0
    for row in read_lines(f"material/recordings/{server}.jsonl"):
        if not row["path"].endswith("/responses") or row["status"] >= 400:
            continue
        body = row["response"].encode()
        if body.startswith((b"event:", b"data:")):
            decoder = openai_responses.EventDecoder()
            events = decoder.feed(body) + decoder.flush()
            assert isinstance(events[-1], StreamEnd), row["case"]
            assert any(heard(events)[:2]), row["case"]
        else:
            response = openai_responses.decode_response(body)
            assert response.usage is not None
            assert any(said(response)), row["case"]
        count += 1
    assert count > 1


def test_fixtures_of_hosted_tools_are_read() -> None:
    """Every stream and answer that another project keeps, hosted tools of all kinds among them."""
    folder = beside("material/vercel-ai/packages")
    count = 0
    for path in folder.glob("*/src/responses/__fixtures__/*.txt"):
        lines = [line for line in path.read_text().splitlines() if _is_json(line)]
        decoder = openai_responses.EventDecoder(KEY)
        events = decoder.feed("".join(f"data: {line}\n\n" for line in lines).encode())
        # One of them was kept with its first and last event broken.
        cut = not any('"response.completed"' in line or '"error"' in line for line in lines)
        assert isinstance(events[-1], StreamEnd | StreamFailure) != cut, path.name
        count += 1
    assert count > 20


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
