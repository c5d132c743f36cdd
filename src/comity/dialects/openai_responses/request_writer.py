"""Writes the hub's request as a Responses body.

No target keeps anything: `store` is always false, so that a conversation is where the contracts allow it to
be, and nowhere else. Nulls are never written.
"""

from __future__ import annotations

import re
from typing import Any

from comity.dialects.losses import Losses
from comity.dialects.openai_responses.content_writer import NO_MARKS
from comity.dialects.openai_responses.item_writer import Scope, write_turn
from comity.dialects.openai_responses.names import NAME, NAMESPACES, namespaces_of, origin_of
from comity.dialects.openai_responses.request_reader import LOGPROBS
from comity.dialects.tool_names import NameRule, ToolNames, tool_names
from comity.dialects.wire_json import stated
from comity.exchange import (
    AnswerKey,
    Format,
    Inexpressible,
    ModelTraits,
    Request,
    Sampling,
    Text,
    Tool,
    ToolChoice,
    Turn,
    WireRequest,
)

ENCRYPTED = "reasoning.encrypted_content"
"""The word of `include` that asks for encrypted reasoning."""

_RULE = NameRule(re.compile(r"[A-Za-z0-9_-]{1,64}"), re.compile(r"[^A-Za-z0-9_-]+"), 64)
_NO_PARAMETERS = {"type": "object", "properties": {}}
_LEAST_TOKENS = 16
_SHARED = {
    "metadata",
    "moderation",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "verbosity",
}
"""Parameters that chat completions has by the same name."""
_NEUTRAL: dict[str, tuple[object, ...]] = {
    "store": (False,),
    "logit_bias": ({},),
    "modalities": (["text"],),
    "functions": ([],),
}


def encode_request(
    request: Request, model: str, traits: ModelTraits, *, lossy: bool
) -> WireRequest | Inexpressible:
    """The body for `model`, or what it cannot express; `lossy` allows visible drops."""
    native = request.dialect in {NAME, ""}
    scope = Scope(traits, Losses(request), ToolNames(tool_names(request), _RULE), native)
    instructions, turns, first = _split(request.turns, scope)
    items = [item for index, turn in enumerate(turns, first) for item in write_turn(turn, index, scope)]
    if not items:
        scope.losses.impossible("messages", "the Responses API wants at least one turn")
    body: dict[str, Any] = {
        "model": model,
        "input": items,
        "store": False,
        **stated(
            instructions=instructions,
            tools=_tools(request, scope) or None,
            tool_choice=_tool_choice(request.tool_choice, scope),
            parallel_tool_calls=request.parallel_tool_calls,
            user=request.user,
            **_sampling(request.sampling, scope),
        ),
    }
    form = _format(request.format)
    if form is not None:
        body["text"] = {"format": form}
    _extra(request, body, scope)
    include = _include(request, traits)
    if include:
        body["include"] = include
    if request.stream:
        body["stream"] = True
    grouped = {name: name for name in namespaces_of(request)} if native else {}
    key = AnswerKey(tools=scope.tools.renamed() | grouped, model=model, origin=origin_of(traits))
    return scope.losses.request(body, key, lossy=lossy)


def _split(turns: tuple[Turn, ...], scope: Scope) -> tuple[str | None, tuple[Turn, ...], int]:
    """A leading plain system turn as `instructions`, the other turns, and the index of their first."""
    if not turns or turns[0].role != "system" or len(turns) == 1:
        return None, turns, 0
    parts = turns[0].parts
    if len(parts) == 1 and isinstance(parts[0], Text) and parts[0].text and not turns[0].extra:
        if parts[0].cache is not None:
            scope.losses.hint("messages[0].content[0].cache_control", NO_MARKS)
        return parts[0].text, turns[1:], 1
    return None, turns, 0


