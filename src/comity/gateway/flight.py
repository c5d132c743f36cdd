"""One client request over its attempts, until exactly one settlement.

A flight launches its planned attempts one after the other, hands the first answer that begins to the
client, and settles. It goes elsewhere only before the first byte has left, and only to candidates that were
planned, each decided on its own target. The last bytes of an answer leave after the settlement is in the
journal: what a client saw complete is recorded.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from comity.errors import RequestError, StoreError
from comity.exchange import Inexpressible, ProviderFailure
from comity.gateway import answers, recording
from comity.gateway.attempt import Attempt
from comity.gateway.budget_refusals import warned_of
from comity.gateway.holding import Holding
from comity.gateway.inbound import Inbound
from comity.gateway.outbound import Answer, Translation
from comity.gateway.planning import Planned, plan_now
from comity.gateway.recording import Ending
from comity.gateway.refusals import exhausted
from comity.gateway.state import State
from comity.gateway.translation import Translator
from comity.http import Call, TransportFailure
from comity.intake import Refusal
from comity.ledger import Attempted, AttemptOutcome, EntryOutcome, settle
from comity.prices import tier_of
from comity.routing import (
    Candidate,
    Cause,
    Consequence,
    DroppedCandidate,
    after_answer,
    after_transport,
    pause_before,
)

_DEFAULT_OUTPUT = 4096
"""Output tokens reserved when the client sets no bound."""


class Flight:
    """The course of one accepted request."""

    __slots__ = (
        "_attempt",
        "_call",
        "_client_left",
        "_dropped",
        "_failure",
        "_holding",
        "_inbound",
        "_next",
        "_planned",
        "_records",
        "_replanned",
        "_rounds",
        "_sent",
        "_settled",
        "_state",
        "_translator",
    )

    def __init__(
        self, state: State, call: Call, inbound: Inbound, planned: Planned, holding: Holding | None = None
    ) -> None:
        self._holding = holding
        self._state = state
        self._call = call
        self._inbound = inbound
        self._planned = planned
        self._rounds = 1
        self._replanned = False
        self._translator = Translator(inbound, state.sessions)
        self._next = 0
        self._attempt: Attempt | None = None
        self._records: list[Attempted] = []
        self._dropped = list(planned.plan.dropped)
        self._failure: ProviderFailure | None = None
        self._client_left = False
        self._settled = False
        self._sent: hashlib._Hash | None = None
        call.on_disconnect = self.on_client_left

    # --- attempts -------------------------------------------------------------------------------------------

    def depart(self) -> None:
        """Reserves the request in the journal, and launches its first attempt once that is written."""
        state = self._state
        state.retry_budget.deposit()
        held = None if self._holding is None else self._holding.held
        try:
            reserved = recording.reserved(self._inbound, self._planned, held)
            state.journal.append(reserved, self.launch, self.reservation_failed)
        except StoreError as error:
            self.reservation_failed(error)

    def launch(self) -> None:
        """Starts the next attempt that can be, or gives up; the reservation is in the journal by now."""
        self._guarded(self._launch)

    def on_fault(self, error: Exception) -> None:
        """A bug of the gateway struck this request: it is reported, and the client hears of it."""
        report = {"message": "a request could not be served", "exception": error}
        asyncio.get_running_loop().call_exception_handler(report)
        if self._settled:
            self._call.abort()
            return
        attempt = self._attempt
        try:
            if attempt is not None and attempt.number > len(self._records):
                # It was sent, so it may be charged: a fault of ours does not take it off the record.
                attempt.cancel()
                message = "the gateway failed while it ran"
                self._record(
                    attempt, Ending(AttemptOutcome.AMBIGUOUS, attempt.usage, False, "internal", message)
                )
        finally:
            self._end_after_fault(attempt)

    def _end_after_fault(self, attempt: Attempt | None) -> None:
        if attempt is not None and attempt.committed:
            self._settle(EntryOutcome.FAILED, 200, self._call.abort)
        else:
            self._refuse(Refusal(500, "internal_error", "the gateway failed to serve this request"))

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as error:  # noqa: BLE001 - a fault of ours must not leave a client waiting
            self.on_fault(error)

    def _launch(self) -> None:
        while (candidate := self._take_next()) is not None:
            try:
                attempt = self._prepare(candidate)
            except RequestError as error:
                self._refuse(Refusal(400, "invalid_request", str(error), error.param or None))
                return
            if isinstance(attempt, Attempt):
                self._pay_for(attempt)
                return
            self._dropped.append(attempt)
        self._give_up()

    def _pay_for(self, attempt: Attempt) -> None:
        """Sends an attempt for which enough is put aside, with what those before may have cost."""
        if self._holding is None or not (self._records or self._replanned):
            self._send(attempt)
            return
        send = partial(self._guarded, partial(self._send, attempt))
        self._holding.cover(attempt.candidate, self._records, send, partial(self._cannot_pay, attempt))

    def _send(self, attempt: Attempt) -> None:
        if self._client_left:
            attempt.target.limiter.release(attempt.admitted, 0)
            self._give_up()
            return
        self._attempt = attempt
        self._state.health.began(attempt.candidate.deployment, time.monotonic())
        attempt.send(datetime.now(UTC), self._inbound)

    def _cannot_pay(self, attempt: Attempt, refusal: Refusal) -> None:
        attempt.target.limiter.release(attempt.admitted, 0)
        self._guarded(partial(self._refuse, refusal))

    def reservation_failed(self, error: StoreError) -> None:
        """The reservation could not be written: nothing is called that could not be recorded."""
        self._settled = True
        if self._holding is not None:
            self._holding.release()
        answers.refuse(self._call, answers.ledger_down(error), self._inbound.entry, self._inbound.spoken)

    def _take_next(self) -> Candidate | None:
        if self._client_left or len(self._records) >= self._inbound.route.attempts:
            return None
        if self._state.decisions.outdated(self._planned.decided):
            self._plan_anew()
        attempts = self._planned.plan.attempts
        if self._next >= len(attempts):
            return None
        self._next += 1
        return attempts[self._next - 1]

    def _plan_anew(self) -> None:
        """Every candidate is decided again: time has passed since the last plan."""
        self._planned = plan_now(self._state, self._inbound)
        self._replanned = True
        if self._holding is not None:
            self._holding.follow(self._planned)
        self._dropped = list(self._planned.plan.dropped)
        self._next = 0

    def _go_round_again(self) -> None:
        self._rounds += 1
        self._guarded(self._plan_anew)
        if not self._settled:
            self.launch()

    def _prepare(self, candidate: Candidate) -> Attempt | DroppedCandidate:
        name, inbound = candidate.deployment, self._inbound
        target = self._state.targets[name]
        unfit = "" if self._holding is None else self._holding.unfit(candidate)
        if unfit:
            return DroppedCandidate(name, Cause.UNPRICED, unfit, candidate.verdict)
        lossy = inbound.route.inexpressible == "drop"
        translation = self._translator.to(target.deployment, lossy=lossy)
        if isinstance(translation, Inexpressible):
            why = "; ".join(f"`{one.parameter}`: {one.reason}" for one in translation.missing)
            first = translation.missing[0].parameter
            return DroppedCandidate(name, Cause.INEXPRESSIBLE, why, candidate.verdict, parameter=first)
        peek = inbound.peek
        output = _DEFAULT_OUTPUT if peek.max_output_tokens is None else peek.max_output_tokens
        admitted = inbound.peek.input_estimate + output * peek.candidates
        wait = target.limiter.acquire(admitted, time.monotonic())
        if wait > 0:
            why = f"its limits are used up for another {wait:.1f} s"
            return DroppedCandidate(name, Cause.SATURATED, why, candidate.verdict, wait)
        number = len(self._records) + 1
        tier = ""
        if peek.service_tier is not None and not _drops_tier(translation):
            tier = tier_of(peek.service_tier)
        return Attempt(
            self, number, candidate, target, translation, stream=peek.stream, admitted=admitted, tier=tier
        )

    # --- what an attempt says -------------------------------------------------------------------------------

    def on_commit(self, attempt: Attempt, head: bytes) -> None:
        """Content has begun: the answer is this attempt's from now on."""
        call = self._call
        call.on_pause = attempt.pause
        call.on_drain = attempt.resume
        call.start(200, answers.stream_headers(self._inbound, attempt, self._warned()))
        call.write(head)
        self._hash(head)

    def on_piece(self, attempt: Attempt, data: bytes) -> None:  # noqa: ARG002 - the listener's signature
        """More bytes for the client."""
        self._call.write(data)
        self._hash(data)

    def on_answer(self, attempt: Attempt, answer: Answer) -> None:
        """A whole answer has come: settle, then send it."""
        self._succeed(attempt)
        call, headers = self._call, answers.whole_headers(self._inbound, attempt, self._warned())
        deliver = self._kept(attempt, lambda: call.respond(200, headers, answer.body))
        self._hash(answer.body)
        self._settle(EntryOutcome.SERVED, 200, deliver)

    def on_complete(self, attempt: Attempt, last: bytes) -> None:
        """The stream is complete: settle, then send its last bytes."""
        self._succeed(attempt)
        call, headers = self._call, answers.stream_headers(self._inbound, attempt, self._warned())

        def finish() -> None:
            if not call.started:
                call.start(200, headers)
            if last:
                call.write(last)
            call.end()

        self._hash(last)
        self._settle(EntryOutcome.SERVED, 200, self._kept(attempt, finish))

    def _warned(self) -> bytes:
        """The limits that are nearly used up, for the client."""
        accounts = () if self._holding is None else self._holding.warnings
        return warned_of(accounts) if accounts else b""

    def _kept(self, attempt: Attempt, deliver: Callable[[], None]) -> Callable[[], None]:
        """The delivery of an answer, after it is kept where the client asked for that."""
        keeping = attempt.keeping
        if keeping is None:
            return deliver
        call, entry, spoken = self._call, self._inbound.entry, self._inbound.spoken
        return lambda: keeping.keep(deliver, lambda refusal: answers.withdraw(call, refusal, entry, spoken))

    def on_failed(self, attempt: Attempt, failure: ProviderFailure | TransportFailure) -> None:
        """The attempt failed: go elsewhere while nothing has left, else end the client's stream visibly."""
        route = self._inbound.route
        if isinstance(failure, ProviderFailure):
            consequence = after_answer(failure, route)
        else:
            consequence = after_transport(failure, route)
            failure = answers.as_provider_failure(failure, attempt.candidate.deployment)
        self._failure = failure
        now = time.monotonic()
        self._state.health.failed(attempt.candidate.deployment, now, failure.kind, failure.retry_after)
        self._record(attempt, self._failure_ending(attempt, failure, consequence))
        if attempt.committed:
            self._break_off(failure)
        elif consequence.move == "next" and self._may_go_on(now):
            self._go_on(failure)
        else:
            self._give_up()

    def on_client_left(self) -> None:
        """The client is gone: a stream is cancelled and estimated, a whole answer awaited for its count."""
        self._client_left = True
        attempt = self._attempt
        if self._settled or attempt is None or attempt.done or not self._inbound.peek.stream:
            return
        attempt.cancel()
        self._state.health.abandoned(attempt.candidate.deployment)
        usage = recording.aborted_usage(self._inbound, attempt)
        self._record(attempt, Ending(AttemptOutcome.ABORTED, usage, attempt.usage is None))
        self._settle(EntryOutcome.ABORTED, 200, lambda: None)

    # --- endings --------------------------------------------------------------------------------------------

    def _may_go_on(self, now: float) -> bool:
        more = len(self._records) < self._inbound.route.attempts and not self._client_left
        return more and self._state.retry_budget.withdraw(now)

    def _go_on(self, failure: ProviderFailure) -> None:
        """To the next candidate at once; through all of them again only after a pause."""
        if self._next < len(self._planned.plan.attempts):
            self.launch()
            return
        pause = pause_before(self._rounds, failure, random.random())  # noqa: S311 - jitter, not a secret
        if pause is None:
            self._give_up()
        else:
            asyncio.get_running_loop().call_later(pause, self._go_round_again)

    def _succeed(self, attempt: Attempt) -> None:
        self._state.health.succeeded(attempt.candidate.deployment, time.monotonic())
        outcome = AttemptOutcome.ABORTED if self._client_left else AttemptOutcome.SERVED
        self._record(attempt, Ending(outcome, attempt.usage))

    def _failure_ending(self, attempt: Attempt, failure: ProviderFailure, consequence: Consequence) -> Ending:
        message = f"{failure.message} ({consequence.why})"
        if attempt.committed:
            usage = recording.aborted_usage(self._inbound, attempt)
            estimated = attempt.usage is None
            return Ending(AttemptOutcome.AMBIGUOUS, usage, estimated, failure.kind.value, message)
        if consequence.charge == "possible":
            return Ending(AttemptOutcome.AMBIGUOUS, None, False, failure.kind.value, message)
        outcome = AttemptOutcome.FAILED if attempt.status else AttemptOutcome.NOT_SENT
        return Ending(outcome, None, False, failure.kind.value, message)

    def _record(self, attempt: Attempt, ending: Ending) -> None:
        used = attempt.admitted if ending.usage is None else ending.usage.total
        attempt.target.limiter.release(attempt.admitted, used)
        record = recording.attempted(self._inbound.entry, attempt, ending)
        self._records.append(record)
        self._state.journal.append(record)

    def _break_off(self, failure: ProviderFailure) -> None:
        """After the first byte there is no other cloud: say so in the stream, and cut it without an end."""
        call, last = self._call, self._inbound.spoken.encode_stream_failure(failure.fault)

        def cut() -> None:
            call.write(last)
            call.abort()

        self._hash(last)
        self._settle(EntryOutcome.FAILED, 200, cut)

    def _give_up(self) -> None:
        tried = tuple(record.deployment for record in self._records)
        self._refuse(exhausted(self._inbound.route.model, self._dropped, tried, self._failure))

    def _refuse(self, refusal: Refusal) -> None:
        call, entry, spoken = self._call, self._inbound.entry, self._inbound.spoken
        outcome = EntryOutcome.FAILED if self._records else EntryOutcome.REFUSED
        self._settle(outcome, refusal.status, lambda: answers.refuse(call, refusal, entry, spoken))

    def _settle(self, outcome: EntryOutcome, status: int, deliver: Callable[[], None]) -> None:
        assert not self._settled, "a flight settles exactly once"
        self._settled = True
        if self._holding is not None:
            self._holding.settle(self._records)
        if self._client_left:
            outcome, status, deliver = EntryOutcome.ABORTED, 0, _nothing
        # No cycles are left behind: a flight is freed when it ends, not when the collector comes round.
        self._attempt = self._call.on_disconnect = self._call.on_pause = self._call.on_drain = None
        hashed = None if self._sent is None else self._sent.digest()
        entry, records = self._inbound.entry, self._records
        settled = settle(entry, outcome, status, records, at=time.time_ns(), answer_hash=hashed)
        self._state.journal.append(settled, deliver, self._undelivered)

    def _hash(self, data: bytes) -> None:
        """Takes bytes of the answer's body into its hash, where hashes are kept."""
        if self._inbound.request_hash is None:
            return
        if self._sent is None:
            self._sent = hashlib.sha256(data)
        else:
            self._sent.update(data)

    def _undelivered(self, error: StoreError) -> None:
        """The settlement could not be written: an answer that is not recorded is not completed either."""
        if self._call.started:
            self._call.abort()
        else:
            answers.refuse(self._call, answers.ledger_down(error), self._inbound.entry, self._inbound.spoken)


def _drops_tier(translation: Translation) -> bool:
    """Whether the target does not get the tier that is asked for: then it does not serve in it."""
    return any(one.parameter in {"service_tier", "serviceTier"} for one in translation.dropped)


def _nothing() -> None:
    """Delivers nothing: the client is gone."""
