"""Turns of the Responses API: what came before is fetched before a request is let in.

From there on it is a request like any other, with its whole conversation in its body. A client that says
nothing about `store` means yes, as at OpenAI; where there is no store, or the contracts forbid keeping this
caller's conversations, such a request is served all the same, and its answer says that it was not kept.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial

from comity.errors import RequestError
from comity.gateway import answers
from comity.gateway.admission import admit, unreadable
from comity.gateway.endpoints import Endpoint
from comity.gateway.inbound import Inbound
from comity.gateway.kept import not_configured, not_found, sessions_down
from comity.gateway.refusals import storing_refused
from comity.gateway.state import State
from comity.http import Call
from comity.intake import Caller, Refusal
from comity.sessions import Ask, History, Missing, Sessions, SessionStore, Turn, expand, read_ask

_NOTHING = History([], None)

Proceed = Callable[[Call, Inbound], None]
"""What happens to a request that was let in."""


def begin_turn(state: State, call: Call, caller: Caller, endpoint: Endpoint, proceed: Proceed) -> None:
    """Lets a request of the Responses API in, now or once its history has come."""
    try:
        ask = read_ask(call.body)
    except RequestError as error:
        answers.refuse(call, unreadable(call, error), None, endpoint.spoken)
        return
    if state.sessions is not None and ask.stateful:
        _Arrival(state, state.sessions, call, caller, endpoint).begin(ask, proceed)
    elif ask.explicit:
        what = "continuing what was kept" if ask.continues else "`store: true`"
        answers.refuse(call, not_configured(what), None, endpoint.spoken)
    else:
        _let_in(call, admit(state, call, caller, endpoint), endpoint, proceed)


class _Arrival:
    """A request that is to be kept, or that continues what was."""

    def __init__(
        self, state: State, sessions: Sessions, call: Call, caller: Caller, endpoint: Endpoint
    ) -> None:
        self._state = state
        self._sessions = sessions
        self._call = call
        self._caller = caller
        self._endpoint = endpoint

    def begin(self, ask: Ask, proceed: Proceed) -> None:
        """Fetches what it continues, if anything."""
        if not ask.continues:
            self._admit(ask, _NOTHING, proceed)
            return
        fetch = partial(_fetch, self._caller.id, ask, int(time.time()))
        then = partial(self._continue, ask, proceed)
        self._sessions.run(fetch, then, lambda error: self._refuse(sessions_down(error)))

    def _continue(self, ask: Ask, proceed: Proceed, history: History | Missing) -> None:
        if isinstance(history, Missing):
            self._refuse(not_found(history))
        elif not self._call.closed:
            self._admit(ask, history, proceed)

    def _admit(self, ask: Ask, history: History, proceed: Proceed) -> None:
        call, identity = self._call, f"resp_{os.urandom(16).hex()}"
        try:
            body, added = expand(call.body, history, identity.removeprefix("resp_"))
        except RequestError as error:
            self._refuse(unreadable(call, error))
            return
        kept = Turn(identity, body, history, added, ask.previous, ask.conversation, ask.store is not False)
        inbound = admit(self._state, call, self._caller, self._endpoint, kept)
        if isinstance(inbound, Inbound) and not ask.explicit and self._forbidden(inbound):
            # Nobody asked for it to be kept in so many words: it is not, and the answer says so.
            inbound = admit(self._state, call, self._caller, self._endpoint)
        _let_in(call, inbound, self._endpoint, proceed)

    def _forbidden(self, inbound: Inbound) -> bool:
        store = self._state.decisions.may_keep(self._caller, inbound.stated, inbound.route.posture)
        return store is not None and storing_refused(store) is not None

    def _refuse(self, refusal: Refusal) -> None:
        answers.refuse(self._call, refusal, None, self._endpoint.spoken)


def _fetch(caller: str, ask: Ask, now: int, store: SessionStore) -> History | Missing:
    if ask.previous is not None:
        return store.before(caller, ask.previous, now)
    assert ask.conversation is not None, "a turn that continues names what it continues"
    return store.items(caller, ask.conversation)


def _let_in(call: Call, inbound: Inbound | Refusal, endpoint: Endpoint, proceed: Proceed) -> None:
    if isinstance(inbound, Refusal):
        answers.refuse(call, inbound, None, endpoint.spoken)
    else:
        proceed(call, inbound)
