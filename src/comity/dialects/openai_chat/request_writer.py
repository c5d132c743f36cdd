"""Writes the hub's request as a chat completions body.

Nulls are never written. Parameters in `extra` that the client wrote in this dialect go out as they came;
those of another dialect only when the target's traits name them.
"""

from __future__ import annotations

import re
from typing import Any

from comity.dialects.losses import Losses
from comity.dialects.openai_chat.content_writer import write_cache
from comity.dialects.openai_chat.message_writer import NAME, write_turn
from comity.dialects.tool_names import NameRule, ToolNames, tool_names, with_wire_names
from comity.dialects.wire_json import stated
from comity.exchange import (
    AnswerKey,
    Format,
    Inexpressible,
    ModelTraits,
    Request,
    Sampling,
    Tool,
    ToolChoice,
    WireRequest,
)

TOOL_RULE = NameRule(re.compile(r"[A-Za-z0-9_-]{1,64}"), re.compile(r"[^A-Za-z0-9_-]+"), 64)
"""What OpenAI allows in a function's name."""


def encode_request(
    request: Request, model: str, traits: ModelTraits, *, lossy: bool
) -> WireRequest | Inexpressible:
    """The body for `model`, or what it cannot express; `lossy` allows visible drops."""
    losses = Losses(request)
    native = request.dialect in {NAME, ""}
    names = ToolNames(() if native else tool_names(request), TOOL_RULE)
    request = with_wire_names(request, names)
    body: dict[str, Any] = {
        "model": model,
        "messages": [
            message
            for index, turn in enumerate(request.turns)
            for message in write_turn(turn, index, traits, losses, native=native)
        ],
    }
    tools = [_tool(tool, index, traits, losses) for index, tool in enumerate(request.tools)]
    for hosted in request.hosted_tools:
        losses.loss(f"tools.{hosted.kind}", "only the provider that has this tool can run it")
    body.update(
        stated(
            tools=tools or None,
            tool_choice=_tool_choice(request.tool_choice),
            parallel_tool_calls=request.parallel_tool_calls,
            response_format=_format(request.format),
            user=request.user,
            **_sampling(request.sampling, traits, losses),
        )
    )
    if request.stream:
        body["stream"] = True
        if traits.stream_options:
            body["stream_options"] = {"include_usage": True}
    _extra(request, body, traits, losses)
    for name in request.hints:
        losses.hint(name, f"`{request.dialect}` has this parameter and `{NAME}` does not")
    return losses.request(body, AnswerKey(tools=names.renamed(), model=model, origin=NAME), lossy=lossy)


def _extra(request: Request, body: dict[str, Any], traits: ModelTraits, losses: Losses) -> None:
    native = request.dialect in {NAME, ""}
    for name, value in request.extra.items():
        if native and name.startswith("tools["):
            body.setdefault("tools", []).insert(int(name[len("tools[") : -1]), value)
        elif native or name in traits.additional_fields:
            body[name] = value
        else:
            losses.loss(name, f"`{request.dialect}` has this parameter and `{NAME}` does not")


def _sampling(sampling: Sampling, traits: ModelTraits, losses: Losses) -> dict[str, Any]:
    members: dict[str, Any] = {
        traits.completion_limit_field: sampling.max_output_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "stop": list(sampling.stop) or None,
        "seed": sampling.seed,
        "frequency_penalty": sampling.frequency_penalty,
        "presence_penalty": sampling.presence_penalty,
        "n": sampling.candidates,
        "logprobs": sampling.logprobs,
        "top_logprobs": sampling.top_logprobs,
        "reasoning_effort": sampling.reasoning_effort,
        "top_k": sampling.top_k,
    }
    _note_thinking(sampling, losses)
    if not traits.sampling:
        for name in ("temperature", "top_p"):
            if members.pop(name) not in {None, 1.0}:
                losses.loss(name, "the model takes only its default")
    if sampling.top_k is not None and traits.family == "gpt":
        del members["top_k"]
        losses.loss("top_k", "the model has no such parameter")
    return members


def _note_thinking(sampling: Sampling, losses: Losses) -> None:
    """Beyond the effort word there is no say in how a model thinks."""
    if sampling.thinking_budget is not None:
        losses.loss("thinking.budget_tokens", "chat completions bounds thinking by an effort word only")
    elif sampling.thinking == "on" and sampling.reasoning_effort is None:
        losses.loss("thinking", "chat completions asks for thinking by an effort word only")
    elif sampling.thinking in {"off", "adaptive"}:
        losses.hint("thinking", "the model thinks as it usually does")
    if sampling.thoughts is not None:
        losses.hint("thinking.display", "chat completions does not say whether thoughts are shown")


def _tool(tool: Tool, index: int, traits: ModelTraits, losses: Losses) -> dict[str, Any]:
    function = {
        "name": tool.name,
        **stated(description=tool.description, parameters=tool.parameters, strict=tool.strict),
    }
    mark = write_cache(tool.cache, f"tools[{index}]", traits, losses)
    return {"type": "function", "function": function, **mark}


def _tool_choice(choice: ToolChoice | None) -> str | dict[str, Any] | None:
    if choice is None:
        return None
    if choice.mode != "named":
        return choice.mode
    return {"type": "function", "function": {"name": choice.name}}


def _format(form: Format | None) -> dict[str, Any] | None:
    if form is None:
        return None
    if form.kind != "json_schema":
        return {"type": form.kind}
    schema = {
        "name": form.name or "answer",
        **stated(description=form.description, schema=form.schema, strict=form.strict),
    }
    return {"type": "json_schema", "json_schema": schema}
