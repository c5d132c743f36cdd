"""A kept conversation at a target: whether it stays, moves whole or with a loss, and what its answer is.

Only the deployment that made a block of encrypted reasoning can read it (T31). Going on elsewhere leaves it
out, and whether that is allowed the route says.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from comity.clouds import Deployment
from comity.dialects import Tap
from comity.exchange import Dropped, Inexpressible, Opaque, Reasoning, Request, ToolCall, Usage
from comity.gateway.inbound import Inbound
from comity.gateway.kept import not_found, sessions_down
from comity.gateway.outbound import Answer, Translation
from comity.intake import Refusal
from comity.sessions import KeptAnswer, KeptTap, Missing, Sessions, Turn


class Continued:
    """A translation of a turn that is kept."""

    def __init__(
        self, inner: Translation, inbound: Inbound, sessions: Sessions, deployment: str, session: str
    ) -> None:
        assert inbound.turn is not None, "only a turn that is kept is continued"
        self.body = inner.body
        self.headers = inner.headers
        self.dropped = inner.dropped
        self.session = session
        """How the conversation came here; empty for its first turn."""
        self._inner = inner
        self._caller = inbound.caller.id
        self._now = inbound.arrived // 1_000_000_000
        self._turn = inbound.turn
        self._sessions = sessions
        self._deployment = deployment
        self._answer = KeptAnswer(inbound.turn)

    @property
    def keeping(self) -> Continued:
        """Itself."""
        return self

    def relay(self) -> Tap:
        """The way of the streamed answer, its response objects under our id."""
        return KeptTap(self._inner.relay(), self._answer)

    def answer(self, body: bytes, counted: Usage | None) -> Answer:
        """The whole answer under our id."""
        answer = self._inner.answer(body, counted)
        return msgspec.structs.replace(answer, body=self._answer.whole(answer.body))

    def keep(self, deliver: Callable[[], None], withdraw: Callable[[Refusal], None]) -> None:
        """Keeps the answer where the client asked for it, then delivers it."""
        response, turn = self._answer.response, self._turn
        if response is None or not turn.keeps:
            deliver()
            return
        kept = turn.kept(response, self._deployment)
        caller, now, chain = self._caller, self._now, turn.history.chain

        def then(missing: Missing | None) -> None:
            if missing is None:
                deliver()
            else:
                withdraw(not_found(missing))

        self._sessions.run(
            lambda store: store.save(caller, kept, now, chain),
            then,
            lambda error: withdraw(sessions_down(error)),
        )


def continued(
    sessions: Sessions | None,
    inbound: Inbound,
    deployment: Deployment,
    translation: Translation,
    foreign: frozenset[str],
) -> Translation | Inexpressible:
    """The translation of a turn that is kept; `foreign` made blocks that `deployment` cannot read."""
    turn = inbound.turn
    if turn is None or sessions is None:
        return translation
    outcome = _outcome(turn, deployment.id, foreign)
    moves = inbound.route.moves
    before = turn.history.deployment
    if outcome == "move-lossy" and moves != "lossy":
        made = ", ".join(f"`{origin}`" for origin in sorted(foreign))
        why = f"what only {made} can read would be left out, and this route moves conversations whole"
        return Inexpressible((Dropped("previous_response_id", why),))
    if outcome == "move-lossless" and moves == "none":
        why = f"the conversation is at `{before}`, and this route moves none"
        return Inexpressible((Dropped("previous_response_id", why),))
    return Continued(translation, inbound, sessions, deployment.id, outcome)


def origins_in(request: Request) -> frozenset[str]:
    """Who made the blocks of a request that only their maker can read."""
    return frozenset(
        part.origin
        for turn in request.turns
        for part in turn.parts
        if isinstance(part, Opaque)
        or (isinstance(part, Reasoning) and (part.signature is not None or part.redacted is not None))
        or (isinstance(part, ToolCall) and part.signature is not None)
    )


def _outcome(turn: Turn, deployment: str, foreign: frozenset[str]) -> str:
    before = turn.history.deployment
    if before == deployment:
        return "same-target"
    if foreign and turn.history.items:
        return "move-lossy"
    # Where nobody has answered yet, there is nothing to move from.
    return "" if before is None else "move-lossless"
