"""Embedding models behind InvokeModel on the simulated Bedrock: Titan's, Cohere's and Nova's bodies.

Whose body a model takes stands in its name, as on the real service. The input is counted in a header.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

import msgspec

from comity.exchange import Request
from comity.simulator.bedrock import BedrockWire
from comity.simulator.reply import HeaderPairs, Refusal
from comity.simulator.vectors import Wanted, as_request, vectors, wanted_of
from comity.simulator.wire import Asked, Serving, Target

_PATH = re.compile(r"/model/([^/]+)/invoke")
_TITAN = {"inputText", "inputImage", "dimensions", "normalize", "embeddingTypes", "embeddingConfig"}
_COHERE = {
    "texts",
    "images",
    "inputs",
    "input_type",
    "truncate",
    "embedding_types",
    "output_dimension",
    "max_tokens",
}
_TYPES = {"search_document", "search_query", "classification", "clustering", "image"}
_NOVA = {"embeddingPurpose", "embeddingDimension", "text", "image", "audio", "video"}
_PURPOSES = {
    "GENERIC_INDEX",
    "GENERIC_RETRIEVAL",
    "TEXT_RETRIEVAL",
    "IMAGE_RETRIEVAL",
    "VIDEO_RETRIEVAL",
    "DOCUMENT_RETRIEVAL",
    "AUDIO_RETRIEVAL",
    "CLASSIFICATION",
    "CLUSTERING",
}
_CUTS = {"START", "END", "NONE"}
_MOST = 96


class BedrockEmbeddingWire(BedrockWire):
    """Embedding models under the same keys and signatures as Converse."""

    def serves(self, asked: Asked) -> bool:
        """Whether it invokes a model that makes embeddings."""
        model = self._model(asked)
        return model is not None and model.embeds > 0

    def locate(self, asked: Asked) -> Target | Refusal:
        """The model in the path."""
        model = self._model(asked)
        assert model is not None, "only requests for a known model come here"
        return Target(model, "invoke")

    def read(self, asked: Asked, target: Target) -> Request | Refusal:
        """The request, or Bedrock's complaint about it."""
        try:
            body = json.loads(asked.body)
        except (ValueError, RecursionError):
            body = None
        wanted = _read(target.model.name, body) if isinstance(body, dict) else "the body is no object"
        if isinstance(wanted, str):
            text = f"Malformed input request: {wanted}, please reformat your input and try again."
            return msgspec.structs.replace(self.fail(400), body=json.dumps({"message": text}).encode())
        return as_request(target.model.name, wanted)

    def headers(self, serving: Serving) -> HeaderPairs:
        """With the count of the input."""
        count = b"%d" % serving.composition.prompt
        return (*super().headers(serving), (b"x-amzn-bedrock-input-token-count", count))

    def whole(self, serving: Serving) -> bytes:
        """The vectors in the model's own form; only Titan counts in its body."""
        wanted = wanted_of(serving.request)
        made = vectors(wanted, serving.answering.embeds)
        body: dict[str, Any] = {"embedding": made[0], "inputTextTokenCount": serving.composition.prompt}
        if "cohere" in serving.answering.name:
            by_type = "embedding_types" in wanted.body
            form = "embeddings_by_type" if by_type else "embeddings_floats"
            body = {"id": serving.answer_id, "texts": wanted.texts, "response_type": form}
            body["embeddings"] = {"float": made} if by_type else made
        elif "nova" in serving.answering.name:
            body = {"embeddings": [{"embeddingType": "TEXT", "embedding": made[0]}]}
        return json.dumps(body).encode()

    def _model(self, asked: Asked) -> Any:
        match = _PATH.fullmatch(asked.path)
        return None if match is None else self.models.get(unquote(match[1]))


def _read(name: str, body: dict[str, Any]) -> Wanted | str:
    if "cohere" in name:
        return _cohere(body)
    return _nova(body) if "nova" in name else _titan(body)


def _titan(body: dict[str, Any]) -> Wanted | str:
    if body.keys() - _TITAN:
        return f"extraneous key [{min(body.keys() - _TITAN)}] is not permitted"
    text, image = body.get("inputText"), body.get("inputImage")
    if not (isinstance(text, str) and text) and not isinstance(image, str):
        return "expected minLength: 1 for inputText"
    size = body.get("dimensions") or body.get("embeddingConfig", {}).get("outputEmbeddingLength")
    return Wanted((f"{text or ''}{image or ''}",), size, body)


def _cohere(body: dict[str, Any]) -> Wanted | str:
    if body.keys() - _COHERE:
        return f"extraneous key [{min(body.keys() - _COHERE)}] is not permitted"
    if body.get("input_type") not in _TYPES:
        return "required key [input_type] not found"
    given = body.get("texts") or body.get("images") or [json.dumps(one) for one in body.get("inputs", ())]
    if not isinstance(given, list) or not 0 < len(given) <= _MOST:
        return "texts must have between 1 and 96 entries"
    if not all(isinstance(one, str) for one in given):
        return "texts must be strings"
    return Wanted(tuple(given), body.get("output_dimension"), body)


def _nova(body: dict[str, Any]) -> Wanted | str:
    params = body.get("singleEmbeddingParams")
    if body.get("taskType") != "SINGLE_EMBEDDING" or not isinstance(params, dict):
        return "taskType and singleEmbeddingParams are required"
    if params.keys() - _NOVA:
        return f"extraneous key [{min(params.keys() - _NOVA)}] is not permitted"
    if params.get("embeddingPurpose") not in _PURPOSES:
        return "embeddingPurpose is required"
    media = [params[kind] for kind in ("text", "image", "audio", "video") if kind in params]
    if len(media) != 1:
        return "exactly one modality must be given"
    text = params.get("text")
    if text is not None and (
        not text.get("value") or text.get("truncationMode") not in {"START", "END", "NONE"}
    ):
        return "text needs a value and a truncationMode"
    told = text["value"] if text is not None else json.dumps(media[0])
    return Wanted((told,), params.get("embeddingDimension"), body)
