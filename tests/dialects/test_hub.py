"""Whatever the hub holds, every dialect carries it or says what it cannot: requests, answers and streams.

Held over the whole registry: a new dialect is tested by being registered.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from tests.dialects.strategies import answers, requests, streams

from comity.dialects import DIALECTS, Dialect
from comity.dialects.survey import generous_traits
from comity.exchange import (
    AnswerKey,
    Event,
    Finish,
    Finished,
    Inexpressible,
    ReasoningDelta,
    RefusalDelta,
    Request,
    Response,
    StreamEnd,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStart,
    ToolResult,
    Usage,
    UsageReport,
    WireRequest,
)

QUIET = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
KEY = AnswerKey(model="m", id="id", created=1)


def each_dialect() -> Iterator[Dialect]:
    """The registered dialects; a failure says which one it was."""
    for name, spoken in DIALECTS.items():
        note(name)
        yield spoken


def encode(spoken: Dialect, request: Request, *, lossy: bool) -> WireRequest | Inexpressible:
    """The request for a model that takes all it can declare."""
    return spoken.encode_request(request, "m", generous_traits(spoken.NAME), lossy=lossy)


def spoken_words(request: Request) -> str:
    """All that is said in the conversation, in order, whatever blocks it stands in."""
    words = []
    for turn in request.turns:
        for part in turn.parts:
            if isinstance(part, Text):
                words.append(part.text)
            elif isinstance(part, ToolResult):
                words += [inner.text for inner in part.content if isinstance(inner, Text)]
    return "".join("".join(words).split())


def called(request: Request) -> list[tuple[str, object]]:
    """Every call in the history, with its arguments."""
    return [
        (part.name, json.loads(part.arguments or "{}"))
        for turn in request.turns
        for part in turn.parts
        if isinstance(part, ToolCall)
    ]


@QUIET
@given(request=requests())
def test_a_request_is_carried_or_what_is_missing_has_a_name(request: Request) -> None:
    """Strictly or with drops: a body, or names with reasons; what the strict way refuses the other drops."""
    for spoken in each_dialect():
        check_a_request_is_carried_or_what_is_missing_has_a_name(spoken, request)


def check_a_request_is_carried_or_what_is_missing_has_a_name(spoken: Dialect, request: Request) -> None:
    """The same for one dialect."""
    strict, lossy = encode(spoken, request, lossy=False), encode(spoken, request, lossy=True)
    for outcome in (strict, lossy):
        listed = outcome.missing if isinstance(outcome, Inexpressible) else outcome.dropped
        assert all(one.parameter and one.reason for one in listed)
    if isinstance(strict, WireRequest):
        assert isinstance(lossy, WireRequest)
        assert strict.body == lossy.body
    elif isinstance(lossy, WireRequest):
        assert set(strict.missing) <= set(lossy.dropped)


@QUIET
@given(request=requests())
def test_what_is_carried_is_read_again(request: Request) -> None:
    """Every word, every call with its arguments, and the tools, in each dialect's own wire."""
    for spoken in each_dialect():
        check_what_is_carried_is_read_again(spoken, request)


def check_what_is_carried_is_read_again(spoken: Dialect, request: Request) -> None:
    """The same for one dialect."""
    wire = encode(spoken, request, lossy=True)
    if isinstance(wire, Inexpressible):
        return
    again = spoken.decode_request(wire.body, model="m", stream=False)
    assert spoken_words(again) == spoken_words(request)
    renamed = wire.answer.tools
    assert [(renamed.get(name, name), given) for name, given in called(again)] == called(request)
    dropped = {one.parameter for one in wire.dropped}
    if request.tools and not (request.tool_choice and request.tool_choice.mode == "none"):
        declared = [renamed.get(tool.name, tool.name) for tool in again.tools]
        assert set(declared) >= {tool.name for tool in request.tools}
    if request.sampling.max_output_tokens is not None:
        assert again.sampling.max_output_tokens == request.sampling.max_output_tokens
    if "temperature" not in dropped and request.sampling.temperature is not None:
        assert again.sampling.temperature == request.sampling.temperature


@QUIET
@given(request=requests())
def test_the_same_dialect_out_and_in_loses_nothing(request: Request) -> None:
    """What a dialect has once read and written stays as it is: the second time changes no byte."""
    for spoken in each_dialect():
        check_the_same_dialect_out_and_in_loses_nothing(spoken, request)


