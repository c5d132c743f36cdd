"""Embeddings at a simulated Azure and compatible server, as strict as OpenAI's schema."""

from __future__ import annotations

import base64
import json
import re
import struct
from typing import Any

from comity.exchange import Request
from comity.simulator.azure import AzureWire
from comity.simulator.chat_wire import ChatWire, body_model
from comity.simulator.compatible import CompatibleWire
from comity.simulator.complaint import Complaint
from comity.simulator.reply import Refusal
from comity.simulator.vectors import Wanted, as_request, vectors, wanted_of
from comity.simulator.wire import Asked, Serving, Target

_AZURE = re.compile(r"/openai/(?:deployments/(?P<name>[^/]+)|v1)/embeddings")
_COMPATIBLE = "/v1/embeddings"
_KNOWN = {"input", "model", "encoding_format", "dimensions", "user"}
_MOST = 2048


class EmbeddingWire(ChatWire):
    """What a server of embeddings says, wherever it stands."""

    def read(self, asked: Asked, target: Target) -> Request | Refusal:
        """The request, or OpenAI's complaint about it."""
        try:
            body = json.loads(asked.body)
        except (ValueError, RecursionError):
            return self.complain(Complaint("We could not parse the JSON body of your request.", None, None))
        wanted = _read(body)
        if isinstance(wanted, Complaint):
            return self.complain(wanted)
        if not target.model.embeds:
            text = "The embeddings operation does not work with the specified model."
            return self.complain(Complaint(text, None, "OperationNotSupported"))
        return as_request(target.model.name, wanted)

    def whole(self, serving: Serving) -> bytes:
        """The vectors, as numbers or as base64."""
        wanted = wanted_of(serving.request)
        packed = wanted.body.get("encoding_format") == "base64"
        data = [
            {"object": "embedding", "index": index, "embedding": _packed(one) if packed else one}
            for index, one in enumerate(vectors(wanted, serving.answering.embeds))
        ]
        tokens = serving.composition.prompt
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        told = {"object": "list", "data": data, "model": serving.answering.answers_as, "usage": usage}
        return json.dumps(told).encode()


class AzureEmbeddingWire(EmbeddingWire, AzureWire):
    """Embeddings of one Azure OpenAI resource."""

    operation = "Embeddings_Create"

    def serves(self, asked: Asked) -> bool:
        """Whether the path is one of embeddings."""
        return _AZURE.fullmatch(asked.path) is not None

    def locate(self, asked: Asked) -> Target | Refusal:
        """The deployment that the path names, or the body on v1."""
        match = _AZURE.fullmatch(asked.path)
        named = None if match is None else match["name"]
        return self.deployment(asked, named or body_model(asked.body), dated=named is not None)


class CompatibleEmbeddingWire(EmbeddingWire, CompatibleWire):
    """Embeddings of an OpenAI-compatible server."""

    def serves(self, asked: Asked) -> bool:
        """Whether the path is the one of embeddings."""
        return asked.path == _COMPATIBLE

    def locate(self, asked: Asked) -> Target | Refusal:
        """The model that the body names."""
        model = self.models.get(body_model(asked.body))
        if model is None:
            text = f"The model `{body_model(asked.body)}` does not exist or you do not have access to it."
            return self.error(404, "invalid_request_error", Complaint(text, None, "model_not_found"))
        return Target(model, self.operation)


def _read(body: Any) -> Wanted | Complaint:
    if not isinstance(body, dict):
        return Complaint("We could not parse the JSON body of your request.", None, None)
    unknown = sorted(body.keys() - _KNOWN)
    if unknown:
        return Complaint(f"Unrecognized request argument supplied: {unknown[0]}", None, None)
    texts = _texts(body.get("input"))
    if texts is None:
        return Complaint("'$.input' is invalid.", None, None)
    dimensions = body.get("dimensions")
    if dimensions is not None and (not isinstance(dimensions, int) or dimensions < 1):
        return Complaint(f"{dimensions} is less than the minimum of 1 - 'dimensions'", None, None)
    if body.get("encoding_format", "float") not in {"float", "base64"}:
        return Complaint("'encoding_format' must be 'float' or 'base64'", None, None)
    return Wanted(texts, dimensions, body)


def _texts(given: Any) -> tuple[str, ...] | None:
    """The inputs; token ids stand for themselves. None where they are no inputs."""
    if isinstance(given, str):
        return (given,) if given else None
    if not isinstance(given, list) or not 0 < len(given) <= _MOST:
        return None
    if all(isinstance(one, int) for one in given):
        return (json.dumps(given),)
    texts = [json.dumps(one) if isinstance(one, list) else one for one in given]
    return tuple(texts) if all(isinstance(one, str) and one for one in texts) else None


def _packed(numbers: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
