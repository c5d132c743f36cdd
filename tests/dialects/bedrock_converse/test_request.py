"""Converse requests out of the hub and into it: the traps T1 to T18 by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from comity.dialects import openai_chat
from comity.dialects.bedrock_converse import decode_request, encode_request
from comity.exchange import (
    CacheMark,
    Citation,
    Dropped,
    Format,
    Inexpressible,
    Media,
    ModelTraits,
    Opaque,
    Reasoning,
    Refusal,
    Request,
    Role,
    Sampling,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
    WireRequest,
)

PLAIN = ModelTraits(family="claude")
FULL = ModelTraits(
    family="claude",
    structured_output=True,
    reasoning_signatures="required",
    prompt_caching=True,
    reasoning_effort=True,
    additional_fields=("thinking", "anthropic_beta"),
)
USER = Turn("user", (Text("hi"),))


def say(role: Role, *parts: str | Text | Media | ToolCall | ToolResult | Reasoning | Refusal) -> Turn:
    """A turn; plain strings are texts."""
    return Turn(role, tuple(Text(part) if isinstance(part, str) else part for part in parts))


def wire(request: Request, traits: ModelTraits = FULL, *, lossy: bool = False) -> WireRequest:
    """The written request."""
    written = encode_request(request, "m", traits, lossy=lossy)
    assert isinstance(written, WireRequest), written
    return written


def body(request: Request, traits: ModelTraits = FULL) -> dict[str, Any]:
    """The body of a request that can be expressed."""
    value: dict[str, Any] = json.loads(wire(request, traits).body)
    return value


def talk(*turns: Turn, traits: ModelTraits = FULL) -> Any:
    """The messages of a conversation."""
    return body(Request("m", turns), traits)["messages"]


def missing(request: Request, traits: ModelTraits = FULL) -> list[str]:
    """The parameters for which a request cannot be expressed."""
    written = encode_request(request, "m", traits, lossy=False)
    assert isinstance(written, Inexpressible), written
    return [item.parameter for item in written.missing]


def hints(request: Request, traits: ModelTraits = FULL) -> list[str]:
    """What is left out without refusing the request."""
    return [item.parameter for item in wire(request, traits).dropped]


def calls(*ids: str) -> Turn:
    """An assistant turn with calls."""
    return say("assistant", *(ToolCall(identity, "f", "{}") for identity in ids))


def result(identity: str, text: str = "r") -> ToolResult:
    """A tool result."""
    return ToolResult(identity, (Text(text),))


def test_t1_consecutive_turns_of_one_role_are_merged() -> None:
    """T1: user and user, assistant and assistant, tool and user become one turn each."""
    messages = talk(
        say("user", "a"),
        say("user", "b"),
        say("assistant", "c"),
        say("assistant", "d", ToolCall("1", "f", "")),
        say("tool", result("1")),
        say("user", "e"),
    )
    assert [(message["role"], len(message["content"])) for message in messages] == [
        ("user", 2),
        ("assistant", 3),
        ("user", 2),
    ]


def test_t2_parallel_results_are_one_turn_with_results_first() -> None:
    """T2: three calls are answered by one message with three results, before any text."""
    messages = talk(
        USER, calls("1", "2", "3"), USER, say("tool", result("2")), say("tool", result("1"), result("3"))
    )
    content = messages[2]["content"]
    assert [block["toolResult"]["toolUseId"] for block in content[:3]] == ["2", "1", "3"]
    assert content[3] == {"text": "hi"}


@pytest.mark.parametrize(
    ("turns", "param"),
    [
        ((USER, calls("1"), say("tool", result("1"), result("2"))), "messages[2]"),
        ((USER, calls("1", "2"), say("tool", result("1"))), "messages[2]"),
        ((USER, calls("1"), say("tool", result("1"), result("1"))), "messages[2]"),
        ((USER, calls("1"), USER), "messages[2]"),
        ((say("tool", result("1")),), "messages[0]"),
        ((USER, calls("1", "1"), say("tool", result("1"))), "messages[2]"),
    ],
)
def test_t2_results_must_match_the_calls(turns: tuple[Turn, ...], param: str) -> None:
    """T2: an extra, missing or doubled result is a clean refusal that names the turn."""
    assert param in missing(Request("m", turns))


def test_t3_some_models_take_no_text_beside_results() -> None:
    """T3: the rule is the model's: there results and text stay two turns."""
    apart = ModelTraits(tool_result_with_text=False)
    turns = (
        USER,
        calls("1", "2"),
        say("tool", result("1")),
        say("tool", result("2")),
        USER,
        say("user", "x"),
    )
    messages = talk(*turns, traits=apart)
    assert [len(message["content"]) for message in messages[2:]] == [2, 2]
    assert len(talk(*turns)) == 3


