"""The traps that lie on the way to a target, each on every pair of dialects that it touches.

Numbers are those of the list of traps; `tests/test_traps.py` holds that none and no pair is missing.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest
from tests.dialects.pairs_said import (
    ASK,
    CLAUDE,
    answer,
    body,
    inside,
    keyed,
    listening,
    mark,
    on,
    outcome,
    read,
    said,
    written,
)
from tests.dialects.trapped import TRAPS

from comity.dialects import DIALECTS
from comity.dialects.client_names import own_name
from comity.dialects.survey import generous_traits
from comity.errors import RequestError
from comity.exchange import (
    CacheMark,
    Finish,
    Finished,
    Format,
    Inexpressible,
    Media,
    ModelTraits,
    Reasoning,
    Request,
    Role,
    Sampling,
    Started,
    StreamEnd,
    Text,
    Tool,
    ToolCall,
    ToolCallDelta,
    ToolCallStart,
    ToolChoice,
    ToolResult,
    Turn,
    WireRequest,
)

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = Tool("weather", "The weather.", SCHEMA)
CALLS = tuple(ToolCall(f"call_{n}", "weather", f'{{"city":"c{n}"}}') for n in (1, 2, 3))
RESULTS = tuple(Turn("tool", (ToolResult(call.id, (Text(f"result {call.id}"),)),)) for call in CALLS)
ALTERNATING = CLAUDE | {"bedrock.converse", "gemini.generate"}
"""Targets that refuse two turns of one role in a row."""
NO_BLANKS = CLAUDE | {"bedrock.converse"}
"""Targets that refuse blank text."""
NAMES = {
    "openai.chat": re.compile(r"[A-Za-z0-9_-]{1,64}"),
    "openai.responses": re.compile(r"[A-Za-z0-9_-]{1,64}"),
    "bedrock.converse": re.compile(r"[A-Za-z0-9_-]{1,64}"),
    "gemini.generate": re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}"),
    **dict.fromkeys(CLAUDE, re.compile(r"[A-Za-z0-9_-]{1,128}")),
}
"""What each vendor allows in the name of a tool."""


def called(*more: Turn) -> Request:
    """A conversation with three parallel calls, and their results turn by turn."""
    return Request("m", (ASK, Turn("assistant", CALLS), *RESULTS, *more), (WEATHER,))


def roles(target: str, asked: Any) -> list[str]:
    """Who speaks, message by message."""
    return [turn["role"] for turn in asked["contents" if target == "gemini.generate" else "messages"]]


def texts(request: Request) -> list[str]:
    """Everything that is said in words, in order."""
    return [part.text for turn in request.turns for part in turn.parts if isinstance(part, Text)]


def parts_of(request: Request, kind: type[Any]) -> list[Any]:
    """The parts of one kind, in order."""
    return [part for turn in request.turns for part in turn.parts if isinstance(part, kind)]


@on(TRAPS[1])
def test_t1_turns_of_one_role_in_a_row_are_merged_where_they_are_refused(client: str, target: str) -> None:
    """User after user, assistant after assistant, a question after results: all words arrive in order."""
    order: tuple[Role, ...] = ("user", "user", "assistant", "assistant", "user")
    turns = tuple(Turn(role, (Text(f"said {n}"),)) for n, role in enumerate(order))
    wire = written(target, said(client, Request("m", turns)))
    assert texts(read(target, wire)) == [f"said {n}" for n in range(5)]
    after = written(target, said(client, called(Turn("user", (Text("so?"),)))))
    assert "so?" in texts(read(target, after))
    if target in ALTERNATING:
        assert roles(target, body(wire)) == ["user", roles(target, body(wire))[1], "user"]
        assert len(roles(target, body(after))) == 3


@on(TRAPS[2])
def test_t2_parallel_results_arrive_together_and_each_once(client: str, target: str) -> None:
    """Three results in their order, in one turn where that is the rule; a missing one is no silent hole."""
    wire = written(target, said(client, called()))
    results = parts_of(read(target, wire), ToolResult)
    assert [result.content[0].text for result in results] == [f"result call_{n}" for n in (1, 2, 3)]
    assert len({result.call_id for result in results}) == 3
    if target in ALTERNATING:
        assert len(roles(target, body(wire))) == 3
    holed = Request("m", (ASK, Turn("assistant", CALLS), *RESULTS[:2], ASK), (WEATHER,))
    if target in ALTERNATING:
        with pytest.raises((AssertionError, RequestError)):
            written(target, said(client, holed))


@on(TRAPS[3])
def test_t3_results_and_text_share_a_turn_only_where_the_model_takes_both(client: str, target: str) -> None:
    """A rule of the model, not of the dialect."""
    asked = said(client, called(Turn("user", (Text("so?"),))))
    apart = msgspec.structs.replace(generous_traits(target), tool_result_with_text=False)
    last = {
        taken: body(written(target, asked, traits))["contents" if "gemini" in target else "messages"][-1]
        for taken, traits in ((True, None), (False, apart))
    }
    held = {taken: turn.get("parts") or turn.get("content") for taken, turn in last.items()}
    assert len(held[True]) == 4
    assert held[False] == held[True][3:]


@on(TRAPS[4])
def test_t4_blank_text_wedges_no_conversation(client: str, target: str) -> None:
    """Blank in a question, an answer, a system text and a tool's result: left out where it is refused."""
    blank = Turn("assistant", (Text(" "), CALLS[0]))
    turns = (
        Turn("system", (Text("Be brief."), Text(""))),
        Turn("user", (Text("hello"), Text("\n"))),
        blank,
        Turn("tool", (ToolResult("call_1", (Text(" "),)),)),
        Turn("user", (Text("so?"),)),
    )
    wire = written(target, said(client, Request("m", turns, (WEATHER,))))
    assert [one for one in texts(read(target, wire)) if one.strip()] == ["Be brief.", "hello", "so?"]
    assert [result.call_id != "" for result in parts_of(read(target, wire), ToolResult)] == [True]
    if target in NO_BLANKS:
        assert all(text.strip() for text in keyed(body(wire), "text") if isinstance(text, str))


