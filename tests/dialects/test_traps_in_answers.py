"""The traps that lie on the way back to a client, each on every pair of dialects that it touches.

Numbers are those of the list of traps; `tests/test_traps.py` holds that none and no pair is missing.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import msgspec
import pytest
from tests.dialects.pair_exchanges import ENDINGS, FAILURES
from tests.dialects.pairs_said import (
    ASK,
    PAIRS,
    answer,
    body,
    echoed,
    heard,
    listening,
    mark,
    on,
    received,
    relayed,
    retold,
    shown,
    streamed,
    written,
)
from tests.dialects.trapped import TRAPS

from comity.dialects import DIALECTS
from comity.dialects.survey import generous_traits
from comity.exchange import (
    AnswerKey,
    Citation,
    CitationDelta,
    Event,
    FailureClass,
    Fault,
    Finish,
    Finished,
    ProviderFailure,
    Reasoning,
    ReasoningDelta,
    RefusalDelta,
    Request,
    Started,
    StreamEnd,
    StreamFailure,
    Text,
    TextDelta,
    Tool,
    ToolCall,
    ToolCallDelta,
    ToolCallStart,
    ToolResult,
    Turn,
    Usage,
    UsageReport,
)

SIGNED = base64.b64encode(b"signed by the target, byte for byte").decode()
USAGE = Usage(100, 40, 8, 12, 5)
CLEAN = {Finish.STOP, Finish.TOOL_CALLS}
CLEAN_WORDS = {"stop", "tool_calls", "end_turn", "stop_sequence", "tool_use", "STOP"}
"""Every vendor's words for an answer that is whole."""
BEGUN: tuple[Event, ...] = (Started("id", "m", 1),)
ENDED: tuple[Event, ...] = (Finished(Finish.STOP), UsageReport(Usage(5, output=5)), StreamEnd())


def of(kind: type[Any], events: list[Event]) -> list[Any]:
    """The events of one kind."""
    return [event for event in events if isinstance(event, kind)]


@on(TRAPS[6])
def test_t6_a_call_without_arguments_is_an_empty_object_for_clients(client: str, target: str) -> None:
    """Whole and streamed, where the cloud sends nothing at all."""
    told = received(client, relayed(client, target, answer(ToolCall("c", "f", ""), finish=Finish.TOOL_CALLS)))
    (call,) = [part for part in told.choices[0].parts if isinstance(part, ToolCall)]
    assert json.loads(call.arguments or "{}") == {}
    events = (*BEGUN, ToolCallStart(0, "c", "f"), Finished(Finish.TOOL_CALLS), *ENDED[1:])
    pieces = of(ToolCallDelta, heard(client, streamed(client, target, events)))
    assert json.loads("".join(piece.fragment for piece in pieces) or "{}") == {}


@on(TRAPS[7])
def test_t7_names_of_tools_come_back_as_they_were_declared(client: str, target: str) -> None:
    """Whole and streamed."""
    odd = "mcp.server/" + "very_long_name_" * 8
    wire = written(target, Request("m", (ASK,), (Tool(odd),), dialect=client))
    names = {declared: told for told, declared in wire.answer.tools.items()}
    told = names.get(odd, odd)
    whole = relayed(client, target, answer(ToolCall("c", told, "{}"), finish=Finish.TOOL_CALLS), wire)
    assert odd in json.dumps(json.loads(whole))
    events = (*BEGUN, ToolCallStart(0, "c", told), Finished(Finish.TOOL_CALLS), *ENDED[1:])
    stream = streamed(client, target, events, wire)
    assert [one.name for one in of(ToolCallStart, heard(client, stream))] == [odd]


@on(TRAPS[12])
def test_t12_what_a_target_signed_comes_home_and_to_nobody_else(client: str, target: str) -> None:
    """Shown to the client, echoed as it got it, sent back byte for byte; after a switch of models, not."""
    thought = Reasoning("Hm.", SIGNED, origin=mark(target))
    told = relayed(client, target, answer(thought, Text("done")))
    again = echoed(client, Request("m", (ASK,)), told, ASK)
    home = written(target, again)
    assert (SIGNED in home.body.decode()) == shown(client, target, "signed reasoning")
    family = generous_traits(target).family
    for other in DIALECTS:
        if generous_traits(other).family != family:
            assert SIGNED not in written(other, again).body.decode()


