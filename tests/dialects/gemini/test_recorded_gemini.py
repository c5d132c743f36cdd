"""Recorded exchanges with Gemini, and Google's own schemas: what we read is what was said, there and back.

The recordings and the discovery documents are other people's and lie beside the project; without them these
tests skip.
"""

from __future__ import annotations

import json
import warnings
from functools import cache
from typing import Any, NamedTuple

import msgspec
import pytest
from google.genai import types
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from tests.dialects.own_names import nameless
from tests.dialects.test_generated import plain, requests
from tests.dialects.test_recorded import heard, said
from tests.material import beside, read_spec, recordings

from comity.dialects import bedrock_converse, gemini, openai_chat
from comity.dialects.gemini import json_array
from comity.dialects.gemini.spelling import camel
from comity.dialects.peek import Peek
from comity.exchange import (
    AnswerKey,
    Event,
    Finish,
    Finished,
    Inexpressible,
    Media,
    ModelTraits,
    Request,
    StreamEnd,
    Text,
    TextDelta,
    ToolCall,
    ToolResult,
    Turn,
    WireRequest,
)

SURFACES = {"gemini": "ai-studio", "vertex": "vertex"}
KINDS = {
    f"{surface}-{kind}"
    for surface in SURFACES
    for kind in ("generatecontent", "streamgeneratecontent", "counttokens")
}
SPECS = {
    "ai-studio": ("generativelanguage-v1beta-discovery", ""),
    "vertex": ("aiplatform-v1beta1-generatecontent-subset", "GoogleCloudAiplatformV1beta1"),
}
SERVED_BUT_UNSPECIFIED = ("file_data", "fileData")
"""Media by address inside a function's answer: AI Studio takes them, though its document does not say so."""
SAID_EVERYWHERE = {Finish.STOP, Finish.TOOL_CALLS, Finish.LENGTH, Finish.CONTENT_FILTER}
"""Reasons that every dialect has a word for."""
KEY = AnswerKey(origin="gemini.generate")
SEEN = Peek("m", True, True, None, 1, 1, None, {})


class Exchange(NamedTuple):
    """One recorded request and its answer."""

    name: str
    """File and position, for messages."""
    surface: str
    """Which of Google's surfaces."""
    kind: str
    """What was asked: `generatecontent`, `streamgeneratecontent` or `counttokens`."""
    request: bytes
    """Body of the request."""
    status: int
    """Status of the answer."""
    answer: bytes
    """Body of the answer."""


@pytest.fixture(scope="module")
def recorded() -> list[Exchange]:
    """Every recorded exchange with Gemini."""
    return [
        Exchange(one.name, SURFACES[surface], kind, one.request, one.status, one.answer)
        for one in recordings(lambda row: row["dialect"] in KINDS)
        for surface, _, kind in [one.row["dialect"].partition("-")]
    ]


def traits(surface: str) -> ModelTraits:
    """What the recorded models take."""
    return msgspec.convert({"surface": surface, "thinking_control": "level"}, ModelTraits)


def numeric(exchange: Exchange) -> bool:
    """Whether an old SDK asked for numbers in place of enum words, which the gateway never does."""
    candidates = json.loads(exchange.answer).get("candidates", [])
    return any(isinstance(candidate.get("finishReason"), int) for candidate in candidates)


def test_requests_come_back_the_same(recorded: list[Exchange]) -> None:
    """Every accepted request is read; written for the same surface and read again it is equal."""
    count, empty = 0, 0
    for exchange in recorded:
        if exchange.status >= 400 or exchange.kind == "counttokens":
            continue
        request = gemini.decode_request(exchange.request, model="m")
        budget = request.sampling.thinking is not None
        taken = msgspec.structs.replace(
            traits(exchange.surface), thinking_control="budget" if budget else "level"
        )
        wire = gemini.encode_request(request, "m", taken, lossy=False)
        if isinstance(wire, Inexpressible):
            empty += 1
            continue
        again = gemini.decode_request(wire.body, model="m")
        if exchange.surface == "ai-studio":
            assert without_empty(again) == without_empty(request), exchange.name
        else:
            assert plain(without_empty(again)) == plain(without_empty(request)), exchange.name
        seen = gemini.peek(exchange.request, "m")
        passed = gemini.adapt(exchange.request, model="m", ask_usage=True, traits=taken, seen=seen).body
        if exchange.surface == "ai-studio":
            assert passed == exchange.request or b"\\u00" in exchange.request, exchange.name
            assert json.loads(passed) == json.loads(exchange.request), exchange.name
        count += 1
    assert count > 130
    # A prompt of nothing but empty text, which AI Studio answers by its system instruction.
    assert empty <= 1


