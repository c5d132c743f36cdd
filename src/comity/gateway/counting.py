"""Counts of prompts between the client's dialect and a target's.

The prompt leaves for the target as a request does, so each candidate is decided as one. A count is asked of
the provider and costs nothing; a target that cannot count is passed over, with the reason.
"""

from __future__ import annotations

from comity.clouds import Deployment
from comity.dialects import COUNTS, Counts, Tap
from comity.exchange import Dropped, Inexpressible, Request, Usage, WireRequest
from comity.gateway.inbound import Inbound
from comity.gateway.outbound import Answer


class CountTranslator:
    """The translations of one question for a count; the prompt is decoded into the hub at most once."""

    __slots__ = ("_client", "_inbound", "_request")

    def __init__(self, inbound: Inbound) -> None:
        self._inbound = inbound
        self._client = COUNTS[inbound.operation.dialect]
        self._request: Request | None = None

    def to(self, deployment: Deployment) -> Count | Inexpressible:
        """What `deployment` gets; raises RequestError when the client's body cannot be read."""
        target = COUNTS.get(deployment.dialect)
        if target is None:
            reason = f"`{deployment.dialect}` has no way to count a prompt"
            return Inexpressible((Dropped("model", reason),))
        if self._request is None:
            self._request = self._client.decode_count_request(
                self._inbound.body, model=self._inbound.route.model
            )
        encoded = target.encode_count(self._request, deployment.served_model, deployment.traits)
        return encoded if isinstance(encoded, Inexpressible) else Count(self._client, target, encoded)


class Count:
    """What one target gets, and how its number comes back."""

    keeping = None

    def __init__(self, client: Counts, target: Counts, wire: WireRequest) -> None:
        self.body = wire.body
        self.headers = wire.headers
        self.dropped = wire.dropped
        self._client = client
        self._target = target

    def relay(self) -> Tap:
        """There is none."""
        raise AssertionError("a count is never streamed")

    def answer(self, body: bytes, counted: Usage | None) -> Answer:
        """The client's form of the number; nothing was generated, so nothing is charged."""
        del counted
        return Answer(self._client.encode_count_answer(self._target.decode_count(body)), Usage())
