"""Writes sampling, thinking, the form of the answer, and the parameters that have no place in the hub."""

from __future__ import annotations

from typing import Any

from comity.dialects.anthropic_messages.blocks import Scope
from comity.dialects.wire_json import stated
from comity.exchange import Request, Sampling

_EFFORTS = {"low", "medium", "high", "xhigh", "max"}
_LEAST_BUDGET = 1024
_DISPLAY = {"none": "omitted", "summary": "summarized"}
_NEUTRAL: dict[str, tuple[object, ...]] = {
    "store": (False,),
    "logit_bias": ({},),
    "modalities": (["text"],),
    "service_tier": ("auto",),
    "verbosity": ("medium",),
    "functions": ([],),
}
_HINTS = {"metadata", "prompt_cache_key", "prompt_cache_retention", "safety_identifier"}
_TIERS = {"default": "standard_only", "standard_only": "standard_only"}
_BY_FLAG = {"context_management": "context-management-"}


def write_sampling(sampling: Sampling, scope: Scope) -> dict[str, Any]:
    """The parameters of drawing; what the API lacks is a loss."""
    scope.losses.undrawn(sampling, "Messages have no such parameter")
    given = {"temperature": sampling.temperature, "top_p": sampling.top_p}
    members = {name: value for name, value in stated(**given).items() if _may_draw(name, value, scope)}
    if sampling.top_k is not None and not scope.traits.sampling:
        scope.losses.loss("top_k", "the model takes only its default")
    else:
        members |= stated(top_k=sampling.top_k)
    stop = [word for word in sampling.stop if word.strip()]
    if any(word and not word.strip() for word in sampling.stop):
        scope.losses.loss("stop", "a stop sequence of Messages holds more than white space")
    return members | ({"stop_sequences": stop} if stop else {})


def _may_draw(name: str, value: float, scope: Scope) -> bool:
    if not scope.traits.sampling:
        if value != 1:
            scope.losses.loss(name, "the model takes only its default")
        return False
    if not 0 <= value <= 1:
        scope.losses.loss(name, "Messages take values from 0 to 1")
        return False
    return True


def write_thinking(sampling: Sampling, scope: Scope) -> dict[str, Any] | None:
    """`thinking`, or None when the client did not say."""
    mode, budget = sampling.thinking, sampling.thinking_budget
    if mode == "off" or (mode is None and (budget == 0 or sampling.reasoning_effort == "none")):
        return {"type": "disabled"}
    shown = stated(display=_DISPLAY.get(sampling.thoughts or ""))
    if mode == "adaptive":
        return {"type": "adaptive", **shown}
    if mode is None and budget is None:
        if shown:
            scope.losses.hint("thinking.display", "the client did not ask for thinking")
        return None
    if budget is None:
        scope.losses.loss("thinking", "Messages want a budget for thinking")
        return None
    if budget < _LEAST_BUDGET and not scope.native:
        why = f"Messages want a budget of at least {_LEAST_BUDGET} tokens"
        scope.losses.loss("thinking.budget_tokens", why)
        return None
    return {"type": "enabled", "budget_tokens": budget, **shown}


def write_output(request: Request, scope: Scope) -> dict[str, Any]:
    """`output_config`: effort and the form of the answer."""
    members: dict[str, Any] = {}
    effort = request.sampling.reasoning_effort
    if effort is not None and effort != "none":
        if scope.native or (scope.traits.reasoning_effort and effort in _EFFORTS):
            members["effort"] = effort
        else:
            scope.losses.loss("reasoning_effort", "the model is not known to take this effort word")
    form = request.format
    if form is None or form.kind == "text":
        return members
    held = scope.traits.structured_output or scope.native
    if form.kind == "json_object" or form.schema is None or not held:
        scope.losses.loss("response_format", "the model cannot be held to this form natively")
        return members
    for name, value in (("name", form.name), ("description", form.description)):
        if value is not None:
            scope.losses.hint(f"response_format.json_schema.{name}", "Messages take the schema alone")
    return members | {"format": {"type": "json_schema", "schema": form.schema}}


def leave_out(name: str, value: object, body: dict[str, Any], scope: Scope) -> None:
    """Writes a parameter that has no place in the hub where the target has one, else tells the losses."""
    if value is None or value in _NEUTRAL.get(name, ()):
        return
    if name in scope.surface.lacks:
        scope.losses.loss(name, f"`{scope.surface.name}` has no such parameter")
    elif name == "service_tier" and value in _TIERS:
        body[name] = _TIERS[str(value)]
    elif name in scope.traits.additional_fields:
        body[name] = value
    elif not scope.native and name in _HINTS:
        scope.losses.hint(name, "Messages have no such parameter")
    elif not scope.native:
        scope.losses.loss(name, "Messages have no such parameter")
    elif not _flagged(name, scope):
        scope.losses.loss(name, "the target's `beta_flags` do not name the one that it needs")
    else:
        outer, _, inner = name.partition(".")
        if inner:
            body.setdefault(outer, {})[inner] = value
        else:
            body[name] = value


def _flagged(name: str, scope: Scope) -> bool:
    prefix = _BY_FLAG.get(name)
    return prefix is None or any(flag.startswith(prefix) for flag in scope.traits.beta_flags)
