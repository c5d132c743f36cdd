"""Generated conversations: round trips, and OpenAI's official schema for every body that is sent."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from hypothesis import given
from jsonschema import Draft202012Validator
from tests.dialects.test_generated import QUIET, TRAITS, plain, relaxed, requests, streams
from tests.material import read_spec

from comity.dialects import openai_responses
from comity.exchange import AnswerKey, Event, Request, WireRequest

OVER_STRICT = {"logprobs"}
"""Members that the schema requires and the service does not: log-probabilities of texts sent back."""


@cache
def schema() -> Draft202012Validator:
    """The official schema of a request, without what it requires too much."""
    spec = relaxed(read_spec("openai-openapi"))
    for part in spec["components"]["schemas"].values():
        if "required" in part:
            part["required"] = [name for name in part["required"] if name not in OVER_STRICT]
    return Draft202012Validator(
        {"$ref": "#/components/schemas/CreateResponse", "components": spec["components"]}
    )


def written(request: Request) -> bytes:
    """The body of a request; stop sequences, which the API lacks, are dropped."""
    wire = openai_responses.encode_request(request, "m", TRAITS, lossy=True)
    assert isinstance(wire, WireRequest), wire
    return wire.body


@QUIET
@given(requests())
def test_requests_round_trip(request_: Request) -> None:
    """What was said survives: texts, media, arguments, results, tools, choice, format, sampling."""
    again = openai_responses.decode_request(written(request_))
    assert plain(again) == plain(request_)
    modes = [
        None if request.tool_choice is None else request.tool_choice.mode for request in (again, request_)
    ]
    assert modes[0] == modes[1]
    assert again.format == request_.format
    assert again.sampling.temperature == request_.sampling.temperature
    assert len(again.tools) == len(request_.tools)
    assert openai_responses.decode_request(written(again)) == again


@QUIET
@given(requests())
def test_bodies_pass_the_official_schema(request_: Request) -> None:
    """Every body, whatever was asked."""
    errors = [error.message for error in schema().iter_errors(json.loads(written(request_)))]
    assert errors == []


@QUIET
@given(streams())
def test_streams_round_trip(events: list[Event]) -> None:
    """The events that a client gets say what the cloud's said."""
    encoder = openai_responses.EventEncoder(Request("m", ()))
    data = b"".join(encoder.encode(event) for event in events)
    decoder = openai_responses.EventDecoder(AnswerKey())
    again = decoder.feed(data) + decoder.flush()
    assert story(again) == story(events)


def story(events: list[Event]) -> list[tuple[str, Any]]:
    """What was said, pieces put together."""
    told: list[tuple[str, Any]] = []
    for event in events:
        kind = type(event).__name__
        text = getattr(event, "text", None) or getattr(event, "fragment", None)
        if kind in {"TextDelta", "ToolCallDelta"} and text is not None:
            if told and told[-1][0] == kind:
                told[-1] = (kind, told[-1][1] + text)
            else:
                told.append((kind, text))
        elif kind == "ToolCallStart":
            told.append((kind, event.name))  # type: ignore[union-attr] # by its kind
    return [(kind, said) for kind, said in told if said]
