"""Reading generateContent requests: both spellings, every kind of part, and nothing skipped."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from tests.dialects.own_names import nameless

from comity.dialects.gemini import decode_count_request, decode_request
from comity.errors import RequestError
from comity.exchange import (
    Format,
    Media,
    Opaque,
    Reasoning,
    Request,
    Sampling,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)

NAME = "gemini.generate"
DATA = base64.b64encode(b"png").decode()


def read(**body: Any) -> Request:
    """The request in a body, whose conversation is one word unless it says otherwise."""
    body.setdefault("contents", [{"parts": [{"text": "hi"}]}])
    return decode_request(json.dumps(body).encode(), model="m", stream=False)


def parts(*given: dict[str, Any], role: str = "model") -> tuple[Any, ...]:
    """The hub's parts of one turn."""
    return read(contents=[{"role": role, "parts": list(given)}]).turns[0].parts


def test_the_address_names_model_and_stream() -> None:
    """A body says neither."""
    request = decode_request(b'{"contents":{"parts":{"text":"hi"}}}', model="m", stream=True)
    assert nameless(request) == Request(
        "m", (Turn("user", (Text("hi"),)),), stream=True, stream_usage=True, dialect=NAME
    )


def test_snake_case_is_read_as_camel_case() -> None:
    """Google's parser takes both, so both are read; the caller's own names are left alone."""
    snake = read(
        system_instruction={"parts": [{"text": "brief"}]},
        generation_config={"max_output_tokens": 5, "thinking_config": {"include_thoughts": True}},
        tools={
            "function_declarations": {"name": "f", "parameters_json_schema": {"type": "object", "x_y": 1}}
        },
        contents=[{"parts": [{"function_call": {"name": "f", "args": {"snake_case": 1}}}], "role": "model"}],
    )
    camel = read(
        systemInstruction={"parts": {"text": "brief"}},
        generationConfig={"maxOutputTokens": 5, "thinkingConfig": {"includeThoughts": True}},
        tools=[
            {"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "object", "x_y": 1}}]}
        ],
        contents=[{"parts": [{"functionCall": {"name": "f", "args": {"snake_case": 1}}}], "role": "model"}],
    )
    assert snake == camel
    assert snake.tools == (Tool("f", None, {"type": "object", "x_y": 1}),)
    assert snake.turns[1].parts == (ToolCall("call_1", "f", '{"snake_case":1}'),)


def test_two_spellings_of_one_member_are_refused() -> None:
    """Google might obey the other one."""
    with pytest.raises(RequestError, match="two spellings") as caught:
        read(generationConfig={"maxOutputTokens": 5, "max_output_tokens": 9})
    assert caught.value.param == "generationConfig.maxOutputTokens"


def test_media_by_value_and_by_address() -> None:
    """Each media type is of the hub's kind."""
    assert parts(
        {"inlineData": {"mimeType": "image/png", "data": DATA}},
        {"inlineData": {"mimeType": "audio/wav", "data": DATA}},
        {"fileData": {"mimeType": "video/mp4", "fileUri": "gs://b/v.mp4"}},
        {"fileData": {"fileUri": "gs://b/d", "displayName": "d.pdf"}},
        role="user",
    ) == (
        Media("image", "image/png", b"png"),
        Media("audio", "audio/wav", b"png"),
        Media("video", "video/mp4", url="gs://b/v.mp4"),
        Media("document", None, url="gs://b/d", name="d.pdf"),
    )


def test_signatures_stay_with_what_they_sign() -> None:
    """Calls hold their own; before text they stand as reasoning; a part of nothing else is one too."""
    assert parts(
        {"text": "hm", "thought": True, "thoughtSignature": "czE="},
        {"text": "so", "thoughtSignature": "czI="},
        {"text": "", "thoughtSignature": "czM="},
        {"functionCall": {"name": "f", "id": "c"}, "thoughtSignature": "czQ="},
        {"text": "plain", "thought": True},
    ) == (
        Reasoning("hm", "czE=", origin=NAME),
        Reasoning("", "czI=", origin=NAME),
        Text("so"),
        Reasoning("", "czM=", origin=NAME),
        ToolCall("c", "f", "{}", signature="czQ=", origin=NAME),
        Reasoning("plain", origin=NAME),
    )


def test_what_google_ran_is_opaque() -> None:
    """Code and hosted tools stay in Google's own words."""
    code = {"executableCode": {"language": "PYTHON", "code": "1"}, "thoughtSignature": "cw=="}
    assert parts(code) == (Opaque("executableCode", code, NAME),)


def test_T20_results_find_their_calls_without_ids() -> None:
    """By name and order, as Vertex's clients send them; ids are the same on every turn."""
    calls: list[dict[str, Any]] = [{"functionCall": {"name": name, "args": {}}} for name in ("f", "g", "f")]
    results = [
        {"functionResponse": {"name": name, "response": {"output": said}}}
        for name, said in (("f", "1"), ("f", "2"), ("g", "3"))
    ]
    request = read(contents=[{"role": "model", "parts": calls}, {"role": "user", "parts": results}])
    assert [part.id for part in request.turns[0].parts if isinstance(part, ToolCall)] == [
        "call_1",
        "call_2",
        "call_3",
    ]
    assert request.turns[1] == Turn(
        "tool",
        (
            ToolResult("call_1", (Text("1"),)),
            ToolResult("call_3", (Text("2"),)),
            ToolResult("call_2", (Text("3"),)),
        ),
    )


def test_T20_results_find_their_calls_by_id() -> None:
    """Where ids are given they count, also for the second of two calls of one name."""
    calls = [{"functionCall": {"name": "f", "id": identity}} for identity in ("a", "b")]
    results: list[dict[str, Any]] = [
        {"functionResponse": {"name": "f", "id": identity, "response": {}}} for identity in ("b", "x")
    ]
    request = read(contents=[{"role": "model", "parts": calls}, {"role": "function", "parts": results}])
    assert [part.call_id for part in request.turns[1].parts if isinstance(part, ToolResult)] == ["b", "x"]


def test_a_result_without_a_call_is_refused() -> None:
    """Nobody could be told what it answers."""
    with pytest.raises(RequestError, match="answers no call of `f`"):
        parts({"functionResponse": {"name": "f", "response": {}}}, role="user")


@pytest.mark.parametrize(
    ("response", "text", "failed"),
    [
        ({"output": "4 degrees"}, "4 degrees", False),
        ({"output": '{"a":1}'}, '{"output":"{\\"a\\":1}"}', False),
        ({"result": "x"}, '{"result":"x"}', False),
        ({"error": "no"}, "no", True),
        ({"error": {"code": 1}}, '{"code":1}', True),
        ({"error": 1}, '{"error":1}', True),
        ({"output": "x", "error": "y"}, '{"output":"x","error":"y"}', False),
    ],
)
def test_results_are_text_where_they_are_text(response: dict[str, Any], text: str, failed: bool) -> None:  # noqa: FBT001 - a column of the table
    """Google's `output` and `error` are its words for text and failure; everything else stays JSON."""
    request = read(
        contents=[
            {"role": "model", "parts": [{"functionCall": {"name": "f"}}]},
            {"parts": [{"functionResponse": {"name": "f", "response": response}}]},
        ]
    )
    assert request.turns[1].parts == (ToolResult("call_1", (Text(text),), failed),)


def test_results_hold_media() -> None:
    """By value and by address."""
    inner = [{"inlineData": {"mimeType": "image/png", "data": DATA}}, {"fileData": {"fileUri": "gs://b/x"}}]
    call = {"functionCall": {"name": "f"}}
    request = read(
        contents=[
            {"role": "model", "parts": [call]},
            {"parts": [{"functionResponse": {"name": "f", "parts": inner}}]},
        ]
    )
    result = request.turns[1].parts[0]
    assert isinstance(result, ToolResult)
    assert result.content == (Media("image", "image/png", b"png"), Media("document", None, url="gs://b/x"))
    with pytest.raises(RequestError, match="expected media"):
        read(
            contents=[
                {"role": "model", "parts": [call]},
                {"parts": [{"functionResponse": {"name": "f", "parts": [{"text": "x"}]}}]},
            ]
        )


def test_generation_config_is_sampling_and_format() -> None:
    """Every member that the hub has a place for."""
    schema = {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}
    request = read(
        generationConfig={
            "maxOutputTokens": 5,
            "temperature": 0.5,
            "topP": 0.9,
            "topK": 40.0,
            "stopSequences": ["END"],
            "candidateCount": 2,
            "seed": 7,
            "frequencyPenalty": 0.1,
            "presencePenalty": 0.2,
            "responseLogprobs": True,
            "logprobs": 3,
            "responseMimeType": "application/json",
            "responseSchema": schema,
            "thinkingConfig": {"includeThoughts": False, "thinkingBudget": 100, "thinkingLevel": "HIGH"},
            "responseModalities": ["text"],
        }
    )
    assert request.sampling == Sampling(
        5, 0.5, 0.9, 40, ("END",), 7, 0.1, 0.2, 2, True, 3, "high", "on", 100, "none"
    )
    assert request.format == Format(
        "json_schema", schema={"type": "object", "properties": {"a": {"type": "string"}}}
    )
    assert request.extra == {}


@pytest.mark.parametrize(("budget", "mode"), [(0, "off"), (-1, "adaptive"), (9, "on"), (None, None)])
def test_thinking_budgets_are_modes(budget: int | None, mode: str | None) -> None:
    """0 forbids thinking, -1 leaves it to the model."""
    sampling = read(generationConfig={"thinkingConfig": {"thinkingBudget": budget}}).sampling
    assert (sampling.thinking, sampling.thinking_budget) == (mode, budget if mode == "on" else None)


@pytest.mark.parametrize(
    ("config", "form"),
    [
        ({"responseMimeType": "application/json"}, Format("json_object")),
        ({"responseMimeType": "text/plain"}, Format("text")),
        ({"_responseJsonSchema": {"type": "object"}}, Format("json_schema", schema={"type": "object"})),
        ({}, None),
    ],
)
def test_formats(config: dict[str, Any], form: Format | None) -> None:
    """Google's media types and schemas."""
    assert read(generationConfig=config).format == form


def test_what_has_no_place_is_kept_by_its_path() -> None:
    """Everything that another dialect would lose has a name for it; what says nothing is left out."""
    request = read(
        safetySettings=[{"category": "X"}],
        cachedContent="c",
        labels={},
        toolConfig={
            "retrievalConfig": {"a": 1},
            "functionCallingConfig": {
                "mode": "ANY",
                "allowed_function_names": ["a", "b"],
                "streamFunctionCallArguments": True,
            },
        },
        generationConfig={
            "responseModalities": ["IMAGE"],
            "speechConfig": {},
            "responseMimeType": "text/x.enum",
            "thinkingConfig": {"new": 1},
        },
        contents=[{"parts": [{"text": "x", "videoMetadata": {"fps": 1}}]}],
    )
    assert request.extra == {
        "safetySettings": [{"category": "X"}],
        "cachedContent": "c",
        "toolConfig.retrievalConfig": {"a": 1},
        "toolConfig.functionCallingConfig.streamFunctionCallArguments": True,
        "toolConfig.functionCallingConfig.allowedFunctionNames": ["a", "b"],
        "generationConfig.responseModalities": ["IMAGE"],
        "generationConfig.speechConfig": {},
        "generationConfig.responseMimeType": "text/x.enum",
        "generationConfig.thinkingConfig.new": 1,
    }
    assert request.turns[0].extra == {"parts[0].videoMetadata": {"fps": 1}}


def test_tools_and_googles_own_tools() -> None:
    """Functions become the hub's, hosted tools stay opaque, one entry may hold both."""
    request = read(
        tools=[
            {"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT"}}], "googleSearch": {}},
            {"urlContext": {}},
        ]
    )
    assert request.tools == (Tool("f", None, {"type": "object"}),)
    assert request.hosted_tools == (
        Opaque("googleSearch", {"googleSearch": {}}, NAME),
        Opaque("urlContext", {"urlContext": {}}, NAME),
    )


