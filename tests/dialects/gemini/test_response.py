"""Whole answers of Google's, both ways: calls, reasons, counts, sources, log-probabilities."""

from __future__ import annotations

import json
from typing import Any

import pytest

from comity.dialects.gemini import decode_response, encode_response, read_usage
from comity.dialects.gemini.finish import decode_finish, encode_finish
from comity.dialects.gemini.usage import WireUsage, decode_usage, encode_usage
from comity.dialects.provenance import wrap
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

NAME = "gemini.generate"
KEY = AnswerKey(tools={"wire": "client"}, model="asked", id="made", created=7, origin=NAME)


def answer(*parts: dict[str, Any], **candidate: Any) -> dict[str, Any]:
    """An answer with one candidate."""
    candidate.setdefault("finishReason", "STOP")
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, **candidate}]}


def read(body: dict[str, Any]) -> Response:
    """The hub's value of an answer."""
    return decode_response(json.dumps(body).encode(), KEY)


def wrote(*parts: Part, finish: Finish = Finish.STOP, detail: str = "") -> dict[str, Any]:
    """The first candidate that is written for a client."""
    response = Response("r", "m", (Choice(parts, finish, detail),))
    candidate: dict[str, Any] = json.loads(encode_response(response))["candidates"][0]
    return candidate


def test_an_answer_names_itself_or_takes_what_the_key_says() -> None:
    """Id, model and time."""
    named = read(answer({"text": "x"}) | {"responseId": "r", "modelVersion": "v"})
    assert (named.id, named.model, named.created) == ("r", "v", 7)
    bare = read(answer({"text": "x"}))
    assert (bare.id, bare.model) == ("made", "asked")


def test_T20_calls_without_ids_get_some() -> None:
    """Two parallel calls of one function are told apart, in the same way every time; names find back."""
    body = answer({"functionCall": {"name": "wire"}}, {"functionCall": {"name": "f", "args": {"a": 1}}})
    calls = read(body).choices[0].parts
    assert calls == read(body).choices[0].parts
    first, second = calls
    assert isinstance(first, ToolCall)
    assert isinstance(second, ToolCall)
    assert (first.name, first.arguments, second.arguments) == ("client", "{}", '{"a":1}')
    assert first.id != second.id
    assert first.id.startswith("call_")
    other = read(body | {"responseId": "another"}).choices[0].parts[0]
    assert isinstance(other, ToolCall)
    assert other.id != first.id


def test_T19_signatures_of_answers_keep_their_origin() -> None:
    """On calls, before text, and thoughts by their own model."""
    parts = (
        read(
            answer(
                {"text": "hm", "thought": True},
                {"text": "so", "thoughtSignature": "czI="},
                {"functionCall": {"name": "f", "id": "c"}, "thoughtSignature": "czQ="},
                {"text": ""},
            )
        )
        .choices[0]
        .parts
    )
    assert parts == (
        Reasoning("hm", origin=NAME),
        Reasoning("", "czI=", origin=NAME),
        Text("so"),
        ToolCall("c", "f", "{}", signature="czQ=", origin=NAME),
    )


@pytest.mark.parametrize(
    ("word", "finish"),
    [
        ("STOP", Finish.STOP),
        ("MAX_TOKENS", Finish.LENGTH),
        ("SAFETY", Finish.CONTENT_FILTER),
        ("RECITATION", Finish.CONTENT_FILTER),
        ("LANGUAGE", Finish.CONTENT_FILTER),
        ("BLOCKLIST", Finish.CONTENT_FILTER),
        ("PROHIBITED_CONTENT", Finish.CONTENT_FILTER),
        ("SPII", Finish.CONTENT_FILTER),
        ("MODEL_ARMOR", Finish.CONTENT_FILTER),
        ("IMAGE_SAFETY", Finish.CONTENT_FILTER),
        ("MALFORMED_FUNCTION_CALL", Finish.MALFORMED),
        ("UNEXPECTED_TOOL_CALL", Finish.MALFORMED),
        ("MISSING_THOUGHT_SIGNATURE", Finish.MALFORMED),
        ("CONTINUATION", Finish.PAUSE),
        ("OTHER", Finish.UNKNOWN),
        ("FINISH_REASON_UNSPECIFIED", Finish.UNKNOWN),
        ("unknown-enum", Finish.UNKNOWN),
        (None, Finish.UNKNOWN),
    ],
)
def test_T23_finish_reasons(word: str | None, finish: Finish) -> None:
    """A word that nobody knows is no clean stop, and neither is a filter."""
    assert decode_finish(word, calls=False) is finish
    choice = read(answer({"text": "x"}, finishReason=word)).choices[0]
    assert (choice.finish, choice.finish_detail) == (finish, word or "")


