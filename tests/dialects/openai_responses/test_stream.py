"""Streamed responses: the typed events, read in any splitting and written as the SDK takes them."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from openai._streaming import SSEDecoder
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from comity.dialects import openai_responses
from comity.errors import ResponseError
from comity.exchange import (
    AnswerKey,
    BlockDelta,
    Citation,
    CitationDelta,
    Event,
    FailureClass,
    Fault,
    Finish,
    Finished,
    LogprobsDelta,
    Media,
    Opaque,
    ProviderFailure,
    ReasoningDelta,
    RefusalDelta,
    Request,
    Started,
    StreamEnd,
    StreamFailure,
    Text,
    TextDelta,
    ToolCallDelta,
    ToolCallStart,
    Turn,
    Usage,
    UsageReport,
)

EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
TOKEN = {"token": "so", "logprob": -0.1, "bytes": [1], "top_logprobs": []}
KEY = AnswerKey({"f_1": "f.one"}, "m", "id", 3, "openai.responses/x")


def frames(*events: dict[str, Any]) -> bytes:
    """Events as a server sends them."""
    return b"".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n".encode() for e in events)


def read(*events: dict[str, Any]) -> list[Event]:
    """The hub's events."""
    decoder = openai_responses.EventDecoder(KEY)
    return decoder.feed(frames(*events)) + decoder.flush()


def at(kind: str, index: int = 0, **members: Any) -> dict[str, Any]:
    """An event about the item at `index`."""
    return {"type": f"response.{kind}", "output_index": index, "item_id": f"i{index}", **members}


CREATED = {"type": "response.created", "response": {"id": "resp_1", "model": "gpt", "created_at": 5}}
DONE = {
    "type": "response.completed",
    "response": {"id": "resp_1", "status": "completed", "usage": {"input_tokens": 3, "output_tokens": 4}},
}
REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAA"}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f_1", "arguments": ""}
SEARCH = {
    "type": "web_search_call",
    "id": "ws",
    "status": "completed",
    "action": {"type": "search", "query": "q"},
}
SOURCE = {"type": "url_citation", "url": "u", "title": "t", "start_index": 0, "end_index": 1}


def test_every_kind_of_event_is_read() -> None:
    """Thinking with its encrypted end, text with sources, refusals, calls, hosted tools, usage."""
    thought = {**REASONING, "summary": [{"type": "summary_text", "text": "ab"}]}
    said = [
        {"type": "output_text", "text": "so", "annotations": [SOURCE]},
        {"type": "refusal", "refusal": "no"},
    ]
    search = {"type": "web_search_call", "id": "ws", "status": "completed"}
    events = read(
        CREATED,
        {"type": "response.in_progress", "response": CREATED["response"]},
        at("output_item.added", item={**REASONING, "encrypted_content": "partial"}),
        at("reasoning_summary_part.added", summary_index=0),
        at("reasoning_summary_text.delta", summary_index=0, delta="a"),
        at("reasoning_summary_text.delta", summary_index=0, delta="b"),
        at("output_item.done", item=thought),
        at("web_search_call.searching", 1),
        at("output_item.done", 1, item=search),
        at("output_item.added", 2, item={"type": "message", "id": "msg_1"}),
        at("output_text.delta", 2, content_index=0, delta="s", logprobs=[TOKEN]),
        at("output_text.delta", 2, content_index=0, delta="o", obfuscation="xx"),
        at("output_text.annotation.added", 2, content_index=0, annotation_index=0, annotation=SOURCE),
        at("refusal.delta", 2, content_index=1, delta="no"),
        at("output_item.done", 2, item={"type": "message", "id": "changed", "content": said}),
        at("output_item.added", 3, item=CALL),
        at("function_call_arguments.delta", 3, delta="{"),
        at("function_call_arguments.delta", 3, delta="}"),
        at("output_item.done", 3, item={**CALL, "arguments": "{}"}),
        DONE,
        at("output_text.delta", 4, delta="late"),
    )
    origin = KEY.origin
    assert events == [
        Started("resp_1", "gpt", 5),
        ReasoningDelta("a", origin=origin, id="rs_1", form="summary"),
        ReasoningDelta("b", origin=origin, form="summary"),
        ReasoningDelta(signature="gAA", origin=origin, form="summary"),
        BlockDelta(Opaque("web_search_call", search, "openai.responses")),
        TextDelta("s"),
        LogprobsDelta({"content": [TOKEN], "refusal": None}),
        TextDelta("o"),
        CitationDelta(Citation("u", "t", None, 0, 1, "openai.responses", SOURCE)),
        RefusalDelta("no"),
        ToolCallStart(0, "c1", "f.one"),
        ToolCallDelta(0, "{"),
        ToolCallDelta(0, "}"),
        Finished(Finish.TOOL_CALLS, "completed"),
        UsageReport(Usage(3, output=4)),
        StreamEnd(),
    ]


