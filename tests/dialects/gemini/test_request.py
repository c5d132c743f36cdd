"""Writing generateContent requests: turns, signatures, tools and what cannot be said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from comity.dialects.gemini import decode_count, encode_count, encode_count_answer, encode_request
from comity.errors import ResponseError
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

NAME = "gemini.generate"
STUDIO = ModelTraits(surface="ai-studio")
VERTEX = ModelTraits(surface="vertex")
OPEN_API = ModelTraits(json_schema=False)
LEVEL = ModelTraits(thinking_control="level")
BUDGET = ModelTraits(thinking_control="budget")


def request(*turns: Turn, **members: Any) -> Request:
    """A request of these turns, or of one word."""
    return Request("m", turns or (Turn("user", (Text("hi"),)),), **members)


def write(asked: Request, traits: ModelTraits = VERTEX, *, lossy: bool = False) -> dict[str, Any]:
    """The body that is written."""
    wire = encode_request(asked, "m", traits, lossy=lossy)
    assert isinstance(wire, WireRequest), wire
    body: dict[str, Any] = json.loads(wire.body)
    return body


def dropped(asked: Request, traits: ModelTraits = VERTEX) -> list[str]:
    """What is left out of a body that can be written."""
    wire = encode_request(asked, "m", traits, lossy=False)
    assert isinstance(wire, WireRequest), wire
    return [one.parameter for one in wire.dropped]


def lost(asked: Request, traits: ModelTraits = VERTEX) -> list[str]:
    """What makes a request inexpressible."""
    refused = encode_request(asked, "m", traits, lossy=False)
    assert isinstance(refused, Inexpressible)
    return [one.parameter for one in refused.missing]


def impossible(asked: Request, traits: ModelTraits = VERTEX) -> str:
    """Why a request makes no sense to Google, even where drops are allowed."""
    refused = encode_request(asked, "m", traits, lossy=True)
    assert isinstance(refused, Inexpressible)
    return refused.missing[0].reason


def called(*calls: ToolCall, results: tuple[ToolResult, ...]) -> Request:
    """A round of calls with their results."""
    return request(
        Turn("user", (Text("hi"),)), Turn("assistant", calls), *(Turn("tool", (one,)) for one in results)
    )


CALLS = (ToolCall("a", "f", '{"x":1}'), ToolCall("b", "g", ""), ToolCall("c", "f", "{}"))
RESULTS = tuple(ToolResult(identity, (Text(identity),)) for identity in "cab")


def test_T20_results_come_in_the_order_of_their_calls() -> None:
    """However a client sends them, before whatever else is said, in one content."""
    asked = called(*CALLS, results=RESULTS)
    asked = Request("m", (*asked.turns, Turn("user", (Text("go on"),))))
    contents = write(asked)["contents"]
    assert [content["role"] for content in contents] == ["user", "model", "user"]
    assert [part.get("functionResponse", {}).get("response") for part in contents[2]["parts"]] == [
        {"output": "a"},
        {"output": "b"},
        {"output": "c"},
        None,
    ]
    assert [part["functionResponse"]["name"] for part in contents[2]["parts"][:3]] == ["f", "g", "f"]


@pytest.mark.parametrize("traits", [VERTEX, ModelTraits()])
def test_T20_vertex_sees_no_ids(traits: ModelTraits) -> None:
    """It refuses them, on calls and on results; where the surface is unknown, none are sent either."""
    assert b'"id"' not in json.dumps(write(called(*CALLS, results=RESULTS), traits)).encode()


def test_T20_ai_studio_sees_the_ids() -> None:
    """There they tell parallel calls of one function apart."""
    contents = write(called(*CALLS, results=RESULTS), STUDIO)["contents"]
    assert [part["functionCall"]["id"] for part in contents[1]["parts"]] == ["a", "b", "c"]
    assert [part["functionResponse"]["id"] for part in contents[2]["parts"]] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("results", "why"),
    [
        (("a", "b"), "`c` of the turn before has no result"),
        (("a", "b", "c", "x"), "`x` answers no call"),
        (("a", "b", "c", "c"), "`c` is answered twice"),
        ((), "`a` has no result"),
    ],
)
def test_calls_are_answered_once_and_all(results: tuple[str, ...], why: str) -> None:
    """Google counts calls and results."""
    asked = called(*CALLS, results=tuple(ToolResult(identity, ()) for identity in results))
    refused = encode_request(asked, "m", VERTEX, lossy=True)
    assert isinstance(refused, Inexpressible)
    assert any(why in one.reason for one in refused.missing)


def test_T19_signatures_go_back_where_they_came_from() -> None:
    """On the call, on the text behind, alone at the end; others' never."""
    parts = (
        Reasoning("hm", "czE=", origin=NAME),
        Reasoning("", "czI=", origin=NAME),
        Text("so"),
        Reasoning("", "czM=", origin=NAME),
        ToolCall("a", "f", "{}", signature="czQ=", origin=NAME),
        ToolCall("b", "f", "{}", signature="other", origin="openai.responses"),
        Reasoning("", "czU=", origin=NAME),
        Reasoning("", "czY=", origin=NAME),
    )
    results = tuple(Turn("tool", (ToolResult(identity, ()),)) for identity in "ab")
    asked = request(Turn("user", (Text("hi"),)), Turn("assistant", parts), *results)
    call = {"functionCall": {"name": "f", "args": {}}}
    assert write(asked)["contents"][1]["parts"] == [
        {"text": "hm", "thought": True, "thoughtSignature": "czE="},
        {"text": "so", "thoughtSignature": "czI="},
        {"text": "", "thoughtSignature": "czM="},
        {**call, "thoughtSignature": "czQ="},
        call,
        {"text": "", "thoughtSignature": "czU="},
        {"text": "", "thoughtSignature": "czY="},
    ]
    assert dropped(asked) == ["messages[1].content[5].signature"]