def test_T23_a_stop_with_calls_is_a_turn_of_calls() -> None:
    """Google says `STOP`; clients of other dialects wait for their word."""
    called = answer({"text": "x"}, {"functionCall": {"name": "f"}})
    assert read(called).choices[0].finish is Finish.TOOL_CALLS
    cut = answer({"functionCall": {"name": "f"}}, finishReason="MAX_TOKENS")
    assert read(cut).choices[0].finish is Finish.LENGTH


@pytest.mark.parametrize(
    ("finish", "detail", "members"),
    [
        (Finish.STOP, "end_turn", {"finishReason": "STOP"}),
        (Finish.TOOL_CALLS, "STOP", {"finishReason": "STOP"}),
        (Finish.LENGTH, "", {"finishReason": "MAX_TOKENS"}),
        (Finish.CONTENT_FILTER, "RECITATION", {"finishReason": "RECITATION"}),
        (Finish.CONTENT_FILTER, "content_filter", {"finishReason": "SAFETY"}),
        (Finish.REFUSAL, "refusal", {"finishReason": "SAFETY", "finishMessage": "refusal"}),
        (Finish.CONTEXT_WINDOW, "", {"finishReason": "MAX_TOKENS", "finishMessage": "context_window"}),
        (Finish.PAUSE, "pause_turn", {"finishReason": "OTHER", "finishMessage": "pause_turn"}),
        (Finish.UNKNOWN, "odd", {"finishReason": "OTHER", "finishMessage": "odd"}),
        (Finish.MALFORMED, "", {"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": "malformed"}),
    ],
)
def test_T32_reasons_for_googles_clients(finish: Finish, detail: str, members: dict[str, str]) -> None:
    """The nearest word that does not call the answer complete, with the provider's own beside it."""
    assert encode_finish(finish, detail) == members
    assert wrote(Text("x"), finish=finish, detail=detail).items() >= members.items()


def test_T23_a_blocked_prompt_is_a_filter() -> None:
    """Google answers it with status 200 and no candidate."""
    blocked = read(
        {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 4}}
    )
    assert blocked.choices == (Choice((), Finish.CONTENT_FILTER, "PROHIBITED_CONTENT"),)
    assert blocked.usage == Usage(4)
    empty = read({"usageMetadata": {"promptTokenCount": 4}})
    assert empty.choices == (Choice((), Finish.UNKNOWN),)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b'{"candidates":5}',
        b'{"candidates":[{"content":{"parts":[{"inlineData":{"data":"?"}}]}}]}',
    ],
)
def test_nonsense_is_no_answer(body: bytes) -> None:
    """The provider's fault is told as one."""
    with pytest.raises(ResponseError):
        decode_response(body)


def details(**kinds: int) -> list[dict[str, Any]]:
    """Counts by kind of content."""
    return [{"modality": kind, "tokenCount": count} for kind, count in kinds.items()]


