"""Recorded embeddings of real providers: what is asked comes back the same, vectors and counts are theirs.

The recordings are other people's data and lie beside the project; without them these tests skip.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest
from tests.material import recordings

from comity.dialects import EMBEDDINGS
from comity.exchange import AnswerKey, ModelTraits, WireRequest

DIALECTS = {
    "openai-embeddings": "openai.embeddings",
    "bedrock-invoke": "bedrock.embeddings",
    "gemini-batchembedcontents": "gemini.embeddings",
    "vertex-predict": "vertex.embeddings",
}


class Recorded(NamedTuple):
    """One recorded request for embeddings and its answer."""

    dialect: str
    """Name of the dialect."""
    model: str
    """Model in the address; empty where the body names it."""
    asked: dict[str, Any]
    """The request."""
    told: dict[str, Any]
    """The answer."""


def _made_vectors(row: dict[str, Any]) -> bool:
    embeds = "embed" in row["uri"] or "predict" in row["dialect"]
    return row["dialect"] in DIALECTS and embeds and row["status"] == 200


@pytest.fixture(scope="module")
def recorded() -> list[Recorded]:
    """Every recorded exchange that made vectors."""
    found = []
    for one in recordings(_made_vectors):
        uri = one.row["uri"]
        model = uri.split("/models/")[-1].partition(":")[0] if "google" in uri else ""
        values = (json.loads(one.request), json.loads(one.answer))
        found.append(Recorded(DIALECTS[one.row["dialect"]], model, *values))
    assert len(found) > 10
    return found


def test_recorded_requests_come_back_the_same(recorded: list[Recorded]) -> None:
    """Through the hub, in the same dialect and family; a lone text becomes a list of one."""
    for one in recorded:
        spoken = EMBEDDINGS[one.dialect]
        request = spoken.decode_request(json.dumps(one.asked).encode(), model=one.model)
        name = one.model or str(one.asked.get("model", "m"))
        wire = spoken.encode_request(request, name, ModelTraits(family=request.form), lossy=False)
        assert isinstance(wire, WireRequest), one
        wanted = dict(one.asked)
        if isinstance(wanted.get("input"), str) or isinstance((wanted.get("input") or [""])[0], int):
            wanted["input"] = [wanted["input"]]
        assert json.loads(wire.body) == wanted


def test_recorded_vectors_are_read_in_their_order(recorded: list[Recorded]) -> None:
    """As many as were asked for, of the length that was asked for, with the count where the body has one."""
    for one in recorded:
        spoken = EMBEDDINGS[one.dialect]
        request = spoken.decode_request(json.dumps(one.asked).encode(), model=one.model)
        body = json.dumps(one.told).encode()
        answer = spoken.decode_response(body, AnswerKey(model="m"))
        assert len(answer.vectors) == len(request.inputs)
        assert all(answer.vectors)
        if request.dimensions is not None:
            assert {len(vector) for vector in answer.vectors} == {request.dimensions}
        assert spoken.read_usage(body, ModelTraits()).usage == answer.usage
        usage = one.told.get("usage") or one.told.get("usageMetadata") or {}
        count = usage.get("prompt_tokens", usage.get("promptTokenCount", one.told.get("inputTextTokenCount")))
        assert count is None or (answer.usage is not None and answer.usage.prompt == count)
        again = spoken.decode_response(spoken.encode_response(answer, request), AnswerKey(model="m"))
        assert again.vectors == answer.vectors