@pytest.mark.parametrize(
    "block",
    [
        Reasoning("hm", "s", origin="bedrock.converse/claude"),
        Reasoning("hm", "s"),
        Reasoning("hm"),
        Reasoning(redacted=b"x", origin=NAME),
    ],
)
def test_T12_foreign_reasoning_stays_away(block: Reasoning) -> None:
    """A signature that nobody at Google made would be called corrupted."""
    asked = request(
        Turn("user", (Text("hi"),)), Turn("assistant", (block, Text("so"))), Turn("user", (Text("?"),))
    )
    assert write(asked)["contents"][1]["parts"] == [{"text": "so"}]
    assert dropped(asked) == ["messages[1].content[0]"]


def test_T10_all_system_turns_are_kept_in_order() -> None:
    """System and developer, wherever they stand."""
    asked = request(
        Turn("system", (Text("a"), Text("b"))),
        Turn("user", (Text("hi"),)),
        Turn("developer", (Text("c"),)),
        Turn("user", (Text("there"),)),
    )
    body = write(asked)
    assert body["systemInstruction"] == {"parts": [{"text": "a"}, {"text": "b"}, {"text": "c"}]}
    assert body["contents"] == [{"role": "user", "parts": [{"text": "hi"}, {"text": "there"}]}]


def test_empty_text_is_left_out_and_empty_turns_vanish() -> None:
    """Vertex refuses both."""
    asked = request(Turn("user", (Text(""),)), Turn("assistant", ()), Turn("user", (Text(""), Text(" "))))
    assert write(asked)["contents"] == [{"role": "user", "parts": [{"text": " "}]}]
    assert "at least one turn" in impossible(request(Turn("user", (Text(""),))))


def test_refusals_are_text() -> None:
    """Google has no form of its own for what a model declined."""
    asked = request(
        Turn("user", (Text("hi"),)), Turn("assistant", (Refusal("no"),)), Turn("user", (Text("?"),))
    )
    assert write(asked)["contents"][1]["parts"] == [{"text": "no"}]