@pytest.mark.parametrize(
    ("calling", "choice", "strict"),
    [
        ({"mode": "AUTO"}, ToolChoice("auto"), None),
        ({"mode": "NONE"}, ToolChoice("none"), None),
        ({"mode": "any"}, ToolChoice("required"), None),
        ({"mode": "ANY", "allowedFunctionNames": ["f"]}, ToolChoice("named", "f"), None),
        ({"mode": "VALIDATED"}, ToolChoice("auto"), True),
        ({}, None, None),
    ],
)
def test_calling_modes(calling: dict[str, Any], choice: ToolChoice | None, strict: bool | None) -> None:  # noqa: FBT001 - a column of the table
    """`VALIDATED` is calls that must follow their schemas."""
    request = read(
        tools=[{"functionDeclarations": [{"name": "f"}]}], toolConfig={"functionCallingConfig": calling}
    )
    assert request.tool_choice == choice
    assert request.tools[0].strict is strict


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"contents": [{"role": "robot", "parts": []}]}, "contents[0].role"),
        ({"contents": [{"parts": [{"text": 1}]}]}, "contents[0].parts[0].text"),
        ({"contents": [{"parts": [{"inlineData": {"data": "?"}}]}]}, "contents[0].parts[0].inlineData.data"),
        ({"contents": [{"parts": [{"inlineData": {"data": ""}}]}]}, "contents[0].parts[0].inlineData"),
        (
            {"contents": [{"parts": [{"fileData": {"fileUri": "x"}, "functionCall": {}}]}]},
            "contents[0].parts[0]",
        ),
        ({"generationConfig": {"maxOutputTokens": 0}}, "generationConfig.maxOutputTokens"),
        ({"generationConfig": {"candidateCount": 0}}, "generationConfig.candidateCount"),
        ({"toolConfig": {"functionCallingConfig": {"mode": "X"}}}, "toolConfig.functionCallingConfig.mode"),
    ],
)
def test_nonsense_is_refused_with_its_place(body: dict[str, Any], param: str) -> None:
    """The client's fault has a path."""
    with pytest.raises(RequestError) as caught:
        read(**body)
    assert caught.value.param == param


def test_requests_that_nest_too_deeply_are_refused() -> None:
    """No fault of the gateway comes of them."""
    deep = b'{"contents":[],"x":' + b"[" * 700 + b"]" * 700 + b"}"
    with pytest.raises(RequestError, match="deep"):
        decode_request(deep)
    with pytest.raises(RequestError, match="deep"):
        decode_count_request(deep)


def test_counts_are_asked_for_in_two_ways() -> None:
    """AI Studio's SDKs send the contents alone or the whole request inside."""
    body = {"contents": [{"parts": [{"text": "hi"}]}]}
    alone = decode_count_request(json.dumps(body).encode(), model="m")
    inside = decode_count_request(json.dumps({"generateContentRequest": body}).encode(), model="m")
    assert alone == inside
    with pytest.raises(RequestError):
        decode_count_request(b'{"generate_content_request": 5}')
