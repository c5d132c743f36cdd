"""Generated conversations: round trips, the official Converse model, the official OpenAI schema."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.material import read_spec

from comity.dialects import bedrock_converse, openai_chat
from comity.exchange import (
    AnswerKey,
    CacheMark,
    Event,
    Finish,
    Finished,
    Format,
    Media,
    ModelTraits,
    Part,
    ReasoningDelta,
    Request,
    Sampling,
    Started,
    StreamEnd,
    Text,
    TextDelta,
    Tool,
    ToolCall,
    ToolCallDelta,
    ToolCallStart,
    ToolChoice,
    ToolResult,
    Turn,
    Usage,
    UsageReport,
    WireRequest,
)

TRAITS = ModelTraits(
    family="claude",
    structured_output=True,
    prompt_caching=True,
    reasoning_effort=True,
    reasoning_signatures="required",
)
QUIET = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

words = st.text(st.characters(codec="utf-8"), max_size=12)
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=80)
marks = st.none() | st.builds(CacheMark, st.sampled_from([None, "5m", "1h"]))
texts = st.builds(Text, words, marks)
images = st.builds(
    lambda data, kind: Media("image", kind, data),
    st.binary(min_size=1, max_size=9),
    st.sampled_from(["image/png", "image/jpeg", "image/gif", "image/webp"]),
)
schemas = st.fixed_dictionaries(
    {"type": st.just("object")},
    optional={"properties": st.dictionaries(words, st.just({"type": "string"}), max_size=2)},
)
tools = st.builds(Tool, names, st.none() | words, st.none() | schemas, st.none() | st.booleans(), marks)
arguments = st.dictionaries(words, words, max_size=2).map(json.dumps) | st.just("")
samplings = st.builds(
    Sampling,
    max_output_tokens=st.none() | st.integers(1, 9999),
    temperature=st.none() | st.floats(0, 1),
    top_p=st.none() | st.floats(0, 1),
    stop=st.lists(st.text(min_size=1, max_size=4), max_size=3).map(tuple),
    reasoning_effort=st.none() | st.sampled_from(["low", "medium", "high"]),
)
formats = st.none() | st.builds(
    lambda name, schema: Format("json_schema", name, None, schema),
    st.text("abc_", min_size=1, max_size=9),
    schemas,
)


@st.composite
def rounds(draw: st.DrawFn) -> tuple[Turn, ...]:
    """A user turn and an answer, with calls and their results or without."""
    said: tuple[Part, ...] = (Text("hi"), *draw(st.lists(texts | images, max_size=2)))
    turns = [Turn("user", said)]
    ids = draw(st.lists(names, max_size=3, unique=True))
    calls = [ToolCall(identity, draw(names), draw(arguments)) for identity in ids]
    turns.append(Turn("assistant", (Text("so"), *draw(st.lists(texts, max_size=1)), *calls)))
    answers = [ToolResult(call.id, tuple(draw(st.lists(texts, max_size=2)))) for call in calls]
    turns += [Turn("tool", (answer,)) for answer in draw(st.permutations(answers))]
    return tuple(turns)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """A request that both dialects can express."""
    system = draw(st.lists(texts.map(lambda text: Turn("system", (text,))), max_size=2))
    middle = [turn for part in draw(st.lists(rounds(), max_size=2)) for turn in part]
    declared = tuple(draw(st.lists(tools, max_size=3, unique_by=lambda tool: tool.name)))
    choices = [None, ToolChoice("auto")]
    if declared:
        choices += [ToolChoice("required"), ToolChoice("named", declared[0].name)]
    return Request(
        "m",
        (*system, *middle, Turn("user", (Text("go"),))),
        declared,
        draw(st.sampled_from(choices)),
        format=draw(formats),
        sampling=draw(samplings),
        stream=draw(st.booleans()),
        stream_usage=False,
        dialect="openai.chat",
    )


def written(request: Request, dialect: Any) -> bytes:
    """The body of a request that can be expressed."""
    wire = dialect.encode_request(request, "m", TRAITS, lossy=False)
    assert isinstance(wire, WireRequest), wire
    return wire.body


def plain(request: Request) -> list[tuple[str, list[str]]]:
    """Who says what, blank text aside, results in the order of their ids."""
    said: list[tuple[str, list[str]]] = []
    for turn in request.turns:
        if turn.role == "system":
            continue
        role = "assistant" if turn.role == "assistant" else "user"
        if not said or said[-1][0] != role:
            said.append((role, []))
        for part in turn.parts:
            if isinstance(part, Text) and part.text.strip():
                said[-1][1].append(part.text)
            elif isinstance(part, Media) and part.data is not None:
                said[-1][1].append(f"{part.media_type} {part.data.hex()}")
            elif isinstance(part, ToolCall):
                said[-1][1].append(json.dumps(json.loads(part.arguments or "{}")))
            elif isinstance(part, ToolResult):
                inner = [text.text for text in part.content if isinstance(text, Text) and text.text.strip()]
                said[-1][1].append(f"result {inner}")
    return said


@QUIET
@given(requests())
def test_chat_requests_round_trip(request_: Request) -> None:
    """Encoding and decoding give the same request, but for the usage that is always asked for."""
    again = openai_chat.decode_request(written(request_, openai_chat))
    assert openai_chat.decode_request(written(again, openai_chat)) == again
    assert plain(again) == plain(request_)
    assert (again.tools, again.tool_choice, again.sampling, again.format) == (
        request_.tools,
        request_.tool_choice,
        request_.sampling,
        request_.format,
    )


@QUIET
@given(requests().filter(lambda request: not any(tool.strict is False for tool in request.tools)))
def test_converse_requests_round_trip(request_: Request) -> None:
    """What was said survives the way into Converse and back: texts, media, arguments, results, sampling."""
    again = bedrock_converse.decode_request(written(request_, bedrock_converse), model="m")
    assert plain(again) == plain(request_)
    assert again.sampling == request_.sampling
    assert [
        tool.parameters or {} for tool in again.tools if tool.name in {t.name for t in request_.tools}
    ] == [
        tool.parameters or {"type": "object", "properties": {}}
        for tool in request_.tools
        if tool.name in {t.name for t in again.tools}
    ]


MODEL = ServiceModel(Loader().load_service_model("bedrock-runtime", "service-2"), "bedrock-runtime")
SHAPE = MODEL.operation_model("Converse").input_shape


def blobs(value: Any) -> Any:
    """The body as boto3 takes it: `source.bytes` as bytes."""
    if isinstance(value, list):
        return [blobs(item) for item in value]
    if isinstance(value, dict):
        return {key: item.encode() if key == "bytes" else blobs(item) for key, item in value.items()}
    return value


@QUIET
@given(requests())
def test_converse_bodies_pass_the_official_model(request_: Request) -> None:
    """Botocore's validator accepts every body: shapes, unions, lengths, required members."""
    body = blobs(json.loads(written(request_, bedrock_converse)))
    report = ParamValidator().validate({"modelId": "m"} | body, SHAPE)
    assert not report.has_errors(), report.generate_report()


