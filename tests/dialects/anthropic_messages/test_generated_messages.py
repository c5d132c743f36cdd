"""Generated conversations: round trips, Anthropic's official schema, and the types of its official SDK."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import msgspec
import pytest
from anthropic.types import Message, RawMessageStreamEvent
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter
from tests.dialects.test_generated import QUIET, TRAITS, plain, relaxed, requests, streams
from tests.material import read_spec

from comity.dialects import anthropic_messages, bedrock_invoke, vertex_messages
from comity.dialects.sse import EventSourceDecoder
from comity.exchange import (
    AnswerKey,
    Choice,
    Event,
    Finish,
    Finished,
    Reasoning,
    Request,
    Response,
    Text,
    ToolCall,
    Usage,
    WireRequest,
)

SURFACES = (anthropic_messages, bedrock_invoke, vertex_messages)
MESSAGE = TypeAdapter(Message)
EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
BOUNDED = msgspec.structs.replace(TRAITS, max_output_tokens=9)


@cache
def schema() -> Draft202012Validator:
    """The official schema of a request."""
    spec = relaxed(read_spec("anthropic-openapi"))
    return Draft202012Validator(
        {"$ref": "#/components/schemas/CreateMessageParams", "components": spec["components"]}
    )


def written(request: Request, spoken: Any) -> bytes:
    """The body of a request; what the dialect lacks is dropped."""
    wire = spoken.encode_request(request, "m", BOUNDED, lossy=True)
    assert isinstance(wire, WireRequest), wire
    return wire.body


@pytest.mark.no_cover
@pytest.mark.parametrize("spoken", SURFACES, ids=lambda spoken: spoken.NAME)
@QUIET
@given(request_=requests())
def test_requests_round_trip(spoken: Any, request_: Request) -> None:
    """What was said survives the way there and back: texts, media, arguments, results, tools."""
    again = spoken.decode_request(written(request_, spoken), model="m")
    assert plain(again) == plain(request_)
    assert (again.sampling.temperature, again.sampling.top_p, again.sampling.reasoning_effort) == (
        request_.sampling.temperature,
        request_.sampling.top_p,
        request_.sampling.reasoning_effort,
    )
    if request_.tools:
        assert [tool.description for tool in again.tools] == [tool.description for tool in request_.tools]
    twice = spoken.encode_request(again, "m", BOUNDED, lossy=False)
    assert isinstance(twice, WireRequest)
    assert json.loads(twice.body) == json.loads(written(request_, spoken))


@pytest.mark.no_cover
@QUIET
@given(request_=requests())
def test_bodies_pass_the_official_schema(request_: Request) -> None:
    """Names, types, patterns and unions of Anthropic's own specification; no nulls, no allow-list."""
    body = json.loads(written(request_, anthropic_messages))
    assert [error.message[:200] for error in schema().iter_errors(body)] == []


answers = st.builds(
    Response,
    id=st.just("msg_1"),
    model=st.just("m"),
    choices=st.builds(
        Choice,
        st.lists(
            st.builds(Text, st.text(max_size=5))
            | st.builds(Reasoning, st.text(max_size=5), st.none() | st.just("c2ln"), origin=st.just("x"))
            | st.builds(ToolCall, st.just("c"), st.just("f"), st.sampled_from(["", '{"a":1}'])),
            max_size=4,
        ).map(tuple),
        st.sampled_from(Finish),
    ).map(lambda choice: (choice,)),
    usage=st.none()
    | st.builds(Usage, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)),
)


@QUIET
@given(answer=answers)
def test_the_sdks_types_take_every_answer(answer: Response) -> None:
    """Whatever another cloud said."""
    MESSAGE.validate_json(anthropic_messages.encode_response(answer))


@QUIET
@given(events=streams())
def test_the_sdks_types_take_every_event(events: list[Event]) -> None:
    """Whatever another cloud streamed, blocks one after the other."""
    encoder = anthropic_messages.EventEncoder()
    source = EventSourceDecoder()
    told = [one for event in events for one in source.feed(encoder.encode(event))]
    for one in told:
        EVENT.validate_json(one.data)
    kinds = [json.loads(one.data)["type"] for one in told]
    assert [one.event.decode() for one in told] == kinds
    assert kinds.count("content_block_start") == kinds.count("content_block_stop")
    assert kinds[0] == "message_start"
    assert kinds[-2:] == ["message_delta", "message_stop"]


@pytest.mark.parametrize("spoken", SURFACES, ids=lambda spoken: spoken.NAME)
@QUIET
@given(events=streams(), size=st.integers(1, 200))
def test_streams_round_trip_in_pieces_of_any_size(spoken: Any, events: list[Event], size: int) -> None:
    """Every event comes back in order, whatever the network cuts."""
    encoder = spoken.EventEncoder(None)
    stream = b"".join(encoder.encode(event) for event in events)
    decoder = spoken.EventDecoder(AnswerKey(model="m", id="id", created=1))
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    seen = [event for piece in pieces for event in decoder.feed(piece)] + decoder.flush()
    assert [Finished(event.finish) if isinstance(event, Finished) else event for event in seen] == events