@on(TRAPS[5])
def test_t5_calls_in_the_history_need_their_tools(client: str, target: str) -> None:
    """A third turn without tools, and `none` with them: the calls arrive, declared where that is demanded."""
    for changed in ({"tools": ()}, {"tool_choice": ToolChoice("none")}):
        request = msgspec.structs.replace(called(ASK), **changed)
        wire = written(target, said(client, request))
        assert len(parts_of(read(target, wire), ToolCall)) == 3
        if target == "bedrock.converse":
            declared = body(wire)["toolConfig"]["tools"]
            assert [tool["toolSpec"]["name"] for tool in declared if "toolSpec" in tool] == ["weather"]


@on(TRAPS[6])
def test_t6_no_arguments_are_an_empty_object(client: str, target: str) -> None:
    """`""`, as clients of tools without parameters send it."""
    call = ToolCall("call_1", "weather", "")
    request = Request("m", (ASK, Turn("assistant", (call,)), RESULTS[0]), (Tool("weather"),))
    (sent,) = parts_of(read(target, written(target, said(client, request))), ToolCall)
    assert sent.arguments in ({"{}"} if target != "openai.chat" else {"{}", ""})


@on(TRAPS[7])
def test_t7_long_and_odd_names_of_tools_get_through(client: str, target: str) -> None:
    """A name that the target refuses is another one there, the same in declaration, choice and history."""
    odd = "mcp.server/" + "very_long_name_" * 8
    named = msgspec.structs.replace(WEATHER, name=odd)
    call = msgspec.structs.replace(CALLS[0], name=odd)
    other = msgspec.structs.replace(WEATHER, name=odd + "!")
    turns = (ASK, Turn("assistant", (call,)), RESULTS[0])
    asked = Request("m", turns, (named, other), ToolChoice("named", odd), dialect=client)
    wire = written(target, asked)
    again = read(target, wire)
    (made,) = {call.name for call in parts_of(again, ToolCall)}
    assert again.tools[0].name == made
    assert again.tool_choice == ToolChoice("named", made)
    assert len({tool.name for tool in again.tools}) == 2
    assert wire.answer.tools.get(made, made) == odd
    assert NAMES[target].fullmatch(made)
    whole = answer(ToolCall("call_1", made, "{}"), finish=Finish.TOOL_CALLS)
    told = DIALECTS[target].decode_response(DIALECTS[target].encode_response(whole), wire.answer)
    assert [part.name for part in told.choices[0].parts if isinstance(part, ToolCall)] == [odd]
    speaker = DIALECTS[target].EventEncoder(listening())
    events = (Started("a", "m", 1), ToolCallStart(0, "call_1", made), ToolCallDelta(0, "{}"))
    stream = b"".join([speaker.encode(one) for one in (*events, Finished(Finish.TOOL_CALLS), StreamEnd())])
    heard = DIALECTS[target].EventDecoder(wire.answer).feed(stream)
    assert [one.name for one in heard if isinstance(one, ToolCallStart)] == [odd]


