"""Golden files: one canonical request, answer and stream in every dialect, reviewed like code.

`COMITY_GOLDEN=write pytest tests/dialects/test_golden.py` writes them anew; read the diff then.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from comity.dialects import DIALECTS, Dialect
from comity.exchange import (
    AnswerKey,
    CacheMark,
    Choice,
    Event,
    Finish,
    Finished,
    Format,
    Media,
    ModelTraits,
    Reasoning,
    ReasoningDelta,
    Request,
    Response,
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

GOLDEN = Path(__file__).parents[1] / "golden"
BINARY = "bytes:"
TRAITS = ModelTraits(
    family="claude",
    structured_output=True,
    prompt_caching=True,
    reasoning_effort=True,
    reasoning_signatures="required",
    thinking_control="level",
    max_output_tokens=4096,
)
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
REQUEST = Request(
    model="assistant",
    turns=(
        Turn("system", (Text("Be brief.", CacheMark("1h")),)),
        Turn("developer", (Text("Use tools."),)),
        Turn("user", (Text("Which is warmer?"), Media("image", "image/png", b"png", detail="low"))),
        Turn(
            "assistant",
            (
                Reasoning("Two cities.", "c2lnbmF0dXJl"),
                Text("Let me look."),
                ToolCall("call_1", "weather.now", '{"city":"Köln"}'),
                ToolCall("call_2", "weather.now", '{"city":"Oslo"}'),
                ToolCall("call_3", "clock", ""),
            ),
        ),
        Turn("tool", (ToolResult("call_1", (Text("21"),)),)),
        Turn("tool", (ToolResult("call_2", (Text("12"),)),)),
        Turn("tool", (ToolResult("call_3", (Text(" "),)),)),
        Turn("user", (Text("Now answer."), Text(""))),
    ),
    tools=(Tool("weather.now", "The weather in a city.", SCHEMA, strict=True), Tool("clock")),
    tool_choice=ToolChoice("auto"),
    format=Format("json_schema", "answer", "Which city.", SCHEMA),
    sampling=Sampling(
        max_output_tokens=200, temperature=0.5, top_p=0.9, stop=("END",), reasoning_effort="low"
    ),
    stream=True,
    stream_usage=True,
)
USAGE = Usage(input=100, cached_read=40, cache_write=8, output=12, reasoning=5)
ANSWER = Response(
    id="answer_1",
    model="model-1",
    choices=(
        Choice(
            (
                Reasoning("Compare.", "c2ln"),
                Text("Köln."),
                ToolCall("call_4", "clock", "{}"),
            ),
            Finish.TOOL_CALLS,
        ),
    ),
    usage=USAGE,
    created=1795221023,
)
EVENTS: tuple[Event, ...] = (
    Started("answer_1", "model-1", 1795221023),
    ReasoningDelta("Compare."),
    ReasoningDelta(signature="c2ln"),
    TextDelta("Kö"),
    TextDelta("ln."),
    ToolCallStart(0, "call_4", "clock"),
    ToolCallDelta(0, '{"zone"'),
    ToolCallDelta(0, ':"CET"}'),
    Finished(Finish.TOOL_CALLS),
    UsageReport(USAGE),
    StreamEnd(),
)


def legible(data: bytes) -> str:
    """Text as it is; bytes that are no text one character each, so that a reader still sees the JSON."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return BINARY + data.decode("latin-1")


def written(spoken: Dialect) -> dict[str, Any]:
    """Everything canonical in one dialect."""
    wire = spoken.encode_request(REQUEST, "model-1", TRAITS, lossy=True)
    assert isinstance(wire, WireRequest)
    encoder = spoken.EventEncoder(REQUEST)
    return {
        "request": json.loads(wire.body),
        "dropped": [item.parameter for item in wire.dropped],
        "renamed": wire.answer.tools,
        "answer": json.loads(spoken.encode_response(ANSWER)),
        "stream": [legible(encoder.encode(event)) for event in EVENTS],
    }


@pytest.mark.parametrize("name", DIALECTS)
def test_what_is_written_is_the_golden_file(name: str) -> None:
    """A change of any wire format shows as a reviewed change of a file."""
    path = GOLDEN / f"{name}.json"
    now = written(DIALECTS[name])
    if os.environ.get("COMITY_GOLDEN") == "write":
        path.write_text(json.dumps(now, indent=2, ensure_ascii=False) + "\n")
    assert now == json.loads(path.read_text())


def course(events: Iterable[Event]) -> list[Event | type[Event]]:
    """The events with the pieces of a call put together, and what ends the answer by its kind only.

    Ids, forms and origins of reasoning are a dialect's own.
    """
    seen: list[Event | type[Event]] = []
    for event in events:
        last = seen[-1] if seen else None
        if isinstance(event, ReasoningDelta):
            seen.append(ReasoningDelta(event.text, event.signature, event.redacted))
            continue
        if isinstance(event, ToolCallDelta) and isinstance(last, ToolCallDelta) and last.index == event.index:
            seen[-1] = ToolCallDelta(event.index, last.fragment + event.fragment)
        else:
            seen.append(type(event) if isinstance(event, (Finished, UsageReport)) else event)
    return seen


@pytest.mark.no_cover
@pytest.mark.parametrize("name", DIALECTS)
def test_the_golden_stream_is_read_at_every_split(name: str) -> None:
    """The bytes of the file, cut anywhere, are the canonical events."""
    pieces = json.loads((GOLDEN / f"{name}.json").read_text())["stream"]
    stream = b"".join(
        piece.removeprefix(BINARY).encode("latin-1") if piece.startswith(BINARY) else piece.encode()
        for piece in pieces
    )
    key = AnswerKey(model="model-1", id="answer_1", created=1795221023)
    for cut in range(len(stream) + 1):
        decoder = DIALECTS[name].EventDecoder(key)
        seen = decoder.feed(stream[:cut]) + decoder.feed(stream[cut:]) + decoder.flush()
        assert course(seen) == course(EVENTS)


def test_every_golden_file_belongs_to_a_dialect() -> None:
    """No file is left behind."""
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(DIALECTS)
