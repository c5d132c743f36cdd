"""Responses in and out: the least is changed, nothing is kept, envelopes open at their account."""

from __future__ import annotations

import json
from typing import Any

import pytest

from comity.dialects import openai_responses
from comity.dialects.openai_responses.envelope import Sealed, seal, unseal
from comity.dialects.provenance import sign_id
from comity.errors import RequestError, ResponseError
from comity.exchange import FailureClass, ModelTraits, Usage

MINE = ModelTraits(reasoning_account="swe")


def body(**members: Any) -> bytes:
    """A request body."""
    return json.dumps({"model": "m", "input": "hi", **members}).encode()


def test_peek_reads_what_routing_needs() -> None:
    """Model, stream, bound, tier and who alone can read what is in it."""
    sealed = seal(Sealed("openai.responses/swe", "gAA"))
    items = [{"type": "reasoning", "id": "r", "summary": [], "encrypted_content": sealed}]
    peek = openai_responses.peek(body(input=items, stream=True, max_output_tokens=9, service_tier="flex"))
    assert (peek.model, peek.stream, peek.stream_usage, peek.max_output_tokens) == ("m", True, True, 9)
    assert (peek.candidates, peek.service_tier) == (1, "flex")
    assert peek.origins == {"openai.responses/swe"}
    assert openai_responses.peek(b'{"input":"x"}', "named", stream=True).model == "named"
    assert openai_responses.peek(body(input="comity1.x")).origins == frozenset()


@pytest.mark.parametrize(
    ("raw", "param"),
    [
        (b"{", ""),
        (b"[]", ""),
        (body(model=3), "model"),
        (b'{"input":"x"}', "model"),
        (body(Store=True), "Store"),
        (body(background=True), "background"),
        (body(max_output_tokens=0), "max_output_tokens"),
    ],
)
def test_what_cannot_be_routed(raw: bytes, param: str) -> None:
    """Nonsense, a second spelling of what policy looks at, and answers that a cloud would keep."""
    with pytest.raises(RequestError) as caught:
        openai_responses.peek(raw)
    assert caught.value.param == param


def test_no_target_keeps_anything() -> None:
    """Whatever the client says; all else stays as it was, in its order."""
    raw = body(store=True, previous_response_id="resp_1", conversation="c", unknown=None, top_p=1)
    written = openai_responses.adapt(raw, model="gpt-5", ask_usage=True, traits=MINE).body
    assert written == b'{"model":"gpt-5","input": "hi","store":false,"unknown": null,"top_p": 1}'.replace(
        b": ", b":"
    )
    peek = openai_responses.peek(raw)
    assert openai_responses.adapt(raw, model=None, ask_usage=True, traits=MINE, seen=peek).body.startswith(
        b'{"model":"m"'
    )


def test_encrypted_reasoning_is_asked_for_where_it_exists() -> None:
    """So that a conversation can go on; once."""
    traits = ModelTraits(reasoning_signatures="required")
    for given in (None, ["reasoning.encrypted_content"]):
        raw = body() if given is None else body(include=given)
        written = openai_responses.adapt(raw, model=None, ask_usage=True, traits=traits).body
        assert json.loads(written)["include"] == ["reasoning.encrypted_content"]


def test_T31_envelopes_open_on_the_way_to_their_account() -> None:
    """And signatures of others in ids of calls stay here."""
    sealed = seal(Sealed("openai.responses/swe", 'g"A'))
    call = {
        "type": "function_call",
        "call_id": sign_id("c1", "Zw==", "gemini"),
        "name": "f",
        "arguments": "{}",
    }
    item = {"type": "reasoning", "id": "r", "summary": [], "encrypted_content": sealed}
    other = seal(Sealed("openai.responses/swe", redacted=b"x"))
    raw = body(input=[item, call, {**item, "encrypted_content": other}])
    written = json.loads(openai_responses.adapt(raw, model=None, ask_usage=True, traits=MINE).body)["input"]
    assert (written[0]["encrypted_content"], written[1]["call_id"]) == ('g"A', "c1")
    assert written[2]["encrypted_content"] == other


THOUGHT: dict[str, Any] = {"type": "reasoning", "id": "r", "summary": [], "encrypted_content": "gAA"}
ANSWER: dict[str, Any] = {
    "id": "resp_1",
    "model": "gpt",
    "status": "completed",
    "output": [
        THOUGHT,
        {"type": "reasoning", "id": "s", "summary": [], "encrypted_content": ""},
        {"type": "message", "content": [{"type": "output_text", "text": '"encrypted_content": "x"'}]},
    ],
    "usage": {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7},
}


def test_T31_answers_name_the_account_of_their_reasoning() -> None:
    """Whole, and nothing else is touched."""
    outline = openai_responses.read_usage(json.dumps(ANSWER).encode(), MINE)
    assert (outline.usage, outline.model, outline.finish) == (Usage(3, output=4), "gpt", "completed")
    assert outline.body is not None
    told = json.loads(outline.body)
    encrypted = told["output"][0].pop("encrypted_content")
    assert unseal(encrypted) == Sealed("openai.responses/swe", "gAA")
    expected = json.loads(json.dumps(ANSWER))
    del expected["output"][0]["encrypted_content"]
    assert told == expected
    plain = b'{"id":"r","status":"completed","output":[]}'
    assert openai_responses.read_usage(plain, MINE).body == plain
    with pytest.raises(ResponseError, match="failed"):
        openai_responses.read_usage(b'{"status":"failed","output":[]}', MINE)


def stream(newline: str) -> bytes:
    """A streamed answer with encrypted reasoning."""
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": {"id": "resp_1", "model": "gpt"}},
        {"type": "response.output_item.done", "output_index": 0, "item": THOUGHT},
        {"type": "response.output_text.delta", "output_index": 1, "delta": "hi"},
        {"type": "response.completed", "response": ANSWER},
    ]
    return (
        "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events)
        .replace("\n", newline)
        .encode()
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_the_tap_seals_at_every_split(newline: str) -> None:
    """Cut anywhere, the client gets the same bytes, and the course of the answer is seen."""
    whole = openai_responses.seal_answer(stream(newline), MINE)
    data = stream(newline)
    for cut in range(len(data) + 1):
        tap = openai_responses.tap(openai_responses.peek(body()), MINE)
        assert tap.feed(data[:cut]) + tap.feed(data[cut:]) + tap.flush() + tap.complete() == whole
        assert (tap.started, tap.done, tap.finished, tap.failure) == (True, True, True, None)
        assert tap.usage == Usage(3, output=4)


def test_the_tap_sees_a_failure() -> None:
    """Before any content another target may still answer."""
    tap = openai_responses.tap(openai_responses.peek(body()), MINE)
    tap.feed(b'event: error\ndata: {"type":"error","code":"server_error","message":"x"}\n\n')
    assert tap.failure is not None
    assert tap.failure.kind is FailureClass.SERVER
    assert not tap.started
