"""The hub's requests as Messages: what maps, what is refused by name, what is left out visibly."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from comity.dialects import anthropic_messages, bedrock_invoke, vertex_messages
from comity.exchange import (
    CacheMark,
    Citation,
    Format,
    Inexpressible,
    Media,
    ModelTraits,
    Opaque,
    Part,
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

OWN = "anthropic.messages"
PLAIN = ModelTraits(max_output_tokens=100)
RICH = ModelTraits(structured_output=True, reasoning_effort=True, max_output_tokens=100)
ASK = Turn("user", (Text("go"),))
TOOL = Tool("f", None, {"type": "object"})


def chat(*turns: Turn, **members: Any) -> Request:
    """A request of an OpenAI client."""
    return Request("m", turns or (ASK,), dialect="openai.chat", **members)


def send(request: Request, traits: ModelTraits = PLAIN, spoken: Any = anthropic_messages) -> WireRequest:
    """The wire request, drops allowed."""
    wire = spoken.encode_request(request, "claude", traits, lossy=True)
    assert isinstance(wire, WireRequest), wire
    return wire


def body(request: Request, traits: ModelTraits = PLAIN, spoken: Any = anthropic_messages) -> dict[str, Any]:
    """What is sent."""
    members: dict[str, Any] = json.loads(send(request, traits, spoken).body)
    return members


def messages(*turns: Turn) -> list[dict[str, Any]]:
    """The messages that are sent for these turns."""
    found: list[dict[str, Any]] = body(chat(*turns))["messages"]
    return found


def lost(request: Request, traits: ModelTraits = PLAIN, spoken: Any = anthropic_messages) -> list[str]:
    """What the request would lose without leave."""
    wire = spoken.encode_request(request, "claude", traits, lossy=False)
    assert isinstance(wire, Inexpressible), wire
    return [item.parameter for item in wire.missing]


def dropped(request: Request, traits: ModelTraits = PLAIN) -> list[str]:
    """What is left out of a request that needs no leave."""
    wire = anthropic_messages.encode_request(request, "claude", traits, lossy=False)
    assert isinstance(wire, WireRequest), wire
    return [item.parameter for item in wire.dropped]


def test_a_bound_is_the_clients_or_the_targets() -> None:
    """The API demands `max_tokens`; without any it is refused, and no number is made up."""
    assert body(chat())["max_tokens"] == 100
    assert body(chat(sampling=Sampling(max_output_tokens=7)))["max_tokens"] == 7
    wire = anthropic_messages.encode_request(chat(), "claude", ModelTraits(), lossy=True)
    assert isinstance(wire, Inexpressible)
    assert [item.parameter for item in wire.missing] == ["max_tokens"]
    assert "max_output_tokens" in wire.missing[0].reason


def test_T1_turns_of_one_role_become_one() -> None:
    """User and user, assistant and assistant, tool and user."""
    said = messages(
        ASK,
        Turn("user", (Text("more"),)),
        Turn("assistant", (Text("a"),)),
        Turn("assistant", (ToolCall("c", "f", "{}"),)),
        Turn("tool", (ToolResult("c", (Text("r"),)),)),
        Turn("user", (Text("so"),)),
    )
    assert [(one["role"], [block["type"] for block in one["content"]]) for one in said] == [
        ("user", ["text", "text"]),
        ("assistant", ["text", "tool_use"]),
        ("user", ["tool_result", "text"]),
    ]


def test_T2_results_match_their_calls() -> None:
    """Three parallel results are one message; a missing, a doubled and a stray one are refused."""
    calls = Turn("assistant", tuple(ToolCall(f"c{n}", "f", "{}") for n in range(3)))
    results = [Turn("tool", (ToolResult(f"c{n}", ()),)) for n in range(3)]
    said = messages(ASK, calls, *results)
    assert [block["tool_use_id"] for block in said[2]["content"]] == ["c0", "c1", "c2"]
    for wrong, reason in (
        (results[:2], "has no result"),
        ([*results, results[0]], "answered twice"),
        ([*results, Turn("tool", (ToolResult("cx", ()),))], "answers no call"),
    ):
        wire = anthropic_messages.encode_request(chat(ASK, calls, *wrong), "m", PLAIN, lossy=True)
        assert isinstance(wire, Inexpressible)
        assert reason in wire.missing[0].reason
    twice = Turn("assistant", (ToolCall("c", "f", "{}"), ToolCall("c", "f", "{}")))
    assert "messages[1]" in lost(chat(ASK, twice, Turn("tool", (ToolResult("c", ()),))))


def test_T2_results_come_before_text() -> None:
    """The API wants them first, wherever the client put them."""
    mixed = Turn("user", (Text("so"), ToolResult("c", ())))
    said = messages(ASK, Turn("assistant", (ToolCall("c", "f", "{}"),)), mixed)
    assert [block["type"] for block in said[2]["content"]] == ["tool_result", "text"]


def test_T4_blank_text_is_left_out() -> None:
    """In every role and place; a turn of nothing else disappears, an empty conversation is refused."""
    said = messages(
        Turn("system", (Text(" "),)),
        Turn("user", (Text(""), Text("x"))),
        Turn("assistant", (Text("\n"),)),
        Turn("user", (Text("y"),)),
    )
    assert said == [{"role": "user", "content": [{"type": "text", "text": text} for text in "xy"]}]
    assert "system" not in body(chat(Turn("system", (Text(" "),)), ASK))
    assert lost(chat(Turn("user", (Text(" "),)))) == ["messages"]
    call = Turn("assistant", (ToolCall("c", "f", ""),))
    answered = messages(ASK, call, Turn("tool", (ToolResult("c", (Text(" "),)),)))
    assert answered[2]["content"][0]["content"] == []


def test_T5_tools_of_the_history_are_declared() -> None:
    """A history with calls and no tools: they are declared again, and calling them is forbidden."""
    call, result = Turn("assistant", (ToolCall("c", "f", "{}"),)), Turn("tool", (ToolResult("c", ()),))
    sent = body(chat(ASK, call, result))
    assert sent["tools"] == [{"name": "f", "input_schema": {"type": "object", "properties": {}}}]
    assert sent["tool_choice"] == {"type": "none"}
    forbidden = body(chat(ASK, call, result, tools=(TOOL,), tool_choice=ToolChoice("none")))
    assert forbidden["tool_choice"] == {"type": "none"}


@pytest.mark.parametrize(("text", "expected"), [("", {}), (" ", {}), ('{"a": 1}', {"a": 1})])
def test_T6_arguments_are_an_object(text: str, expected: dict[str, Any]) -> None:
    """None at all is an empty object."""
    said = messages(ASK, Turn("assistant", (ToolCall("c", "f", text),)), Turn("tool", (ToolResult("c", ()),)))
    assert said[1]["content"][0]["input"] == expected


@pytest.mark.parametrize("text", ["[]", "{", "1"])
def test_T6_other_arguments_are_refused(text: str) -> None:
    """Nothing is made of what is no object."""
    turns = (ASK, Turn("assistant", (ToolCall("c", "f", text),)), Turn("tool", (ToolResult("c", ()),)))
    assert lost(chat(*turns)) == ["messages[1].content[0]"]


def test_T7_names_and_ids_within_the_pattern() -> None:
    """Up to 128 characters stay; others are digested, and the answer's key knows the way back."""
    fits, long = "x" * 128, "weather.now/" + "y" * 130
    call = Turn("assistant", (ToolCall("id with space", long, "{}"),))
    wire = send(
        chat(ASK, call, Turn("tool", (ToolResult("id with space", ()),)), tools=(Tool(fits), Tool(long)))
    )
    sent = json.loads(wire.body)
    names = [tool["name"] for tool in sent["tools"]]
    assert names[0] == fits
    assert wire.answer.tools == {names[1]: long}
    used, answered = sent["messages"][1]["content"][0], sent["messages"][2]["content"][0]
    assert used["name"] == names[1]
    assert used["id"] == answered["tool_use_id"]
    assert " " not in used["id"]