def test_what_came_in_no_pieces_is_told_at_the_end_of_its_item() -> None:
    """Some servers send an item only when it is done."""
    thought = {**REASONING, "content": [{"type": "reasoning_text", "text": "t"}]}
    message = {"type": "message", "content": [{"type": "output_text", "text": "so", "annotations": [SOURCE]}]}
    refusal = {"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}
    events = read(
        at("output_item.done", item=thought),
        at("output_item.done", 1, item={**REASONING, "encrypted_content": None}),
        at("output_item.done", 2, item=message),
        at("output_item.done", 3, item=refusal),
        at("output_item.added", 4, item={**CALL, "arguments": "{"}),
        at("output_item.done", 4, item={**CALL, "arguments": "{}"}),
        {
            "type": "response.done",
            "response": {"incomplete_details": {"reason": "max_output_tokens"}, "status": "incomplete"},
        },
    )
    assert events == [
        Started("id", "m", 3),
        ReasoningDelta("t", "gAA", origin=KEY.origin, id="rs_1", form="raw"),
        TextDelta("so"),
        CitationDelta(Citation("u", "t", None, 0, 1, "openai.responses", SOURCE)),
        RefusalDelta("no"),
        ToolCallStart(0, "c1", "f.one"),
        ToolCallDelta(0, "{"),
        ToolCallDelta(0, "}"),
        Finished(Finish.LENGTH, "max_output_tokens"),
        StreamEnd(),
    ]


def test_several_summaries_are_blocks_of_one_item() -> None:
    """Each begins with the item's id again, and comes out as a part of the same item."""
    events = read(
        at("output_item.added", item=REASONING),
        at("reasoning_summary_text.delta", summary_index=0, delta="a"),
        at("reasoning_summary_text.delta", summary_index=1, delta="b"),
        at("reasoning_text.delta", content_index=0, delta="raw"),
        DONE,
    )
    thoughts = [event for event in events if isinstance(event, ReasoningDelta)]
    assert [(thought.text, thought.id, thought.form) for thought in thoughts][:2] == [
        ("a", "rs_1", "summary"),
        ("b", "rs_1", "summary"),
    ]
    told = write(*events)
    (item,) = told[-1]["response"]["output"]
    assert [part["text"] for part in item["summary"]] == ["a", "b"]
    assert [part["text"] for part in item["content"]] == ["raw"]


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"type": "error", "code": "rate_limit_exceeded", "message": "slow"}, FailureClass.RATE_LIMITED),
        ({"type": "error", "error": {"type": "insufficient_quota", "message": "pay"}}, FailureClass.QUOTA),
        (
            {"type": "response.failed", "response": {"status": "failed", "error": {"code": "server_error"}}},
            FailureClass.SERVER,
        ),
        (
            {"type": "response.completed", "response": {"status": "failed", "error": {"message": "x"}}},
            FailureClass.SERVER,
        ),
    ],
)
def test_failures_inside_a_stream(event: dict[str, Any], kind: FailureClass) -> None:
    """Flat or nested, or a response that failed."""
    failure = read(CREATED, event)[-1]
    assert isinstance(failure, StreamFailure)
    assert failure.failure.kind is kind


def test_nonsense_is_an_error_and_a_cut_is_seen() -> None:
    """Broken JSON, arguments of nothing; a stream without its end has no end."""
    for bad in (b"data: {\n\n", frames(at("function_call_arguments.delta", delta="x"))):
        with pytest.raises(ResponseError):
            openai_responses.EventDecoder().feed(bad)
    decoder = openai_responses.EventDecoder()
    assert decoder.feed(frames(CREATED)[:-1] + b"\n: keep-alive\n\ndata: {") == [Started("resp_1", "gpt", 5)]
    assert decoder.flush() == []
    assert StreamEnd() not in read(CREATED, at("output_text.delta", delta="x"))


def test_the_end_mark_of_chat_is_not_needed() -> None:
    """Compatible servers send it; it says nothing here."""
    decoder = openai_responses.EventDecoder()
    events = decoder.feed(frames(CREATED, DONE) + b"data: [DONE]\n\n") + decoder.flush()
    assert events.count(StreamEnd()) == 1


def write(*events: Event) -> list[dict[str, Any]]:
    """The typed events that a client gets; the official SDK's own state machine takes each of them."""
    encoder = openai_responses.EventEncoder(Request("m", (Turn("user", (Text("hi"),)),)))
    data = b"".join(encoder.encode(event) for event in events)
    told = []
    state: ResponseStreamState[Any] = ResponseStreamState(input_tools=[], text_format=openai.omit)
    for sent in SSEDecoder().iter_bytes(iter([data])):
        event = sent.json()
        assert sent.event == event["type"]
        state.handle_event(EVENT.validate_python(event))
        told.append(event)
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    return told


