"""Writes the hub's request as a Messages body for any of the three surfaces.

Nothing is emulated: a JSON schema goes out natively or is refused, a parameter that the API lacks is refused
by name or dropped visibly. The API demands `max_tokens`: where the client names no bound, the target's own.
"""

from __future__ import annotations

from typing import Any

from comity.dialects.anthropic_messages.blocks import TOOL_RULE, Scope
from comity.dialects.anthropic_messages.cache_marks import cap_marks
from comity.dialects.anthropic_messages.family import BETA, MESSAGES, ORIGIN, Surface
from comity.dialects.anthropic_messages.parameters import (
    leave_out,
    write_output,
    write_sampling,
    write_thinking,
)
from comity.dialects.anthropic_messages.tools import write_tools
from comity.dialects.anthropic_messages.turns import write_conversation
from comity.dialects.losses import Losses
from comity.dialects.tool_names import ToolNames, tool_names
from comity.dialects.wire_json import stated
from comity.exchange import AnswerKey, Inexpressible, ModelTraits, Request, WireRequest

_NO_LIMIT = (
    "the API demands a bound of generated tokens; give one, or declare the target's `max_output_tokens`"
)


def encode_request(
    request: Request, model: str, traits: ModelTraits, *, lossy: bool
) -> WireRequest | Inexpressible:
    """The body for `model`, or what it cannot express; `lossy` allows visible drops."""
    return write_request(request, model, traits, MESSAGES, lossy=lossy)


def write_request(
    request: Request, model: str, traits: ModelTraits, surface: Surface, *, lossy: bool
) -> WireRequest | Inexpressible:
    """The body for `model` on `surface`, or what it cannot express."""
    scope = Scope(request, surface, traits, Losses(request), ToolNames(tool_names(request), TOOL_RULE))
    body = write_prompt(request, model, scope)
    limit = request.sampling.max_output_tokens
    limit = traits.max_output_tokens if limit is None else limit
    if limit is None:
        scope.losses.impossible("max_tokens", _NO_LIMIT)
    body |= stated(max_tokens=limit, **write_sampling(request.sampling, scope))
    if request.user is not None:
        body["metadata"] = {"user_id": request.user}
    if request.stream and not surface.streams_by_address:
        body["stream"] = True
    headers = write_extra(request, body, scope)
    answer = AnswerKey(tools=scope.tools.renamed(), model=model, origin=ORIGIN)
    return scope.losses.request(body, answer, lossy=lossy, headers=headers)


def write_prompt(request: Request, model: str, scope: Scope) -> dict[str, Any]:
    """The members that make up the prompt: what is counted, and what is cached."""
    conversation = write_conversation(request.turns, scope)
    tools, choice = write_tools(request, scope)
    cap_marks([tools, conversation.system, *(one["content"] for one in conversation.messages)], scope.losses)
    return stated(
        model=None if scope.surface.addressed else model,
        anthropic_version=scope.surface.version,
        system=conversation.system or None,
        messages=conversation.messages,
        tools=tools or None,
        tool_choice=choice,
        thinking=write_thinking(request.sampling, scope),
        output_config=write_output(request, scope) or None,
    )


def write_extra(request: Request, body: dict[str, Any], scope: Scope) -> tuple[tuple[str, str], ...]:
    """Writes what has no place in the hub; gives the headers that belong to the request."""
    for name, value in request.extra.items():
        if not name.startswith("tools["):
            leave_out(name, value, body, scope)
    flags: list[str] = []
    for name, value in request.hints.items():
        if name == BETA and scope.native:
            flags = _flags(value, scope)
        elif scope.native and name.startswith("tools["):
            continue
        elif scope.native and name not in scope.surface.lacks:
            body[name] = value
        else:
            scope.losses.hint(name, "the target has no such parameter")
    if flags and scope.surface.beta_in_body:
        body[BETA] = flags
    return (("anthropic-beta", ",".join(flags)),) if flags and not scope.surface.beta_in_body else ()


def _flags(flags: list[str], scope: Scope) -> list[str]:
    known = [flag for flag in flags if flag in scope.traits.beta_flags]
    for flag in flags:
        if flag not in known:
            scope.losses.hint(f"{BETA}.{flag}", "the target's `beta_flags` do not name it")
    return known