@on(TRAPS[12])
def test_t12_streamed_signatures_are_those_of_the_whole_answer(client: str, target: str) -> None:
    """The same proof with the same origin, in pieces."""
    thought = Reasoning("Hm.", SIGNED, origin=mark(target))
    whole = received(client, relayed(client, target, answer(thought, Text("done"))))
    events = (
        *BEGUN,
        ReasoningDelta("Hm.", origin=mark(target)),
        ReasoningDelta(signature=SIGNED, origin=mark(target)),
        TextDelta("done"),
        *ENDED,
    )
    pieces = of(ReasoningDelta, heard(client, streamed(client, target, events)))
    seen = {(piece.signature, piece.origin) for piece in pieces if piece.signature is not None}
    blocks = [part for part in whole.choices[0].parts if isinstance(part, Reasoning)]
    assert seen == {(block.signature, block.origin) for block in blocks if block.signature is not None}
    assert "".join(piece.text for piece in pieces) == "".join(block.text for block in blocks)


@on(TRAPS[12])
def test_t12_encrypted_thoughts_come_home_and_to_nobody_else(client: str, target: str) -> None:
    """Thinking that nobody may see, through a client that carries it."""
    told = relayed(client, target, answer(Reasoning(redacted=b"hidden-one", origin=mark(target)), Text("a")))
    again = echoed(client, Request("m", (ASK,)), told, ASK)
    family = generous_traits(target).family
    for other in DIALECTS:
        if generous_traits(other).family != family:
            sent = written(other, again).body
            assert b"hidden-one" not in sent
            assert base64.b64encode(b"hidden-one") not in sent


def broken(target: str, status: int) -> ProviderFailure:
    """The failure that the target reports inside a stream."""
    data = DIALECTS[target].encode_stream_failure(Fault(status, "slow down"))
    (event,) = DIALECTS[target].EventDecoder(AnswerKey()).feed(data)
    assert isinstance(event, StreamFailure)
    return event.failure


@on(TRAPS[13])
def test_t13_exception_frames_are_failures_of_their_type(client: str, target: str) -> None:
    """The frame's type says whether another attempt helps, and the client hears of it in its own shape."""
    for status, kind in ((429, FailureClass.RATE_LIMITED), (500, FailureClass.SERVER)):
        failure = broken(target, status)
        assert failure.kind is kind
        told = DIALECTS[client].encode_stream_failure(failure.fault)
        (seen,) = of(StreamFailure, heard(client, told))
        assert seen.failure.message == "slow down"


@on(TRAPS[26])
def test_t26_an_error_in_a_stream_of_status_200_is_a_failure(client: str, target: str) -> None:
    """Before content it commits nobody; a client that has heard content is told in its own shape."""
    data = DIALECTS[target].encode_stream_failure(Fault(500, "it broke"))
    begun = DIALECTS[target].EventEncoder(listening()).encode(BEGUN[0])
    reader = DIALECTS[target].EventDecoder(AnswerKey())
    events = [*reader.feed(begun), *reader.feed(data)]
    assert [type(event) for event in events if not isinstance(event, Started)] == [StreamFailure]
    assert not of(TextDelta, events)
    told = DIALECTS[client].encode_stream_failure(broken(target, 500).fault)
    assert of(StreamFailure, heard(client, told))


@on(TRAPS[14])
def test_t14_tokens_are_counted_once_and_their_sums_survive(client: str, target: str) -> None:
    """What was read, what was made and both together are what the target counted, whole and streamed."""
    whole = DIALECTS[target].encode_response(answer(Text("a"), usage=USAGE))
    counted = DIALECTS[target].decode_response(whole, AnswerKey()).usage
    assert counted is not None
    told = received(client, relayed(client, target, answer(Text("a"), usage=USAGE))).usage
    events = (*BEGUN, TextDelta("a"), Finished(Finish.STOP), UsageReport(USAGE), StreamEnd())
    reports = of(UsageReport, heard(client, streamed(client, target, events)))
    for seen in (told, reports[-1].usage):
        assert seen is not None
        sums = (seen.prompt, seen.completion, seen.total)
        assert sums == (counted.prompt, counted.completion, counted.total) == (148, 17, 165)
        assert seen.cached_read == 40


@on(TRAPS[15])
def test_t15_only_a_clean_end_of_converse_looks_clean(client: str, target: str) -> None:
    """Each of Bedrock's words."""
    hold_ends(client, target)


@on(TRAPS[23])
def test_t23_only_a_clean_end_of_gemini_looks_clean(client: str, target: str) -> None:
    """Each of Google's words; `STOP` with calls asks for tools."""
    hold_ends(client, target)
    calls = answer(ToolCall("c", "f", "{}"), finish=Finish.STOP)
    assert received(client, relayed(client, target, calls)).choices[0].finish is Finish.TOOL_CALLS


@on(TRAPS[32])
def test_t32_a_blocked_answer_never_looks_whole(client: str, target: str) -> None:
    """Each word of the target, and one that nobody has heard of."""
    hold_ends(client, target)


