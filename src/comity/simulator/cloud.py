"""One simulated cloud: requests in, replies out, by its own count. No sockets, no timers.

The order is that of the real ones: who asks, for what, is it well-formed, does it fit, is there room.
A failure on schedule strikes once a request is known to be in order, for a model that exists.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec

from comity.exchange import Request
from comity.simulator.answer import Composition
from comity.simulator.compose import compose, is_filtered
from comity.simulator.fault import Fault, find_fault
from comity.simulator.prompt_cache import PromptCache, last_lifetime
from comity.simulator.quota import Admission, Quota
from comity.simulator.reply import Refusal, Reply, Step, apply_fault, refuse
from comity.simulator.served import Ending, Record, Served
from comity.simulator.spec import CloudSpec, SimulatedModel
from comity.simulator.wire import Asked, Serving, Target, Wire

_CALL_PREFIXES = {
    "anthropic.messages": "toolu_",
    "bedrock.converse": "tooluse_",
    "bedrock.invoke": "toolu_bdrk_",
}
"""How ids of tool calls begin where prompts are cached by mark, by the dialect of the request."""


class Ticket(msgspec.Struct, frozen=True):
    """A request that was counted, until its end is known."""

    number: int
    """Count of the cloud's requests, from 1."""
    deployment: str
    """What was addressed; empty when the request did not get that far."""
    reply: Reply
    """What is answered."""
    stream: bool
    """Whether a stream was asked for."""


class Cloud:
    """A simulated cloud behind its wires."""

    def __init__(self, spec: CloudSpec, *wires: Wire) -> None:
        self.spec = spec
        self.record = Record()
        self.faults: tuple[Fault, ...] = spec.faults
        self._wires = wires
        self._models = {model.name: model for model in spec.models}
        self._quotas = {m.name: Quota(m.requests_per_minute, m.tokens_per_minute) for m in spec.models}
        self._caches = {model.name: PromptCache() for model in spec.models}
        self._number = 0

    def answer(self, asked: Asked, elapsed: float) -> Ticket:
        """The reply to one request, `elapsed` seconds after the cloud's start."""
        self._number += 1
        # The first wire answers for paths that are nobody's.
        wire = next((wire for wire in self._wires[1:] if wire.serves(asked)), self._wires[0])
        denied = wire.authenticate(asked)
        if denied is not None:
            return Ticket(self._number, "", refuse(denied, ""), stream=False)
        target = wire.locate(asked)
        if isinstance(target, Refusal):
            return Ticket(self._number, "", refuse(target, ""), stream=False)
        name = target.model.name
        request = wire.read(asked, target)
        if isinstance(request, Refusal):
            return Ticket(self._number, name, refuse(request, name), stream=False)
        fault = find_fault(self.faults, self._number, elapsed, name)
        if fault is not None and fault.kind == "status":
            refusal = wire.fail(fault.status)
            return Ticket(self._number, name, refuse(refusal, name), stream=request.stream)
        reply = self._reply(wire, request, target, asked.at, elapsed)
        if fault is not None and reply.composition is not None:
            reply = apply_fault(reply, fault, wire.exception(fault.status), wire.malformed())
        return Ticket(self._number, name, reply, request.stream)

    def settle(self, ticket: Ticket, ending: Ending, tokens: int) -> None:
        """Counts a request once its end is known; `tokens` of output have left."""
        reply = ticket.reply
        composition = reply.composition
        cut = reply.close == "abort" and not tokens and not reply.steps
        self.record.add(
            Served(
                number=ticket.number,
                deployment=ticket.deployment,
                answered_by=reply.answered_by,
                status=0 if cut else reply.status,
                stream=ticket.stream,
                ending=ending,
                usage=None if composition is None else composition.usage(tokens),
                code=reply.code,
            )
        )

    def _reply(self, wire: Wire, request: Request, target: Target, now: datetime, elapsed: float) -> Reply:
        model = target.model
        prefix = _CALL_PREFIXES.get(request.dialect, "call_")
        composition = compose(request, model, self.spec.seed, prefix)
        allowed = request.sampling.max_output_tokens or 0
        if composition.prompt + allowed > model.context_window:
            return refuse(wire.overflow(composition.prompt, target), model.name)
        if is_filtered(request):
            return refuse(wire.filtered(), model.name)
        answering, admission = self._admit(model, composition.prompt + allowed, elapsed)
        if not admission.admitted:
            return refuse(wire.throttle(admission, target), model.name)
        serving = Serving(
            target=target,
            answering=answering,
            request=request,
            composition=self._cached(request, answering, composition),
            admission=admission,
            answer_id=self._answer_id(),
            created=int(now.timestamp()),
            pace=answering.pace or self.spec.pace,
        )
        return self._write(wire, serving)

    def _write(self, wire: Wire, serving: Serving) -> Reply:
        if serving.target.free:
            step = Step(serving.pace.first, wire.whole(serving), 0)
            name = serving.answering.name
            return Reply(200, wire.headers(serving), (step,), stream=False, answered_by=name)
        stream = serving.request.stream
        if stream:
            steps = wire.stream(serving)
        else:
            total = serving.composition.usage().completion
            steps = (Step(serving.pace.due(total), wire.whole(serving), total),)
        return Reply(
            status=200,
            headers=wire.headers(serving),
            steps=steps,
            stream=stream,
            answered_by=serving.answering.name,
            composition=serving.composition,
        )

    def _admit(self, model: SimulatedModel, tokens: int, elapsed: float) -> tuple[SimulatedModel, Admission]:
        """Which deployment takes the request: the addressed one, or the one it spills over to."""
        admission = self._quotas[model.name].admit(tokens, elapsed)
        if admission.admitted or model.spills_to is None:
            return model, admission
        standard = self._models[model.spills_to]
        return standard, self._quotas[standard.name].admit(tokens, elapsed)

    def _cached(self, request: Request, model: SimulatedModel, composition: Composition) -> Composition:
        cache = self._caches[model.name]
        if request.dialect in _CALL_PREFIXES:
            cached, written = cache.by_mark(request)
            if last_lifetime(request) == "1h":
                return msgspec.structs.replace(composition, cached=cached, cache_write_1h=written)
            return msgspec.structs.replace(composition, cached=cached, cache_write=written)
        return msgspec.structs.replace(composition, cached=min(cache.by_prefix(request), composition.prompt))

    def _answer_id(self) -> str:
        text = f"{self.spec.name}/{self.spec.seed}/{self._number}"
        return hashlib.blake2b(text.encode(), digest_size=14).hexdigest()
