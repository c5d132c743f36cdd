"""Counting tokens: what is asked on each surface, and what is told."""

from __future__ import annotations

import base64
import json
from typing import Any

import msgspec
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from comity.dialects import anthropic_messages, bedrock_invoke, vertex_messages
from comity.dialects.bedrock_converse import count as converse
from comity.errors import RequestError, ResponseError
from comity.exchange import Inexpressible, ModelTraits, Request, Sampling, Text, Turn, WireRequest

BODY = {
    "model": "claude",
    "system": "s",
    "messages": [{"role": "user", "content": "hi"}],
    "tools": [{"name": "f", "input_schema": {"type": "object"}}],
    "thinking": {"type": "adaptive"},
    "cache_control": {"type": "ephemeral"},
}
REQUEST = anthropic_messages.decode_count_request(json.dumps(BODY).encode())
SHAPE = (
    ServiceModel(Loader().load_service_model("bedrock-runtime", "service-2"), "bedrock-runtime")
    .operation_model("CountTokens")
    .input_shape
)


def asked(spoken: Any, request: Any = REQUEST) -> dict[str, Any]:
    """What is sent to have a request counted."""
    wire = spoken.encode_count(request, "target", ModelTraits())
    assert isinstance(wire, WireRequest)
    members: dict[str, Any] = json.loads(wire.body)
    return members


def test_anthropics_own() -> None:
    """The prompt and nothing else; no bound is needed."""
    wire = asked(anthropic_messages)
    assert wire.keys() == {"model", "system", "messages", "tools", "thinking", "cache_control"}
    bounded = msgspec.structs.replace(
        REQUEST, sampling=Sampling(max_output_tokens=5, temperature=0.5), hints={}
    )
    assert asked(anthropic_messages, bounded).keys() == {"model", "system", "messages", "tools"}


def test_vertex_names_the_model_in_the_body() -> None:
    """One address counts for all of them."""
    wire = asked(vertex_messages)
    assert (wire["model"], wire["anthropic_version"]) == ("target", "vertex-2023-10-16")
    assert vertex_messages.decode_count_request(json.dumps(wire).encode()).model == "target"


@pytest.mark.parametrize("spoken", [bedrock_invoke, converse], ids=["invoke", "converse"])
def test_bedrocks_forms_pass_the_official_model(spoken: Any) -> None:
    """And are read again by the same dialect."""
    wire = asked(spoken)
    values = json.loads(json.dumps(wire))
    invoked = values["input"].get("invokeModel")
    if invoked is not None:
        invoked["body"] = base64.b64decode(invoked["body"])
    report = ParamValidator().validate({"modelId": "m", **values}, SHAPE)
    assert not report.has_errors(), report.generate_report()
    again = spoken.decode_count_request(json.dumps(wire).encode(), model="m")
    assert again.turns == REQUEST.turns
    assert bedrock_invoke.decode_count_request(json.dumps(wire).encode(), model="m").turns == REQUEST.turns


def test_what_cannot_be_said_is_not_counted() -> None:
    """An empty conversation has no tokens to count."""
    empty = Request("m", (Turn("user", (Text(" "),)),))
    for spoken in (anthropic_messages, bedrock_invoke, converse):
        assert isinstance(spoken.encode_count(empty, "m", ModelTraits()), Inexpressible)


@pytest.mark.parametrize("spoken", [anthropic_messages, vertex_messages, bedrock_invoke, converse])
def test_answers_both_ways(spoken: Any) -> None:
    """A number is a number."""
    assert spoken.decode_count(spoken.encode_count_answer(42)) == 42
    with pytest.raises(ResponseError):
        spoken.decode_count(b"{}")


@pytest.mark.parametrize(
    "body", [b"{}", b'{"input":{"invokeModel":{"body":"%"}}}', b'{"input":{"invokeModel":{"body":1}}}']
)
def test_nonsense_is_refused(body: bytes) -> None:
    """By the place that is wrong."""
    with pytest.raises(RequestError):
        bedrock_invoke.decode_count_request(body, model="m")