def hold_ends(client: str, target: str) -> None:
    """Every word of a target's is clean for the client exactly where it is for the target."""
    spoken = DIALECTS[target]
    path, words = ENDINGS[target]
    for word in (*words, "unheard_of"):
        part = ToolCall("c", "f", "{}") if word in {"tool_calls", "tool_use"} else Text("a")
        said = json.loads(spoken.encode_response(answer(part, finish=Finish.UNKNOWN)))
        inner = said
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = {"reason": word} if path[-1] == "incomplete_details" else word
        inner.pop("native_finish_reason", None)
        told = spoken.decode_response(json.dumps(said).encode(), AnswerKey(id="id", created=1))
        finish = received(client, DIALECTS[client].encode_response(told)).choices[0].finish
        assert (finish in CLEAN) == (word in CLEAN_WORDS), word


@on(TRAPS[32])
def test_t32_a_refusal_in_words_is_none_to_take_for_an_answer(client: str, target: str) -> None:
    """Streamed: the words arrive, and the end says why, or the words do."""
    events = (*BEGUN, RefusalDelta("I cannot."), Finished(Finish.REFUSAL), *ENDED[1:])
    seen = heard(client, streamed(client, target, events))
    words = "".join(event.text for event in of(TextDelta, seen) + of(RefusalDelta, seen))
    (end,) = of(Finished, seen)
    assert words == "I cannot."
    assert end.finish in {Finish.REFUSAL, Finish.CONTENT_FILTER}


@on(TRAPS[19])
def test_t19_signed_calls_come_home_through_any_client(client: str, target: str) -> None:
    """Two calls at once, the first signed: back at Google the first is signed so, the second is not."""
    calls = (
        ToolCall("c1", "f", "{}", signature=SIGNED, origin=mark(target)),
        ToolCall("c2", "f", "{}"),
    )
    tools = (Tool("f"),)
    told = relayed(client, target, answer(*calls, finish=Finish.TOOL_CALLS))
    again = echoed(client, Request("m", (ASK,), tools), told)
    made = [part.id for turn in again.turns for part in turn.parts if isinstance(part, ToolCall)]
    results = tuple(Turn("tool", (ToolResult(one, (Text("4"),)),)) for one in made)
    again = msgspec.structs.replace(again, turns=(*again.turns, *results))
    sent = [part for turn in body(written(target, again))["contents"] for part in turn["parts"]]
    signed = [part.get("thoughtSignature") for part in sent if "functionCall" in part]
    assert signed == [SIGNED, None]
    for other in DIALECTS:
        if other != target:
            assert SIGNED not in written(other, again).body.decode()


@on(TRAPS[19])
def test_t19_calls_that_another_model_made_are_marked_as_google_says(client: str, target: str) -> None:
    """Only where the deployment demands signatures, only the first of a turn, and never an invented one."""
    turns = (
        ASK,
        Turn("assistant", (ToolCall("c1", "f", "{}"), ToolCall("c2", "f", "{}"))),
        *(Turn("tool", (ToolResult(one, (Text("4"),)),)) for one in ("c1", "c2")),
    )
    asked = Request("m", turns, (Tool("f"),), dialect=client)
    for demanded, expected in (
        ("required", ["skip_thought_signature_validator", None]),
        ("none", [None] * 2),
    ):
        traits = msgspec.structs.replace(generous_traits(target), reasoning_signatures=demanded)
        sent = [part for turn in body(written(target, asked, traits))["contents"] for part in turn["parts"]]
        assert [part.get("thoughtSignature") for part in sent if "functionCall" in part] == expected


@on(TRAPS[22])
def test_t22_the_last_count_stands_and_is_never_summed(client: str, target: str) -> None:
    """Google counts anew in each chunk; thoughts are apart, the cache is inside."""
    counts = [(5, 1), (5, 4), (5, 9)]
    piece = {"index": 0, "content": {"role": "model", "parts": [{"text": "a"}]}}
    chunks = [
        {
            "candidates": [piece | ({"finishReason": "STOP"} if made == 9 else {})],
            "usageMetadata": {
                "promptTokenCount": read,
                "candidatesTokenCount": made,
                "thoughtsTokenCount": 2,
                "cachedContentTokenCount": 3,
                "totalTokenCount": read + made + 2,
            },
        }
        for read, made in counts
    ]
    stream = b"".join(b"data: %b\r\n\r\n" % json.dumps(chunk).encode() for chunk in chunks)
    seen = of(UsageReport, heard(client, retold(client, target, stream)))[-1].usage
    assert (seen.prompt, seen.completion, seen.cached_read) == (5, 11, 3)


def chunk(choices: list[Any], **more: Any) -> bytes:
    """A chunk of a chat completion."""
    head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return b"data: %b\n\n" % json.dumps(head | {"choices": choices} | more).encode()


SAID = chunk([{"index": 0, "delta": {"role": "assistant", "content": "hello"}, "finish_reason": None}])
DONE = b"data: [DONE]\n\n"


