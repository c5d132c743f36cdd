"""Whole Converse answers and errors, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest

from comity.dialects.bedrock_converse import (
    decode_failure,
    decode_response,
    encode_failure,
    encode_response,
    exception_name,
)
from comity.errors import ResponseError
from comity.exchange import (
    AnswerKey,
    Choice,
    Citation,
    FailureClass,
    Fault,
    Finish,
    Media,
    Opaque,
    Reasoning,
    Refusal,
    Response,
    Text,
    ToolCall,
    Usage,
)

KEY = AnswerKey(tools={"a_b_1": "a.b"}, model="m", id="id", created=7, origin="o")


def answer(*blocks: object, stop: str = "end_turn", **more: object) -> bytes:
    """A body of Bedrock with these blocks."""
    value = {"output": {"message": {"role": "assistant", "content": list(blocks)}}, "stopReason": stop}
    return json.dumps(value | more).encode()


def test_an_answer_round_trips() -> None:
    """Reasoning in its three forms, text, calls with their own names, usage and tier."""
    parts = (
        Reasoning("t", "s", origin="o"),
        Reasoning("", "only", origin="o"),
        Reasoning(redacted=b"x", origin="o"),
        Text("hi"),
        ToolCall("1", "f", '{"x":1}'),
    )
    made = Response("id", "m", (Choice(parts, Finish.TOOL_CALLS, "tool_use"),), Usage(1, 2, 3, 4), 7, "flex")
    assert decode_response(encode_response(made), KEY) == made


def test_t7_tool_names_come_back() -> None:
    """T7: the client sees the name it declared."""
    body = answer({"toolUse": {"toolUseId": "1", "name": "a_b_1", "input": {}, "type": "tool_use"}})
    assert decode_response(body, KEY).choices[0].parts == (ToolCall("1", "a.b", "{}"),)


def test_t6_an_empty_input_is_an_empty_object() -> None:
    """T6: never an empty string, in either direction."""
    body = answer({"toolUse": {"toolUseId": "1", "name": "f", "input": None}})
    assert decode_response(body).choices[0].parts == (ToolCall("1", "f", "{}"),)
    call = Response("", "", (Choice((ToolCall("1", "f", ""),), Finish.TOOL_CALLS),))
    assert b'"input":{}' in encode_response(call)


def test_what_bedrock_runs_itself_is_no_call() -> None:
    """Server tools and their results stay as they came, for Bedrock's own clients; cited text is text."""
    blocks: list[dict[str, Any]] = [
        {"toolUse": {"toolUseId": "1", "name": "code", "input": {}, "type": "server_tool_use"}},
        {"toolResult": {"toolUseId": "1", "content": []}},
        {"text": "a"},
        {"somethingNew": {}},
    ]
    made = decode_response(answer(*blocks))
    assert made.choices[0].parts == (
        Opaque("server_tool_use", blocks[0], "bedrock.converse"),
        Opaque("toolResult", blocks[1], "bedrock.converse"),
        Text("a"),
        Opaque("somethingNew", blocks[3], "bedrock.converse"),
    )
    assert json.loads(encode_response(made))["output"]["message"]["content"] == blocks
    foreign = Response("", "", (Choice((Opaque("x", {"x": 1}, "o"),), Finish.STOP),))
    assert json.loads(encode_response(foreign))["output"]["message"]["content"] == []