@pytest.mark.parametrize(
    ("media", "part"),
    [
        (Media("image", "image/png", b"x"), {"inlineData": {"mimeType": "image/png", "data": "eA=="}}),
        (
            Media("image", url="https://h/a.JPG?x=1"),
            {"fileData": {"fileUri": "https://h/a.JPG?x=1", "mimeType": "image/jpeg"}},
        ),
        (
            Media("document", "application/pdf", url="gs://b/x"),
            {"fileData": {"fileUri": "gs://b/x", "mimeType": "application/pdf"}},
        ),
    ],
)
def test_media(media: Media, part: dict[str, Any]) -> None:
    """By value and by address, with the type that Vertex demands."""
    assert write(request(Turn("user", (media,))))["contents"][0]["parts"] == [part]


def test_media_whose_type_nobody_knows() -> None:
    """Vertex wants to know it, AI Studio finds out."""
    asked = request(Turn("user", (Media("image", url="https://h/a"),)))
    assert "media type of the image" in impossible(asked)
    assert write(asked, STUDIO)["contents"][0]["parts"] == [{"fileData": {"fileUri": "https://h/a"}}]
    assert "media type" in impossible(request(Turn("user", (Media("document", None, b"x"),))), STUDIO)


def test_hints_are_left_out_visibly() -> None:
    """Cache marks, resolution, names of speakers, the end user."""
    asked = request(
        Turn("user", (Text("hi", CacheMark()), Media("image", "image/png", b"x", detail="low")), "Ann"),
        tools=(Tool("f", cache=CacheMark()),),
        user="u",
        hints={"verbosity": "low"},
        extra={"prompt_cache_key": "k", "store": False, "logit_bias": {}},
        format=Format("json_schema", "n", "d", {"type": "object"}),
    )
    assert dropped(asked) == [
        "messages[0].name",
        "messages[0].content[0].cache_control",
        "messages[0].content[1].detail",
        "tools[0].cache_control",
        "response_format.json_schema.name",
        "response_format.json_schema.description",
        "user",
        "verbosity",
        "prompt_cache_key",
    ]


def test_losses_are_refused_by_name_or_dropped() -> None:
    """What the client asked for and Google has no place for."""
    asked = request(
        Turn("system", (Media("image", "image/png", b"x"),)),
        Turn("user", (Text("hi"),), extra={"audio": {"id": "x"}, "empty": []}),
        tools=(Tool("f"),),
        hosted_tools=(Opaque("web_search", {"type": "web_search"}, "openai.responses"),),
        parallel_tool_calls=False,
        sampling=Sampling(reasoning_effort="high", thinking="on"),
        extra={"logit_bias": {"1": 2}},
        dialect="openai.chat",
    )
    assert lost(asked) == [
        "messages[0]",
        "messages[1].audio",
        "tools.web_search",
        "parallel_tool_calls",
        "thinking",
        "reasoning_effort",
        "logit_bias",
    ]
    assert write(asked, lossy=True)["tools"] == [{"functionDeclarations": [{"name": "f"}]}]


def test_blocks_that_only_others_read_are_hints() -> None:
    """And Google's own go back as they came."""
    code = Opaque("executableCode", {"executableCode": {"code": "1"}}, NAME)
    asked = request(
        Turn("user", (Text("hi"),)),
        Turn("assistant", (Opaque("x", {}, "openai.responses"), code)),
        Turn("user", (Text("?"),)),
    )
    assert write(asked)["contents"][1]["parts"] == [{"executableCode": {"code": "1"}}]
    assert dropped(asked) == ["messages[1].content[0]"]


@pytest.mark.parametrize(
    ("result", "response"),
    [
        (ToolResult("a", (Text('{"t":1}'),)), {"t": 1}),
        (ToolResult("a", (Text("[1]"),)), {"output": "[1]"}),
        (ToolResult("a", (Text("{bad"),)), {"output": "{bad"}),
        (ToolResult("a", ()), {"output": ""}),
        (ToolResult("a", (Text("no"),), is_error=True), {"error": "no"}),
        (ToolResult("a", (Text('{"c":1}'),), is_error=True), {"error": {"c": 1}}),
        (ToolResult("a", (Text('{"error":1}'),), is_error=True), {"error": 1}),
    ],
)
def test_T8_results_are_objects(result: ToolResult, response: dict[str, Any]) -> None:
    """The tool's own object where it is one, else its text under Google's word."""
    contents = write(called(ToolCall("a", "f", ""), results=(result,)))["contents"]
    assert contents[2]["parts"] == [{"functionResponse": {"name": "f", "response": response}}]