@pytest.mark.parametrize("blank", ["", " ", "\n\t "])
def test_t4_blank_text_is_left_out_everywhere(blank: str) -> None:
    """T4: in system, user, assistant, lists and tool results; a blank turn disappears."""
    turns = (
        say("system", blank),
        say("system", "s", blank),
        say("user", blank, "a"),
        say("assistant", blank),
        say("user", "b"),
        calls("1"),
        say("tool", ToolResult("1", (Text(blank),))),
    )
    value = body(Request("m", turns))
    assert value["system"] == [{"text": "s"}]
    assert value["messages"][0]["content"] == [{"text": "a"}, {"text": "b"}]
    assert value["messages"][2]["content"][0]["toolResult"]["content"] == []
    assert missing(Request("m", (say("user", blank),))) == ["messages"]


def test_a_conversation_begins_with_the_user() -> None:
    """What is left after blank turns are gone must be a conversation."""
    assert missing(Request("m", (say("user", " "), say("assistant", "a"), USER))) == ["messages[1]"]


def test_t5_tool_config_is_made_from_the_history() -> None:
    """T5: tools omitted on a later turn are declared anew from the calls in the history."""
    value = body(Request("m", (USER, calls("1"), say("tool", result("1")))))
    spec = {"name": "f", "inputSchema": {"json": {"type": "object", "properties": {}}}}
    assert value["toolConfig"] == {"tools": [{"toolSpec": spec}]}
    assert "toolConfig" not in body(Request("m", (USER,)))


def test_t5_t9_none_with_tools_in_the_history() -> None:
    """T5, T9: `none` leaves tools out; where the history forces declared ones in, it cannot be kept."""
    history = (USER, calls("1"), say("tool", result("1")))
    none = ToolChoice("none")
    assert "toolConfig" not in body(Request("m", (USER,), (Tool("f"),), none))
    assert "toolChoice" not in body(Request("m", history, (), none))["toolConfig"]
    forced = Request("m", history, (Tool("f"),), none)
    assert missing(forced) == ["tool_choice"]
    assert [item.parameter for item in wire(forced, lossy=True).dropped] == ["tool_choice"]


@pytest.mark.parametrize(
    ("choice", "written"),
    [
        (ToolChoice("auto"), {"auto": {}}),
        (ToolChoice("required"), {"any": {}}),
        (ToolChoice("named", "f"), {"tool": {"name": "f"}}),
    ],
)
def test_t9_every_tool_choice(choice: ToolChoice, written: dict[str, Any]) -> None:
    """T9: each form has its own."""
    request = Request("m", (USER,), (Tool("f"),), choice)
    assert body(request)["toolConfig"]["toolChoice"] == written
    assert decode_request(wire(request).body).tool_choice == choice
    if choice.mode != "auto":
        assert missing(Request("m", (USER,), (), choice)) == ["tool_choice"]


@pytest.mark.parametrize("arguments", ["", " ", "{}"])
def test_t6_empty_arguments_are_an_empty_object(arguments: str) -> None:
    """T6: a tool without parameters is called with `{}`."""
    messages = talk(USER, say("assistant", ToolCall("1", "f", arguments)), say("tool", result("1")))
    assert messages[1]["content"][0]["toolUse"]["input"] == {}


@pytest.mark.parametrize("arguments", ["{", "[1]", "7", '"x"', "null", "[" * 5000])
def test_arguments_that_are_no_object_are_refused(arguments: str) -> None:
    """Broken argument text is named, not sent."""
    turns = (USER, say("assistant", ToolCall("1", "f", arguments)), say("tool", result("1")))
    assert missing(Request("m", turns)) == ["messages[1].content[0]"]


