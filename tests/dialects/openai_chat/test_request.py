"""Chat completions requests into the hub and out of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.dialects.own_names import nameless

from comity.dialects.openai_chat import decode_request, encode_request
from comity.errors import RequestError
from comity.exchange import (
    CacheMark,
    Citation,
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

TRAITS = ModelTraits(reasoning_signatures="required", prompt_caching=True)


def decode(**body: object) -> Request:
    """The request of a body with a model and the given members."""
    return decode_request(json.dumps({"model": "m", "messages": []} | body).encode())


def messages(*listed: dict[str, Any]) -> tuple[Turn, ...]:
    """The turns of messages."""
    return decode(messages=list(listed)).turns


def encode(request: Request, traits: ModelTraits = TRAITS) -> dict[str, Any]:
    """The body of a request that can be expressed."""
    wire = encode_request(request, "dep", traits, lossy=False)
    assert isinstance(wire, WireRequest)
    body: dict[str, Any] = json.loads(wire.body)
    return body


def refused(request: Request, traits: ModelTraits = TRAITS) -> list[str]:
    """The parameters for which a request cannot be expressed."""
    wire = encode_request(request, "dep", traits, lossy=False)
    assert isinstance(wire, Inexpressible)
    return [item.parameter for item in wire.missing]


def fault(body: object) -> str:
    """The field that a refused body names."""
    with pytest.raises(RequestError) as caught:
        decode_request(json.dumps(body).encode())
    return caught.value.param


def test_every_parameter_with_a_place_in_the_hub() -> None:
    """The whole of sampling, format, tools and streaming."""
    request = decode(
        tools=[{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"a": 1}}}],
        tool_choice={"type": "function", "function": {"name": "f"}},
        parallel_tool_calls=False,
        response_format={"type": "json_schema", "json_schema": {"name": "s", "schema": {}, "strict": True}},
        stream=True,
        stream_options={"include_usage": True},
        max_tokens=5,
        temperature=1,
        top_p=0.5,
        top_k=4,
        stop="x",
        seed=1,
        frequency_penalty=0.1,
        presence_penalty=0.2,
        n=2,
        logprobs=True,
        top_logprobs=3,
        reasoning_effort="low",
        user="u",
        metadata={"k": "v"},
        odd=None,
    )
    assert nameless(request) == Request(
        model="m",
        turns=(),
        tools=(Tool("f", "d", {"a": 1}),),
        tool_choice=ToolChoice("named", "f"),
        parallel_tool_calls=False,
        format=Format("json_schema", "s", None, {}, strict=True),
        sampling=Sampling(5, 1.0, 0.5, 4, ("x",), 1, 0.1, 0.2, 2, True, 3, "low"),
        stream=True,
        stream_usage=True,
        user="u",
        extra={"metadata": {"k": "v"}, "odd": None},
        dialect="openai.chat",
    )
    assert decode_request(json.dumps(encode(request)).encode()) == decode(
        **{key: value for key, value in encode(request).items() if key != "messages"}
    )


def test_t30_nothing_said_is_nothing_written() -> None:
    """T30: nulls of known parameters are absent, and only nulls that the client sent come out."""
    request = decode(temperature=None, stop=None, tools=None, response_format=None, tool_choice=None, x=None)
    assert encode(request) == {"model": "dep", "messages": [], "x": None}


def test_every_content_part() -> None:
    """Text, images both ways, sound, a file, a refusal, with cache marks."""
    content = [
        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
        {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "data:image/JPG;base64,aGk="}},
        {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,aGk=", "filename": "a.pdf"}},
    ]
    turn = messages({"role": "user", "content": content, "name": "n"})[0]
    assert turn == Turn(
        "user",
        (
            Text("a", CacheMark("1h")),
            Media("image", url="https://x/y.png", detail="low"),
            Media("image", "image/jpeg", b"hi"),
            Media("audio", "audio/wav", b"hi"),
            Media("document", "application/pdf", b"hi", name="a.pdf"),
        ),
        "n",
    )
    again = encode(Request("m", (turn,)))["messages"][0]
    assert again["content"][2]["image_url"]["url"] == "data:image/jpeg;base64,aGk="
    assert messages(again) == (turn,)


def test_every_role() -> None:
    """System, developer, user, assistant with calls, tool, and the legacy function pair."""
    turns = messages(
        {"role": "system", "content": "s"},
        {"role": "developer", "content": [{"type": "text", "text": "d"}]},
        {"role": "user", "content": "u"},
        {
            "role": "assistant",
            "content": None,
            "refusal": "no",
            "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "1", "content": "r"},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "never"}]},
        {"role": "assistant", "function_call": {"name": "g", "arguments": "{}"}},
        {"role": "function", "name": "g", "content": "old"},
    )
    assert turns == (
        Turn("system", (Text("s"),)),
        Turn("developer", (Text("d"),)),
        Turn("user", (Text("u"),)),
        Turn("assistant", (Refusal("no"), ToolCall("1", "f", "{}"))),
        Turn("tool", (ToolResult("1", (Text("r"),)),)),
        Turn("assistant", (Refusal("never"),)),
        Turn("assistant", (ToolCall("call_6_g", "g", "{}"),)),
        Turn("tool", (ToolResult("call_6_g", (Text("old"),)),), extra={}),
    )
    assert messages(*encode(Request("m", turns))["messages"]) == turns


def test_reasoning_in_all_its_spellings() -> None:
    """Plain reasoning under two names, and details with signatures that win over the text they repeat."""
    details = [
        {"type": "reasoning.text", "text": "t", "signature": "s", "format": "bedrock.converse/claude"},
        {"type": "reasoning.encrypted", "data": "aGk="},
        {"type": "reasoning.encrypted", "data": "!"},
        {"type": "reasoning.summary", "summary": "?"},
    ]
    turns = messages(
        {"role": "assistant", "reasoning_content": "a"},
        {"role": "assistant", "reasoning": "b"},
        {"role": "assistant", "reasoning_content": "t", "reasoning_details": details},
    )
    assert [turn.parts for turn in turns] == [
        (Reasoning("a"),),
        (Reasoning("b"),),
        (
            Reasoning("t", "s", origin="bedrock.converse/claude"),
            Reasoning(redacted=b"hi", origin="openai.chat"),
        ),
    ]


def test_t12_foreign_reasoning_is_left_out_visibly() -> None:
    """T12: a block that another model made is dropped with a note, an own one is replayed."""
    turn = Turn(
        "assistant", (Reasoning("x", "s", origin="bedrock.converse/claude"), Reasoning("y", "z"), Text("a"))
    )
    wire = encode_request(Request("m", (turn,)), "dep", TRAITS, lossy=False)
    assert isinstance(wire, WireRequest)
    assert [item.parameter for item in wire.dropped] == ["messages[0].content[0]"]
    message = json.loads(wire.body)["messages"][0]
    assert message["reasoning_content"] == "y"
    assert message["reasoning_details"][0]["signature"] == "z"
    none = encode_request(Request("m", (turn,)), "dep", ModelTraits(), lossy=False)
    assert isinstance(none, WireRequest)
    assert b"reasoning" not in none.body
    elsewhere = encode_request(Request("m", (turn,), dialect="bedrock.converse"), "dep", TRAITS, lossy=False)
    assert isinstance(elsewhere, WireRequest)
    assert b"reasoning" not in elsewhere.body


def test_what_has_no_place_is_kept_by_its_path() -> None:
    """Unknown members, parts, calls and tools are never skipped, and go back where they stood."""
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": [{"type": "video", "v": 1}, {"type": "text", "text": "a", "x": 2}]},
        {"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]},
        {"role": "assistant", "audio": {"id": "a"}, "tool_calls": [{"type": "custom"}]},
    ]
    request = decode(
        tools=[{"type": "custom", "custom": {"name": "c"}}],
        tool_choice={"type": "allowed_tools"},
        messages=[*messages[:2], messages[2] | {"weird": None}],
    )
    assert request.extra == {
        "tools[0]": {"type": "custom", "custom": {"name": "c"}},
        "tool_choice": {"type": "allowed_tools"},
    }
    assert [turn.extra for turn in request.turns] == [
        {"content[1].x": 2},
        {},
        {"audio": {"id": "a"}, "tool_calls[0]": {"type": "custom"}},
    ]
    assert [part.kind for turn in request.turns for part in turn.parts if isinstance(part, Opaque)] == [
        "video",
        "file",
    ]
    body = encode(request)
    assert (body["messages"][:2], body["tools"]) == (messages[:2], [request.extra["tools[0]"]])
    assert body["messages"][2] == messages[2] | {"content": ""}


def test_what_another_dialect_left_in_a_turn_is_named() -> None:
    """Members and blocks that only their origin understands never reach a chat message."""
    block = Opaque("searchResult", {"a": 1}, "bedrock.converse")
    request = Request(
        "m",
        (
            Turn("user", (Text("a"), block), extra={"guard": 1, "empty": []}),
            Turn("assistant", (Text("b"), block)),
        ),
        hosted_tools=(Opaque("systemTool", {"systemTool": {"name": "grounding"}}, "bedrock.converse"),),
        dialect="bedrock.converse",
    )
    assert refused(request) == ["messages[0].content[1]", "messages[0].guard", "tools.systemTool"]
    lossy = encode_request(request, "dep", TRAITS, lossy=True)
    assert isinstance(lossy, WireRequest)
    assert [message["content"] for message in json.loads(lossy.body)["messages"]] == ["a", "b"]
    assert lossy.dropped[-1].parameter == "messages[1].content[1]"


def test_members_whose_place_is_gone_are_named() -> None:
    """A path that no longer leads anywhere is a loss, not a guess."""
    turn = Turn("user", (Text("a"),), extra={"content[3].x": 1, "odd path": 2})
    assert refused(Request("m", (turn,))) == ["messages[0].content[3].x", "messages[0].odd path"]
    placed = Turn("user", (Text("a"),), extra={"content[0].x": 1})
    assert encode(Request("m", (placed,)))["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "a", "x": 1}]}
    ]


def test_a_user_turn_cannot_say_what_only_an_assistant_says() -> None:
    """Reasoning or calls outside an assistant's turn are named, as is a foreign signature of a call."""
    odd = Turn("user", (Text("a"), Reasoning("t"), ToolCall("c", "f", "{}")))
    assert refused(Request("m", (odd,))) == ["messages[0].content[1]", "messages[0].content[2]"]
    signed = Turn("assistant", (ToolCall("c", "f", "{}", signature="s", origin="gemini.generate"),))
    wire = encode_request(Request("m", (signed,)), "dep", TRAITS, lossy=False)
    assert isinstance(wire, WireRequest)
    assert [item.parameter for item in wire.dropped] == ["messages[0].content[0].signature"]