def test_results_with_media() -> None:
    """Media stand beside the answer."""
    result = ToolResult("a", (Text("see"), Media("image", "image/png", b"x")))
    part = write(called(ToolCall("a", "f", ""), results=(result,)))["contents"][2]["parts"][0]
    assert part["functionResponse"]["parts"] == [{"inlineData": {"mimeType": "image/png", "data": "eA=="}}]


def test_results_apart_from_text_where_a_model_wants_it() -> None:
    """The same trait as elsewhere."""
    asked = called(ToolCall("a", "f", ""), results=(ToolResult("a", ()),))
    asked = Request("m", (*asked.turns, Turn("user", (Text("go"),))))
    contents = write(asked, ModelTraits(tool_result_with_text=False))["contents"]
    assert [content["role"] for content in contents] == ["user", "model", "user", "user"]


def test_arguments_must_be_an_object() -> None:
    """Google has no other form."""
    asked = called(ToolCall("a", "f", "[1]"), results=(ToolResult("a", ()),))
    assert "no JSON object" in impossible(asked)


def test_T7_names_fit_googles_pattern_and_find_back() -> None:
    """Odd and long names are changed one to one, in declarations, calls, results and the choice."""
    odd, long = "7 weather/now", "x" * 200
    asked = called(ToolCall("a", odd, ""), results=(ToolResult("a", ()),))
    asked = Request("m", asked.turns, (Tool(odd), Tool(long), Tool("fine.name")), ToolChoice("named", odd))
    wire = encode_request(asked, "m", VERTEX, lossy=False)
    assert isinstance(wire, WireRequest)
    body = json.loads(wire.body)
    names = [one["name"] for one in body["tools"][0]["functionDeclarations"]]
    assert [wire.answer.tools.get(name, name) for name in names] == [odd, long, "fine.name"]
    assert all(name[0].isalpha() or name[0] == "_" for name in names)
    assert max(map(len, names)) <= 128
    assert body["contents"][1]["parts"][0]["functionCall"]["name"] == names[0]
    assert body["contents"][2]["parts"][0]["functionResponse"]["name"] == names[0]
    assert body["toolConfig"]["functionCallingConfig"]["allowedFunctionNames"] == [names[0]]


@pytest.mark.parametrize(
    ("choice", "strict", "config"),
    [
        (None, None, None),
        (None, True, {"mode": "VALIDATED"}),
        (ToolChoice("auto"), None, {"mode": "AUTO"}),
        (ToolChoice("auto"), True, {"mode": "VALIDATED"}),
        (ToolChoice("none"), True, {"mode": "NONE"}),
        (ToolChoice("required"), None, {"mode": "ANY"}),
        (ToolChoice("named", "f"), None, {"mode": "ANY", "allowedFunctionNames": ["f"]}),
    ],
)
def test_T9_tool_choices(
    choice: ToolChoice | None,
    strict: bool | None,  # noqa: FBT001 - a column of the table
    config: dict[str, Any] | None,
) -> None:
    """A strict tool asks for Google's validated calls."""
    body = write(request(tools=(Tool("f", strict=strict),), tool_choice=choice))
    assert body.get("toolConfig") == (None if config is None else {"functionCallingConfig": config})


def test_a_demanded_tool_must_be_declared() -> None:
    """Google would refuse it too."""
    assert "none is declared" in impossible(request(tool_choice=ToolChoice("required")))