def test_t7_long_and_odd_tool_names_have_a_way_back() -> None:
    """T7: names Bedrock refuses are changed without collisions, and the answer key knows the way back."""
    long = "mcp__server__" + "x" * 80
    names = ["ok-name_1", "a.b", "a/b", "a_b", long, long + "y", "größe", ""]
    asked = say("assistant", *(ToolCall(str(n), name, "") for n, name in enumerate(names)))
    answered = say("tool", *(result(str(n)) for n in range(len(names))))
    tools = tuple(Tool(name) for name in names)
    request = Request("m", (USER, asked, answered), tools, ToolChoice("named", "a.b"))
    written = wire(request)
    value = json.loads(written.body)
    sent = [tool["toolSpec"]["name"] for tool in value["toolConfig"]["tools"]]
    assert len(set(sent)) == len(names)
    assert all(name.isascii() and len(name) <= 64 and name.replace("-", "_").isidentifier() for name in sent)
    assert [written.answer.tools.get(name, name) for name in sent] == names
    assert [block["toolUse"]["name"] for block in value["messages"][1]["content"]] == sent
    assert value["toolConfig"]["toolChoice"]["tool"]["name"] == sent[1]
    assert (sent[0], sent[3]) == ("ok-name_1", "a_b")


def test_t7_a_made_name_never_meets_a_declared_one() -> None:
    """T7: even a client that declares the very name that would be made keeps both apart."""
    made = next(iter(wire(Request("m", (USER,), (Tool("a.b"),))).answer.tools))
    both = wire(Request("m", (USER,), (Tool("a.b"), Tool(made))))
    assert len(both.answer.tools) == 1
    assert made not in both.answer.tools


def test_ids_of_other_providers_fit() -> None:
    """A call's id is changed alike in the call and in its result."""
    odd = "call|" + "x" * 100
    messages = talk(USER, calls(odd), say("tool", result(odd)))
    sent = messages[1]["content"][0]["toolUse"]["toolUseId"]
    assert len(sent) <= 64
    assert messages[2]["content"][0]["toolResult"]["toolUseId"] == sent


@pytest.mark.parametrize("text", ["123", "[1]", '"x"', "null", '{"a":1}'])
def test_t8_tool_results_are_sent_as_text(text: str) -> None:
    """T8: what parses as JSON is still what the tool said."""
    messages = talk(USER, calls("1"), say("tool", result("1", text)))
    assert messages[2]["content"][0]["toolResult"]["content"] == [{"text": text}]


def test_tool_results_with_media_and_failure() -> None:
    """Pictures are kept, a failure is marked, sound is named."""
    held = ToolResult("1", (Media("image", "image/png", b"x"),), is_error=True)
    made = talk(USER, calls("1"), say("tool", held))[2]["content"][0]["toolResult"]
    assert made["status"] == "error"
    assert made["content"] == [{"image": {"format": "png", "source": {"bytes": "eA=="}}}]
    for media in (Media("audio", "audio/wav", b"x"), Media("image", url="https://x")):
        turns = (USER, calls("1"), say("tool", ToolResult("1", (media,))))
        assert missing(Request("m", turns)) == ["messages[2].content[0]"]


def test_t10_every_system_turn_is_kept_in_order() -> None:
    """T10: several, late, with list content, and developer turns."""
    turns = (say("system", "a", "b"), USER, say("developer", "c"), say("system", "d"))
    assert body(Request("m", turns))["system"] == [{"text": text} for text in "abcd"]
    pictured = Turn("system", (Text("a"), Media("image", "image/png", b"x")))
    assert "messages[0]" in missing(Request("m", (pictured, USER)))