def test_citations_of_the_history_come_back_only_in_their_own_dialect() -> None:
    """Annotations stay on the text they belong to and are written with places in the whole message."""
    first = {
        "type": "url_citation",
        "url_citation": {"url": "u", "title": "t", "start_index": 0, "end_index": 2},
    }
    second = {
        "type": "url_citation",
        "url_citation": {"url": "v", "title": "w", "start_index": 3, "end_index": 4},
    }
    other = {"type": "file_citation", "file": "f"}
    parts = [{"type": "text", "text": "ab"}, {"type": "text", "text": "cd"}]
    message = {"role": "assistant", "content": parts, "annotations": [first, second, other]}
    request = decode(messages=[message])
    texts = [part for part in request.turns[0].parts if isinstance(part, Text)]
    assert [(source.url, source.start, source.end) for source in texts[0].citations] == [("u", 0, 2)]
    assert [(source.url, source.start, source.end) for source in texts[1].citations] == [
        ("v", 1, 2),
        (None, None, None),
    ]
    assert encode(request)["messages"] == [message]
    foreign = Text("ab", citations=(Citation(url="u", origin="anthropic.messages"),))
    wire = encode_request(Request("m", (Turn("assistant", (foreign,)),)), "dep", TRAITS, lossy=False)
    assert isinstance(wire, WireRequest)
    assert b"annotations" not in wire.body
    assert [item.parameter for item in wire.dropped] == ["messages[0].content[0].citations"]


