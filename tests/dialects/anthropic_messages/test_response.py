"""Whole answers: reasons, usage in disjoint classes, and what other models said to Anthropic's clients."""

from __future__ import annotations

import json
from typing import Any

import pytest

from comity.dialects import anthropic_messages
from comity.dialects.anthropic_messages.stop_reasons import decode_stop, encode_stop
from comity.dialects.anthropic_messages.usage import WireUsage, decode_usage, encode_usage, merge_usage
from comity.dialects.provenance import read_id, unwrap
from comity.errors import ResponseError
from comity.exchange import (
    AnswerKey,
    Choice,
    Citation,
    Finish,
    Media,
    ModelTraits,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Response,
    Text,
    ToolCall,
    Usage,
)

PLAIN: dict[str, Any] = {
    "id": "msg_1",
    "model": "claude",
    "content": [{"type": "text", "text": "hi"}],
    "stop_reason": "end_turn",
}


def read(key: AnswerKey | None = None, **members: Any) -> Response:
    """The answer with these members."""
    return anthropic_messages.decode_response(json.dumps(PLAIN | members).encode(), key or AnswerKey())


def shown(*parts: Part, finish: Finish = Finish.STOP, **members: Any) -> dict[str, Any]:
    """What a client gets of an answer of another dialect."""
    response = Response("id", "m", (Choice(parts, finish),), **members)
    body: dict[str, Any] = json.loads(anthropic_messages.encode_response(response))
    return body


@pytest.mark.parametrize(
    ("word", "finish"),
    [
        ("end_turn", Finish.STOP),
        ("stop_sequence", Finish.STOP),
        ("max_tokens", Finish.LENGTH),
        ("tool_use", Finish.TOOL_CALLS),
        ("pause_turn", Finish.PAUSE),
        ("refusal", Finish.REFUSAL),
        ("model_context_window_exceeded", Finish.CONTEXT_WINDOW),
        ("compaction", Finish.PAUSE),
        ("something_new", Finish.UNKNOWN),
        (None, Finish.UNKNOWN),
    ],
)
def test_stop_reasons_are_read(word: str | None, finish: Finish) -> None:
    """And written back as they were."""
    assert read(stop_reason=word).choices[0].finish is finish
    if finish is not Finish.UNKNOWN:
        assert encode_stop(finish, word or "", None) == word


@pytest.mark.parametrize("finish", list(Finish))
def test_T32_only_a_clean_stop_looks_like_one(finish: Finish) -> None:
    """What was blocked, broken or paused never ends a turn."""
    word = encode_stop(finish, "", None)
    assert (word == "end_turn") == (finish is Finish.STOP)
    assert decode_stop(word) is not Finish.UNKNOWN
    assert encode_stop(Finish.CONTENT_FILTER, "content_filter", None) == "refusal"


def test_a_stop_sequence_is_told() -> None:
    """By its own reason."""
    body = json.loads(
        anthropic_messages.encode_response(
            Response("id", "m", (Choice((Text("a"),), Finish.STOP, "stop", stop_sequence="END"),))
        )
    )
    assert (body["stop_reason"], body["stop_sequence"]) == ("stop_sequence", "END")
    assert read(stop_reason="stop_sequence", stop_sequence="END").choices[0].stop_sequence == "END"


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ({"input_tokens": 5, "output_tokens": 3}, Usage(5, output=3)),
        (
            {
                "input_tokens": 5,
                "cache_read_input_tokens": 7,
                "cache_creation_input_tokens": 30,
                "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
                "output_tokens": 9,
                "output_tokens_details": {"thinking_tokens": 4},
            },
            Usage(5, 7, 10, 5, 4, cache_write_1h=20),
        ),
        (
            {
                "input_tokens": 1,
                "cache_creation": {"ephemeral_5m_input_tokens": 2, "ephemeral_1h_input_tokens": 3},
            },
            Usage(1, cache_write=2, cache_write_1h=3),
        ),
        (
            {
                "input_tokens": 10,
                "output_tokens": 5,
                "iterations": [
                    {"type": "compaction", "input_tokens": 100, "output_tokens": 50},
                    {"type": "message", "input_tokens": 10, "output_tokens": 5},
                ],
            },
            Usage(110, output=55),
        ),
        ({"input_tokens": None, "output_tokens": 3}, None),
    ],
)
def test_usage_is_disjoint(wire: dict[str, Any], expected: Usage | None) -> None:
    """Input beside the cache, cache writes by lifetime, thinking out of the output, compactions added."""
    response = read(usage=wire)
    assert response.usage == expected
    outline = anthropic_messages.read_usage(json.dumps(PLAIN | {"usage": wire}).encode(), ModelTraits())
    assert (outline.usage, outline.model, outline.finish) == (expected, "claude", "end_turn")