def _sampling(sampling: Sampling, scope: Scope) -> dict[str, Any]:
    losses = scope.losses
    refused = {
        "stop": list(sampling.stop) or None,
        "seed": sampling.seed,
        "frequency_penalty": sampling.frequency_penalty or None,
        "presence_penalty": sampling.presence_penalty or None,
        "n": None if sampling.candidates == 1 else sampling.candidates,
        "top_k": sampling.top_k,
        "thinking.budget_tokens": sampling.thinking_budget,
    }
    for name in stated(**refused):
        losses.loss(name, "the Responses API has no such parameter")
    if sampling.thinking == "off" and sampling.reasoning_effort is None:
        losses.loss("thinking", "whether a model thinks is said by `reasoning.effort` only")
    elif sampling.thinking is not None and not (sampling.reasoning_effort or sampling.thinking_budget):
        losses.hint("thinking", "the model thinks as it usually does")
    members: dict[str, Any] = {"top_logprobs": sampling.top_logprobs}
    members["max_output_tokens"] = _limit(sampling.max_output_tokens, scope)
    for name, value in (("temperature", sampling.temperature), ("top_p", sampling.top_p)):
        if scope.traits.sampling:
            members[name] = value
        elif value not in {None, 1.0}:
            losses.loss(name, "the model takes only its default")
    summary = "auto" if sampling.thoughts == "summary" else None
    members["reasoning"] = stated(effort=sampling.reasoning_effort, summary=summary) or None
    return members


def _limit(limit: int | None, scope: Scope) -> int | None:
    """The bound of generated tokens, which this API takes from 16 on."""
    if limit is None or limit >= _LEAST_TOKENS or scope.native:
        return limit
    scope.losses.loss("max_tokens", f"the Responses API takes no bound below {_LEAST_TOKENS}")
    return _LEAST_TOKENS


def _tools(request: Request, scope: Scope) -> list[dict[str, Any]]:
    plain = (tool for tool in request.tools if tool.namespace is None or not scope.native)
    tools = [_tool(tool, index, scope) for index, tool in enumerate(plain)]
    for hosted in request.hosted_tools:
        if hosted.origin == NAME:
            tools.append(hosted.wire)
        else:
            scope.losses.loss(f"tools.{hosted.kind}", "only the provider that has this tool can run it")
    return [*tools, *(request.hints.get(NAMESPACES) or () if scope.native else ())]


def _tool(tool: Tool, index: int, scope: Scope) -> dict[str, Any]:
    if tool.cache is not None:
        scope.losses.hint(f"tools[{index}].cache_control", NO_MARKS)
    parameters = tool.parameters
    if parameters is None and not scope.native:
        parameters = _NO_PARAMETERS
    # Unsaid, this API tries to be strict; every other dialect means that it is not.
    strict = False if tool.strict is None and not scope.native else tool.strict
    members = stated(description=tool.description, parameters=parameters, strict=strict)
    return {"type": "function", "name": scope.tools.wire(tool.name), **members}


def _tool_choice(choice: ToolChoice | None, scope: Scope) -> str | dict[str, Any] | None:
    if choice is None:
        return None
    if choice.mode != "named":
        return choice.mode
    return {"type": "function", "name": scope.tools.wire(choice.name or "")}


def _format(form: Format | None) -> dict[str, Any] | None:
    if form is None:
        return None
    if form.kind != "json_schema":
        return {"type": form.kind}
    members = stated(description=form.description, strict=form.strict)
    return {"type": "json_schema", "name": form.name or "answer", "schema": form.schema or {}, **members}


def _extra(request: Request, body: dict[str, Any], scope: Scope) -> None:
    for name, value in _parameters(request, scope).items():
        if not scope.native and (value is None or value in _NEUTRAL.get(name, ())):
            continue
        shared = request.dialect == "openai.chat" and name in _SHARED
        if not (scope.native or shared or name in scope.traits.additional_fields):
            scope.losses.loss(name, f"`{request.dialect}` has this parameter and `{NAME}` does not")
        elif name == "verbosity":
            body.setdefault("text", {})["verbosity"] = value
        elif name.startswith("tools["):
            index, _, member = name.removeprefix("tools[").partition("].")
            body["tools"][int(index)][member] = value
        elif "." in name:
            section, _, member = name.partition(".")
            body.setdefault(section, {})[member] = value
        else:
            body[name] = value


def _parameters(request: Request, scope: Scope) -> dict[str, Any]:
    """What has no place in the hub; hints of another dialect are left out."""
    if scope.native:
        written = {"include", NAMESPACES}
        hints = {name: value for name, value in request.hints.items() if name not in written}
        return {**request.extra, **hints}
    for name in request.hints:
        scope.losses.hint(name, f"`{request.dialect}` has this parameter and `{NAME}` does not")
    return request.extra


def _include(request: Request, traits: ModelTraits) -> list[str]:
    include = list(request.hints.get("include") or ()) if request.dialect == NAME else []
    if traits.reasoning_signatures == "required" and ENCRYPTED not in include:
        include.append(ENCRYPTED)
    return [*include, LOGPROBS] if request.sampling.logprobs else include