def test_t11_cache_points_follow_their_block() -> None:
    """T11: in system, tools, messages and behind tool results, with their lifetime."""
    mark = CacheMark("1h")
    request = Request(
        "m",
        (
            Turn("system", (Text("s", mark),)),
            Turn("user", (Text("a"), Text("b", CacheMark()))),
            calls("1"),
            Turn("tool", (ToolResult("1", (Text("r", CacheMark()),)),)),
        ),
        (Tool("f", cache=mark),),
    )
    value = body(request)
    point = {"cachePoint": {"type": "default"}}
    long = {"cachePoint": {"type": "default", "ttl": "1h"}}
    assert value["system"] == [{"text": "s"}, long]
    assert value["toolConfig"]["tools"][1] == long
    assert value["messages"][0]["content"] == [{"text": "a"}, {"text": "b"}, point]
    assert value["messages"][2]["content"][1] == point
    assert decode_request(wire(request).body).turns[0] == request.turns[0]
    assert hints(request, PLAIN) == [
        "messages[0].content[0].cache_control",
        "messages[1].content[1].cache_control",
        "messages[3].content[0].cache_control",
        "tools[0].cache_control",
    ]
    assert b"cachePoint" not in wire(request, PLAIN).body


def test_t11_at_most_four_cache_points() -> None:
    """T11: of more than four the last are kept, and the others are told."""
    parts = tuple(Text(str(index), CacheMark()) for index in range(5))
    request = Request("m", (Turn("system", (Text("s", CacheMark()),)), Turn("user", parts)))
    assert hints(request) == ["cache_control", "cache_control"]
    value = body(request)
    assert value["system"] == [{"text": "s"}]
    assert sum("cachePoint" in block for block in value["messages"][0]["content"]) == 4
    assert "cachePoint" not in value["messages"][0]["content"][1]


OWN = "bedrock.converse/claude"


@pytest.mark.parametrize(
    ("rule", "block", "written"),
    [
        ("required", Reasoning("t", "s", origin=OWN), {"reasoningText": {"text": "t", "signature": "s"}}),
        ("required", Reasoning("", "s", origin=OWN), {"reasoningText": {"text": "", "signature": "s"}}),
        ("required", Reasoning("t", "s"), {"reasoningText": {"text": "t", "signature": "s"}}),
        ("required", Reasoning(redacted=b"x", origin=OWN), {"redactedContent": "eA=="}),
        ("required", Reasoning("t", origin=OWN), None),
        ("required", Reasoning("t", "s", origin="bedrock.converse/nova"), None),
        ("forbidden", Reasoning("t", origin=OWN), {"reasoningText": {"text": "t"}}),
        ("forbidden", Reasoning("t", "s", origin=OWN), None),
        ("forbidden", Reasoning(" ", origin=OWN), None),
        ("none", Reasoning("t", "s", origin=OWN), None),
    ],
)
def test_t12_reasoning_goes_back_only_as_the_model_takes_it(
    rule: Any, block: Reasoning, written: dict[str, Any] | None
) -> None:
    """T12: signed, unsigned, signature-only and redacted blocks by the model's rule; foreign ones never."""
    traits = ModelTraits(family="claude", reasoning_signatures=rule)
    request = Request("m", (USER, say("assistant", block, "a"), USER))
    content = body(request, traits)["messages"][1]["content"]
    if written is None:
        assert content == [{"text": "a"}]
        assert hints(request, traits) == ["messages[1].content[0]"]
    else:
        assert content == [{"reasoningContent": written}, {"text": "a"}]


def test_t12_order_and_bytes_survive_a_round_trip() -> None:
    """T12: thinking, text and calls of the last assistant turn come back as they were."""
    turn = say("assistant", Reasoning("t", "s"), "a", Reasoning("u", "v"), ToolCall("1", "f", '{"x":1.50}'))
    request = Request("m", (USER, turn, say("tool", result("1"))))
    assert b'{"x":1.50}' in wire(request).body
    assert decode_request(wire(request).body).turns[1].parts[:3] == turn.parts[:3]


def test_t16_images_by_value_only() -> None:
    """T16: a remote address is refused with clear text, `image/jpg` is jpeg, S3 is known to Bedrock."""
    remote = Request("m", (say("user", "a", Media("image", url="https://x/y.png")),))
    assert encode_request(remote, "m", FULL, lossy=True) == Inexpressible(
        (Dropped("messages[0].content[1]", "Bedrock does not fetch addresses: send the image by value"),)
    )
    jpg = talk(say("user", Media("image", "image/jpg", b"x")))[0]["content"][0]
    assert jpg["image"]["format"] == "jpeg"
    stored = talk(say("user", Media("image", url="s3://bucket/a.jpg")))[0]["content"][0]["image"]
    assert stored == {"format": "jpeg", "source": {"s3Location": {"uri": "s3://bucket/a.jpg"}}}
    odd = say("user", "a", Media("image", "image/tiff", b"x"))
    assert missing(Request("m", (odd,))) == ["messages[0].content[1]"]