@pytest.mark.parametrize(
    ("wire", "usage"),
    [
        ({"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}, Usage(10, output=5)),
        (
            {
                "promptTokenCount": 10,
                "cachedContentTokenCount": 4,
                "candidatesTokenCount": 5,
                "thoughtsTokenCount": 7,
                "totalTokenCount": 22,
            },
            Usage(6, 4, output=5, reasoning=7),
        ),
        ({"promptTokenCount": 10, "thoughtsTokenCount": 7, "totalTokenCount": 17}, Usage(10, reasoning=7)),
        (
            {
                "promptTokenCount": 10,
                "toolUsePromptTokenCount": 20,
                "candidatesTokenCount": 5,
                "totalTokenCount": 35,
            },
            Usage(30, output=5),
        ),
        (
            {
                "promptTokenCount": 10,
                "candidatesTokenCount": 9,
                "thoughtsTokenCount": 4,
                "totalTokenCount": 19,
            },
            Usage(10, output=5, reasoning=4),
        ),
        (
            {
                "promptTokenCount": 300,
                "cachedContentTokenCount": 100,
                "candidatesTokenCount": 30,
                "totalTokenCount": 330,
                "promptTokensDetails": details(TEXT=60, AUDIO=40, IMAGE=200),
                "cacheTokensDetails": details(TEXT=20, AUDIO=10, IMAGE=70),
                "candidatesTokensDetails": details(TEXT=5, AUDIO=15, IMAGE=10),
            },
            Usage(40, 100, output=5, audio_input=30, image_input=130, audio_output=15, image_output=10),
        ),
    ],
)
def test_T22_every_token_is_in_one_class(wire: dict[str, Any], usage: Usage) -> None:
    """The classes are disjoint and their sum is the provider's own total."""
    body = json.dumps(answer({"text": "x"}) | {"usageMetadata": wire}).encode()
    assert decode_response(body, KEY).usage == usage
    assert read_usage(body, ModelTraits()).usage == usage
    assert usage.total == wire["totalTokenCount"]
    written = json.loads(encode_response(Response("r", "m", (Choice((), Finish.STOP),), usage)))
    again = decode_response(json.dumps(written).encode())
    assert again.usage == usage
    assert written["usageMetadata"]["totalTokenCount"] == usage.total


def test_T22_no_count_is_not_zero() -> None:
    """Chunks of provisioned throughput name a traffic type and no tokens."""
    assert decode_usage(None) is None
    assert decode_usage(WireUsage()) is None
    assert "promptTokensDetails" not in encode_usage(Usage())


def test_sources_in_bytes_are_sources_in_characters() -> None:
    """Google counts bytes of UTF-8 from the part's start, the hub characters."""
    text = "Köln is old."
    grounding: dict[str, Any] = {
        "groundingChunks": [
            {"web": {"uri": "https://a", "title": "A"}},
            {"retrievedContext": {"text": "q", "title": "D"}},
        ],
        "groundingSupports": [
            {"segment": {"endIndex": 5, "text": "Köln"}, "groundingChunkIndices": [0, 9]},
            {"segment": {"startIndex": 6, "endIndex": 13, "partIndex": 0}, "groundingChunkIndices": [1]},
            {"groundingChunkIndices": [0]},
        ],
    }
    (part,) = read(answer({"text": text}, groundingMetadata=grounding)).choices[0].parts
    assert isinstance(part, Text)
    assert [(c.url, c.title, c.quote, c.start, c.end) for c in part.citations] == [
        ("https://a", "A", None, 0, 4),
        (None, "D", "q", 5, 12),
        ("https://a", "A", None, None, None),
    ]
    assert part.citations[0].wire == grounding["groundingChunks"][0]


def test_sources_without_places_and_quotations() -> None:
    """Chunks alone, and AI Studio's and Vertex's names for what was quoted."""
    alone = answer(
        {"text": "hm", "thought": True},
        {"text": "x"},
        groundingMetadata={"groundingChunks": [{"web": {"uri": "u"}}, {}]},
    )
    parts = read(alone).choices[0].parts
    assert isinstance(parts[1], Text)
    assert [citation.url for citation in parts[1].citations] == ["u", None]
    for name in ("citationSources", "citations"):
        quoted = answer(
            {"text": "abc"}, citationMetadata={name: [{"uri": "u", "startIndex": 1, "endIndex": 3}]}
        )
        (text,) = read(quoted).choices[0].parts
        assert isinstance(text, Text)
        assert [(citation.start, citation.end) for citation in text.citations] == [(1, 3)]
    nothing = answer({"functionCall": {"name": "f"}}, groundingMetadata={"groundingChunks": [{}]})
    assert isinstance(read(nothing).choices[0].parts[0], ToolCall)


def test_sources_of_other_dialects_are_grounding() -> None:
    """A web page cited by another model is shown in Google's shape, in bytes."""
    cited = Text(
        "Köln is old.", citations=(Citation("https://a", "A", start=5, end=7), Citation("https://a", "A"))
    )
    metadata = wrote(Text("First."), cited)["groundingMetadata"]
    assert metadata["groundingChunks"] == [{"web": {"uri": "https://a", "title": "A"}}]
    assert [one["segment"] for one in metadata["groundingSupports"]] == [
        {"partIndex": 1, "startIndex": 6, "endIndex": 8, "text": "is"},
        {"partIndex": 1, "startIndex": 0, "endIndex": 13, "text": "Köln is old."},
    ]


def test_log_probabilities_both_ways() -> None:
    """Google's lists of chosen and likeliest tokens, chat completions' list of tokens."""
    result: dict[str, Any] = {
        "chosenCandidates": [
            {"token": "a", "logProbability": -0.5, "tokenId": 1},
            {"token": "b", "logProbability": -1.0},
        ],
        "topCandidates": [{"candidates": [{"token": "a", "logProbability": -0.5}]}],
    }
    choice = read(answer({"text": "ab"}, logprobsResult=result)).choices[0]
    top = [{"token": "a", "logprob": -0.5, "bytes": None}]
    assert choice.logprobs == {
        "content": [
            {"token": "a", "logprob": -0.5, "bytes": None, "top_logprobs": top},
            {"token": "b", "logprob": -1.0, "bytes": None, "top_logprobs": []},
        ],
        "refusal": None,
    }
    written = json.loads(encode_response(Response("r", "m", (choice,))))["candidates"][0]["logprobsResult"]
    assert [one["token"] for one in written["chosenCandidates"]] == ["a", "b"]
    assert written["topCandidates"] == [
        {"candidates": [{"token": "a", "logProbability": -0.5}]},
        {"candidates": []},
    ]
    assert read(answer({"text": "x"}, logprobsResult={})).choices[0].logprobs is None


def test_every_part_has_a_form_for_googles_clients() -> None:
    """Text, refusals, thoughts, calls, media, and Google's own; what only others read is left out."""
    code = Opaque("executableCode", {"executableCode": {"code": "1"}}, NAME)
    assert wrote(
        Text("t"),
        Refusal("no"),
        Reasoning("hm", origin=NAME),
        Reasoning("", "czE=", origin=NAME),
        Text("signed"),
        Reasoning("", "czI=", origin=NAME),
        ToolCall("c", "f", ' {"a":1}', signature="czM=", origin=NAME),
        Media("image", "image/png", b"x"),
        Media("image", None, b"x"),
        Media("image", url="https://h"),
        code,
        Opaque("x", {}, "openai.responses"),
    )["content"]["parts"] == [
        {"text": "t"},
        {"text": "no"},
        {"text": "hm", "thought": True},
        {"text": "signed", "thoughtSignature": "czE="},
        {"text": "", "thoughtSignature": "czI="},
        {"functionCall": {"id": "c", "name": "f", "args": {"a": 1}}, "thoughtSignature": "czM="},
        {"inlineData": {"mimeType": "image/png", "data": "eA=="}},
        {"inlineData": {"mimeType": "application/octet-stream", "data": "eA=="}},
        {"fileData": {"fileUri": "https://h"}},
        {"executableCode": {"code": "1"}},
    ]


def test_T12_reasoning_that_others_signed_finds_home_through_googles_clients() -> None:
    """Wrapped on the way out; what comes back names its origin."""
    thought = Reasoning("hm", "claude's", origin="bedrock.converse/claude")
    (part,) = wrote(thought)["content"]["parts"]
    assert part == {
        "text": "hm",
        "thought": True,
        "thoughtSignature": wrap("claude's", "bedrock.converse/claude"),
    }
    assert read(answer(part)).choices[0].parts == (thought,)
    hidden = Reasoning(redacted=b"x\0y", origin="bedrock.converse/claude")
    (part,) = wrote(hidden)["content"]["parts"]
    assert read(answer(part)).choices[0].parts == (hidden,)


def test_a_call_without_readable_arguments_is_malformed() -> None:
    """Google's shape holds an object or nothing, and says so with a reason of its own."""
    candidate = wrote(ToolCall("c", "f", '{"a":'), finish=Finish.TOOL_CALLS)
    assert candidate["content"]["parts"] == []
    assert candidate["finishReason"] == "MALFORMED_FUNCTION_CALL"


def test_the_tier_that_served() -> None:
    """AI Studio says it beside the counts."""
    body = answer({"text": "x"}) | {"usageMetadata": {"promptTokenCount": 1, "serviceTier": "flex"}}
    assert read(body).service_tier == "flex"
    assert read(answer({"text": "x"})).service_tier is None


def test_an_outline_says_model_and_reason() -> None:
    """What metering reads of an answer that passes through."""
    body = json.dumps(answer({"text": "x"}) | {"modelVersion": "v"}).encode()
    outline = read_usage(body, ModelTraits())
    assert (outline.usage, outline.model, outline.finish) == (None, "v", "STOP")
    blocked = read_usage(b'{"promptFeedback":{"blockReason":"SAFETY"}}', ModelTraits())
    assert blocked.finish == "SAFETY"
