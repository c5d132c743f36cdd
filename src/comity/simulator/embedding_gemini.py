"""Google's embeddings on the simulated AI Studio and Vertex AI."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

from comity.exchange import Request
from comity.simulator.gemini import GeminiWire, VertexGeminiWire
from comity.simulator.reply import Refusal
from comity.simulator.vectors import Wanted, as_request, vectors, wanted_of
from comity.simulator.wire import Asked, Serving, Target

_STUDIO = re.compile(r"/v1beta/models/([^/:]+):(embedContent|batchEmbedContents)")
_VERTEX = re.compile(
    r"/v1(?:beta1)?/(?:projects/[^/]+/locations/[^/]+/)?publishers/google/models/([^/:]+):(predict)"
)
_ONE = {"content", "model", "taskType", "title", "outputDimensionality", "embedContentConfig"}
_INSTANCE = {"content", "task_type", "title"}
_TASKS = {
    None,
    "TASK_TYPE_UNSPECIFIED",
    "RETRIEVAL_QUERY",
    "RETRIEVAL_DOCUMENT",
    "SEMANTIC_SIMILARITY",
    "CLASSIFICATION",
    "CLUSTERING",
    "QUESTION_ANSWERING",
    "FACT_VERIFICATION",
    "CODE_RETRIEVAL_QUERY",
}


class GeminiEmbeddingWire(GeminiWire):
    """`embedContent` and `batchEmbedContents` of AI Studio."""

    def serves(self, asked: Asked) -> bool:
        """Whether the path is one of embeddings."""
        return _STUDIO.fullmatch(asked.path) is not None

    def locate(self, asked: Asked) -> Target | Refusal:
        """The model and the method in the path."""
        return _locate(self, _STUDIO, asked)

    def read(self, asked: Asked, target: Target) -> Request | Refusal:
        """The request, or Google's complaint about it."""
        return _request(self, asked, target, _batch if target.operation.startswith("batch") else _single)

    def whole(self, serving: Serving) -> bytes:
        """The vectors, with the count of the prompt."""
        made = [{"values": one} for one in vectors(wanted_of(serving.request), serving.answering.embeds)]
        usage = {"promptTokenCount": serving.composition.prompt}
        batch = serving.target.operation.startswith("batch")
        told: dict[str, Any] = {"embeddings": made} if batch else {"embedding": made[0]}
        return json.dumps(told | {"usageMetadata": usage}).encode()


class VertexEmbeddingWire(VertexGeminiWire):
    """`:predict` of Vertex AI's text embedding models."""

    def serves(self, asked: Asked) -> bool:
        """Whether the path is one of embeddings."""
        return _VERTEX.fullmatch(asked.path) is not None

    def locate(self, asked: Asked) -> Target | Refusal:
        """The model in the path."""
        return _locate(self, _VERTEX, asked)

    def read(self, asked: Asked, target: Target) -> Request | Refusal:
        """The request, or Google's complaint about it."""
        return _request(self, asked, target, _instances)

    def whole(self, serving: Serving) -> bytes:
        """One prediction per instance, the first of which carries the count."""
        told = []
        for index, one in enumerate(vectors(wanted_of(serving.request), serving.answering.embeds)):
            tokens = 0 if index else serving.composition.prompt
            told.append(
                {"embeddings": {"values": one, "statistics": {"token_count": tokens, "truncated": False}}}
            )
        return json.dumps({"predictions": told}).encode()


def _locate(wire: GeminiWire, pattern: re.Pattern[str], asked: Asked) -> Target | Refusal:
    match = pattern.fullmatch(asked.path)
    name = "" if match is None else unquote(match[1])
    model = wire.models.get(name)
    if match is None or model is None or not model.embeds:
        return wire.error(404, f"models/{name} is not found, or is not supported for embeddings.")
    return Target(model, match[2])


def _request(wire: GeminiWire, asked: Asked, target: Target, read: Any) -> Request | Refusal:
    try:
        wanted = read(json.loads(asked.body), target.model.name)
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
        return wire.error(400, f"Invalid JSON payload received: {error}")
    return as_request(target.model.name, wanted)


def _single(body: dict[str, Any], name: str) -> Wanted:
    _check(body, _ONE, "taskType")
    if body.get("model", f"models/{name}") != f"models/{name}":
        raise ValueError("the model differs from the one in the address")
    parts = body["content"]["parts"]
    if not parts:
        raise ValueError("content is required")
    text = "".join(part["text"] if "text" in part else json.dumps(part) for part in parts)
    return Wanted((text,), body.get("outputDimensionality"), body)


def _batch(body: dict[str, Any], name: str) -> Wanted:
    _check(body, {"requests"}, "")
    ones = [_single(one, name) for one in body["requests"]]
    if not all("model" in one.body for one in ones) or not ones:
        raise ValueError("model is required")
    return Wanted(tuple(one.texts[0] for one in ones), ones[0].dimensions, body)


def _instances(body: dict[str, Any], name: str) -> Wanted:
    del name
    _check(body, {"instances", "parameters"}, "")
    for one in body["instances"]:
        _check(one, _INSTANCE, "task_type")
    parameters = body.get("parameters", {})
    _check(parameters, {"autoTruncate", "outputDimensionality"}, "")
    return Wanted(
        tuple(str(one["content"]) for one in body["instances"]), parameters.get("outputDimensionality"), body
    )


def _check(body: dict[str, Any], known: set[str], task: str) -> None:
    unknown = sorted(body.keys() - known)
    if unknown:
        raise ValueError(f'Unknown name "{unknown[0]}": Cannot find field.')
    if task and body.get(task) not in _TASKS:
        raise ValueError(f"Invalid value at '{task}'")