def without_empty(request: Request) -> Request:
    """The request without empty text, which is left out, and the turns that hold nothing else."""
    turns = []
    for turn in request.turns:
        parts = tuple(part for part in turn.parts if not (isinstance(part, Text) and not part.text))
        if parts:
            turns.append(msgspec.structs.replace(turn, parts=parts))
    return msgspec.structs.replace(nameless(request), turns=joined(turns))


def joined(turns: list[Turn]) -> tuple[Turn, ...]:
    """Turns of one speaker as one."""
    whole: list[Turn] = []
    for turn in turns:
        said_by = msgspec.structs.replace(turn, role="user" if turn.role == "tool" else turn.role)
        if whole and whole[-1].role == said_by.role:
            whole[-1] = msgspec.structs.replace(whole[-1], parts=whole[-1].parts + turn.parts)
        else:
            whole.append(said_by)
    return tuple(whole)


def test_whole_answers_say_what_the_json_says(recorded: list[Exchange]) -> None:
    """Text, calls, reason and usage; clients of OpenAI, Bedrock and Google are told the same."""
    count = 0
    for exchange in recorded:
        if exchange.status >= 400 or exchange.kind != "generatecontent" or numeric(exchange):
            continue
        response = gemini.decode_response(exchange.answer, KEY)
        value = json.loads(exchange.answer)
        raw = value.get("candidates", [{}])[0].get("content", {}).get("parts", [])
        text = "".join(part.get("text", "") for part in raw if not part.get("thought"))
        calls = [(p["functionCall"]["name"], p["functionCall"]["args"]) for p in raw if "functionCall" in p]
        assert said(response) == (text, calls), exchange.name
        if response.usage is not None:
            assert response.usage.total == value["usageMetadata"]["totalTokenCount"], exchange.name
        assert gemini.read_usage(exchange.answer, ModelTraits()).usage == response.usage
        for other in (openai_chat, bedrock_converse):
            again = other.decode_response(other.encode_response(response))
            assert said(again) == (text, calls), exchange.name
            if response.choices[0].finish in SAID_EVERYWHERE:
                assert again.choices[0].finish is response.choices[0].finish, exchange.name
        mine = json.loads(gemini.encode_response(response))
        with warnings.catch_warnings():
            # The SDK warns of Google's own `MODEL_ARMOR`, which its enum does not have.
            warnings.simplefilter("ignore")
            parsed = types.GenerateContentResponse.model_validate(mine)
        assert "".join(part.text or "" for part in parsed.parts or [] if not part.thought) == text, (
            exchange.name
        )
        signatures = [part.get("thoughtSignature") for part in raw if "thoughtSignature" in part]
        written = mine["candidates"][0]["content"]["parts"] if mine["candidates"] else []
        assert [part["thoughtSignature"] for part in written if "thoughtSignature" in part] == signatures
        count += 1
    assert count > 80


@pytest.mark.no_cover
def test_streams_byte_by_byte(recorded: list[Exchange]) -> None:
    """The same events at once and byte by byte; the taps pass them on, as events and as an array."""
    count = 0
    for exchange in recorded:
        if exchange.status >= 400 or exchange.kind != "streamgeneratecontent":
            continue
        whole = gemini.EventDecoder(KEY)
        events = whole.feed(exchange.answer) + whole.flush()
        slow = gemini.EventDecoder(KEY)
        pieces = [slow.feed(exchange.answer[at : at + 1]) for at in range(len(exchange.answer))]
        assert [event for piece in pieces for event in piece] + slow.flush() == events, exchange.name
        assert isinstance(events[-1], StreamEnd), exchange.name
        chunks = [json.loads(line[5:]) for line in exchange.answer.splitlines() if line.startswith(b"data:")]
        counted = [
            chunk["usageMetadata"] for chunk in chunks if "totalTokenCount" in chunk.get("usageMetadata", {})
        ]
        usage = heard(events)[3]
        assert usage is not None
        assert usage.total == counted[-1]["totalTokenCount"], exchange.name
        through = gemini.tap(SEEN, ModelTraits())
        assert through.feed(exchange.answer) + through.flush() == exchange.answer
        assert (through.usage, through.done) == (usage, True)
        array = json_array.tap(SEEN, ModelTraits())
        assert json.loads(array.feed(exchange.answer) + array.flush()) == chunks
        assert rewritten(events) == heard(events)[:3], exchange.name
        count += 1
    assert count > 30