@on(TRAPS[8])
def test_t8_a_result_that_looks_like_json_stays_what_the_tool_said(client: str, target: str) -> None:
    """Numbers, lists and words are no documents."""
    for text in ("123", "[1, 2]", "true", '"a"', '{"a": 1}'):
        result = Turn("tool", (ToolResult("call_1", (Text(text),)),))
        request = Request("m", (ASK, Turn("assistant", CALLS[:1]), result), (WEATHER,))
        wire = written(target, said(client, request))
        (told,) = parts_of(read(target, wire), ToolResult)
        again = "".join(part.text for part in told.content)
        assert again == text or (text.startswith("{") and json.loads(again) == json.loads(text))
        assert not list(keyed(body(wire), "json")) or target == "bedrock.converse"
        assert all(isinstance(one, dict) for one in keyed(body(wire), "json"))


@on(TRAPS[9])
@pytest.mark.parametrize("mode", ["auto", "none", "required", "named"])
def test_t9_every_tool_choice_is_said_or_refused_by_name(client: str, target: str, mode: Any) -> None:
    """None of the four becomes another."""
    choice = ToolChoice(mode, "weather" if mode == "named" else None)
    asked = said(client, Request("m", (ASK,), (WEATHER,), choice))
    wire = outcome(target, asked)
    if isinstance(wire, Inexpressible):
        assert ["tool_choice" in one.parameter for one in wire.missing] == [True]
        return
    again = read(target, wire)
    kept = again.tool_choice is not None and again.tool_choice.mode == mode
    assert kept or (mode == "none" and not again.tools)


@on(TRAPS[10])
def test_t10_every_system_text_is_kept_in_order(client: str, target: str) -> None:
    """Several, late ones, lists of texts, and the developer's."""
    turns = (
        Turn("system", (Text("first"), Text("second"))),
        Turn("developer", (Text("third"),)),
        ASK,
        Turn("assistant", (Text("hi"),)),
        Turn("system", (Text("fourth"),)),
        ASK,
    )
    asked = said(client, Request("m", turns))
    words = ("first", "second", "third", "fourth")
    assert [one for one in texts(read(target, written(target, asked))) if one in words] == list(words)


@on(TRAPS[11])
def test_t11_marks_of_the_cache_stand_behind_their_block_and_are_four_at_most(
    client: str, target: str
) -> None:
    """Six marks: in the system text, in the tools, in the conversation; what is left out is told."""
    turns = (
        Turn("system", (Text("long", CacheMark()),)),
        Turn("user", tuple(Text(f"part {n}", CacheMark()) for n in range(4))),
    )
    tool = msgspec.structs.replace(WEATHER, cache=CacheMark())
    asked = said(client, Request("m", turns, (tool,)))
    wire = written(target, asked)
    marks = [*keyed(body(wire), "cache_control"), *keyed(body(wire), "cachePoint")]
    if target in NO_BLANKS:
        assert 1 <= len(marks) <= 4
    told = [one for one in wire.dropped if "cache" in one.parameter]
    asked_for = [part for part in (*asked.tools, *parts_of(asked, Text)) if part.cache is not None]
    assert len(marks) == len(asked_for) or told
    if target == "bedrock.converse":
        content = body(wire)["messages"][0]["content"]
        assert "text" in content[0]


