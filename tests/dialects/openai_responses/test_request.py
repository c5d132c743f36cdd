"""Responses requests: read into the hub, written from it, and what is refused or left out by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from comity.dialects import anthropic_messages, bedrock_converse, openai_chat, openai_responses
from comity.dialects.openai_responses.envelope import Sealed, seal, unseal
from comity.dialects.provenance import sign_id
from comity.errors import RequestError
from comity.exchange import (
    CacheMark,
    Format,
    Inexpressible,
    Media,
    ModelTraits,
    Opaque,
    Reasoning,
    Refusal,
    Request,
    Sampling,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
    WireRequest,
)

USER = {"role": "user", "content": "hi"}
MINE = ModelTraits(reasoning_signatures="required", reasoning_account="swe")
OTHER = ModelTraits(reasoning_signatures="required", reasoning_account="us")
GO = Turn("user", (Text("go"),))


def read(**members: Any) -> Request:
    """The request in a body."""
    return openai_responses.decode_request(json.dumps({"model": "m", "input": [USER], **members}).encode())


def write(request: Request, traits: ModelTraits = MINE, *, lossy: bool = False) -> dict[str, Any]:
    """The body of a request that can be expressed."""
    wire = openai_responses.encode_request(request, "m", traits, lossy=lossy)
    assert isinstance(wire, WireRequest), wire
    body: dict[str, Any] = json.loads(wire.body)
    return body


def missing(request: Request, traits: ModelTraits = MINE) -> list[str]:
    """What a request would lose."""
    wire = openai_responses.encode_request(request, "m", traits, lossy=False)
    assert isinstance(wire, Inexpressible), wire
    return [one.parameter for one in wire.missing]


def dropped(request: Request, traits: ModelTraits = MINE) -> list[str]:
    """What was left out of a request."""
    wire = openai_responses.encode_request(request, "m", traits, lossy=True)
    assert isinstance(wire, WireRequest), wire
    return [one.parameter for one in wire.dropped]


ITEMS: list[dict[str, Any]] = [
    {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}],
        "encrypted_content": "gAAA",
    },
    {
        "type": "message",
        "role": "assistant",
        "id": "msg_1",
        "status": "completed",
        "phase": "commentary",
        "content": [{"type": "output_text", "text": "so", "annotations": []}],
    },
    {
        "type": "message",
        "role": "assistant",
        "id": "msg_2",
        "status": "completed",
        "content": [
            {"type": "output_text", "text": "and", "annotations": [{"type": "file_path", "file_id": "f"}]},
            {"type": "output_text", "text": "so on", "annotations": []},
        ],
    },
    {
        "type": "function_call",
        "call_id": "c1",
        "name": "f",
        "arguments": "{}",
        "id": "fc_1",
        "namespace": "n",
    },
    {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search"}},
    {"type": "function_call_output", "call_id": "c1", "output": "ok"},
    {
        "type": "function_call_output",
        "call_id": "c1",
        "output": [{"type": "input_image", "file_id": "file-1", "detail": "auto"}],
    },
    {"type": "custom_tool_call", "call_id": "c2", "name": "sql", "input": "select"},
    {"type": "custom_tool_call_output", "call_id": "c2", "output": "1"},
    {
        "role": "user",
        "content": [
            {"type": "input_file", "file_id": "file-2"},
            {"type": "input_text", "text": "x"},
            {"type": "input_image", "image_url": "https://example.com/a.png", "detail": "high"},
            {"type": "input_file", "file_url": "https://example.com/a.pdf"},
            {"type": "input_file", "filename": "b.pdf", "file_data": "data:application/pdf;base64,cGRm"},
            {"type": "input_audio", "input_audio": {"data": "c291bmQ=", "format": "wav"}},
        ],
    },
]


def test_items_come_back_as_they_were() -> None:
    """Ids, phases, summaries, annotations, namespaces, uploads and what only OpenAI understands, in order."""
    items = [dict(USER), *ITEMS]
    body = write(read(input=items))
    expected = [{**item, "type": "message"} if item.get("role") == "assistant" else item for item in items]
    assert body["input"] == expected
    assert body["store"] is False


PARAMETERS: dict[str, Any] = {
    "instructions": "Be brief.",
    "max_output_tokens": 99,
    "max_tool_calls": 3,
    "metadata": {"a": "b"},
    "parallel_tool_calls": False,
    "prompt": {"id": "pmpt_1"},
    "prompt_cache_key": "k",
    "reasoning": {"effort": "low", "summary": "detailed", "context": "auto"},
    "safety_identifier": "s",
    "service_tier": "flex",
    "temperature": 0.5,
    "text": {
        "format": {"type": "json_schema", "name": "n", "schema": {}, "strict": True},
        "verbosity": "low",
    },
    "tool_choice": {"type": "function", "name": "f"},
    "tools": [
        {"type": "function", "name": "f", "parameters": {}, "strict": True, "defer_loading": True},
        {"type": "web_search", "external_web_access": False},
        {"type": "namespace", "name": "n", "tools": []},
    ],
    "top_logprobs": 2,
    "top_p": 0.9,
    "truncation": "auto",
    "user": "u",
}


def test_parameters_come_back_as_they_were() -> None:
    """What the hub has no place for is kept by its name."""
    include = ["web_search_call.results", "message.output_text.logprobs"]
    body = write(read(**PARAMETERS, include=include, stream=True), ModelTraits())
    assert {name: body[name] for name in PARAMETERS} == PARAMETERS
    assert body["include"] == include
    assert body["stream"] is True


def test_what_says_nothing_is_not_written() -> None:
    """Defaults and nulls of the client are no parameters (T30)."""
    body = write(read(truncation="disabled", instructions="", tools=[], include=None, text={}, reasoning={}))
    assert body.keys() == {"model", "input", "store", "include"}


def test_words_of_the_format() -> None:
    """Text and free JSON are forms, too."""
    assert read(text={"format": {"type": "text"}}).format == Format("text")
    assert write(read(text={"format": {"type": "json_object"}}))["text"] == {
        "format": {"type": "json_object"}
    }
    assert read(tool_choice="required").tool_choice == ToolChoice("required")
    assert write(read(tool_choice="none"))["tool_choice"] == "none"
    hosted = {"type": "web_search"}
    assert write(read(tool_choice=hosted))["tool_choice"] == hosted


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"input": [{"type": "message", "content": "x"}]}, "input[0].role"),
        ({"input": [{"role": "tool", "content": "x"}]}, "input[0].role"),
        ({"input": [{}]}, "input[0]"),
        ({"input": [{"type": "function_call", "call_id": "c"}]}, "input[0].name"),
        ({"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "input[0].content[0].text"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "data:x"}]}]},
            "input[0].content[0].image_url",
        ),
        (
            {
                "input": [
                    {
                        "role": "user",
                        "content": [{"type": "input_file", "file_data": "data:a/b;base64,!"}],
                    }
                ]
            },
            "input[0].content[0].file_data",
        ),
        (
            {"input": [{"type": "function_call_output", "call_id": "c", "output": [{"type": "refusal"}]}]},
            "input[0].output",
        ),
        ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"text": {"format": {"type": "xml"}}}, "text.format.type"),
        ({"text": {"format": {"type": "json_schema"}}}, "text.format.schema"),
        ({"tools": [{"name": "f"}]}, "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "tools[0].name"),
        ({"tool_choice": "some"}, "tool_choice"),
        ({"tool_choice": {"type": "function"}}, "tool_choice.name"),
    ],
)
def test_nonsense_is_named_by_its_path(members: dict[str, Any], param: str) -> None:
    """The error says where it is wrong."""
    with pytest.raises(RequestError) as caught:
        read(**members)
    assert caught.value.param == param


def test_a_chat_request_keeps_its_meaning() -> None:
    """Unsaid strictness is none there; shared parameters keep their names; neutral ones say nothing."""
    request = openai_chat.decode_request(
        json.dumps(
            {
                "model": "m",
                "messages": [{"role": "system", "content": "s"}, USER],
                "tools": [{"type": "function", "function": {"name": "f"}}],
                "metadata": {"a": "b"},
                "verbosity": "low",
                "store": False,
                "logit_bias": {},
            }
        ).encode()
    )
    body = write(request)
    assert body["instructions"] == "s"
    assert body["tools"] == [
        {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": False}
    ]
    assert (body["metadata"], body["text"]) == ({"a": "b"}, {"verbosity": "low"})


def test_what_the_api_lacks_is_refused_by_name() -> None:
    """Nothing that was asked for goes missing in silence."""
    sampling = Sampling(
        max_output_tokens=5,
        stop=("x",),
        seed=1,
        frequency_penalty=0.5,
        presence_penalty=0.5,
        candidates=2,
        top_k=3,
        thinking="off",
        thinking_budget=9,
    )
    request = Request("m", (GO,), sampling=sampling, dialect="openai.chat", extra={"audio": {}})
    names = ["stop", "seed", "frequency_penalty", "presence_penalty", "n", "top_k", "thinking.budget_tokens"]
    assert missing(request) == [*names, "thinking", "max_tokens", "audio"]
    assert write(request, lossy=True)["max_output_tokens"] == 16
    assert missing(Request("m", (GO,), hosted_tools=(Opaque("x", {}, "gemini"),))) == ["tools.x"]
    cold = Request("m", (GO,), sampling=Sampling(temperature=0.5), dialect="openai.chat")
    assert missing(cold, ModelTraits(sampling=False)) == ["temperature"]
    assert missing(Request("m", ())) == ["messages"]


def test_media_that_cannot_be_said() -> None:
    """A video, a sound in the wrong form, media that the model is said to have written."""
    for media in (Media("video", "video/mp4", b"v"), Media("audio", "audio/flac", b"a")):
        assert missing(Request("m", (Turn("user", (media,)),))) == ["messages[0].content[0]"]
        result = ToolResult("c", (media,))
        assert "messages[0].content[0].content[0]" in missing(Request("m", (Turn("tool", (result,)),)))
    image = Media("image", "image/png", b"p")
    assert missing(Request("m", (Turn("assistant", (image,)), GO))) == ["messages[0].content[0]"]


def test_hints_are_left_out_visibly() -> None:
    """Cache marks, names of speakers, failed results, parameters of another dialect that change nothing."""
    mark = CacheMark("5m")
    request = Request(
        "m",
        (
            Turn("system", (Text("s", mark),)),
            Turn("user", (Text("u", mark),), "Ann"),
            Turn("tool", (ToolResult("c", (Text("no"),), is_error=True, cache=mark),)),
        ),
        (Tool("t", cache=mark),),
        dialect="anthropic.messages",
        hints={"anthropic_beta": ["x"]},
    )
    assert sorted(dropped(request)) == [
        "anthropic_beta",
        "messages[0].content[0].cache_control",
        "messages[1].content[0].cache_control",
        "messages[1].name",
        "messages[2].content[0].cache_control",
        "messages[2].content[0].is_error",
        "tools[0].cache_control",
    ]


def test_members_of_another_dialects_turns_are_a_loss() -> None:
    """What stands where there is no place is named."""
    odd = Turn("user", (Text("x"),), extra={"content[0].x": 1, "audio": {}})
    assert missing(Request("m", (odd,), dialect="openai.chat")) == ["messages[0].content[0].x"]


def test_a_refusal_and_parts_of_one_message_stay_together() -> None:
    """What the model said in one message is one message."""
    turn = Turn("assistant", (Text("a"), Refusal("no"), Text("b", message="msg_2")))
    first, second, _ = write(Request("m", (turn, GO)))["input"]
    assert first["id"] == "msg_0"
    assert [part["type"] for part in first["content"]] == ["output_text", "refusal"]
    assert second["id"] == "msg_2"


def test_T6_no_arguments_are_an_empty_object() -> None:
    """A tool without parameters was called with nothing."""
    turn = Turn("assistant", (ToolCall("c", "f", ""),))
    assert write(Request("m", (turn, GO)))["input"][0]["arguments"] == "{}"


def test_T7_names_and_ids_fit_and_come_back() -> None:
    """Long ids and odd names are digested, the same for call and result, never two into one."""
    long, odd = "call_" + "x" * 200, "weather.now/" * 20
    turns = (
        Turn("assistant", (ToolCall(long, odd, "{}"),)),
        Turn("tool", (ToolResult(long, (Text("ok"),)),)),
    )
    wire = openai_responses.encode_request(
        Request("m", turns, (Tool(odd),), ToolChoice("named", odd)), "m", MINE, lossy=False
    )
    assert isinstance(wire, WireRequest)
    body = json.loads(wire.body)
    call, result = body["input"]
    assert call["call_id"] == result["call_id"]
    assert len(call["call_id"]) <= 64
    assert call["name"] == body["tools"][0]["name"] == body["tool_choice"]["name"]
    assert wire.answer.tools == {call["name"]: odd}


def reasoning_item(origin: str) -> dict[str, Any]:
    """A reasoning item as a client replays it."""
    encrypted = seal(Sealed(origin, "sig"))
    return {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": encrypted}


def test_T31_reasoning_goes_back_to_its_account_alone() -> None:
    """The envelope names it; another account, another vendor, gets the conversation without."""
    request = read(input=[USER, reasoning_item("openai.responses/swe"), USER])
    assert write(request)["input"][1]["encrypted_content"] == "sig"
    assert dropped(request, OTHER) == ["input[1]"]
    assert len(write(request, OTHER)["input"]) == 2
    plain = read(input=[USER, {**reasoning_item("x"), "encrypted_content": "gAAA"}, USER])
    assert write(plain, OTHER)["input"][1]["encrypted_content"] == "gAAA"


def test_T12_T19_signatures_of_others_travel_in_an_envelope() -> None:
    """Claude's thinking and Gemini's signed calls come back to them through a client of this dialect."""
    item = {**reasoning_item("bedrock.converse/claude"), "summary": [{"type": "summary_text", "text": "t"}]}
    call = {
        "type": "function_call",
        "call_id": sign_id("c1", "Zw==", "gemini"),
        "name": "f",
        "arguments": "{}",
    }
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "ok"}
    request = read(input=[USER, item, call, output])
    thought, called = request.turns[1].parts
    assert thought == Reasoning("t", "sig", None, "bedrock.converse/claude", "rs_1", "summary")
    assert called == ToolCall("c1", "f", "{}", signature="Zw==", origin="gemini")
    assert request.turns[2].parts == (ToolResult("c1", (Text("ok"),)),)
    traits = ModelTraits(family="claude", reasoning_signatures="required")
    wire = bedrock_converse.encode_request(request, "m", traits, lossy=False)
    assert isinstance(wire, WireRequest)
    assert b'"signature":"sig"' in wire.body


def test_unsigned_reasoning_goes_where_it_is_taken() -> None:
    """A server that thinks aloud takes its own thoughts back; one that signs takes none unsigned."""
    raw = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [],
        "content": [{"type": "reasoning_text", "text": "t"}],
    }
    request = read(input=[USER, raw, USER])
    assert write(request, ModelTraits(reasoning_signatures="forbidden"))["input"][1] == raw
    assert dropped(request) == ["input[1]"]
    foreign = Request("m", (Turn("assistant", (Reasoning("t", origin="openai.responses"),)), GO), dialect="x")
    assert dropped(foreign, ModelTraits()) == ["messages[0].content[0]"]
    redacted = Request("m", (Turn("assistant", (Reasoning(redacted=b"x", origin="openai.responses"),)), GO))
    assert len(write(redacted, ModelTraits())["input"]) == 1


def test_an_envelope_is_not_taken_for_anything_else() -> None:
    """Cut, changed or foreign text is none."""
    text = seal(Sealed("o", "s", b"r"))
    assert unseal(text) == Sealed("o", "s", b"r")
    for other in (text[:-3], text[:-1] + "!", "comity1.", "comity1.ü", text.replace("comity1.", "")):
        assert unseal(other) is None


def test_blocks_of_others_come_back_from_their_envelope() -> None:
    """A hosted tool's block of another vendor is opaque again, and only its origin gets it."""
    block = Opaque("server_tool_use", {"type": "server_tool_use", "id": "s"}, "anthropic.messages")
    sealed = seal(Sealed(block.origin, kind=block.kind, wire=block.wire))
    request = read(
        input=[USER, {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": sealed}, USER]
    )
    assert request.turns[1].parts == (block,)
    assert dropped(request) == ["input[1]"]
    wire = anthropic_messages.encode_request(
        request, "m", ModelTraits(family="claude", max_output_tokens=99), lossy=True
    )
    assert isinstance(wire, WireRequest)
    assert b"server_tool_use" in wire.body