def test_T9_tool_choices_and_parallel_calls() -> None:
    """Every form, and the one call at a time."""
    for choice, expected in (
        (ToolChoice("auto"), {"type": "auto"}),
        (ToolChoice("required"), {"type": "any"}),
        (ToolChoice("named", "f"), {"type": "tool", "name": "f"}),
        (ToolChoice("none"), {"type": "none"}),
    ):
        assert body(chat(tools=(TOOL,), tool_choice=choice))["tool_choice"] == expected
    single = body(chat(tools=(TOOL,), parallel_tool_calls=False))
    assert single["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert "tool_choice" not in body(chat(tools=(TOOL,), parallel_tool_calls=True))
    assert lost(chat(tool_choice=ToolChoice("required"))) == ["tool_choice"]


def test_T10_every_system_turn_goes_to_the_front_in_order() -> None:
    """Several, late ones, and the developer's."""
    sent = body(
        chat(
            Turn("system", (Text("a"), Text("b", CacheMark("1h")))),
            ASK,
            Turn("developer", (Text("c"),)),
            Turn("system", (Text("d"), Media("image", "image/png", b"x"))),
        )
    )
    assert [block["text"] for block in sent["system"]] == ["a", "b", "c", "d"]
    assert sent["system"][1]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}


def test_T11_four_cache_marks_at_most() -> None:
    """The last ones stay, those inside results and on tools counted; what goes is named."""
    texts = tuple(Text(str(n), CacheMark()) for n in range(4))
    call = Turn("assistant", (ToolCall("c", "f", "{}"),))
    result = Turn("tool", (ToolResult("c", (Text("r", CacheMark("5m")),), cache=CacheMark()),))
    request = chat(Turn("user", texts), call, result, tools=(Tool("f", cache=CacheMark()),))
    wire = send(request)
    sent = json.loads(wire.body)
    assert wire.body.count(b'"cache_control"') == 4
    assert "cache_control" not in sent["tools"][0]
    assert [("cache_control" in block) for block in sent["messages"][0]["content"]] == [
        False,
        False,
        True,
        True,
    ]
    assert [item.parameter for item in wire.dropped] == ["cache_control"] * 3


