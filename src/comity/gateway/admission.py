"""Letting a request in: who calls, what is asked, and whether the caller may ask it.

Pure but for the clock. Everything that is wrong with a request before any contract is asked ends here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from comity.contracts import Book, Workload, parse_facts
from comity.dialects import openai_chat
from comity.errors import RequestError
from comity.gateway.endpoints import Endpoint
from comity.gateway.inbound import Inbound
from comity.gateway.state import State
from comity.http import Call
from comity.intake import Caller, Refusal, parse_stated, presented_key
from comity.intake.stated import HEADER
from comity.ledger import new_entry_id


def authenticate(state: State, call: Call) -> Caller | Refusal:
    """The caller whose key the request carries."""
    key = presented_key(call.headers.get)
    if key is None:
        message = "no API key: send it as `Authorization: Bearer KEY` or `api-key: KEY`"
        return Refusal(401, "missing_api_key", message)
    caller = state.keyring.identify(key)
    return caller or Refusal(401, "invalid_api_key", "the API key is not known here")


def admit(state: State, call: Call, caller: Caller, endpoint: Endpoint) -> Inbound | Refusal:
    """The request as intake understands it, or why it is refused."""
    assert endpoint.operation is not None, "only model calls are admitted"
    if call.headers.get(b"content-encoding") not in (None, b"identity"):
        return Refusal(415, "unsupported_encoding", "send the request body without content-encoding")
    try:
        peek = openai_chat.peek(call.body, endpoint.model)
    except RequestError as error:
        return Refusal(400, "invalid_request", str(error), error.param or None)
    model = endpoint.model or peek.model
    route = state.settings.routes.get(model)
    if route is None:
        return Refusal(404, "model_not_found", f"there is no model `{model}` here", "model")
    if caller.models is not None and model not in caller.models:
        return Refusal(403, "model_not_allowed", f"the caller `{caller.id}` may not use `{model}`", "model")
    stated = parse_stated(call.headers.get(HEADER), caller, _validator(state.settings.book))
    if isinstance(stated, Refusal):
        return stated
    return Inbound(
        entry=new_entry_id(),
        arrived=time.time_ns(),
        caller=caller,
        route=route,
        operation=endpoint.operation,
        peek=peek,
        stated=stated,
        body=call.body,
        input_estimate=peek.input_estimate,
    )


def _validator(book: Book) -> Callable[[Mapping[str, str]], Workload]:
    return lambda facts: parse_facts(book, facts)
