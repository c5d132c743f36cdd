"""Exchanges drawn at random: requests, answers and streams that any dialect may be asked to carry."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from comity.exchange import (
    CacheMark,
    Choice,
    Citation,
    CitationDelta,
    Event,
    Finish,
    Finished,
    Format,
    LogprobsDelta,
    Media,
    Part,
    Reasoning,
    ReasoningDelta,
    RefusalDelta,
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
)

PNG = b"\x89PNG\r\n\x1a\n"
LOGPROBS = {"content": [{"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}]}

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
said = words.filter(lambda text: text.strip() != "")
names = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,11}", fullmatch=True)
marks = st.none() | st.builds(CacheMark, st.sampled_from([None, "5m", "1h"]))
citations = st.builds(
    Citation,
    st.none() | st.just("https://a.example"),
    st.none() | said,
    st.none() | said,
    origin=st.just("elsewhere"),
    wire=st.just({"x": 1}),
)
texts = st.builds(Text, said, marks, st.lists(citations, max_size=1).map(tuple))
media = st.sampled_from(
    [
        Media("image", "image/png", PNG),
        Media("image", "image/png", url="https://a.example/a.png"),
        Media("document", "application/pdf", b"%PDF", name="a.pdf"),
        Media("document", "text/plain", b"x", name="a", context="c", cited=True),
        Media("audio", "audio/wav", b"RIFF"),
        Media("video", "video/mp4", b"ftyp"),
    ]
)
schemas = st.fixed_dictionaries(
    {"type": st.just("object"), "properties": st.dictionaries(names, st.just({"type": "string"}), max_size=2)}
)
tools = st.builds(Tool, names, st.none() | said, schemas, st.none() | st.booleans(), marks)
arguments = st.dictionaries(names, words, max_size=2).map(json.dumps) | st.just("")
thoughts = st.builds(Reasoning, said, st.none() | st.just("c2ln"), origin=st.sampled_from(["", "elsewhere"]))
samplings = st.builds(
    Sampling,
    max_output_tokens=st.none() | st.integers(16, 9999),
    temperature=st.none() | st.floats(0, 1),
    top_p=st.none() | st.floats(0.1, 1),
    top_k=st.none() | st.integers(1, 40),
    stop=st.lists(said, max_size=2, unique=True).map(tuple),
    seed=st.none() | st.integers(0, 99),
    candidates=st.none() | st.integers(1, 3),
    logprobs=st.none() | st.just(value=True),
    reasoning_effort=st.none() | st.sampled_from(["low", "medium", "high"]),
    thinking=st.sampled_from([None, "off", "adaptive"]),
)
formats = (
    st.none()
    | st.builds(Format, st.sampled_from(["text", "json_object"]))
    | st.builds(Format, st.just("json_schema"), names, st.none() | said, schemas)
)


@st.composite
def rounds(draw: st.DrawFn) -> list[Turn]:
    """A user's turn and an answer, with calls and their results or without."""
    turns = [Turn("user", (Text("hi"), *draw(st.lists(texts | media, max_size=2))))]
    calls = [
        ToolCall(f"call_{index}_{name}", name, draw(arguments))
        for index, name in enumerate(draw(st.lists(names, max_size=2)))
    ]
    turns.append(Turn("assistant", (*draw(st.lists(thoughts, max_size=1)), draw(texts), *calls)))
    for call in calls:
        content = tuple(draw(st.lists(texts, min_size=1, max_size=2)))
        turns.append(Turn("tool", (ToolResult(call.id, content, draw(st.booleans())),)))
    return turns


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Any request that makes sense: every call is answered, every choice has its tool."""
    system = draw(st.lists(texts.map(lambda text: Turn("system", (text,))), max_size=2))
    middle = [turn for part in draw(st.lists(rounds(), max_size=2)) for turn in part]
    declared = tuple(draw(st.lists(tools, max_size=2, unique_by=lambda tool: tool.name)))
    choices = [None, ToolChoice("auto"), ToolChoice("none")]
    if declared:
        choices += [ToolChoice("required"), ToolChoice("named", declared[0].name)]
    return Request(
        "m",
        (*system, *middle, Turn("user", (Text("go"), *draw(st.lists(media, max_size=1))))),
        declared,
        draw(st.sampled_from(choices)),
        draw(st.sampled_from([None, None, True, False])) if declared else None,
        draw(formats),
        draw(samplings),
        user=draw(st.none() | names),
    )


usages = st.builds(
    Usage,
    *(st.integers(0, 99) for _ in range(5)),
    cache_write_1h=st.integers(0, 9),
)


@st.composite
def answers(draw: st.DrawFn) -> Response:
    """Any answer of one choice."""
    parts: list[Part] = [*draw(st.lists(thoughts, max_size=1)), draw(texts)]
    parts += [
        ToolCall(f"call_{index}", name, draw(st.dictionaries(names, words, max_size=2).map(json.dumps)))
        for index, name in enumerate(draw(st.lists(names, max_size=2)))
    ]
    calls = any(isinstance(part, ToolCall) for part in parts)
    finishes = [Finish.TOOL_CALLS] if calls else [Finish.STOP, Finish.LENGTH]
    choice = Choice(
        tuple(parts), draw(st.sampled_from(finishes)), logprobs=draw(st.none() | st.just(LOGPROBS))
    )
    return Response("id", "m", (choice,), draw(usages), 1)


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    """Any streamed answer of one choice."""
    events: list[Event] = [Started("id", "m", 1)]
    events += [ReasoningDelta(text) for text in draw(st.lists(said, max_size=2))]
    for text in draw(st.lists(said, max_size=3)):
        events.append(TextDelta(text))
        if draw(st.booleans()):
            events.append(CitationDelta(Citation("https://a.example", "t", origin="elsewhere")))
    if draw(st.booleans()):
        events.append(LogprobsDelta(LOGPROBS))
    refused = draw(st.integers(0, 4)) == 0
    events += [RefusalDelta("no")] if refused else []
    calls = 0 if refused else draw(st.integers(0, 2))
    for index in range(calls):
        events.append(ToolCallStart(index, f"call_{index}", draw(names)))
        text = draw(st.dictionaries(names, words, max_size=2).map(json.dumps))
        cut = draw(st.integers(0, len(text)))
        events += [ToolCallDelta(index, piece) for piece in (text[:cut], text[cut:]) if piece]
    finish = Finish.TOOL_CALLS if calls else Finish.CONTENT_FILTER if refused else Finish.STOP
    return [*events, Finished(finish), UsageReport(draw(usages)), StreamEnd()]
