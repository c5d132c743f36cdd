"""Signatures that travel through clients: carried whole, recovered, stripped, and never made up (T19)."""

from __future__ import annotations

import base64
import json
import re
from hashlib import sha256
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.dialects import anthropic_messages, bedrock_converse, gemini, openai_chat
from comity.dialects.provenance import (
    LONGEST,
    Signed,
    read_id,
    sign_for_client,
    sign_id,
    strip_ids,
    unwrap,
    wrap,
    wrap_redacted,
)
from comity.exchange import (
    Choice,
    Event,
    Finish,
    Finished,
    ModelTraits,
    Reasoning,
    ReasoningDelta,
    Request,
    Response,
    Started,
    StreamEnd,
    ToolCall,
    ToolCallDelta,
    ToolCallStart,
    ToolResult,
    Usage,
    WireRequest,
)

SIGNATURE = base64.b64encode(bytes(range(200))).decode()
ORIGIN = "gemini.generate"
CLIENTS = pytest.mark.parametrize(
    "spoken",
    [openai_chat, anthropic_messages, bedrock_converse, gemini],
    ids=lambda spoken: str(spoken.NAME),
)
ids = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=20)
signatures = st.binary(max_size=60).map(lambda raw: base64.b64encode(raw).decode()) | st.text(
    st.characters(codec="utf-8"), max_size=30
)


@given(ids, signatures, st.sampled_from(["", ORIGIN, "bedrock.converse/claude"]))
def test_T19_a_signed_id_gives_both_back(identity: str, signature: str, origin: str) -> None:
    """Any signature and origin survive in an id of harmless characters."""
    signed = sign_id(identity, signature, origin)
    assert read_id(signed) == (identity, Signed(origin, signature))
    assert re.fullmatch(r"[A-Za-z0-9_-]+", signed)
    assert strip_ids(json.dumps({"id": signed}).encode()) == json.dumps({"id": identity}).encode()


@given(ids, signatures)
def test_T19_what_was_wrapped_is_unwrapped(origin: str, signature: str) -> None:
    """The wrapping is base64 in either alphabet, which is what such members hold."""
    wrapped = wrap(signature, origin)
    assert base64.b64decode(wrapped, validate=True)
    assert unwrap(wrapped) == Signed(origin, signature)
    assert unwrap(wrapped.replace("+", "-").replace("/", "_")) == Signed(origin, signature)


@given(ids, signatures, st.data())
def test_T19_a_damaged_signature_is_none(identity: str, signature: str, data: st.DataObject) -> None:
    """What a client cut or changed is no signature any more: nothing is invented from it."""
    signed = sign_id(identity, signature, ORIGIN)
    cut = signed[: data.draw(st.integers(len(identity) + 8, len(signed) - 1))]
    assert read_id(cut) == (cut, None)
    assert strip_ids(cut.encode()) == cut.encode()
    wrapped = wrap(signature, ORIGIN)
    assert unwrap(wrapped[: data.draw(st.integers(0, len(wrapped) - 1))]) is None


def test_plain_ids_and_signatures_are_left_alone() -> None:
    """Most ids carry nothing."""
    assert sign_id("call_1", None, "") == "call_1"
    assert read_id("call_1") == ("call_1", None)
    assert unwrap(SIGNATURE) is None
    assert unwrap(wrap("s", "o")[:-4] + "!!!!") is None
    assert len(sign_id("x", "y" * 2 * LONGEST, "o")) == 1


def test_a_forged_signature_that_is_no_text_is_none() -> None:
    """The checksum is no secret, so what stands behind it is checked as well."""
    packed = b"t\xff\0\xff"
    data = base64.urlsafe_b64encode(packed).rstrip(b"=").decode()
    real = sign_id("x", "s", "o")
    assert read_id(f"x__sig1_{_sum(data)}{data}") == (f"x__sig1_{_sum(data)}{data}", None)
    assert read_id(f"x__sig1_{_sum('AAAA')}AAAA")[1] is None
    assert read_id(real)[1] is not None


def _sum(data: str) -> str:
    return sha256(data.encode()).hexdigest()[:8]


def test_a_client_sees_its_own_dialects_signatures_as_they_are() -> None:
    """Only what another dialect made is wrapped."""
    assert sign_for_client("s", "bedrock.converse/claude", "bedrock.converse") == "s"
    assert sign_for_client("s", "", "bedrock.converse") == "s"
    assert sign_for_client(None, ORIGIN, "bedrock.converse") is None
    assert sign_for_client("s", ORIGIN, "bedrock.converse") == wrap("s", ORIGIN)