def test_usage_is_written_with_its_overlaps() -> None:
    """And read back the same."""
    usage = Usage(5, 7, 10, 5, 4, cache_write_1h=20)
    wire = encode_usage(usage)
    assert (wire["input_tokens"], wire["cache_creation_input_tokens"], wire["output_tokens"]) == (5, 30, 9)
    assert read(usage=wire).usage == usage
    assert "cache_creation" not in encode_usage(Usage(1))


def test_T22_a_streams_counts_are_merged_never_summed() -> None:
    """The end stands; what it leaves out the beginning said."""
    first = WireUsage(input_tokens=9, output_tokens=1, cache_read_input_tokens=4)
    merged = merge_usage(first, WireUsage(output_tokens=20))
    assert decode_usage(merged) == Usage(9, 4, output=20)
    assert merge_usage(None, first) is first
    assert merge_usage(first, None) is first


def test_an_answer_without_its_own_names_takes_the_keys() -> None:
    """Servers that leave id and model out; renamed tools get their names back."""
    call = {"type": "tool_use", "id": "t", "name": "f_1", "input": {}}
    key = AnswerKey(tools={"f_1": "f.1"}, model="m", id="i", created=9)
    response = read(key, id=None, model=None, content=[call])
    assert (response.id, response.model, response.created) == ("i", "m", 9)
    assert response.choices[0].parts == (ToolCall("t", "f.1", "{}"),)
    assert response.usage is None


def test_T12_thoughts_of_others_are_wrapped_with_their_origin() -> None:
    """So that they find their way home; Claude's own are shown as they are."""
    content = shown(
        Reasoning("a", "c2ln", origin="anthropic.messages"),
        Reasoning("b", "eHl6", origin="gemini.generate"),
        Reasoning("c", origin="openai.chat"),
        Reasoning(redacted=b"\xff", origin="openai.responses"),
        Reasoning("d"),
    )["content"]
    assert content[0] == {"type": "thinking", "thinking": "a", "signature": "c2ln"}
    foreign = [unwrap(content[1]["signature"]), unwrap(content[2]["signature"]), unwrap(content[3]["data"])]
    assert [(one.origin, one.signature) for one in foreign if one is not None] == [
        ("gemini.generate", "eHl6"),
        ("openai.chat", ""),
        ("openai.responses", "/w=="),
    ]
    assert content[4]["signature"] == ""


def test_T19_a_calls_signature_travels_in_its_id() -> None:
    """In characters that an id may have."""
    (call,) = shown(ToolCall("c", "f", "", signature="c2ln", origin="gemini.generate"))["content"]
    identity, signed = read_id(call["id"])
    assert identity == "c"
    assert signed is not None
    assert (signed.origin, call["input"]) == ("gemini.generate", {})


def test_sources_of_other_providers_are_shown() -> None:
    """A web address as a search result without proof; a place that this dialect cannot name is not shown."""
    text = Text("a", citations=(Citation("https://x", "X", "q"), Citation(title="a.pdf")))
    (block,) = shown(text)["content"]
    assert block["citations"] == [
        {
            "type": "web_search_result_location",
            "url": "https://x",
            "title": "X",
            "cited_text": "q",
            "encrypted_index": "",
        }
    ]


def test_what_has_no_form_here_is_not_shown() -> None:
    """Blocks of other providers, and media; a refusal is text under its own reason."""
    body = shown(
        Opaque("web_search_call", {}, "openai.responses"),
        Media("image", "image/png", b"x"),
        Refusal("no"),
        finish=Finish.REFUSAL,
        service_tier="flex",
    )
    assert body["content"] == [{"type": "text", "text": "no"}]
    assert body["stop_reason"] == "refusal"
    assert "service_tier" not in body["usage"]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"content":1}', b'{"content":[{"text":"x"}]}', b'{"content":[{"type":"text"}]}'],
)
def test_nonsense_is_no_answer(body: bytes) -> None:
    """It is the provider's fault."""
    with pytest.raises(ResponseError):
        anthropic_messages.decode_response(body)