@on(TRAPS[16])
def test_t16_an_address_of_an_image_goes_where_it_is_fetched_or_is_refused(client: str, target: str) -> None:
    """Never as text, never as bytes of something else; a wrong type of image is put right."""
    image = Media("image", "image/png", url="https://a.example/a.png")
    asked = said(client, Request("m", (Turn("user", (Text("look"), image)),)))
    wire = outcome(target, asked)
    if isinstance(wire, Inexpressible):
        assert any("content[1]" in one.parameter or "parts[1]" in one.parameter for one in wire.missing)
    else:
        (seen,) = parts_of(read(target, wire), Media)
        assert (seen.url, seen.data) == ("https://a.example/a.png", None)
    jpeg = Media("image", "image/jpeg", b"\xff\xd8\xff")
    known = written(target, said(client, Request("m", (Turn("user", (Text("look"), jpeg)),))))
    (seen,) = parts_of(read(target, known), Media)
    assert (seen.media_type, seen.data) == ("image/jpeg", b"\xff\xd8\xff")


@on(TRAPS[17])
def test_t17_a_schema_is_demanded_natively_or_refused(client: str, target: str) -> None:
    """Never by a tool that the client did not declare, never by a choice that it did not make."""
    asked = said(client, Request("m", (ASK,), format=Format("json_schema", "a", None, SCHEMA)))
    plain = msgspec.structs.replace(generous_traits(target), structured_output=False)
    for traits in (None, plain):
        wire = outcome(target, asked, traits)
        if isinstance(wire, Inexpressible):
            assert [one.parameter for one in wire.missing] == [own_name(asked, "response_format")]
            continue
        again = read(target, wire)
        assert again.format is not None
        assert again.format.schema == SCHEMA
        assert (again.tools, again.tool_choice) == ((), None)


@on(TRAPS[18])
def test_t18_beta_flags_go_where_they_are_known_and_are_named_elsewhere(client: str, target: str) -> None:
    """The header of a first target breaks no second one."""
    asked = msgspec.structs.replace(
        said(client, Request("m", (ASK,))), hints={"anthropic_beta": ["known-1", "new-2"]}
    )
    traits = msgspec.structs.replace(generous_traits(target), beta_flags=("known-1",))
    wire = written(target, asked, traits, lossy=False)
    carried = json.dumps([body(wire), list(wire.headers)])
    assert ("known-1" in carried) == (target in CLAUDE)
    assert "new-2" not in carried
    assert any(own_name(asked, "anthropic_beta") in one.parameter for one in wire.dropped)


@on(TRAPS[20])
@pytest.mark.parametrize("surface", ["vertex", "ai-studio"])
def test_t20_calls_have_ids_on_one_surface_and_results_their_order(
    client: str, target: str, surface: Any
) -> None:
    """Results in the order of the calls, whatever order they came in; ids only where they are taken."""
    turns = (ASK, Turn("assistant", CALLS), *reversed(RESULTS))
    asked = said(client, Request("m", turns, (WEATHER,)))
    traits = msgspec.structs.replace(generous_traits(target), surface=surface)
    made = body(written(target, asked, traits))
    outputs = [one["response"]["output"] for one in keyed(made, "functionResponse")]
    assert outputs == [f"result call_{n}" for n in (1, 2, 3)]
    blocks = [*keyed(made, "functionCall"), *keyed(made, "functionResponse")]
    assert {"id" in one for one in blocks} == {surface == "ai-studio"}


ODD = {
    "type": "object",
    "$defs": {"place": {"type": "object", "properties": {"name": {"type": "string"}}}},
    "properties": {
        "where": {"$ref": "#/$defs/place"},
        "kind": {"const": "a"},
        "size": {"type": ["integer", "null"]},
        "level": {"type": "integer", "enum": [1, 2]},
        "list": {"type": "array"},
        "both": {"allOf": [{"type": "object"}, {"properties": {"x": {"type": "string"}}}]},
    },
    "additionalProperties": False,
}