CALLS = (
    ToolCall("c1", "clock", "{}", signature=SIGNATURE, origin=ORIGIN),
    ToolCall("c2", "clock", '{"zone":"CET"}'),
)


def signed_parts(body: bytes) -> list[str | None]:
    """The signatures of the calls in a body for Google."""
    contents = json.loads(body)["contents"]
    return [
        part.get("thoughtSignature")
        for content in contents
        for part in content["parts"]
        if "functionCall" in part
    ]


def raw_ids(spoken: ModuleType, answer: bytes) -> list[str]:
    """The ids of the calls in an answer, as the client's library sees them."""
    value = json.loads(answer)
    if spoken is openai_chat:
        return [call["id"] for call in value["choices"][0]["message"]["tool_calls"]]
    if spoken is anthropic_messages:
        return [block["id"] for block in value["content"] if block["type"] == "tool_use"]
    assert spoken is bedrock_converse
    blocks = value["output"]["message"]["content"]
    return [block["toolUse"]["toolUseId"] for block in blocks if "toolUse" in block]


@pytest.mark.parametrize(
    "spoken", [openai_chat, anthropic_messages, bedrock_converse], ids=lambda one: str(one.NAME)
)
def test_T19_signatures_survive_a_client_without_a_place_for_them(spoken: ModuleType) -> None:
    """Of two parallel calls the first is signed, in the answer and in the client's next request."""
    answer = Response("r", "m", (Choice(CALLS, Finish.TOOL_CALLS),), Usage(1, output=1))
    seen = raw_ids(spoken, spoken.encode_response(answer))
    assert seen[0] != "c1"
    assert seen[1] == "c2"
    request = spoken.decode_request(second_turn(spoken, seen), model="m")
    calls = [part for turn in request.turns for part in turn.parts if isinstance(part, ToolCall)]
    assert [(call.id, call.signature, call.origin) for call in calls] == [
        ("c1", SIGNATURE, ORIGIN),
        ("c2", None, ""),
    ]
    results = [part.call_id for turn in request.turns for part in turn.parts if isinstance(part, ToolResult)]
    assert results == ["c1", "c2"]
    wire = gemini.encode_request(request, "m", ModelTraits(), lossy=False)
    assert isinstance(wire, WireRequest)
    assert signed_parts(wire.body) == [SIGNATURE, None]


def second_turn(spoken: ModuleType, seen: list[str]) -> bytes:
    """The client's second request with the ids exactly as it saw them."""
    if spoken is bedrock_converse:
        uses = [{"toolUse": {"toolUseId": one, "name": "clock", "input": {}}} for one in seen]
        results = [{"toolResult": {"toolUseId": one, "content": [{"text": "noon"}]}} for one in seen]
        messages = [
            {"role": "user", "content": [{"text": "When?"}]},
            {"role": "assistant", "content": uses},
            {"role": "user", "content": results},
        ]
        return json.dumps({"messages": messages}).encode()
    if spoken is anthropic_messages:
        blocks = [{"type": "tool_use", "id": one, "name": "clock", "input": {}} for one in seen]
        told = [{"type": "tool_result", "tool_use_id": one, "content": "noon"} for one in seen]
        messages = [
            {"role": "user", "content": "When?"},
            {"role": "assistant", "content": blocks},
            {"role": "user", "content": told},
        ]
        return json.dumps({"model": "m", "max_tokens": 5, "messages": messages}).encode()
    calls = [
        {"id": one, "type": "function", "function": {"name": "clock", "arguments": "{}"}} for one in seen
    ]
    chat = [
        {"role": "user", "content": "When?"},
        {"role": "assistant", "tool_calls": calls},
        *({"role": "tool", "tool_call_id": one, "content": "noon"} for one in seen),
    ]
    return json.dumps({"model": "m", "messages": chat}).encode()


