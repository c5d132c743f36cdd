"""The course of a request, as a list of calls: admit, decide, plan, reserve, and a flight does the rest.

INVARIANT: this module only calls. What a step means stands in the room that owns it.
"""

from __future__ import annotations

import msgspec

from comity.gateway import answers, recording
from comity.gateway.admission import admit, authenticate
from comity.gateway.conversing import begin_turn
from comity.gateway.endpoints import ANY, Endpoint, find_endpoint
from comity.gateway.flight import Flight
from comity.gateway.holding import put_aside
from comity.gateway.inbound import Inbound
from comity.gateway.kept import serve_kept
from comity.gateway.listing import list_models
from comity.gateway.planning import Planned, plan_now
from comity.gateway.refusals import no_candidate
from comity.gateway.state import State
from comity.http import Call
from comity.intake import Caller, Refusal
from comity.intake.classify import RESPONSES


class Pipeline:
    """The application behind the server: one call per request."""

    def __init__(self, state: State) -> None:
        self._state = state

    def __call__(self, call: Call) -> None:
        """Answers one request, now or later."""
        endpoint = find_endpoint(call.path, call.query, call.headers.get)
        if endpoint is None:
            answers.refuse(call, Refusal(404, "unknown_path", "there is nothing at this path"), None)
        elif endpoint.method not in {call.method, ANY}:
            allowed = endpoint.method.decode()
            refusal = Refusal(405, "method_not_allowed", f"this path takes {allowed}")
            answers.refuse(call, refusal, None, endpoint.spoken)
        elif endpoint.does == "health":
            self._health(call)
        else:
            self._authenticated(call, endpoint)

    def _authenticated(self, call: Call, endpoint: Endpoint) -> None:
        caller = authenticate(self._state, call)
        if isinstance(caller, Refusal):
            answers.refuse(call, caller, None, endpoint.spoken)
        elif endpoint.does == "models":
            self._models(call, caller, endpoint)
        elif endpoint.kept is not None:
            serve_kept(self._state, call, caller, endpoint.kept)
        elif endpoint.operation is RESPONSES:
            begin_turn(self._state, call, caller, endpoint, self._serve)
        else:
            inbound = admit(self._state, call, caller, endpoint)
            if isinstance(inbound, Refusal):
                answers.refuse(call, inbound, None, endpoint.spoken)
            else:
                self._serve(call, inbound)

    def _serve(self, call: Call, inbound: Inbound) -> None:
        state = self._state
        planned = plan_now(state, inbound)
        if not planned.plan.attempts:
            self._refused(call, inbound, planned, no_candidate(inbound.route.model, planned.plan.dropped))
            return
        if not planned.decided.accounts:
            Flight(state, call, inbound, planned).depart()
            return
        put_aside(
            state,
            call,
            inbound,
            planned,
            then=lambda holding: Flight(state, call, inbound, planned, holding).depart(),
            refused=lambda refusal: self._refused(call, inbound, planned, refusal),
        )

    def _refused(self, call: Call, inbound: Inbound, planned: Planned, refusal: Refusal) -> None:
        entry, spoken = inbound.entry, inbound.spoken
        self._state.journal.append(
            recording.refused(inbound, planned, refusal),
            lambda: answers.refuse(call, refusal, entry, spoken),
            lambda error: answers.refuse(call, answers.ledger_down(error), entry, spoken),
        )

    def _models(self, call: Call, caller: Caller, endpoint: Endpoint) -> None:
        names = [
            name for name in self._state.settings.routes if caller.models is None or name in caller.models
        ]
        listed = list_models(endpoint, call.query, names)
        if isinstance(listed, Refusal):
            answers.refuse(call, listed, None, endpoint.spoken)
        else:
            call.respond(200, [(b"content-type", b"application/json")], listed)

    def _health(self, call: Call) -> None:
        failure = self._state.journal.failure
        status, word = (200, "ok") if failure is None else (503, str(failure))
        body = msgspec.json.encode({"status": word})
        call.respond(status, [(b"content-type", b"application/json")], body)