def check_the_same_dialect_out_and_in_loses_nothing(spoken: Dialect, request: Request) -> None:
    """The same for one dialect."""
    wire = encode(spoken, request, lossy=True)
    if isinstance(wire, Inexpressible):
        return
    once = spoken.decode_request(wire.body, model="m", stream=False)
    first = encode(spoken, once, lossy=False)
    assert isinstance(first, WireRequest), first
    twice = spoken.decode_request(first.body, model="m", stream=False)
    second = encode(spoken, twice, lossy=False)
    assert isinstance(second, WireRequest)
    assert json.loads(first.body) == json.loads(second.body)
    assert twice == once


def text_of(response: Response) -> str:
    """The text of an answer."""
    return "".join(part.text for part in response.choices[0].parts if isinstance(part, Text))


def calls_of(response: Response) -> list[tuple[str, object]]:
    """The calls of an answer."""
    parts = response.choices[0].parts
    return [(part.name, json.loads(part.arguments or "{}")) for part in parts if isinstance(part, ToolCall)]


def billed(usage: Usage | None) -> tuple[int, int, int, int]:
    """What every dialect tells of a count: all that was read, made, read from the cache, and the sum."""
    assert usage is not None
    return usage.prompt, usage.completion, usage.cached_read, usage.total


@QUIET
@given(answer=answers())
def test_an_answer_keeps_its_words_calls_end_and_count(answer: Response) -> None:
    """Written for a client and read by one."""
    for spoken in each_dialect():
        check_an_answer_keeps_its_words_calls_end_and_count(spoken, answer)


def check_an_answer_keeps_its_words_calls_end_and_count(spoken: Dialect, answer: Response) -> None:
    """The same for one dialect."""
    again = spoken.decode_response(spoken.encode_response(answer), KEY)
    assert text_of(again) == text_of(answer)
    assert calls_of(again) == calls_of(answer)
    assert again.choices[0].finish is answer.choices[0].finish
    assert billed(again.usage) == billed(answer.usage)


@QUIET
@given(answer=answers())
def test_an_answer_read_once_is_read_the_same_again(answer: Response) -> None:
    """The same dialect in and out: equal values."""
    for spoken in each_dialect():
        check_an_answer_read_once_is_read_the_same_again(spoken, answer)


def check_an_answer_read_once_is_read_the_same_again(spoken: Dialect, answer: Response) -> None:
    """The same for one dialect."""
    once = spoken.decode_response(spoken.encode_response(answer), KEY)
    twice = spoken.decode_response(spoken.encode_response(once), KEY)
    assert twice == once


def told(events: Sequence[Event]) -> tuple[str, str, list[tuple[str, object]], Finish | None]:
    """Text, reasoning, calls and the end of a stream."""
    text = "".join(event.text for event in events if isinstance(event, (TextDelta, RefusalDelta)))
    thought = "".join(event.text for event in events if isinstance(event, ReasoningDelta))
    calls: dict[int, tuple[str, str]] = {}
    for event in events:
        if isinstance(event, ToolCallStart):
            calls[event.index] = (event.name, "")
        elif isinstance(event, ToolCallDelta):
            name, before = calls[event.index]
            calls[event.index] = (name, before + event.fragment)
    ends = [event.finish for event in events if isinstance(event, Finished)]
    # Some dialects tell a refusal by its end, others by its block.
    ends = [Finish.CONTENT_FILTER if end is Finish.REFUSAL else end for end in ends]
    given = [(name, json.loads(arguments or "{}")) for name, arguments in calls.values()]
    return text, thought, given, ends[0] if ends else None


@QUIET
@given(events=streams(), size=st.integers(1, 80))
def test_a_stream_keeps_its_words_calls_end_and_count(events: list[Event], size: int) -> None:
    """Event by event out, and in again in one piece and in pieces of any size."""
    for spoken in each_dialect():
        check_a_stream_keeps_its_words_calls_end_and_count(spoken, events, size)


def check_a_stream_keeps_its_words_calls_end_and_count(
    spoken: Dialect, events: list[Event], size: int
) -> None:
    """The same for one dialect."""
    encoder = spoken.EventEncoder(Request("m", (), stream=True, stream_usage=True))
    stream = b"".join(encoder.encode(event) for event in events)
    whole = spoken.EventDecoder(KEY)
    seen = whole.feed(stream) + whole.flush()
    slow = spoken.EventDecoder(KEY)
    pieces = [event for at in range(0, len(stream), size) for event in slow.feed(stream[at : at + size])]
    assert pieces + slow.flush() == seen
    assert told(seen) == told(events)
    assert isinstance(seen[-1], StreamEnd)
    (counted,) = [event.usage for event in events if isinstance(event, UsageReport)]
    assert billed([event.usage for event in seen if isinstance(event, UsageReport)][-1]) == billed(counted)