def relaxed(schema: Any) -> Any:
    """The specification as it can be used: `oneOf` overlaps in it, so any match counts."""
    if isinstance(schema, list):
        return [relaxed(item) for item in schema]
    if isinstance(schema, dict):
        return {"anyOf" if key == "oneOf" else key: relaxed(item) for key, item in schema.items()}
    return schema


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    """The official schema of a chat completions request."""
    spec = relaxed(read_spec("openai-openapi"))
    root = {"$ref": "#/components/schemas/CreateChatCompletionRequest", "components": spec["components"]}
    return Draft202012Validator(root)


@settings(QUIET, max_examples=30)
@given(request_=requests())
def test_chat_bodies_pass_the_official_schema(schema: Draft202012Validator, request_: Request) -> None:
    """What is sent to OpenAI has the names and types of its own specification; no nulls."""
    wire = openai_chat.encode_request(request_, "m", ModelTraits(), lossy=False)
    assert isinstance(wire, WireRequest)
    body = json.loads(wire.body)
    assert None not in body.values()
    assert [error.message[:200] for error in schema.iter_errors(body)] == []


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    """A streamed answer that both dialects can express."""
    events: list[Event] = [Started("id", "m", 1)]
    thoughts = draw(st.lists(st.text(min_size=1, max_size=5), max_size=2))
    events += [ReasoningDelta(text) for text in thoughts]
    events += [TextDelta(text) for text in draw(st.lists(st.text(min_size=1, max_size=5), max_size=3))]
    count = draw(st.integers(0, 3))
    for index in range(count):
        events.append(ToolCallStart(index, f"call-{index}", f"tool_{index}"))
        pieces = draw(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=3))
        events += [ToolCallDelta(index, piece) for piece in pieces]
    finish = Finish.TOOL_CALLS if count else Finish.STOP
    events.append(Finished(finish))
    events += [UsageReport(Usage(draw(st.integers(0, 99)), 1, 2, 3)), StreamEnd()]
    return events


@pytest.mark.parametrize("dialect", [openai_chat, bedrock_converse], ids=["openai.chat", "bedrock.converse"])
@QUIET
@given(events=streams(), size=st.integers(1, 200))
def test_streams_round_trip_in_pieces_of_any_size(dialect: Any, events: list[Event], size: int) -> None:
    """Every event comes back in order, whatever the network cuts."""
    encoder = dialect.EventEncoder(Request("m", (), stream_usage=True))
    stream = b"".join(encoder.encode(event) for event in events)
    decoder = dialect.EventDecoder(AnswerKey(model="m", id="id", created=1))
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    seen = [event for piece in pieces for event in decoder.feed(piece)] + decoder.flush()
    bare = [Finished(event.finish) if isinstance(event, Finished) else event for event in seen]
    assert bare == events
