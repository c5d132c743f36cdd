"""What a cloud is told of an entry, so that its own logs can be joined with the ledger."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import msgspec
import pytest
from botocore.validate import ParamValidator

from comity.clouds import Auth, Deployment, Secrets, connect, mark
from comity.exchange import ModelTraits

_ENTRY = "019a8c1e-0000-7000-8000-000000000001"
_VERTEX = ModelTraits(surface="vertex")


def _deployment(dialect: str, **more: Any) -> Deployment:
    return Deployment(
        id="d",
        cloud="aws",
        region=frozenset({"eu-central-1"}),
        model="m",
        served_model="m",
        dialect=dialect,
        url="https://bedrock-runtime.eu-central-1.amazonaws.com",
        auth=Auth(api_key="env:K"),
        mark_requests=True,
        **more,
    )


def _mark(dialect: str, body: bytes, caller: str = "Support Bot") -> tuple[Any, dict[str, str]]:
    marked = mark(_deployment(dialect), body, (("anthropic-beta", "x"),), entry=_ENTRY, caller=caller)
    assert marked.headers[0] == ("anthropic-beta", "x")
    return json.loads(marked.body), dict(marked.headers[1:])


def test_converse_takes_metadata_in_its_body() -> None:
    """As AWS's own model of the operation has it."""
    asked, headers = _mark("bedrock.converse", b'{"messages":[]} \n', "support|bot" + "x" * 300)
    assert asked["requestMetadata"] == {
        "comity-entry": _ENTRY,
        "comity-caller": ("support-bot" + "x" * 300)[:256],
    }
    assert headers == {}
    shape = botocore.session.Session().get_service_model("bedrock-runtime").operation_model("Converse")
    assert not ParamValidator().validate({**asked, "modelId": "m"}, shape.input_shape).has_errors()


def test_invoke_model_takes_it_in_a_header() -> None:
    """The body is the model's own, and stays as it is."""
    asked, headers = _mark("bedrock.invoke", b'{"max_tokens":1}')
    assert asked == {"max_tokens": 1}
    assert json.loads(headers["x-amzn-bedrock-request-metadata"]) == {
        "comity-entry": _ENTRY,
        "comity-caller": "Support Bot",
    }


def test_vertex_takes_labels() -> None:
    """In Google's characters."""
    asked, headers = _mark("gemini.generate", b'{"contents":[]}', "Support Bot" + "x" * 80)
    assert asked["labels"] == {"comity-entry": _ENTRY, "comity-caller": ("support-bot" + "x" * 80)[:63]}
    assert headers == {}


def test_what_the_client_sent_is_left_alone() -> None:
    """Its own metadata is part of its request."""
    body = b'{"messages":[],"requestMetadata":{"team":"a"}}'
    assert _mark("bedrock.converse", body)[0] == json.loads(body)


@pytest.mark.parametrize(
    ("deployment", "taken"),
    [
        (_deployment("bedrock.converse"), "yes"),
        (_deployment("bedrock.invoke"), "yes"),
        (_deployment("openai.chat"), "no"),
        (msgspec.structs.replace(_deployment("openai.chat"), mark_requests=False), "yes"),
    ],
)
def test_a_cloud_without_a_place_for_it_is_told_at_load(deployment: Deployment, taken: str) -> None:
    """What is configured happens, or is refused."""
    if taken == "yes":
        assert connect(deployment, Secrets({"K": "k"})).deployment is deployment
        return
    with pytest.raises(ValueError, match="only Bedrock and Gemini on Vertex AI"):
        connect(deployment, Secrets({"K": "k"}))