@CLIENTS
def test_T19_signatures_stand_in_streams_as_in_whole_answers(spoken: ModuleType) -> None:
    """A streamed call carries its signature to the client too."""
    events: list[Event] = [
        Started("r", "m"),
        ToolCallStart(0, "c1", "clock", signature=SIGNATURE, origin=ORIGIN),
        ToolCallDelta(0, "{}"),
        Finished(Finish.TOOL_CALLS),
        StreamEnd(),
    ]
    encoder = spoken.EventEncoder(Request("m", ()))
    stream = b"".join(encoder.encode(event) for event in events)
    if spoken is gemini:
        assert SIGNATURE.encode() in stream
    else:
        assert sign_id("c1", SIGNATURE, ORIGIN).encode() in stream


def test_T19_a_target_that_did_not_sign_sees_plain_ids() -> None:
    """A conversation that moves on to another vendor takes no signature along, passed through or not."""
    signed = sign_id("c1", SIGNATURE, ORIGIN)
    body = second_turn(openai_chat, [signed])
    for target in (openai_chat, bedrock_converse, anthropic_messages):
        wire = target.encode_request(
            openai_chat.decode_request(body), "m", ModelTraits(max_output_tokens=5), lossy=False
        )
        assert isinstance(wire, WireRequest)
        assert b"__sig1_" not in wire.body
        assert b'"c1"' in wire.body
    passed = openai_chat.adapt(body, model="m", ask_usage=False, traits=ModelTraits()).body
    assert b"__sig1_" not in passed
    assert json.loads(passed)["messages"][2]["tool_call_id"] == "c1"
    converse = second_turn(bedrock_converse, [signed])
    passed = bedrock_converse.adapt(converse, model="m", ask_usage=False, traits=ModelTraits()).body
    assert b"__sig1_" not in passed


def test_T19_reasoning_of_another_vendor_stays_out_of_a_body_that_passes_through() -> None:
    """Messages, Converse and generateContent leave out what none of them signed, visibly."""
    foreign, own = wrap("s", "anthropic.messages"), SIGNATURE
    blocks = [
        {"reasoningContent": {"reasoningText": {"text": "hm", "signature": signature}}}
        for signature in (foreign, own)
    ]
    message = {"role": "assistant", "content": [*blocks, {"text": "so"}]}
    body = json.dumps({"messages": [message]}).encode()
    kept = bedrock_converse.adapt(body, model="m", ask_usage=False, traits=ModelTraits())
    assert json.loads(kept.body)["messages"][0]["content"] == [blocks[1], {"text": "so"}]
    assert [one.parameter for one in kept.dropped] == ["messages[0].content[0]"]
    thoughts = [
        {"type": "thinking", "thinking": "hm", "signature": own},
        {"type": "thinking", "thinking": "hm", "signature": wrap("s", "gemini")},
        {"type": "redacted_thinking", "data": wrap_redacted(b"s", "bedrock.converse")},
    ]
    body = json.dumps({"messages": ["odd", {"role": "assistant", "content": thoughts}]}).encode()
    told = anthropic_messages.adapt(body, model="m", ask_usage=False, traits=ModelTraits())
    assert json.loads(told.body)["messages"][1]["content"] == thoughts[:1]
    assert [one.parameter for one in told.dropped] == ["messages[1].content[1]", "messages[1].content[2]"]
    parts = [{"text": "hm", "thought": True, "thoughtSignature": signature} for signature in (foreign, own)]
    body = json.dumps({"contents": [{"role": "model", "parts": parts}]}).encode()
    sent = gemini.adapt(body, model="m", ask_usage=False, traits=ModelTraits())
    assert json.loads(sent.body)["contents"][0]["parts"] == [{"text": "hm", "thought": True}, parts[1]]
    assert [one.parameter for one in sent.dropped] == ["contents[0].parts[0].thoughtSignature"]


def test_T12_reasoning_that_another_vendor_signed_finds_home_through_a_converse_client() -> None:
    """Wrapped on the way out, recognised on the way in, whole and streamed."""
    thought = Reasoning("hm", SIGNATURE, origin=ORIGIN)
    answer = Response("r", "m", (Choice((thought,), Finish.STOP),), Usage())
    assert bedrock_converse.decode_response(bedrock_converse.encode_response(answer)).choices[0].parts == (
        thought,
    )
    encoder, decoder = bedrock_converse.EventEncoder(Request("m", ())), bedrock_converse.EventDecoder()
    stream = encoder.encode(ReasoningDelta(signature=SIGNATURE, origin=ORIGIN))
    assert ReasoningDelta(signature=SIGNATURE, origin=ORIGIN) in decoder.feed(stream)