def rewritten(events: list[Event]) -> tuple[str, list[str], list[str]]:
    """Text, tool names and arguments after the way to a client of Google's and back."""
    encoder = gemini.EventEncoder(Request("m", ()))
    decoder = gemini.EventDecoder(KEY)
    again = decoder.feed(b"".join(map(encoder.encode, events))) + decoder.flush()
    assert any(isinstance(event, Finished) for event in again)
    text, names, arguments, _ = heard(again)
    return text, names, arguments


@pytest.mark.parametrize(
    "name",
    [
        "text",
        "reasoning",
        "reasoning-gemini3",
        "tool-call-gemini3",
        "stream-no-args-tool-call",
        "stream-tool-call-arguments",
    ],
)
def test_other_streams_are_read(name: str) -> None:
    """Streams of newer models, with signatures of their own parts and arguments in pieces."""
    path = beside(f"material/vercel-ai/packages/google/src/__fixtures__/google-{name}.chunks.txt")
    stream = b"".join(b"data: %b\r\n\r\n" % line for line in path.read_bytes().splitlines() if line)
    decoder = gemini.EventDecoder(KEY)
    events = decoder.feed(stream) + decoder.flush()
    assert isinstance(events[-1], StreamEnd)
    text, names, arguments, usage = heard(events)
    assert usage is not None
    assert usage.reasoning > 0
    assert all(isinstance(json.loads(one), dict) for one in arguments)
    assert bool(names) == ("tool-call" in name)
    assert bool(text) == any(isinstance(event, TextDelta) for event in events)


def test_counts_and_failures_are_understood(recorded: list[Exchange]) -> None:
    """Counts are numbers, requests for them are read, errors have a text."""
    counts = 0
    for exchange in recorded:
        if exchange.status >= 400:
            failure = gemini.decode_failure(exchange.status, lambda _: None, exchange.answer)
            assert len(failure.message) > 10, exchange.name
        elif exchange.kind == "counttokens":
            assert gemini.decode_count(exchange.answer) > 0
            request = gemini.decode_count_request(exchange.request, model="m")
            assert isinstance(gemini.encode_count(request, "m", traits(exchange.surface)), WireRequest)
            counts += 1
    assert counts >= 4


# --- Google's discovery documents ---------------------------------------------------------------------------


@cache
def validator(surface: str, message: str) -> Draft202012Validator:
    """The message of a discovery document as JSON Schema that knows no further members."""
    file, prefix = SPECS[surface]
    schemas = read_spec(file)["schemas"]
    defs = {name: converted(schema) for name, schema in schemas.items()}
    return Draft202012Validator({"$ref": f"#/$defs/{prefix}{message}", "$defs": defs})


def converted(schema: dict[str, Any]) -> dict[str, Any]:
    """One schema of Google's discovery format; numbers are numbers, 64-bit ones text as well."""
    if "$ref" in schema:
        return {"$ref": f"#/$defs/{schema['$ref']}"}
    kind = schema.get("type")
    if kind == "object":
        made: dict[str, Any] = {"type": "object"}
        if "properties" in schema:
            made["properties"] = {name: converted(inner) for name, inner in schema["properties"].items()}
            made["additionalProperties"] = False
        elif "additionalProperties" in schema:
            made["additionalProperties"] = converted(schema["additionalProperties"])
        return made
    if kind == "array":
        return {"type": "array", "items": converted(schema["items"])}
    if kind == "string":
        kinds = ["string", "integer"] if schema.get("format") in {"int64", "uint64"} else "string"
        return {"type": kinds, **({"enum": schema["enum"]} if "enum" in schema else {})}
    return {} if kind in {None, "any"} else {"type": kind}