@pytest.mark.parametrize(
    ("sampling", "refused_", "hinted"),
    [
        (Sampling(thinking="on", thinking_budget=1024), ["thinking.budget_tokens"], []),
        (Sampling(thinking="on"), ["thinking"], []),
        (Sampling(thinking="on", reasoning_effort="high"), [], []),
        (Sampling(thinking="off", thoughts="none"), [], ["thinking", "thinking.display"]),
        (Sampling(thinking="adaptive"), [], ["thinking"]),
    ],
)
def test_thinking_is_said_by_an_effort_word_only(
    sampling: Sampling, refused_: list[str], hinted: list[str]
) -> None:
    """A budget cannot be said at all; what needs no saying is a hint."""
    request = Request("m", (Turn("user", (Text("a"),)),), sampling=sampling)
    wire = encode_request(request, "dep", TRAITS, lossy=True)
    assert isinstance(wire, WireRequest)
    assert [item.parameter for item in wire.dropped] == [*refused_, *hinted]
    if refused_:
        assert refused(request) == refused_


def test_a_video_has_no_part() -> None:
    """Chat completions takes images, sounds and files."""
    request = Request("m", (Turn("user", (Media("video", "video/mp4", b"v"),)),))
    assert refused(request) == ["messages[0].content[0]"]


