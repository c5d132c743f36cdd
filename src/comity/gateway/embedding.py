"""Embeddings between the client's dialect and a target's: as they came, or through the hub.

A request is one call. A model that takes one input per call cannot be asked for several: that is told, and
another deployment may take them.
"""

from __future__ import annotations

import msgspec

from comity.clouds import Deployment
from comity.dialects import EMBEDDINGS, EmbeddingDialect, Tap
from comity.errors import ResponseError
from comity.exchange import Dropped, EmbeddingRequest, Inexpressible, Usage, WireRequest
from comity.gateway.inbound import Inbound
from comity.gateway.outbound import Answer


class EmbeddingTranslator:
    """The translations of one request for embeddings; it is decoded into the hub at most once."""

    __slots__ = ("_inbound", "_request")

    def __init__(self, inbound: Inbound) -> None:
        self._inbound = inbound
        self._request: EmbeddingRequest | None = None

    def to(self, deployment: Deployment, *, lossy: bool) -> Embedding | Inexpressible:
        """What `deployment` gets; raises RequestError when the client's body cannot be read."""
        inbound = self._inbound
        target = EMBEDDINGS.get(deployment.dialect)
        if target is None:
            reason = f"`{deployment.served_model}` generates answers and makes no embeddings"
            return Inexpressible((Dropped("model", reason),))
        client = EMBEDDINGS[inbound.operation.dialect]
        if target is client:
            body = client.adapt(inbound.body, deployment.served_model, deployment.traits)
            if body is not None:
                return Embedding(inbound, deployment, target, WireRequest(body), None)
        if self._request is None:
            self._request = client.decode_request(inbound.body, model=inbound.route.model)
        encoded = target.encode_request(
            self._request, deployment.served_model, deployment.traits, lossy=lossy
        )
        if isinstance(encoded, Inexpressible):
            return encoded
        return Embedding(inbound, deployment, target, encoded, self._request)


class Embedding:
    """What one target gets, and how its vectors come back."""

    headers: tuple[tuple[str, str], ...] = ()
    keeping = None

    def __init__(
        self,
        inbound: Inbound,
        deployment: Deployment,
        target: EmbeddingDialect,
        wire: WireRequest,
        request: EmbeddingRequest | None,
    ) -> None:
        self.body = wire.body
        self.dropped = wire.dropped
        self._client = EMBEDDINGS[inbound.operation.dialect]
        self._target = target
        self._traits = deployment.traits
        self._request = request
        self._key = msgspec.structs.replace(wire.answer, id=inbound.entry.hex())

    def relay(self) -> Tap:
        """There is none."""
        raise AssertionError("embeddings are never streamed")

    def answer(self, body: bytes, counted: Usage | None) -> Answer:
        """The client's form of the vectors; some clouds count in a header."""
        if self._request is None:
            outline = self._target.read_usage(body, self._traits)
            return Answer(body, outline.usage or counted, outline.model)
        response = self._target.decode_response(body, self._key)
        if len(response.vectors) != len(self._request.inputs):
            raise ResponseError("the answer has not as many embeddings as the request has inputs")
        response = msgspec.structs.replace(response, usage=response.usage or counted)
        return Answer(self._client.encode_response(response, self._request), response.usage)
