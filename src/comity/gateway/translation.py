"""Between the client's dialect and a target's: pass through where they are one, else through the hub.

Every attempt starts from the same immutable request, so that nothing one target needed reaches the next.
"""

from __future__ import annotations

import msgspec

from comity.clouds import Deployment
from comity.dialects import DIALECTS, Dialect, Tap, openai_responses
from comity.dialects.survey import unshown
from comity.exchange import AnswerKey, Dropped, Inexpressible, Request, Usage, WireRequest
from comity.gateway.carried import flag_headers, with_flags
from comity.gateway.continuing import continued, origins_in
from comity.gateway.counting import CountTranslator
from comity.gateway.embedding import EmbeddingTranslator
from comity.gateway.inbound import Inbound
from comity.gateway.outbound import Answer, Translation
from comity.gateway.relay import TranslatedRelay
from comity.sessions import Sessions


class Translator:
    """The translations of one request; it is decoded into the hub at most once."""

    __slots__ = ("_counts", "_embeddings", "_inbound", "_request", "_sessions")

    def __init__(self, inbound: Inbound, sessions: Sessions | None = None) -> None:
        self._inbound = inbound
        self._sessions = sessions
        self._request: Request | None = None
        kind = inbound.operation.kind
        self._embeddings = EmbeddingTranslator(inbound) if kind == "embed" else None
        self._counts = CountTranslator(inbound) if kind == "count" else None

    def to(self, deployment: Deployment, *, lossy: bool) -> Translation | Inexpressible:
        """What `deployment` gets; raises RequestError when the client's body cannot be read.

        `lossy` drops what the target cannot express, visibly, instead of refusing it.
        """
        translation = self._plainly_to(deployment, lossy=lossy)
        if self._inbound.turn is None or isinstance(translation, Inexpressible):
            return translation
        foreign = translation.foreign if isinstance(translation, _Translated) else frozenset()
        return continued(self._sessions, self._inbound, deployment, translation, foreign)

    def _plainly_to(self, deployment: Deployment, *, lossy: bool) -> Translation | Inexpressible:
        if self._embeddings is not None:
            return self._embeddings.to(deployment, lossy=lossy)
        if self._counts is not None:
            return self._counts.to(deployment)
        inbound = self._inbound
        if deployment.dialect == inbound.operation.dialect and _reads_all(inbound, deployment):
            return _PassThrough(inbound, deployment)
        if self._request is None:
            request = inbound.spoken.decode_request(
                inbound.body, model=inbound.route.model, stream=inbound.peek.stream
            )
            self._request = with_flags(_as_sent(request, inbound), inbound.flags)
        spoken = DIALECTS.get(deployment.dialect)
        if spoken is None:
            reason = f"`{deployment.served_model}` makes embeddings and generates no answers"
            return Inexpressible((Dropped("model", reason),))
        encoded = spoken.encode_request(
            self._request, deployment.served_model, deployment.traits, lossy=lossy
        )
        if isinstance(encoded, Inexpressible):
            return encoded
        return _Translated(inbound, self._request, spoken, encoded)


class _PassThrough:
    """The client's own bytes, with the target's name for the model."""

    keeping = None

    def __init__(self, inbound: Inbound, deployment: Deployment) -> None:
        peek = inbound.peek
        wire = inbound.spoken.adapt(
            inbound.body,
            model=deployment.served_model,
            ask_usage=peek.stream,
            traits=deployment.traits,
            seen=peek,
        )
        self.body = wire.body
        self.dropped = wire.dropped
        self.headers = flag_headers(inbound.flags)
        self._inbound = inbound
        self._traits = deployment.traits

    def relay(self) -> Tap:
        return self._inbound.spoken.tap(self._inbound.peek, self._traits)

    def answer(self, body: bytes, counted: Usage | None) -> Answer:
        del counted  # a header counts what was read only
        outline = self._inbound.spoken.read_usage(body, self._traits)
        shown = body if outline.body is None else outline.body
        return Answer(shown, outline.usage, outline.model, outline.tier, place=outline.place)


class _Translated:
    """The request as the hub has it, in the target's dialect."""

    keeping = None

    def __init__(self, inbound: Inbound, request: Request, spoken: Dialect, encoded: WireRequest) -> None:
        self.body = encoded.body
        self.headers = encoded.headers
        self.dropped = encoded.dropped
        # Some clouds name neither an id nor a time; clients expect both.
        identity = inbound.spoken.ID_PREFIX + inbound.entry.hex()
        created = inbound.arrived // 1_000_000_000
        self._key = msgspec.structs.replace(encoded.answer, id=identity, created=created)
        self._request = request
        self._client = inbound.spoken
        self._target = spoken

    def relay(self) -> Tap:
        decoder = self._target.EventDecoder(self._key)
        return TranslatedRelay(decoder, self._client.EventEncoder(self._request), self._key.model)

    def answer(self, body: bytes, counted: Usage | None) -> Answer:
        del counted
        response = self._target.decode_response(body, self._key)
        told = msgspec.structs.replace(response, request=self._request)
        lost = tuple(f"answer.{name.replace(' ', '-')}" for name in unshown(self._client.NAME, response))
        shown, model = self._client.encode_response(told), _own_name(response.model, self._key)
        tier = response.service_tier or ""
        return Answer(shown, response.usage, model, tier, lost, response.place)

    @property
    def foreign(self) -> frozenset[str]:
        """Who made what only they can read and the target does not get."""
        return origins_in(self._request) - {self._key.origin, self._target.NAME}


def _as_sent(request: Request, inbound: Inbound) -> Request:
    """The request with the places of the body that the client sent, before its history was put in."""
    turn = inbound.turn
    if turn is None or not turn.history.items:
        return request
    source = "conversation" if turn.previous is None else "previous_response_id"
    return openai_responses.without_history(request, len(turn.history.items), source)


def _own_name(model: str, key: AnswerKey) -> str:
    """The model as the provider named it; nothing where the name is the one that stands in for none."""
    return "" if model == key.model else model


def _reads_all(inbound: Inbound, deployment: Deployment) -> bool:
    """Whether the target is the one that made whatever only its maker can read in this body."""
    origins = inbound.peek.origins
    return not origins or origins <= {f"{deployment.dialect}/{deployment.traits.reasoning_account}"}
