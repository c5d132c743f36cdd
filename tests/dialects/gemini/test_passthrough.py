"""generateContent in and out: what is read of a body, and the few cases in which it changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from comity.dialects.gemini import adapt, peek
from comity.dialects.provenance import wrap
from comity.errors import RequestError
from comity.exchange import ModelTraits

VERTEX = ModelTraits(surface="vertex")
STUDIO = ModelTraits(surface="ai-studio")


def sent(body: dict[str, Any] | bytes, traits: ModelTraits = VERTEX) -> Any:
    """What a target gets of a body."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    adapted = adapt(raw, model="served", ask_usage=True, traits=traits, seen=peek(raw, "m")).body
    assert adapted == adapt(raw, model="served", ask_usage=True, traits=traits).body
    return json.loads(adapted)


def test_the_bounds_are_read_in_either_spelling() -> None:
    """Policy goes by them, whatever the client writes."""
    for body in (
        b'{"generationConfig":{"maxOutputTokens":5,"candidateCount":2},"serviceTier":"flex"}',
        b'{"generation_config":{"max_output_tokens":5,"candidate_count":2},"service_tier":"flex"}',
    ):
        seen = peek(body, "m", stream=True)
        assert (seen.model, seen.stream, seen.max_output_tokens, seen.candidates) == ("m", True, 5, 2)
        assert (seen.service_tier, seen.stream_usage) == ("flex", True)
    assert peek(b'{"generationConfig":null}').max_output_tokens is None
    assert peek(b"{}").candidates == 1


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{",
        b'{"generationConfig":5}',
        b'{"generationConfig":{"maxOutputTokens":"5"}}',
        b'{"generationConfig":{"maxOutputTokens":0}}',
        b'{"generationConfig":{"candidateCount":0}}',
        b'{"generationConfig":{"candidateCount":129}}',
        b'{"generationConfig":{},"generation_config":{}}',
        b'{"generationConfig":{"maxOutputTokens":5,"max_output_tokens":9}}',
        b'{"serviceTier":5}',
    ],
)
def test_bodies_that_policy_cannot_read_are_refused(body: bytes) -> None:
    """Also those in which Google might obey another member than the one that was read."""
    with pytest.raises(RequestError):
        peek(body)


def test_a_body_passes_as_it_came() -> None:
    """Order, nulls, unknown members and spaces included."""
    body = b'{ "z": null, "contents": [{"parts": [{"text": "hi", "id": 1}]}] }'
    assert adapt(body, model="x", ask_usage=True, traits=VERTEX, seen=peek(body)).body is body


def test_T42_a_body_names_no_model_of_its_own() -> None:
    """The address decides, and a second name could only mislead."""
    assert sent({"model": "models/other", "contents": []}) == {"contents": []}


@pytest.mark.parametrize(
    "body",
    [
        b'{"generationConfig":{"maxOutputTokens":9},"generationConfig":{"maxOutputTokens":5}}',
        b'{"generationConfig":{"maxOutputTokens":9},"\\u0067enerationConfig":{"maxOutputTokens":5}}',
        b'{"generationConfig":{"maxOutputTokens":9,"maxOutputTokens":5}}',
        b'{"generationConfig":{"maxOutputTokens":9,"\\u006daxOutputTokens":5}}',
    ],
)
def test_a_member_that_stands_there_twice_is_sent_once(body: bytes) -> None:
    """The one that was read."""
    raw = adapt(body, model="x", ask_usage=True, traits=VERTEX, seen=peek(body)).body
    assert raw == b'{"generationConfig":{"maxOutputTokens":5}}'


def test_T20_vertex_is_sent_no_ids() -> None:
    """From calls and results, in either spelling; ids elsewhere are the caller's own."""
    call = {"functionCall": {"id": "a", "name": "f", "args": {"id": "kept"}}}
    answer = {"function_response": {"id": "a", "name": "f", "response": {"id": "kept"}}}
    body = {"contents": [{"role": "model", "parts": [call]}, {"parts": [answer]}]}
    first, second = sent(body)["contents"]
    assert first["parts"] == [{"functionCall": {"name": "f", "args": {"id": "kept"}}}]
    assert second["parts"] == [{"function_response": {"name": "f", "response": {"id": "kept"}}}]
    assert sent(body, STUDIO) == body


def test_T20_results_take_the_order_of_their_calls_as_their_ids_go() -> None:
    """Vertex matches by order alone; results without ids and other parts stay where they stood."""

    def result(identity: str | None, said: str) -> dict[str, Any]:
        own = {} if identity is None else {"id": identity}
        return {"functionResponse": {**own, "name": "f", "response": {"output": said}}}

    calls: list[Any] = [{"functionCall": {"id": identity, "name": "f"}} for identity in ("a", "b", "c")]
    results = [result("c", "3"), {"text": "x"}, result("a", "1"), result(None, "?"), result("b", "2"), 5]
    contents = [
        {"role": "model", "parts": calls},
        {"parts": results},
        {"parts": "odd"},
        {"parts": [{"text": "y"}]},
    ]
    sent_results = sent({"contents": contents})["contents"][1]["parts"]
    assert [
        part.get("functionResponse", part) if isinstance(part, dict) else part for part in sent_results
    ] == [
        {"name": "f", "response": {"output": "1"}},
        {"text": "x"},
        {"name": "f", "response": {"output": "2"}},
        {"name": "f", "response": {"output": "?"}},
        {"name": "f", "response": {"output": "3"}},
        5,
    ]


def test_T31_signatures_of_others_stay_here() -> None:
    """A conversation that moved to Google takes along only what Google signed."""
    parts = [
        {"text": "hm", "thought": True, "thoughtSignature": wrap("s", "bedrock.converse/claude")},
        {"text": "so", "thought_signature": "b3du"},
        {"text": "odd", "thoughtSignature": 5},
    ]
    kept = sent({"contents": [{"role": "model", "parts": parts}]}, STUDIO)["contents"][0]["parts"]
    assert kept == [{"text": "hm", "thought": True}, parts[1], parts[2]]
    assert sent({"systemInstruction": {"parts": [{"text": wrap("s", "x")}]}})["systemInstruction"]
