"""What clients ask about things that are kept, and the answer to it.

The contracts are asked before anything new is kept; what is kept already is found for its caller alone.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from urllib.parse import parse_qsl

import msgspec

from comity.dialects import openai_responses
from comity.errors import RequestError, StoreError
from comity.gateway import answers
from comity.gateway.kept_paths import KeptPath
from comity.gateway.refusals import storing_refused
from comity.gateway.state import State
from comity.http import Call
from comity.intake import Caller, Refusal
from comity.sessions import Errand, Missing, allowed, run

_HEADERS = [(b"content-type", b"application/json")]


def serve_kept(state: State, call: Call, caller: Caller, path: KeptPath) -> None:
    """Answers a request about something kept, now or later."""
    errand = _errand(call, caller, path)
    refusal = _refusal(state, caller, errand)
    if refusal is not None:
        answers.refuse(call, refusal, None, openai_responses)
        return
    assert state.sessions is not None, "without a store every errand is refused"
    state.sessions.run(lambda store: run(store, errand), partial(_answer, call), partial(_fail, call))


def not_configured(what: str) -> Refusal:
    """The refusal of state where no store is configured."""
    message = f"{what} needs a store of conversations; this gateway has none (`sessions` in comity.yaml)"
    return Refusal(400, "sessions_not_configured", message)


def sessions_down(error: Exception) -> Refusal:
    """The refusal of state while the store cannot be used."""
    why = str(error) if isinstance(error, StoreError) else "the gateway failed"
    return Refusal(503, "sessions_unavailable", f"what is kept cannot be reached: {why}")


def not_found(missing: Missing) -> Refusal:
    """The refusal of an id that is not kept for this caller."""
    message = (
        f"there is no {missing.what} `{missing.id}`: it was never kept for this key, or is deleted or expired"
    )
    return Refusal(404, f"{missing.what}_not_found", message)


def _errand(call: Call, caller: Caller, path: KeptPath) -> Errand:
    query: Mapping[str, str] = dict(parse_qsl(call.query.decode("latin-1")))
    method = call.method.decode("latin-1")
    return Errand(caller.id, method, path.kind, path.ids, dict(query), call.body, int(time.time()))


def _refusal(state: State, caller: Caller, errand: Errand) -> Refusal | None:
    if errand.method not in allowed(errand.kind):
        return Refusal(405, "method_not_allowed", f"this path takes {', '.join(allowed(errand.kind))}")
    if state.sessions is None:
        return not_configured("this")
    if not errand.stores:
        return None
    store = state.decisions.may_keep(caller, {}, state.sessions.settings.posture)
    return None if store is None else storing_refused(store)


def _answer(call: Call, answered: dict[str, object] | Missing) -> None:
    if isinstance(answered, Missing):
        answers.refuse(call, not_found(answered), None, openai_responses)
    elif not call.closed:
        call.respond(200, _HEADERS, msgspec.json.encode(answered))


def _fail(call: Call, error: Exception) -> None:
    if isinstance(error, RequestError):
        refusal = Refusal(400, "invalid_request", str(error), error.param or None)
    else:
        refusal = sessions_down(error)
    answers.refuse(call, refusal, None, openai_responses)
