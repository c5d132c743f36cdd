"""Simulated embedding models: strict about their own bodies, and the same vectors for the same text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from math import sqrt
from typing import Any

import pytest

from comity.http import Headers
from comity.simulator import CloudSpec, SimulatedModel
from comity.simulator.running import RunningCloud
from comity.simulator.spec import CloudKind
from comity.simulator.vectors import vector
from comity.simulator.wire import Asked

NOW = datetime(2026, 11, 21, tzinfo=UTC)
TITAN, COHERE, NOVA = "amazon.titan", "cohere.embed", "amazon.nova"
NAMES = ("embed", TITAN, COHERE, NOVA)
A = {"parts": [{"text": "a"}]}
NOVA_BODY: dict[str, Any] = {
    "taskType": "SINGLE_EMBEDDING",
    "singleEmbeddingParams": {
        "embeddingPurpose": "GENERIC_INDEX",
        "text": {"value": "a", "truncationMode": "END"},
    },
}
AZURE = "/openai/deployments/embed/embeddings"
STUDIO = "/v1beta/models/embed:batchEmbedContents"
VERTEX = "/v1/projects/p/locations/l/publishers/google/models/embed:predict"


def ask(
    kind: CloudKind, path: str, body: object, query: str = "api-version=2024-10-21"
) -> tuple[int, dict[str, Any], dict[bytes, bytes]]:
    """Status, body and headers of the answer to one request."""
    models = tuple(SimulatedModel(name=name, embeds=8) for name in NAMES)
    chats = SimulatedModel(name="chats")
    spec = CloudSpec(name="c", kind=kind, models=(*models, chats), api_keys=("k",))
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    keys = ((b"authorization", b"Bearer k"), (b"x-goog-api-key", b"k"), (b"api-key", b"k"))
    asked = Asked("POST", path, query, Headers.of(keys), raw, NOW)
    reply = RunningCloud(spec).cloud.answer(asked, 0.0).reply
    text = b"".join(step.data for step in reply.steps)
    return reply.status, json.loads(text), dict(reply.headers)


def test_vectors_depend_on_the_text_alone_and_have_length_one() -> None:
    """Of any dimension; another text is another direction."""
    assert vector("a", 20) == vector("a", 20)
    assert vector("a", 20) != vector("b", 20)
    assert sqrt(sum(number * number for number in vector("a", 33))) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    ("kind", "path", "body"),
    [
        ("azure", AZURE, {"input": "a"}),
        ("azure", "/openai/v1/embeddings", {"model": "embed", "input": [[1, 2]]}),
        ("compatible", "/v1/embeddings", {"model": "embed", "input": [1, 2], "encoding_format": "base64"}),
        ("bedrock", f"/model/{TITAN}/invoke", {"inputImage": "eA=="}),
        ("bedrock", f"/model/{COHERE}/invoke", {"images": ["x"], "input_type": "image"}),
        ("bedrock", f"/model/{NOVA}/invoke", NOVA_BODY),
        ("ai-studio", STUDIO, {"requests": [{"model": "models/embed", "content": A}]}),
        ("ai-studio", "/v1beta/models/embed:embedContent", {"content": A}),
        ("vertex", VERTEX, {"instances": [{"content": "a"}]}),
    ],
)
def test_each_cloud_embeds_at_its_own_path(kind: CloudKind, path: str, body: object) -> None:
    """With a count of the prompt, in the body or in a header."""
    status, told, headers = ask(kind, path, body)
    assert status == 200, told
    text = json.dumps(told)
    assert "oken" in text or b"x-amzn-bedrock-input-token-count" in headers


def nova(**params: object) -> dict[str, object]:
    """Nova's body with other parameters."""
    return NOVA_BODY | {"singleEmbeddingParams": NOVA_BODY["singleEmbeddingParams"] | params}


@pytest.mark.parametrize(
    ("kind", "path", "body", "status", "says"),
    [
        ("azure", AZURE, b"{", 400, "parse"),
        ("azure", AZURE, [], 400, "parse"),
        ("azure", AZURE, {"input": "a", "odd": 1}, 400, "odd"),
        ("azure", AZURE, {"input": ""}, 400, "input"),
        ("azure", AZURE, {"input": 1}, 400, "input"),
        ("azure", AZURE, {"input": [""]}, 400, "input"),
        ("azure", AZURE, {"input": "a", "dimensions": -1}, 400, "minimum"),
        ("azure", AZURE, {"input": "a", "encoding_format": "x"}, 400, "encoding_format"),
        ("azure", "/openai/deployments/chats/embeddings", {"input": "a"}, 400, "does not work"),
        ("azure", "/openai/deployments/none/embeddings", {"input": "a"}, 404, "does not exist"),
        ("compatible", "/v1/embeddings", {"model": "none", "input": "a"}, 404, "does not exist"),
        ("bedrock", f"/model/{TITAN}/invoke", b"{", 400, "no object"),
        ("bedrock", f"/model/{TITAN}/invoke", {"inputText": "a", "odd": 1}, 400, "odd"),
        ("bedrock", f"/model/{TITAN}/invoke", {"inputText": ""}, 400, "inputText"),
        ("bedrock", f"/model/{COHERE}/invoke", {"texts": ["a"], "input_type": "image", "odd": 1}, 400, "odd"),
        ("bedrock", f"/model/{COHERE}/invoke", {"texts": ["a"]}, 400, "input_type"),
        ("bedrock", f"/model/{COHERE}/invoke", {"input_type": "image"}, 400, "entries"),
        ("bedrock", f"/model/{COHERE}/invoke", {"texts": [1], "input_type": "image"}, 400, "strings"),
        ("bedrock", f"/model/{NOVA}/invoke", {"taskType": "X"}, 400, "taskType"),
        ("bedrock", f"/model/{NOVA}/invoke", nova(odd=1), 400, "odd"),
        ("bedrock", f"/model/{NOVA}/invoke", nova(embeddingPurpose="X"), 400, "embeddingPurpose"),
        ("bedrock", f"/model/{NOVA}/invoke", nova(image={}), 400, "one modality"),
        ("bedrock", f"/model/{NOVA}/invoke", nova(text={"value": "a"}), 400, "truncationMode"),
        ("ai-studio", STUDIO, b"{", 400, "Invalid JSON"),
        ("ai-studio", STUDIO, {"requests": []}, 400, "model is required"),
        ("ai-studio", STUDIO, {"requests": [{"content": A}]}, 400, "model is required"),
        ("ai-studio", STUDIO, {"requests": [{"model": "models/x", "content": A}]}, 400, "differs"),
        ("ai-studio", "/v1beta/models/embed:embedContent", {"content": A, "odd": 1}, 400, "odd"),
        ("ai-studio", "/v1beta/models/embed:embedContent", {"content": A, "taskType": "X"}, 400, "taskType"),
        ("ai-studio", "/v1beta/models/embed:embedContent", {"content": {"parts": []}}, 400, "required"),
        ("ai-studio", "/v1beta/models/chats:embedContent", {"content": A}, 404, "not supported"),
        ("vertex", VERTEX, {"instances": [{"content": "a", "odd": 1}]}, 400, "odd"),
        ("vertex", VERTEX, {"instances": [{"content": "a"}], "parameters": {"odd": 1}}, 400, "odd"),
    ],
)
def test_what_the_real_ones_refuse_is_refused(
    kind: CloudKind, path: str, body: object, status: int, says: str
) -> None:
    """Unknown members, wrong types, missing purposes: in the cloud's own error shape."""
    found, told, _ = ask(kind, path, body)
    assert found == status
    assert says in json.dumps(told)