def test_citations_keep_their_place_and_foreign_ones_are_written_anew() -> None:
    """Title, quote and address are read; the whole goes back as it came."""
    source = {
        "title": "t",
        "sourceContent": [{"text": "q"}, {"text": "r"}],
        "location": {"web": {"url": "https://a.example/b", "domain": "a.example"}},
    }
    block = {"citationsContent": {"content": [{"text": "a"}, {"text": "b"}], "citations": [source, {}]}}
    made = decode_response(answer(block))
    (text,) = made.choices[0].parts
    assert isinstance(text, Text)
    assert text.text == "ab"
    assert [(one.url, one.title, one.quote) for one in text.citations] == [
        ("https://a.example/b", "t", "qr"),
        (None, None, None),
    ]
    (again,) = json.loads(encode_response(made))["output"]["message"]["content"]
    assert again["citationsContent"]["citations"] == [source, {}]
    foreign = Citation("https://a.example/b", "t", "qr", origin="openai.chat", wire={"x": 1})
    told = Response("", "", (Choice((Text("ab", citations=(foreign,)),), Finish.STOP),))
    (block,) = json.loads(encode_response(told))["output"]["message"]["content"]
    assert block["citationsContent"]["citations"] == [source | {"sourceContent": [{"text": "qr"}]}]


def test_the_stop_sequence_is_told_as_claude_tells_it() -> None:
    """Which sequence was met stands in the model's own fields."""
    made = Response("", "", (Choice((Text("a"),), Finish.STOP, stop_sequence="END"),))
    body = json.loads(encode_response(made))
    assert body["stopReason"] == "stop_sequence"
    assert body["additionalModelResponseFields"] == {"stop_sequence": "END"}
    assert decode_response(encode_response(made)).choices[0].stop_sequence == "END"


def test_cache_writes_are_told_apart_by_their_lifetime() -> None:
    """`cacheDetails` lies inside the whole count; without an hour's share it is not written."""
    usage = Usage(1, 2, 3, 4, cache_write_1h=5, image_input=6)
    made = Response("", "", (Choice((), Finish.STOP),), usage)
    wire = json.loads(encode_response(made))["usage"]
    assert (wire["inputTokens"], wire["cacheWriteInputTokens"]) == (7, 8)
    assert wire["cacheDetails"] == [{"ttl": "5m", "inputTokens": 3}, {"ttl": "1h", "inputTokens": 5}]
    assert decode_response(encode_response(made)).usage == Usage(7, 2, 3, 4, cache_write_1h=5)
    plain = Response("", "", (Choice((), Finish.STOP),), Usage(1, 2, 3, 4))
    assert "cacheDetails" not in json.loads(encode_response(plain))["usage"]


@pytest.mark.parametrize(
    ("stop", "finish"),
    [
        ("end_turn", Finish.STOP),
        ("stop_sequence", Finish.STOP),
        ("max_tokens", Finish.LENGTH),
        ("tool_use", Finish.TOOL_CALLS),
        ("guardrail_intervened", Finish.CONTENT_FILTER),
        ("content_filtered", Finish.CONTENT_FILTER),
        ("model_context_window_exceeded", Finish.CONTEXT_WINDOW),
        ("malformed_model_output", Finish.MALFORMED),
        ("malformed_tool_use", Finish.MALFORMED),
    ],
)
def test_t15_every_stop_reason_is_told_apart(stop: str, finish: Finish) -> None:
    """T15: nothing becomes a clean stop by default, and the own word survives the way back."""
    made = decode_response(answer({"text": "a"}, stop=stop))
    assert (made.choices[0].finish, made.choices[0].finish_detail) == (finish, stop)
    assert json.loads(encode_response(made))["stopReason"] == stop


def test_t15_an_unknown_stop_reason_stays_unknown() -> None:
    """T15, T32: a new word, a refusal or a pause is not an end."""
    assert decode_response(answer(stop="new_word")).choices[0].finish is Finish.UNKNOWN
    for finish, stop in ((Finish.REFUSAL, "content_filtered"), (Finish.PAUSE, "max_tokens")):
        made = Response("", "", (Choice((Refusal("no"),), finish, "refusal"),))
        assert json.loads(encode_response(made))["stopReason"] == stop


@pytest.mark.parametrize(("includes", "fresh"), [(0, 10), (1, 3)])
def test_t14_the_traits_say_whether_input_holds_the_cache(includes: int, fresh: int) -> None:
    """T14: the same numbers mean two things, and both have a total that adds up."""
    counts = {"inputTokens": 10, "outputTokens": 5, "cacheReadInputTokens": 4, "cacheWriteInputTokens": 3}
    body = answer({"text": "a"}, usage=counts)
    usage = decode_response(body, AnswerKey(input_includes_cache=bool(includes))).usage
    assert usage == Usage(fresh, 4, 3, 5)
    assert usage is not None
    assert usage.total == usage.prompt + usage.completion