def test_own_extras_go_out_and_foreign_ones_only_where_known() -> None:
    """Parameters of another dialect reach a model only when its traits name them."""
    own = decode(store=True, tools=[{"type": "custom"}], messages=[{"role": "user", "content": "a", "x": 1}])
    body = encode(own)
    assert (body["store"], body["tools"], body["messages"][0]["x"]) == (True, [{"type": "custom"}], 1)
    foreign = Request("m", (), extra={"thinking": 1, "guardrailConfig": 2}, dialect="bedrock.converse")
    knows = ModelTraits(additional_fields=("thinking",))
    assert refused(foreign, knows) == ["guardrailConfig"]
    lossy = encode_request(foreign, "dep", knows, lossy=True)
    assert isinstance(lossy, WireRequest)
    assert json.loads(lossy.body)["thinking"] == 1
    assert [item.parameter for item in lossy.dropped] == ["guardrailConfig"]


def test_t27_declared_traits_decide_limits_and_sampling() -> None:
    """T27: the limit's name and whether sampling is taken are facts of the model, not of its name."""
    request = decode(max_completion_tokens=5, temperature=1, top_p=0.5, top_k=2)
    assert encode(request, ModelTraits(completion_limit_field="max_tokens"))["max_tokens"] == 5
    assert refused(request, ModelTraits(sampling=False, family="gpt")) == ["top_p", "top_k"]
    assert "temperature" not in encode(decode(temperature=1), ModelTraits(sampling=False))


def test_t28_usage_is_always_asked_for_when_streaming() -> None:
    """T28: but for servers that do not know the option."""
    request = decode(stream=True)
    assert encode(request)["stream_options"] == {"include_usage": True}
    assert "stream_options" not in encode(request, ModelTraits(stream_options=False))


@pytest.mark.parametrize("mode", ["auto", "none", "required"])
def test_t9_tool_choice_modes(mode: str) -> None:
    """T9: the plain modes round-trip."""
    request = decode(tool_choice=mode, response_format={"type": "json_object"})
    assert request.tool_choice is not None
    assert request.tool_choice.mode == mode
    assert encode(request)["tool_choice"] == mode
    assert encode(request)["response_format"] == {"type": "json_object"}


def test_cache_marks_of_messages_tools_and_calls() -> None:
    """Marks survive where the target takes them and are left out visibly where it does not."""
    mark = {"cache_control": {"type": "ephemeral", "ttl": "x"}}
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": ""}}
    request = decode(
        messages=[
            {"role": "user", "content": "a"} | mark,
            {"role": "assistant", "tool_calls": [call | mark]},
        ],
        tools=[{"type": "function", "function": {"name": "f"}} | mark],
    )
    assert request.turns[0].parts == (Text("a", CacheMark()),)
    assert request.tools[0].cache == CacheMark()
    body = encode(request)
    assert body["messages"][0]["content"][0]["cache_control"] == {"type": "ephemeral"}
    wire = encode_request(request, "dep", ModelTraits(), lossy=False)
    assert isinstance(wire, WireRequest)
    assert [item.parameter for item in wire.dropped] == [
        "messages[0].cache_control",
        "messages[1].tool_calls[0].cache_control",
        "tools[0].cache_control",
    ]
    assert messages({"role": "user", "content": None} | mark)[0].parts == ()


