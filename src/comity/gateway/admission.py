"""Letting a request in: who calls, what is asked, and whether the caller may ask it.

Pure but for the clock. Everything that is wrong with a request before any contract is asked ends here.
"""

from __future__ import annotations

import time
from functools import partial
from hashlib import sha256

import msgspec

from comity.contracts import Workload, parse_facts
from comity.dialects import EMBEDDINGS, peek_count
from comity.errors import RequestError
from comity.gateway.carried import carried_flags
from comity.gateway.endpoints import Endpoint
from comity.gateway.inbound import Inbound
from comity.gateway.state import State
from comity.http import Call
from comity.intake import Caller, Refusal, Signed, is_signed, parse_stated, presented_key
from comity.intake.classify import KEPT_RESPONSES
from comity.intake.stated import HEADER
from comity.ledger import new_entry_id
from comity.sessions import Turn


def authenticate(state: State, call: Call) -> Caller | Refusal:
    """The caller whose key the request carries."""
    if is_signed(call.headers.get):
        signed = Signed(call.method, call.path, call.query, call.headers, call.body)
        return state.keyring.verify(signed, time.time())
    key = presented_key(call.headers.get, call.query)
    if key is None:
        places = "`Authorization: Bearer KEY`, or as `api-key`, `x-api-key` or `x-goog-api-key`"
        message = f"no API key: send it as {places}"
        return Refusal(401, "missing_api_key", message)
    caller = state.keyring.identify(key)
    return caller or Refusal(401, "invalid_api_key", "the API key is not known here")


def admit(
    state: State, call: Call, caller: Caller, endpoint: Endpoint, turn: Turn | None = None
) -> Inbound | Refusal:
    """The request as intake understands it, or why it is refused; with `turn`, one that is kept."""
    body = call.body if turn is None else turn.body
    endpoint = _meant(state, endpoint)
    spoken = endpoint.spoken
    try:
        if endpoint.operation.kind == "count":
            peek = peek_count(body, endpoint.model)
        else:
            peek = endpoint.read.peek(body, endpoint.model, stream=endpoint.stream)
        flags = carried_flags(call.headers.get, endpoint.operation.dialect)
    except RequestError as error:
        return unreadable(call, error)
    model = endpoint.model or peek.model
    route = state.settings.routes.get(model)
    if route is None:
        return Refusal(404, "model_not_found", f"there is no model `{model}` here", "model")
    if caller.models is not None and model not in caller.models:
        return Refusal(403, "model_not_allowed", f"the caller `{caller.id}` may not use `{model}`", "model")
    stated = _stated(state, call, caller)
    if isinstance(stated, Refusal):
        return stated
    now = time.time_ns()
    operation = endpoint.operation if turn is None else KEPT_RESPONSES
    proof = state.settings.proof
    hashed = sha256(call.body).digest() if proof is not None and proof.hashes else None
    return Inbound(
        new_entry_id(now), now, caller, route, operation, spoken, peek, stated, body, flags, turn, hashed
    )


def _meant(state: State, endpoint: Endpoint) -> Endpoint:
    """The endpoint for the kind of models behind the address, where models of two kinds share it."""
    route = None if endpoint.embedding is None else state.settings.routes.get(endpoint.model or "")
    if route is None or endpoint.embedding is None:
        return endpoint
    dialects = {state.settings.deployments[name].dialect for name in route.deployments}
    if not dialects <= EMBEDDINGS.keys():
        return endpoint
    return msgspec.structs.replace(endpoint, operation=endpoint.embedding)


def _stated(state: State, call: Call, caller: Caller) -> Workload | Refusal:
    header = call.headers.get(HEADER)
    if header is None:
        return {}
    return parse_stated(header, caller, partial(parse_facts, state.settings.book))


def unreadable(call: Call, error: RequestError) -> Refusal:
    """The refusal of a body that cannot be read."""
    if call.headers.get(b"content-encoding") not in (None, b"identity"):
        return Refusal(415, "unsupported_encoding", "send the request body without content-encoding")
    return Refusal(400, "invalid_request", str(error), error.param or None)