THOUGHTS: list[tuple[Part, dict[str, Any] | None]] = [
    (Reasoning("t", "s", origin=OWN), {"type": "thinking", "thinking": "t", "signature": "s"}),
    (Reasoning("", "s", origin=OWN), {"type": "thinking", "thinking": "", "signature": "s"}),
    (
        Reasoning("t", "s", origin="bedrock.converse/claude"),
        {"type": "thinking", "thinking": "t", "signature": "s"},
    ),
    (Reasoning(redacted=b"R", origin=OWN), {"type": "redacted_thinking", "data": "R"}),
    (Reasoning(redacted=b"R", origin="bedrock.converse/claude"), None),
    (Reasoning("t", origin=OWN), None),
    (Reasoning("t", "s", origin="gemini.generate"), None),
    (Reasoning("t", origin="openai.chat"), None),
    (
        Opaque("compaction", {"type": "compaction", "content": "c"}, OWN),
        {"type": "compaction", "content": "c"},
    ),
    (Opaque("web_search_call", {}, "openai.responses"), None),
]


@pytest.mark.parametrize(("part", "expected"), THOUGHTS)
def test_T12_thoughts_go_to_who_made_them(part: Part, expected: dict[str, Any] | None) -> None:
    """Byte for byte to Claude, unsigned and foreign ones not at all, visibly."""
    request = chat(ASK, Turn("assistant", (part, Text("so"))), ASK)
    assert messages(*request.turns)[1]["content"] == [
        *([] if expected is None else [expected]),
        {"type": "text", "text": "so"},
    ]
    assert dropped(request) == ([] if expected is not None else ["messages[1].content[0]"])


def test_T12_a_model_behind_the_same_paths_may_take_plain_thoughts() -> None:
    """Declared, it gets its own unsigned ones, and no signed one."""
    traits = msgspec.structs.replace(PLAIN, reasoning_signatures="forbidden")
    for part, kept in ((Reasoning("t"), True), (Reasoning("t", "s", origin=OWN), False)):
        sent = body(chat(ASK, Turn("assistant", (part, Text("so"))), ASK), traits)
        assert (sent["messages"][1]["content"][0]["type"] == "thinking") is kept