def test_usage_that_is_missing_or_impossible() -> None:
    """Unknown is not zero; a cache beyond the input is cut to it."""
    assert decode_response(answer({"text": "a"})).usage is None
    counts = {"inputTokens": 5, "cacheReadInputTokens": 9, "cacheWriteInputTokens": 9}
    key = AnswerKey(input_includes_cache=True)
    assert decode_response(answer(usage=counts), key).usage == Usage(0, 5)


def test_media_in_an_answer_are_blocks() -> None:
    """By value; what only has an address has no form."""
    image = Media("image", "image/png", b"x")
    made = Response("", "", (Choice((image, Media("image", url="https://a")), Finish.STOP),))
    assert decode_response(encode_response(made)).choices[0].parts == (image,)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"output":{"message":{"content":[{"text":1}]}}}',
        b'{"output":{"message":{"content":[{"image":{"source":{}}}]}}}',
    ],
)
def test_nonsense_is_a_response_error(body: bytes) -> None:
    """A provider's garbage is the provider's fault."""
    with pytest.raises(ResponseError, match="the answer cannot be read"):
        decode_response(body)


@pytest.mark.parametrize(
    ("status", "kind", "message", "meant"),
    [
        (400, "ValidationException", "bad", FailureClass.BAD_REQUEST),
        (400, "ValidationException:http://internal/", "Input is too long", FailureClass.CONTEXT_WINDOW),
        (403, "com.amazon.coral.service#UnrecognizedClientException", "x", FailureClass.AUTHENTICATION),
        (403, "AccessDeniedException", "x", FailureClass.PERMISSION),
        (404, "ResourceNotFoundException", "x", FailureClass.NOT_FOUND),
        (408, "ModelTimeoutException", "x", FailureClass.TIMEOUT),
        (424, "ModelErrorException", "x", FailureClass.SERVER),
        (429, "ModelNotReadyException", "x", FailureClass.UNAVAILABLE),
        (429, "ThrottlingException", "x", FailureClass.RATE_LIMITED),
        (400, "ServiceQuotaExceededException", "x", FailureClass.QUOTA),
        (500, "InternalServerException", "x", FailureClass.SERVER),
        (503, "ServiceUnavailableException", "x", FailureClass.UNAVAILABLE),
        (413, "", "", FailureClass.TOO_LARGE),
        (418, "", "", FailureClass.BAD_REQUEST),
        (599, "", "", FailureClass.SERVER),
    ],
)
def test_the_exceptions_type_decides(status: int, kind: str, message: str, meant: FailureClass) -> None:
    """The header's type or the body's, then the status."""
    body = json.dumps({"message": message}).encode()
    failure = decode_failure(
        status, lambda name: kind.encode() if name == b"x-amzn-errortype" else None, body
    )
    assert failure.kind is meant
    inside = json.dumps({"__type": kind, "Message": message}).encode()
    assert decode_failure(status, lambda _: None, inside).kind is meant


@pytest.mark.parametrize(
    ("body", "message"), [(b"<html>", "<html>"), (b"", "status 502 without a body"), (b"[]", "[]")]
)
def test_error_bodies_of_any_kind(body: bytes, message: str) -> None:
    """A text for the reader comes out of every body."""
    assert decode_failure(502, lambda _: None, body).message == message


def test_errors_are_written_as_bedrock_does() -> None:
    """A message in the body, the type for the header."""
    assert json.loads(encode_failure(Fault(400, "no", extra={"clauses": ["a"]}))) == {
        "message": "no",
        "clauses": ["a"],
    }
    assert [exception_name(status) for status in (429, 418, 500)] == [
        "ThrottlingException",
        "ValidationException",
        "InternalServerException",
    ]