def test_t16_documents_need_text_and_safe_names() -> None:
    """T16: names lose what Bedrock refuses and are unique; a document without text is refused."""
    odd = Media("document", "application/pdf", b"x", name="a_b: c.v2.pdf")
    content = talk(say("user", odd, odd, Media("document", "text/plain", b"x"), "read"))[0]["content"]
    assert [block["document"]["name"] for block in content[:3]] == ["a b c v2", "a b c v2-2", "document"]
    assert missing(Request("m", (say("user", odd),))) == ["messages[0]"]


def test_audio_is_a_block_of_its_own() -> None:
    """Sounds have a format."""
    assert talk(say("user", Media("audio", "audio/wav", b"x")))[0]["content"] == [
        {"audio": {"format": "wav", "source": {"bytes": "eA=="}}}
    ]


def test_t17_a_schema_goes_out_natively_or_not_at_all() -> None:
    """T17: no forced tool stands in for structured output."""
    form = Format("json_schema", "n", "d", {"type": "object"}, strict=True)
    request = Request("m", (USER,), format=form)
    schema = {"schema": '{"type":"object"}', "name": "n", "description": "d"}
    assert body(request)["outputConfig"] == {
        "textFormat": {"type": "json_schema", "structure": {"jsonSchema": schema}}
    }
    assert decode_request(wire(request).body).format == Format("json_schema", "n", "d", {"type": "object"})
    assert missing(request, PLAIN) == ["response_format"]
    assert missing(Request("m", (USER,), format=Format("json_object"))) == ["response_format"]
    assert "outputConfig" not in body(Request("m", (USER,), format=Format("text")))


def test_t18_extra_fields_are_carried_when_known_and_named_otherwise() -> None:
    """T18: known fields reach `additionalModelRequestFields`, others are refused or dropped by name."""
    extra = {"thinking": {"type": "enabled"}, "anthropic_beta": ["b"], "context_management": {}, "odd": 1}
    request = Request("m", (USER,), extra=extra, dialect="openai.chat")
    assert missing(request) == ["context_management", "odd"]
    dropped = wire(request, lossy=True)
    assert [item.parameter for item in dropped.dropped] == ["context_management", "odd"]
    assert json.loads(dropped.body)["additionalModelRequestFields"] == {
        "thinking": {"type": "enabled"},
        "anthropic_beta": ["b"],
    }


def test_extra_that_says_nothing_is_no_loss() -> None:
    """Defaults written out, nulls, and hints about the caller change nothing."""
    extra = {
        "store": False,
        "service_tier": "auto",
        "x": None,
        "metadata": {"a": "b"},
        "prompt_cache_key": "k",
    }
    request = Request("m", (Turn("user", (Text("a"),), "ann"),), user="u", extra=extra, dialect="openai.chat")
    assert hints(request) == ["messages[0].name", "user", "metadata", "prompt_cache_key"]
    tier = Request("m", (USER,), extra={"service_tier": "flex"}, dialect="openai.chat")
    assert body(tier)["serviceTier"] == {"type": "flex"}


def test_message_members_without_a_place_are_named() -> None:
    """Empty ones say nothing."""
    turn = Turn("user", (Text("a"),), extra={"annotations": [], "audio": {"id": "x"}})
    assert missing(Request("m", (turn,))) == ["messages[0].audio"]