def test_T16_media() -> None:
    """Formats by their type; what cannot be sent is refused with a clear word."""
    sent = messages(
        Turn(
            "user",
            (
                Media("image", "image/jpg", b"j", detail="high"),
                Media("image", url="https://x/y"),
                Media("document", "application/pdf", b"p", name="a.pdf", cited=False),
                Media("document", "text/markdown", b"# t", context="c"),
            ),
        )
    )[0]["content"]
    assert sent[0]["source"] == {"type": "base64", "media_type": "image/jpeg", "data": "ag=="}
    assert sent[1]["source"] == {"type": "url", "url": "https://x/y"}
    assert sent[2]["title"] == "a.pdf"
    assert sent[2]["citations"] == {"enabled": False}
    assert sent[3]["source"] == {"type": "text", "media_type": "text/plain", "data": "# t"}
    assert sent[3]["context"] == "c"


@pytest.mark.parametrize(
    "media",
    [
        Media("image", "image/tiff", b"x"),
        Media("document", "application/msword", b"x"),
        Media("document", "text/plain", b"\xff"),
        Media("image", url="s3://bucket/key"),
        Media("audio", "audio/wav", b"x"),
        Media("video", "video/mp4", b"x"),
    ],
)
def test_T16_media_that_messages_do_not_take(media: Media) -> None:
    """No drop can repair it."""
    wire = anthropic_messages.encode_request(chat(Turn("user", (Text("x"), media))), "m", PLAIN, lossy=True)
    assert isinstance(wire, Inexpressible)
    assert wire.missing[0].parameter == "messages[0].content[1]"


@pytest.mark.parametrize("spoken", [bedrock_invoke, vertex_messages])
def test_T16_the_clouds_fetch_nothing(spoken: Any) -> None:
    """An address is refused where only values are taken."""
    assert lost(chat(Turn("user", (Text("x"), Media("image", url="https://x/y")))), PLAIN, spoken) == [
        "messages[0].content[1]"
    ]


def test_T17_structured_output_is_native_or_refused() -> None:
    """Never by a forced tool."""
    schema = {"type": "object"}
    request = chat(format=Format("json_schema", "n", None, schema))
    assert body(request, RICH)["output_config"] == {"format": {"type": "json_schema", "schema": schema}}
    assert lost(request) == ["response_format"]
    assert lost(chat(format=Format("json_object")), RICH) == ["response_format"]
    assert "output_config" not in body(chat(format=Format("text")))
    strict = chat(tools=(Tool("f", None, schema, strict=True),))
    assert body(strict, RICH)["tools"][0]["strict"] is True
    assert lost(strict) == ["tools[0].function.strict"]


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        (Sampling(thinking="off"), {"type": "disabled"}),
        (Sampling(thinking_budget=0), {"type": "disabled"}),
        (Sampling(reasoning_effort="none"), {"type": "disabled"}),
        (Sampling(thinking="adaptive", thoughts="summary"), {"type": "adaptive", "display": "summarized"}),
        (Sampling(thinking="on", thinking_budget=2000), {"type": "enabled", "budget_tokens": 2000}),
        (
            Sampling(thinking_budget=2000, thoughts="none"),
            {"type": "enabled", "budget_tokens": 2000, "display": "omitted"},
        ),
        (Sampling(thoughts="none"), None),
        (Sampling(), None),
    ],
)
def test_thinking(sampling: Sampling, expected: dict[str, Any] | None) -> None:
    """What the client said of it, and nothing it did not say."""
    assert body(chat(sampling=sampling)).get("thinking") == expected


@pytest.mark.parametrize(
    ("sampling", "parameter"),
    [
        (Sampling(thinking="on"), "thinking"),
        (Sampling(thinking_budget=100), "thinking.budget_tokens"),
        (Sampling(seed=1), "seed"),
        (Sampling(candidates=2), "n"),
        (Sampling(logprobs=True), "logprobs"),
        (Sampling(top_logprobs=2), "top_logprobs"),
        (Sampling(frequency_penalty=0.5), "frequency_penalty"),
        (Sampling(presence_penalty=0.5), "presence_penalty"),
        (Sampling(temperature=1.5), "temperature"),
        (Sampling(stop=(" ",)), "stop"),
        (Sampling(reasoning_effort="low"), "reasoning_effort"),
    ],
)
def test_what_messages_lack_is_refused_by_name(sampling: Sampling, parameter: str) -> None:
    """Or dropped where the route says so."""
    assert lost(chat(sampling=sampling)) == [parameter]
    assert parameter in [item.parameter for item in send(chat(sampling=sampling)).dropped]