STREAM: tuple[Event, ...] = (
    Started("resp_9", "gpt", 5),
    ReasoningDelta("thi"),
    ReasoningDelta("nk"),
    ReasoningDelta(signature="sig", origin="bedrock.converse/claude"),
    ReasoningDelta(redacted=b"x", origin="bedrock.converse/claude"),
    TextDelta("so"),
    LogprobsDelta({"content": [TOKEN], "refusal": None}),
    TextDelta(" on"),
    CitationDelta(Citation("https://a.example", "A")),
    CitationDelta(Citation(title="a document")),
    RefusalDelta("no"),
    TextDelta("but"),
    BlockDelta(
        Opaque(
            "web_search_call",
            SEARCH,
            "openai.responses",
        )
    ),
    BlockDelta(Opaque("server_tool_use", {"id": "s"}, "anthropic.messages")),
    BlockDelta(Media("image", "image/png", b"png")),
    ToolCallStart(0, "c1", "f"),
    ToolCallStart(1, "c2", "g", signature="Zw==", origin="gemini"),
    ToolCallDelta(0, '{"a"'),
    ToolCallDelta(1, "{}"),
    ToolCallDelta(0, ":1}"),
    ToolCallDelta(9, "of nobody"),
    Finished(Finish.TOOL_CALLS),
    UsageReport(Usage(3, output=4)),
    StreamEnd(),
)


def test_every_event_is_written_and_read_again() -> None:
    """Text, calls, finish and usage survive; the last event repeats what the others told."""
    told = write(*STREAM)
    done = [event["item"] for event in told if event["type"] == "response.output_item.done"]
    last = told[-1]
    assert last["type"] == "response.completed"
    assert sorted(map(json.dumps, last["response"]["output"])) == sorted(map(json.dumps, done))
    again = read(*told)
    for kind in (TextDelta, RefusalDelta, Finished, UsageReport, StreamEnd):
        kept = [event for event in STREAM if isinstance(event, kind)]
        assert [type(event) for event in again if isinstance(event, kind)] == [type(event) for event in kept]
    texts = "".join(event.text for event in again if isinstance(event, TextDelta))
    assert texts == "so onbut"
    arguments = dict.fromkeys((0, 1), "")
    for event in again:
        if isinstance(event, ToolCallDelta):
            arguments[event.index] += event.fragment
    assert arguments == {0: '{"a":1}', 1: "{}"}
    signed = [event for event in again if isinstance(event, ReasoningDelta) and event.signature]
    assert [(event.signature, event.origin) for event in signed] == [("sig", "bedrock.converse/claude")]


def test_each_parallel_call_ends_before_the_next_begins_unless_they_come_interleaved() -> None:
    """As the API itself does; a call that is not whole yet stays open beside the next."""
    begun, second = ToolCallStart(0, "c0", "f"), ToolCallStart(1, "c1", "f")
    apart = write(
        Started("resp_1", "m", 1), begun, ToolCallDelta(0, "{}"), second, ToolCallDelta(1, "{}"), StreamEnd()
    )
    steps = [(one["type"], one["output_index"]) for one in apart if "output_item" in one["type"]]
    added, done = "response.output_item.added", "response.output_item.done"
    assert steps == [(added, 0), (done, 0), (added, 1), (done, 1)]
    mixed = write(
        Started("resp_1", "m", 1), begun, ToolCallDelta(0, "{"), second, ToolCallDelta(0, "}"), StreamEnd()
    )
    steps = [(one["type"], one["output_index"]) for one in mixed if "output_item" in one["type"]]
    assert steps == [(added, 0), (added, 1), (done, 0), (done, 1)]
    late = write(
        Started("resp_1", "m", 1), begun, ToolCallDelta(0, "{}"), second, ToolCallDelta(0, " "), StreamEnd()
    )
    assert [one["response"]["output"][0]["arguments"] for one in late[-1:]] == ["{}"]


def test_a_cut_answer_ends_as_incomplete() -> None:
    """And a stream with nothing in it is not complete either."""
    assert write(Started("r", "m"), TextDelta("x"), Finished(Finish.LENGTH), StreamEnd())[-1]["type"] == (
        "response.incomplete"
    )
    assert write(Started("r", "m"), StreamEnd())[-1]["response"]["status"] == "incomplete"


def test_a_failure_is_told_flat_and_nested() -> None:
    """As documented, and as clients look for it."""
    failure = ProviderFailure(FailureClass.SERVER, 500, "sorry", code="server_error")
    encoder = openai_responses.EventEncoder(Request("m", ()))
    data = encoder.encode(StreamFailure(failure))
    assert data == openai_responses.encode_stream_failure(failure.fault)
    event = json.loads(data.split(b"data: ")[1])
    assert event["message"] == event["error"]["message"] == "sorry"
    assert read(event)[-1] == StreamFailure(
        ProviderFailure(FailureClass.SERVER, 500, "sorry", code="server_error")
    )
    assert json.loads(openai_responses.encode_failure(Fault(451, "no")))["error"]["type"] == "policy_error"