def test_T21_schemas_go_out_whole_where_json_schema_is_taken() -> None:
    """Newer models take JSON Schema; nothing is rewritten."""
    schema = {"type": "object", "properties": {"a": {"const": 1}}, "additionalProperties": False}
    body = write(request(tools=(Tool("f", "d", schema),), format=Format("json_schema", schema=schema)))
    assert body["tools"][0]["functionDeclarations"] == [
        {"name": "f", "description": "d", "parametersJsonSchema": schema}
    ]
    assert body["generationConfig"] == {"responseMimeType": "application/json", "responseJsonSchema": schema}


def test_T21_schemas_are_converted_where_it_is_not() -> None:
    """Older models take a subset of OpenAPI; what it lacks is a loss by name."""
    schema = {"type": "object", "properties": {"a": {"type": "integer", "enum": [1]}}, "required": ["a"]}
    asked = request(tools=(Tool("f", None, schema),), format=Format("json_schema", schema=schema))
    assert lost(asked, OPEN_API) == [
        "tools[0].function.parameters.properties.a.enum",
        "response_format.json_schema.schema.properties.a.enum",
    ]
    body = write(asked, OPEN_API, lossy=True)
    google = {"type": "OBJECT", "properties": {"a": {"type": "INTEGER"}}, "required": ["a"]}
    assert body["tools"][0]["functionDeclarations"][0]["parameters"] == google
    assert body["generationConfig"]["responseSchema"] == google


@pytest.mark.parametrize(
    "schema",
    [None, {}, {"type": "object", "properties": {}}, {"type": "object", "additionalProperties": False}],
)
def test_T21_a_tool_without_parameters_has_none(schema: dict[str, Any] | None) -> None:
    """An object without members is refused by older models."""
    assert write(request(tools=(Tool("f", None, schema),)), OPEN_API)["tools"] == [
        {"functionDeclarations": [{"name": "f"}]}
    ]


def test_sampling() -> None:
    """Every member by Google's name; nothing that nobody said."""
    sampling = Sampling(5, 0.5, 0.9, 40, ("END", ""), 7, 0.1, 0.2, 2, True, 3)
    assert write(request(sampling=sampling, format=Format("text")))["generationConfig"] == {
        "maxOutputTokens": 5,
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 40,
        "stopSequences": ["END"],
        "candidateCount": 2,
        "seed": 7,
        "frequencyPenalty": 0.1,
        "presencePenalty": 0.2,
        "responseLogprobs": True,
        "logprobs": 3,
        "responseMimeType": "text/plain",
    }
    assert write(request(format=Format("json_object")))["generationConfig"] == {
        "responseMimeType": "application/json"
    }
    fixed = ModelTraits(sampling=False)
    assert lost(request(sampling=Sampling(temperature=0.5, top_p=1)), fixed) == ["temperature"]
    assert "generationConfig" not in write(request(sampling=Sampling(temperature=1.0)), fixed)


@pytest.mark.parametrize(
    ("traits", "sampling", "config"),
    [
        (
            LEVEL,
            Sampling(reasoning_effort="low", thoughts="summary"),
            {"includeThoughts": True, "thinkingLevel": "LOW"},
        ),
        (LEVEL, Sampling(thinking="on", thinking_budget=9), {"thinkingBudget": 9}),
        (LEVEL, Sampling(thinking="adaptive"), None),
        (BUDGET, Sampling(reasoning_effort="low"), {"thinkingBudget": 1024}),
        (BUDGET, Sampling(reasoning_effort="none"), {"thinkingBudget": 0}),
        (BUDGET, Sampling(thinking="off", thoughts="none"), {"includeThoughts": False, "thinkingBudget": 0}),
        (BUDGET, Sampling(thinking="adaptive"), {"thinkingBudget": -1}),
        (BUDGET, Sampling(thinking="on", thinking_budget=7), {"thinkingBudget": 7}),
        (BUDGET, Sampling(), None),
        (VERTEX, Sampling(reasoning_effort="none", thinking="off"), None),
        (VERTEX, Sampling(thoughts="summary"), None),
    ],
)
def test_thinking(traits: ModelTraits, sampling: Sampling, config: dict[str, Any] | None) -> None:
    """By level or by budget, as the model takes it."""
    assert (
        write(request(sampling=sampling), traits).get("generationConfig", {}).get("thinkingConfig") == config
    )