@on(TRAPS[21])
@pytest.mark.parametrize("whole", [True, False], ids=["json-schema", "subset"])
def test_t21_a_schema_arrives_whole_or_what_it_lost_is_named(
    client: str, target: str, *, whole: bool
) -> None:
    """JSON Schema as it came, or Google's subset without a word that the subset does not know."""
    asked = said(client, Request("m", (ASK,), (Tool("f", None, ODD), Tool("g"))))
    traits = msgspec.structs.replace(generous_traits(target), json_schema=whole)
    wire = written(target, asked, traits)
    first, second = body(wire)["tools"][0]["functionDeclarations"]
    if whole:
        assert first["parametersJsonSchema"] == ODD
        return
    assert not {"$ref", "$defs", "const", "allOf"} & {key for one in inside(first) for key in _names(one)}
    assert first["parameters"]["properties"].keys() == ODD["properties"].keys()  # type: ignore[attr-defined]  # a schema
    assert second.get("parameters", {}).get("properties", {}) == {}


def _names(value: Any) -> list[str]:
    return list(value) if isinstance(value, dict) else []


@on(TRAPS[27])
def test_t27_limits_and_sampling_are_as_the_model_was_declared(client: str, target: str) -> None:
    """By its traits, never by its name."""
    asked = said(client, Request("m", (ASK,), sampling=Sampling(max_output_tokens=100, temperature=0.5)))
    for name in ("max_tokens", "max_completion_tokens"):
        traits = ModelTraits(family="gpt", completion_limit_field=name, sampling=False)
        refused = outcome(target, asked, traits)
        assert isinstance(refused, Inexpressible)
        assert [one.parameter for one in refused.missing] == [own_name(asked, "temperature")]
        sent = body(written(target, asked, traits))
        assert {key: sent.get(key) for key in ("max_tokens", "max_completion_tokens")} == {
            "max_tokens": None,
            "max_completion_tokens": None,
        } | {name: 100}


@on(TRAPS[30])
def test_t30_what_nobody_said_is_not_sent_as_null(client: str, target: str) -> None:
    """Nothing but a question, then everything: no null in either body."""
    for request in (Request("m", (ASK,)), called(ASK)):
        wire = written(target, said(client, request))
        assert None not in list(inside(body(wire)))


@on(TRAPS[31])
def test_t31_encrypted_reasoning_goes_only_to_the_account_that_made_it(client: str, target: str) -> None:
    """Whoever carried it: another account's never arrives."""
    made = Reasoning("Hm.", "c2VjcmV0", origin=f"{target}/one")
    asked = Request("m", (ASK, Turn("assistant", (made, Text("a"))), ASK), dialect=client)
    for account, arrives in (("one", True), ("two", False)):
        traits = msgspec.structs.replace(generous_traits(target), reasoning_account=account)
        wire = written(target, asked, traits)
        assert (b"c2VjcmV0" in wire.body) == arrives
        assert ("messages[1].content[0]" in [one.parameter for one in wire.dropped]) != arrives


@on(TRAPS[44])
def test_t44_a_request_is_the_same_after_every_attempt(client: str, target: str) -> None:
    """Writing it for one target leaves nothing for the next; the same attempt again gives the same bytes."""
    asked = said(client, called(Turn("system", (Text("late"),)), ASK))
    before = msgspec.json.encode(asked)
    first = written(target, asked)
    for other in DIALECTS:
        assert isinstance(outcome(other, asked, lossy=True), WireRequest)
    assert msgspec.json.encode(asked) == before
    assert written(target, asked) == first


@on(TRAPS[12])
def test_t12_reasoning_of_another_model_is_left_out_and_told(client: str, target: str) -> None:
    """A signed thought of somebody else's in the history, as after a switch of models."""
    theirs = Reasoning("Hm.", "Zm9yZWlnbg==", origin="elsewhere")
    hidden = Reasoning(redacted=b"foreign-too", origin="elsewhere")
    asked = Request("m", (ASK, Turn("assistant", (theirs, hidden, Text("a"))), ASK), dialect=client)
    wire = written(target, asked, lossy=False)
    assert b"Zm9yZWlnbg" not in wire.body
    assert b"foreign-too" not in wire.body
    assert wire.dropped
    assert mark(target) != "elsewhere"
