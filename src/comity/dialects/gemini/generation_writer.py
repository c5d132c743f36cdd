"""Writes `generationConfig`: sampling, the form of the answer, and how to think."""

from __future__ import annotations

from typing import Any

from comity.dialects.gemini.part_writer import Scope
from comity.dialects.gemini.schema_writer import write_schema
from comity.dialects.wire_json import stated
from comity.exchange import Format, Request, Sampling

_LEVELS = {"minimal": "MINIMAL", "low": "LOW", "medium": "MEDIUM", "high": "HIGH"}
_BUDGETS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
"""The budgets by which Google itself reads OpenAI's effort words."""


def write_generation(request: Request, scope: Scope) -> dict[str, Any]:
    """The members of `generationConfig` that the client asked for."""
    sampling = request.sampling
    members = stated(
        maxOutputTokens=sampling.max_output_tokens,
        **_draw(sampling, scope),
        topK=sampling.top_k,
        stopSequences=[word for word in sampling.stop if word] or None,
        candidateCount=sampling.candidates,
        seed=sampling.seed,
        frequencyPenalty=sampling.frequency_penalty,
        presencePenalty=sampling.presence_penalty,
        responseLogprobs=sampling.logprobs,
        logprobs=sampling.top_logprobs,
        thinkingConfig=_thinking(sampling, scope) or None,
    )
    return members | _format(request.format, scope)


def _draw(sampling: Sampling, scope: Scope) -> dict[str, Any]:
    given = stated(temperature=sampling.temperature, top_p=sampling.top_p)
    if scope.traits.sampling:
        return stated(temperature=sampling.temperature, topP=sampling.top_p)
    for name, value in given.items():
        if value != 1:
            scope.losses.loss(name, "the model takes only its default")
    return {}


def _thinking(sampling: Sampling, scope: Scope) -> dict[str, Any]:
    takes = scope.traits.thinking_control
    members: dict[str, Any] = {}
    if sampling.thoughts is not None and takes != "none":
        members["includeThoughts"] = sampling.thoughts == "summary"
    elif sampling.thoughts == "summary":
        scope.losses.hint("thinking.display", "the model does not think")
    if takes == "level":
        return members | _level(sampling, scope)
    if takes == "budget":
        return members | _budget(sampling, scope)
    if sampling.thinking == "on" or sampling.thinking_budget is not None:
        scope.losses.loss("thinking", "the model is not known to think")
    if sampling.reasoning_effort not in {None, "none"}:
        scope.losses.loss("reasoning_effort", "the model is not known to think")
    return members


def _level(sampling: Sampling, scope: Scope) -> dict[str, Any]:
    if sampling.thinking == "off" or sampling.reasoning_effort == "none":
        scope.losses.loss("thinking", "the model always thinks")
        return {}
    level = _LEVELS.get(sampling.reasoning_effort or "")
    if level is not None:
        return {"thinkingLevel": level}
    if sampling.reasoning_effort is not None:
        scope.losses.loss("reasoning_effort", f"Google knows no level `{sampling.reasoning_effort}`")
    return stated(thinkingBudget=sampling.thinking_budget)


def _budget(sampling: Sampling, scope: Scope) -> dict[str, Any]:
    if sampling.thinking == "off":
        return {"thinkingBudget": 0}
    if sampling.thinking_budget is not None:
        return {"thinkingBudget": sampling.thinking_budget}
    effort = sampling.reasoning_effort
    if effort is not None:
        if effort not in _BUDGETS:
            scope.losses.loss("reasoning_effort", f"Google has no budget for `{effort}`")
            return {}
        return {"thinkingBudget": _BUDGETS[effort]}
    return {"thinkingBudget": -1} if sampling.thinking in {"adaptive", "on"} else {}


def _format(form: Format | None, scope: Scope) -> dict[str, Any]:
    if form is None:
        return {}
    if form.kind == "text":
        return {"responseMimeType": "text/plain"}
    members: dict[str, Any] = {"responseMimeType": "application/json"}
    if form.kind == "json_object" or form.schema is None:
        return members
    for name in stated(name=form.name, description=form.description):
        scope.losses.hint(f"response_format.json_schema.{name}", "Google takes the schema alone")
    if scope.traits.json_schema:
        return members | {"responseJsonSchema": form.schema}
    schema = write_schema(form.schema, "response_format.json_schema.schema", scope.losses)
    return members | {"responseSchema": schema}
