"""The way through: little is read, only the model's name is changed, nothing ambiguous is passed on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from comity.dialects import anthropic_messages, bedrock_invoke, vertex_messages
from comity.dialects.provenance import sign_id, wrap
from comity.errors import RequestError
from comity.exchange import ModelTraits

BODY = b'{ "model": "m", "max_tokens": 5, "messages": [ {"role":"user","content":"h\\u0069"} ], "x": null }'


def adapted(body: bytes, spoken: Any = anthropic_messages) -> bytes:
    """The body for a target."""
    seen = spoken.peek(body, "m", stream=False)
    out: bytes = spoken.adapt(body, model="claude", ask_usage=True, traits=ModelTraits(), seen=seen).body
    return out


def test_what_routing_reads() -> None:
    """Model, stream, bound and tier; usage is always shown."""
    seen = anthropic_messages.peek(
        b'{"model":"m","stream":true,"max_tokens":7,"service_tier":"auto","messages":[]}'
    )
    assert (seen.model, seen.stream, seen.max_output_tokens, seen.service_tier) == ("m", True, 7, "auto")
    assert (seen.stream_usage, seen.candidates) == (True, 1)
    addressed = bedrock_invoke.peek(b'{"max_tokens":7,"messages":[]}', "arn:x", stream=True)
    assert (addressed.model, addressed.stream) == ("arn:x", True)


def test_only_the_models_name_changes() -> None:
    """Every other member as it came, unknown ones and nulls too."""
    assert json.loads(adapted(BODY)) == json.loads(BODY) | {"model": "claude"}
    assert b"h\\u0069" in adapted(BODY)


@pytest.mark.parametrize("spoken", [bedrock_invoke, vertex_messages])
def test_the_address_says_the_model(spoken: Any) -> None:
    """So the body is not given one."""
    body = b'{"anthropic_version":"2026-10-21","max_tokens":5,"messages":[]}'
    assert adapted(body, spoken) == body


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"[]", ""),
        (b"{", ""),
        (b'{"model":1}', "model"),
        (b'{"messages":[]}', "model"),
        (b'{"model":"m","max_tokens":-1}', "max_tokens"),
        (b'{"model":"m","stream":"yes"}', "stream"),
    ],
)
def test_nonsense_is_refused(body: bytes, param: str) -> None:
    """Before anything is decided."""
    with pytest.raises(RequestError) as caught:
        anthropic_messages.peek(body)
    assert caught.value.param == param


def test_other_models_bodies_on_invoke_are_refused() -> None:
    """Only Anthropic's are understood there."""
    with pytest.raises(RequestError):
        bedrock_invoke.peek(b'{"inputText":"x"}', "m")


def test_T42_a_second_spelling_is_refused() -> None:
    """A lenient server might obey that one; a doubled name is written once."""
    with pytest.raises(RequestError) as caught:
        adapted(b'{"model":"m","Model":"other","messages":[]}')
    assert caught.value.param == "Model"
    assert adapted(b'{"model":"m","model":"other","messages":[]}').count(b"model") == 1


def test_T12_thoughts_of_other_models_do_not_reach_claude() -> None:
    """A client that comes from another model sends them along; ids lose what they carried."""
    content: list[dict[str, Any]] = [
        {"type": "thinking", "thinking": "a", "signature": wrap("eHl6", "gemini.generate")},
        {"type": "redacted_thinking", "data": wrap("cmVk", "openai.responses")},
        {"type": "thinking", "thinking": "b", "signature": "c2ln"},
        {"type": "tool_use", "id": sign_id("c", "c2ln", "gemini.generate"), "name": "f", "input": {}},
    ]
    body = json.dumps({"model": "m", "messages": [{"role": "assistant", "content": content}, "x"]}).encode()
    kept = json.loads(adapted(body))["messages"][0]["content"]
    assert kept == [content[2], content[3] | {"id": "c"}]


def test_sources_of_another_model_do_not_go_to_claude() -> None:
    """They were shown with an empty proof; Claude's own, and what is said, stay as they came."""
    own = {"type": "web_search_result_location", "url": "https://b.example", "encrypted_index": "cHJvb2Y="}
    other = {"type": "web_search_result_location", "url": "https://a.example", "encrypted_index": ""}
    said: list[dict[str, Any]] = [
        {"type": "text", "text": "a", "citations": [other]},
        {"type": "text", "text": "b", "citations": [other, own]},
        {"type": "text", "text": '"encrypted_index":""'},
    ]
    turns: list[dict[str, Any]] = [{"role": "user", "content": "q"}, {"role": "assistant", "content": said}]
    body = json.dumps({"model": "m", "max_tokens": 5, "messages": turns}).encode()
    seen = anthropic_messages.peek(body)
    wire = anthropic_messages.adapt(body, model="m", ask_usage=True, traits=ModelTraits(), seen=seen)
    sent = json.loads(wire.body)["messages"][1]["content"]
    assert sent == [{"type": "text", "text": "a"}, said[1] | {"citations": [own]}, said[2]]
    places = ["messages[1].content[0].citations", "messages[1].content[1].citations"]
    assert [one.parameter for one in wire.dropped] == places
    assert adapted(json.dumps({"model": "m", "max_tokens": 5, "messages": turns[:1]}).encode())