@pytest.mark.parametrize(
    ("traits", "sampling", "name"),
    [
        (LEVEL, Sampling(thinking="off"), "thinking"),
        (LEVEL, Sampling(reasoning_effort="none"), "thinking"),
        (LEVEL, Sampling(reasoning_effort="huge"), "reasoning_effort"),
        (BUDGET, Sampling(reasoning_effort="huge"), "reasoning_effort"),
        (VERTEX, Sampling(thinking_budget=5), "thinking"),
    ],
)
def test_thinking_that_a_model_does_not_take(traits: ModelTraits, sampling: Sampling, name: str) -> None:
    """Refused by name."""
    assert lost(request(sampling=sampling), traits) == [name]


def test_what_only_google_has_goes_back_as_it_came() -> None:
    """Members of the same dialect, each where it stood; for others only what the model is known to take."""
    extra = {
        "safetySettings": [{"category": "X"}],
        "generationConfig.speechConfig": {"a": 1},
        "generationConfig.thinkingConfig.new": 1,
        "toolConfig.functionCallingConfig.allowedFunctionNames": ["a"],
        "toolConfig.retrievalConfig": {},
        "odd.name": 1,
    }
    turn = Turn("user", (Text("hi"),), extra={"parts[0].videoMetadata": {"fps": 1}, "parts[9].x": 1})
    body = write(request(turn, Turn("user", (Text("two"),)), extra=extra, dialect=NAME))
    assert body["contents"] == [
        {"role": "user", "parts": [{"text": "hi", "videoMetadata": {"fps": 1}}]},
        {"role": "user", "parts": [{"text": "two"}]},
    ]
    assert body["safetySettings"] == [{"category": "X"}]
    assert body["generationConfig"] == {"speechConfig": {"a": 1}, "thinkingConfig": {"new": 1}}
    assert body["toolConfig"] == {
        "functionCallingConfig": {"allowedFunctionNames": ["a"]},
        "retrievalConfig": {},
    }
    assert body["odd.name"] == 1
    known = ModelTraits(additional_fields=("labels",))
    assert write(request(extra={"labels": {"a": "b"}}, dialect="openai.chat"), known)["labels"] == {"a": "b"}


def test_tiers_that_both_sides_know() -> None:
    """AI Studio takes OpenAI's words for them; Vertex has no such member."""
    flex = request(extra={"service_tier": "flex"}, dialect="openai.chat")
    assert write(flex, STUDIO)["serviceTier"] == "flex"
    assert lost(flex) == ["service_tier"]


def test_T44_the_request_is_not_changed() -> None:
    """Each attempt starts from the same value."""
    asked = called(*CALLS, results=RESULTS)
    before = repr(asked)
    encode_request(asked, "m", VERTEX, lossy=True)
    assert repr(asked) == before


def test_counts_are_asked_for_and_answered() -> None:
    """AI Studio takes the whole request inside, Vertex the parts that count."""
    asked = request(
        Turn("system", (Text("s"),)),
        Turn("user", (Text("hi"),)),
        tools=(Tool("f"),),
        tool_choice=ToolChoice("auto"),
    )
    studio, vertex = (encode_count(asked, "m", traits) for traits in (STUDIO, VERTEX))
    assert isinstance(studio, WireRequest)
    assert isinstance(vertex, WireRequest)
    assert json.loads(studio.body)["generateContentRequest"]["model"] == "models/m"
    assert json.loads(vertex.body).keys() == {"contents", "systemInstruction", "tools"}
    assert decode_count(b'{"totalTokens":31,"totalBillableCharacters":96}') == 31
    assert json.loads(encode_count_answer(31)) == {"totalTokens": 31}
    assert isinstance(encode_count(request(Turn("user", ())), "m", VERTEX), Inexpressible)
    with pytest.raises(ResponseError):
        decode_count(b"{}")