@on(TRAPS[25])
def test_t25_chunks_without_choices_or_delta_are_no_content(client: str, target: str) -> None:
    """Azure's first chunk, and those of its filter that come later."""
    first = chunk([], id="", model="", object="", prompt_filter_results=[{"prompt_index": 0}])
    later = chunk([{"index": 0, "content_filter_offsets": {"start_offset": 0}, "finish_reason": None}])
    end = chunk([{"index": 0, "delta": {}, "finish_reason": "stop"}])
    assert DIALECTS[target].EventDecoder(AnswerKey()).feed(first) == []
    seen = heard(client, retold(client, target, first + SAID + later + end + DONE))
    assert [event.text for event in of(TextDelta, seen)] == ["hello"]
    assert len(of(Started, seen)) == 1


@on(TRAPS[28])
@pytest.mark.parametrize("place", ["apart", "beside", "never"])
def test_t28_the_count_is_found_wherever_it_stands(client: str, target: str, place: str) -> None:
    """In a chunk of its own, beside the last choice, or nowhere: then nobody is told a number."""
    usage = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
    end = [{"index": 0, "delta": {}, "finish_reason": "stop"}]
    stream = {
        "apart": SAID + chunk(end) + chunk([], usage=usage) + DONE,
        "beside": SAID + chunk(end, usage=usage) + DONE,
        "never": SAID + chunk(end) + DONE,
    }[place]
    reader = DIALECTS[target].EventDecoder(AnswerKey())
    reports = of(UsageReport, [*reader.feed(stream), *reader.flush()])
    assert [report.usage.total for report in reports] == ([] if place == "never" else [12])
    seen = of(UsageReport, heard(client, retold(client, target, stream)))
    assert [report.usage.total for report in seen][-1:] in ([[12]] if place != "never" else [[], [0]])


STORY: tuple[Event, ...] = (
    *BEGUN,
    TextDelta("Kö"),
    TextDelta("ln."),
    ToolCallStart(0, "c1", "f"),
    ToolCallDelta(0, '{"a"'),
    ToolCallDelta(0, ':"é"}'),
    Finished(Finish.TOOL_CALLS),
    UsageReport(Usage(5, output=5)),
    StreamEnd(),
)


@on(TRAPS[43])
def test_t43_a_stream_is_the_same_in_any_splitting(client: str, target: str) -> None:
    """Byte by byte as in one piece; cut anywhere, it never looks whole."""
    whole = streamed(client, target, STORY)
    assert streamed(client, target, STORY, size=1) == whole
    speaker = DIALECTS[target].EventEncoder(listening())
    pieces = [speaker.encode(event) for event in STORY]
    seen = heard(client, retold(client, target, b"".join(pieces[:4])[:-3]))
    assert not of(Finished, seen)
    assert "".join(event.text for event in of(TextDelta, heard(client, whole))) == "Köln."


@pytest.mark.parametrize(("client", "target"), PAIRS, ids=["--".join(pair) for pair in PAIRS])
def test_a_cause_that_clients_act_upon_survives(client: str, target: str) -> None:
    """A prompt that is too long is one for the client's own words too; another mistake is not."""
    kinds = []
    for failed in FAILURES[target][:2]:
        failure = DIALECTS[target].decode_failure(failed.status, failed.headers.get, failed.body.encode())
        spoken, fault = DIALECTS[client], failure.fault
        headers = dict(spoken.failure_headers(fault))
        seen = spoken.decode_failure(fault.status, headers.get, spoken.encode_failure(fault))
        assert failure.message in seen.message
        kinds.append((failure.kind, seen.kind))
    assert kinds == [(FailureClass.CONTEXT_WINDOW,) * 2, (FailureClass.BAD_REQUEST,) * 2]


@pytest.mark.parametrize("client", DIALECTS)
def test_late_sources_open_no_empty_text(client: str) -> None:
    """A source after a call has no text to stand at: an empty block of text would be refused next time."""
    source = CitationDelta(Citation("https://a.example", "A", start=0, end=1))
    events = (*BEGUN, TextDelta("a"), ToolCallStart(0, "c", "f"), ToolCallDelta(0, "{}"))
    end = (Finished(Finish.TOOL_CALLS), *ENDED[1:])
    clerk = {late: DIALECTS[client].EventEncoder(listening()) for late in (True, False)}
    told = {
        late: b"".join(one.encode(event) for event in (*events, *((source,) if late else ()), *end))
        for late, one in clerk.items()
    }
    kept = {late: [type(event) for event in heard(client, stream)] for late, stream in told.items()}
    assert [kind for kind in kept[True] if kind is not CitationDelta] == kept[False]
    assert told[True].count(b"content_block_start") == told[False].count(b"content_block_start")
    assert told[True].count(b"output_item.added") == told[False].count(b"output_item.added")