def test_tools_in_full() -> None:
    """Description, schema, strictness where it can be kept, and parallel calls that cannot be forbidden."""
    request = Request("m", (USER,), (Tool("f", "", {"type": "object"}, strict=True),))
    assert body(request)["toolConfig"]["tools"] == [
        {"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}, "strict": True}}
    ]
    assert missing(request, PLAIN) == ["tools[0].function.strict"]
    single = Request("m", (USER,), (Tool("f"),), parallel_tool_calls=False)
    assert missing(single) == ["parallel_tool_calls"]


def thinks(sampling: Sampling, traits: ModelTraits, dialect: str = "anthropic.messages") -> object:
    """What the model is told of thinking."""
    value = body(Request("m", (USER,), sampling=sampling, dialect=dialect), traits)
    return value.get("additionalModelRequestFields")


@pytest.mark.parametrize(
    ("sampling", "thinking"),
    [
        (Sampling(thinking="on", thinking_budget=2048), {"type": "enabled", "budget_tokens": 2048}),
        (Sampling(thinking_budget=2048), {"type": "enabled", "budget_tokens": 2048}),
        (Sampling(thinking="off"), {"type": "disabled"}),
        (Sampling(thinking="adaptive", thoughts="summary"), {"type": "adaptive", "display": "summarized"}),
        (Sampling(thinking="adaptive", thoughts="none"), {"type": "adaptive", "display": "omitted"}),
    ],
)
def test_thinking_goes_to_a_claude_that_is_known_to_take_it(sampling: Sampling, thinking: object) -> None:
    """In Claude's own words, and back again; for the same dialect without any knowledge of the model."""
    assert thinks(sampling, FULL) == {"thinking": thinking}
    assert thinks(sampling, ModelTraits(), "bedrock.converse") == {"thinking": thinking}
    said = {"messages": [], "additionalModelRequestFields": {"thinking": thinking}}
    again = decode_request(json.dumps(said).encode()).sampling
    assert (again.thinking or "on", again.thinking_budget, again.thoughts) == (
        sampling.thinking or "on",
        sampling.thinking_budget,
        sampling.thoughts,
    )


@pytest.mark.parametrize(
    ("sampling", "lost", "hinted"),
    [
        (Sampling(thinking="on", thinking_budget=2048), ["thinking.budget_tokens"], []),
        (Sampling(thinking="on"), ["thinking"], []),
        (Sampling(thinking="on", reasoning_effort="low"), [], ["thinking"]),
        (Sampling(thinking="off"), [], ["thinking"]),
        (Sampling(thinking="adaptive", thoughts="summary"), [], ["thinking", "thinking.display"]),
        (Sampling(thoughts="summary"), [], ["thinking.display"]),
    ],
)
def test_thinking_is_named_where_the_model_is_not_known_to_take_it(
    sampling: Sampling, lost: list[str], hinted: list[str]
) -> None:
    """A budget is a loss; that a model thinks as it usually does is a hint."""
    traits = ModelTraits(family="nova", reasoning_effort=True, additional_fields=("thinking",))
    request = Request("m", (USER,), sampling=sampling)
    if lost:
        assert missing(request, traits) == lost
    told = wire(request, traits, lossy=True)
    assert [item.parameter for item in told.dropped] == [*lost, *hinted]


@pytest.mark.parametrize(
    "thinking",
    [1, {"type": "odd"}, {"type": "enabled", "x": 1}, {"type": "enabled", "budget_tokens": "1"}],
)
def test_thinking_in_unknown_words_stays_with_the_models_own_fields(thinking: object) -> None:
    """What is not understood is not touched, and goes out as it came."""
    said = {"messages": [], "additionalModelRequestFields": {"thinking": thinking, "top_k": True}}
    request = decode_request(json.dumps(said).encode())
    assert request.extra == {
        "additionalModelRequestFields.thinking": thinking,
        "additionalModelRequestFields.top_k": True,
    }
    odd = decode_request(b'{"messages": [], "additionalModelRequestFields": 1}')
    assert odd.extra == {"additionalModelRequestFields": 1}


def test_blocks_and_tools_of_bedrock_go_back_in_their_place() -> None:
    """What only Bedrock understands passes in the same dialect, server tools and their results included."""
    said = {
        "messages": [
            {"role": "user", "content": [{"text": "a"}, {"guardContent": {"text": {"text": "x"}}}]},
            {
                "role": "assistant",
                "content": [
                    {"toolUse": {"toolUseId": "s", "name": "web", "input": {}, "type": "server_tool_use"}},
                    {"toolResult": {"toolUseId": "s", "content": [{"text": "r"}], "type": "web_result"}},
                    {
                        "citationsContent": {
                            "content": [{"text": "b"}],
                            "citations": [{"title": "t", "location": {"web": {"url": "https://a.example"}}}],
                        }
                    },
                ],
            },
            {"role": "user", "content": [{"text": "c"}]},
        ],
        "system": [{"text": "s"}, {"guardContent": {"text": {"text": "x"}}}],
        "toolConfig": {
            "tools": [
                {"toolSpec": {"name": "f", "inputSchema": {"json": {}}}},
                {"systemTool": {"name": "grounding"}},
                {"cachePoint": {"type": "default"}},
            ]
        },
        "additionalModelRequestFields": {"top_k": 3, "thinking": {"type": "disabled"}, "odd": 1},
    }
    request = decode_request(json.dumps(said).encode(), model="m")
    assert body(request) == said
    chat = openai_chat.encode_request(request, "m", FULL, lossy=False)
    assert isinstance(chat, Inexpressible)
    assert [item.parameter for item in chat.missing] == [
        "system[1]",
        "messages[0].content[1]",
        "toolConfig.tools.systemTool",
        "additionalModelRequestFields.odd",
    ]


def test_what_another_dialect_left_behind_is_named() -> None:
    """Blocks and hosted tools have an origin: a turn of the client misses them, one of the model does not."""
    block = Opaque("web_search_call", {"a": 1}, "openai.responses")
    cited = Text("x", citations=(Citation("https://a.example", origin="openai.chat"),))
    signed = ToolCall("1", "f", "{}", signature="s", origin="gemini.generate")
    request = Request(
        "m",
        (
            Turn("user", (Text("a"), block)),
            Turn("assistant", (cited, block, signed)),
            Turn("tool", (ToolResult("1", ()),)),
        ),
        hosted_tools=(Opaque("web_search", {}, "openai.responses"),),
    )
    assert missing(request) == ["messages[0].content[1]", "tools.web_search"]
    assert [item.parameter for item in wire(request, lossy=True).dropped[2:]] == [
        "messages[1].content[0].citations",
        "messages[1].content[1]",
        "messages[1].content[2].signature",
    ]


def test_a_cache_point_that_nothing_can_carry_is_a_hint() -> None:
    """It stood before every block, or behind reasoning."""
    turn = Turn("user", (Text("a"),), extra={"content[0]": {"cachePoint": {"type": "default"}}})
    request = Request("m", (turn,), dialect="bedrock.converse")
    assert [item.parameter for item in wire(request).dropped] == ["messages[0].content[0]"]


def test_documents_are_cited_and_explained_where_the_client_says_so() -> None:
    """Context and citations of a document are its own members; chat completions has none."""
    document = Media("document", "text/plain", b"x", name="d", context="c", cited=True)
    request = Request("m", (Turn("user", (Text("a"), document)),))
    (_, block) = body(request)["messages"][0]["content"]
    assert (block["document"]["context"], block["document"]["citations"]) == ("c", {"enabled": True})
    assert decode_request(json.dumps(body(request)).encode(), model="m").turns[0].parts[1] == document
    chat = openai_chat.encode_request(request, "m", FULL, lossy=False)
    assert isinstance(chat, Inexpressible)
    assert [item.parameter for item in chat.missing] == [
        "messages[0].content[1].context",
        "messages[0].content[1].cited",
    ]


def test_native_extras_go_out_as_they_came() -> None:
    """Bedrock's own parameters need no knowledge of the model."""
    extra = {"additionalModelRequestFields.odd": 1, "guardrailConfig": {"g": 1}}
    value = body(Request("m", (USER,), extra=extra, dialect="bedrock.converse"), PLAIN)
    assert value["additionalModelRequestFields"] == {"odd": 1}
    assert value["guardrailConfig"] == {"g": 1}


def test_t44_a_chat_request_survives_a_translation_unchanged() -> None:
    """T44: system turns are still there for the next attempt."""
    said = {"model": "m", "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]}
    request = openai_chat.decode_request(json.dumps(said).encode())
    before = repr(request)
    wire(request)
    assert repr(request) == before