def test_a_user_turn_with_results_becomes_tool_messages_first() -> None:
    """Other dialects put results and text into one user turn."""
    result = ToolResult("1", (Text("r"),), is_error=True)
    wire = encode_request(Request("m", (Turn("user", (Text("t"), result)),)), "dep", TRAITS, lossy=False)
    assert isinstance(wire, WireRequest)
    assert [item.parameter for item in wire.dropped] == ["messages[0].content[1].is_error"]
    roles = [(message["role"], message["content"]) for message in json.loads(wire.body)["messages"]]
    assert roles == [("tool", "r"), ("user", "t")]
    alone = encode(Request("m", (Turn("user", (ToolResult("1", ()),)), Turn("user", ()))))["messages"]
    assert [message["role"] for message in alone] == ["tool", "user"]


@pytest.mark.parametrize(
    ("part", "param"),
    [
        (Media("document", url="https://x"), "messages[0].content[0]"),
        (Media("audio", "audio/flac", b"x"), "messages[0].content[0]"),
        (ToolResult("1", (Media("image", "image/png", b"x"),)), "messages[0].content[0].content[0]"),
    ],
)
def test_media_that_the_dialect_lacks_is_named(part: Media | ToolResult, param: str) -> None:
    """Documents by address, odd sounds and pictures in tool results."""
    assert refused(Request("m", (Turn("user", (part,)),))) == [param]


def test_an_empty_assistant_turn_stays_valid() -> None:
    """The dialect wants content or calls."""
    assert encode(Request("m", (Turn("assistant", ()),)))["messages"] == [
        {"role": "assistant", "content": ""}
    ]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ([], ""),
        ({}, "messages"),
        ({"messages": []}, "model"),
        ({"model": "m", "messages": {}}, "messages"),
        ({"model": "m", "messages": [1]}, "messages[0]"),
        ({"model": "m", "messages": [{"role": 1}]}, "messages[0].role"),
        ({"model": "m", "messages": [{"role": "robot"}]}, "messages[0].role"),
        ({"model": "m", "messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
        ({"model": "m", "messages": [{"role": "function", "name": "f"}]}, "messages[0].tool_call_id"),
        (
            {"model": "m", "messages": [{"role": "user", "content": [{"type": "text"}]}]},
            "messages[0].content[0].text",
        ),
        (
            {
                "model": "m",
                "messages": [
                    {"role": "tool", "tool_call_id": "1", "content": [{"type": "refusal", "refusal": "n"}]}
                ],
            },
            "messages[0].content",
        ),
        ({"model": "m", "messages": [], "max_tokens": 0}, "max_completion_tokens"),
        ({"model": "m", "messages": [], "n": 0}, "n"),
        ({"model": "m", "messages": [], "tool_choice": "maybe"}, "tool_choice"),
        (
            {"model": "m", "messages": [], "tool_choice": {"type": "function", "function": {}}},
            "tool_choice.function.name",
        ),
        ({"model": "m", "messages": [], "response_format": {"type": "xml"}}, "response_format.type"),
        (
            {"model": "m", "messages": [], "response_format": {"type": "json_schema"}},
            "response_format.json_schema",
        ),
        ({"model": "m", "messages": [], "tools": [{"type": "function"}]}, "tools[0].function"),
    ],
)
def test_nonsense_is_refused_with_the_field(body: object, param: str) -> None:
    """Each refusal names the path of the field at fault."""
    assert fault(body) == param


@pytest.mark.parametrize(
    "url",
    [
        "data:image/png;base64,!!",
        "data:image/png;base64,",
        "data:image/png,abc",
        "data:;base64,aGk=",
        "data:",
    ],
)
def test_t16_a_broken_data_url_is_refused_with_its_path(url: str) -> None:
    """T16: a bad data URL is a 400 with clear text, never a crash."""
    part = {"type": "image_url", "image_url": {"url": url}}
    body = {"model": "m", "messages": [{"role": "user", "content": [part]}]}
    assert fault(body) == "messages[0].content[0].image_url.url"


def test_t44_a_request_is_the_same_after_it_was_written() -> None:
    """T44: each attempt starts from an unchanged value."""
    request = decode(
        messages=[{"role": "system", "content": "s"}, {"role": "user", "content": "u", "x": {"y": [1]}}],
        tools=[{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
    )
    before = repr(request)
    encode(request)
    assert repr(request) == before