def check(surface: str, body: Any, message: str = "GenerateContentRequest") -> list[str]:
    """What Google's document says against a body."""
    return [error.message[:150] for error in validator(surface, message).iter_errors(body)]


def test_recorded_requests_pass_googles_documents_once_written_again(recorded: list[Exchange]) -> None:
    """Names, types and enums are those of the discovery documents, on both surfaces and for counts."""
    over_strict = 0
    for exchange in recorded:
        if exchange.status >= 400 or exchange.kind == "counttokens":
            continue
        request = gemini.decode_request(exchange.request, model="m")
        wire = gemini.encode_request(request, "m", traits(exchange.surface), lossy=True)
        if isinstance(wire, WireRequest):
            problems = check(exchange.surface, json.loads(wire.body))
            known = problems and all(any(w in one for w in SERVED_BUT_UNSPECIFIED) for one in problems)
            over_strict += 1 if known else 0
            assert known or problems == [], (exchange.name, problems)
        count = gemini.encode_count(request, "m", traits(exchange.surface))
        if isinstance(count, WireRequest) and exchange.surface == "vertex":
            assert check("vertex", json.loads(count.body), "CountTokensRequest") == [], exchange.name
    assert over_strict <= 3


@pytest.mark.parametrize("surface", SPECS)
@pytest.mark.parametrize("json_schema", [True, False])
def test_T21_generated_requests_pass_googles_documents(surface: str, json_schema: bool) -> None:  # noqa: FBT001 - a column of the table
    """Any request that the hub can hold is written in Google's words, JSON Schema or not."""
    taken = msgspec.structs.replace(traits(surface), json_schema=json_schema)
    validator(surface, "GenerateContentRequest")

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(requests())
    def hold(asked: Request) -> None:
        wire = gemini.encode_request(asked, "m", taken, lossy=True)
        assert isinstance(wire, WireRequest), wire
        assert check(surface, json.loads(wire.body)) == []
        assert None not in json.loads(wire.body).values()

    hold()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(requests())
def test_generated_requests_come_back_the_same(asked: Request) -> None:
    """What was said survives the way to Google and back: texts, media, arguments, results, sampling."""
    wire = gemini.encode_request(asked, "m", traits("ai-studio"), lossy=False)
    assert isinstance(wire, WireRequest), wire
    again = gemini.decode_request(wire.body, model="m")
    assert spoken(again) == spoken(asked)
    assert again.sampling == asked.sampling
    assert again.tool_choice is None or again.tool_choice.mode in {"auto", "required", "named"}
    assert (again.format is None) == (asked.format is None)
    names = {wire.answer.tools.get(tool.name, tool.name): tool.parameters or None for tool in again.tools}
    assert names == {tool.name: tool.parameters or None for tool in asked.tools}


def spoken(request: Request) -> list[str]:
    """What is said, role by role, results in the order of their calls; empty text says nothing."""
    found: list[str] = []
    order: list[str] = []
    answers: dict[str, str] = {}
    for turn in request.turns:
        role = "system" if turn.role == "system" else "model" if turn.role == "assistant" else "user"
        for part in turn.parts:
            if isinstance(part, Text) and part.text:
                found.append(f"{role} {part.text}")
            elif isinstance(part, Media) and part.data is not None:
                found.append(f"{role} {part.media_type} {part.data.hex()}")
            elif isinstance(part, ToolCall):
                order.append(part.id)
                found.append(f"call {json.loads(part.arguments or '{}')}")
            elif isinstance(part, ToolResult):
                answers[part.call_id] = "".join(text.text for text in part.content if isinstance(text, Text))
    system = [line for line in found if line.startswith("system")]
    return [
        *system,
        *(line for line in found if not line.startswith("system")),
        *(answers[one] for one in order),
    ]


def test_googles_own_spelling_is_camel_case(recorded: list[Exchange]) -> None:
    """The spelling that is read is the documents': renamed requests pass them as well."""
    for exchange in recorded:
        if exchange.status < 400 and exchange.kind == "generatecontent" and exchange.surface == "ai-studio":
            body = camel(json.loads(exchange.request))
            assert not any("_" in name for name in body), exchange.name