def test_effort_words() -> None:
    """Those that the model is declared to take."""
    assert body(chat(sampling=Sampling(reasoning_effort="high")), RICH)["output_config"] == {"effort": "high"}
    assert lost(chat(sampling=Sampling(reasoning_effort="minimal")), RICH) == ["reasoning_effort"]


def test_neutral_values_say_nothing() -> None:
    """Defaults of other dialects go without a word."""
    sampling = Sampling(candidates=1, frequency_penalty=0, logprobs=False)
    request = chat(sampling=sampling, extra={"store": False, "service_tier": "auto", "verbosity": "medium"})
    assert dropped(request) == []
    assert not {"store", "service_tier", "verbosity"} & body(request).keys()


def test_models_without_sampling() -> None:
    """Their default may be said, anything else is a loss."""
    traits = msgspec.structs.replace(PLAIN, sampling=False)
    assert "temperature" not in body(chat(sampling=Sampling(temperature=1)), traits)
    assert lost(chat(sampling=Sampling(temperature=0.2, top_k=3)), traits) == ["temperature", "top_k"]


def test_parameters_of_another_dialect() -> None:
    """A tier with an equal, one without, a declared one, a hint."""
    assert body(chat(extra={"service_tier": "default"}))["service_tier"] == "standard_only"
    assert lost(chat(extra={"service_tier": "flex"})) == ["service_tier"]
    declared = msgspec.structs.replace(PLAIN, additional_fields=("speed",))
    assert body(chat(extra={"speed": "fast"}), declared)["speed"] == "fast"
    assert dropped(chat(hints={"prompt_cache_key": "k"})) == ["prompt_cache_key"]
    assert dropped(chat(extra={"metadata": {"a": "b"}, "safety_identifier": "x"})) == [
        "metadata",
        "safety_identifier",
    ]
    assert lost(chat(extra={"service_tier": "default"}), PLAIN, bedrock_invoke) == ["service_tier"]
    assert lost(chat(hosted_tools=(Opaque("web_search", {}, "openai.responses"),))) == ["tools.web_search"]


def test_what_else_is_left_out_visibly() -> None:
    """Names of speakers, citations of others, members of messages."""
    cited = Text("a", citations=(Citation("https://x"), Citation(origin=OWN, wire={"type": "char_location"})))
    request = chat(
        Turn("user", (Text("x"),), name="bob"), Turn("assistant", (cited, Refusal("no"))), ASK, user="u"
    )
    assert dropped(request) == ["messages[0].name", "messages[1].content[0].citations"]
    sent = body(request)
    assert sent["messages"][1]["content"] == [
        {"type": "text", "text": "a", "citations": [{"type": "char_location"}]},
        {"type": "text", "text": "no"},
    ]
    assert sent["metadata"] == {"user_id": "u"}
    assert lost(chat(Turn("user", (Text("x"),), extra={"audio": {"id": 1}}))) == ["messages[0].audio"]


def test_T30_nothing_is_written_as_null() -> None:
    """What nobody said is absent."""
    assert b"null" not in send(chat(tools=(Tool("f"),), tool_choice=ToolChoice("auto"))).body


def test_T44_the_request_is_left_as_it_was() -> None:
    """Every attempt starts from the same one, blocks and parameters of the family included."""
    raw = {
        "model": "m",
        "max_tokens": 5,
        "tools": [{"type": "web_search_20250305", "name": "w", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "search_result", "source": "s", "cache_control": {"type": "ephemeral"}},
                    *(
                        {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}
                        for _ in range(4)
                    ),
                ],
            }
        ],
        "output_config": {"task_budget": {"total": 1}},
    }
    request = anthropic_messages.decode_request(json.dumps(raw).encode())
    before = msgspec.json.encode(request)
    first = send(request)
    assert msgspec.json.encode(request) == before
    assert send(request) == first
