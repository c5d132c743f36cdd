"""Writes the hub's request as a Converse body; the model and streaming belong to the address.

Nothing is emulated: a JSON schema goes out natively or is refused, a parameter that Converse lacks is refused
by name or dropped visibly. Fields outside Converse go into `additionalModelRequestFields` only when the
target's traits know them.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.bedrock_converse.blocks import NAME, Scope
from comity.dialects.bedrock_converse.cache_points import cap_points
from comity.dialects.bedrock_converse.names import TOOL_RULE, DocumentNames
from comity.dialects.bedrock_converse.request_reader import ADDITIONAL
from comity.dialects.bedrock_converse.thinking import write_thinking
from comity.dialects.bedrock_converse.tool_config import write_tool_config
from comity.dialects.bedrock_converse.turns import write_conversation
from comity.dialects.losses import Losses
from comity.dialects.tool_names import ToolNames, tool_names
from comity.dialects.wire_json import stated
from comity.exchange import AnswerKey, Format, Inexpressible, ModelTraits, Request, WireRequest

_HINTS = {"prompt_cache_key", "prompt_cache_retention", "safety_identifier", "metadata"}
_NEUTRAL: dict[str, tuple[object, ...]] = {
    "store": (False,),
    "logit_bias": ({},),
    "modalities": (["text"],),
    "service_tier": ("auto",),
    "verbosity": ("medium",),
    "functions": ([],),
}
_TIERS = {"default", "flex", "priority", "reserved"}


def encode_request(
    request: Request, model: str, traits: ModelTraits, *, lossy: bool
) -> WireRequest | Inexpressible:
    """The body for `model`, or what it cannot express; `lossy` allows visible drops."""
    scope = Scope(traits, Losses(request), ToolNames(tool_names(request), TOOL_RULE), DocumentNames())
    conversation = write_conversation(request.turns, scope)
    tools = write_tool_config(request, scope)
    lists = [[] if tools is None else tools["tools"], conversation.system]
    lists += [message["content"] for message in conversation.messages]
    cap_points(lists, scope.losses)
    body: dict[str, Any] = {
        "messages": conversation.messages,
        **stated(
            system=conversation.system or None,
            inferenceConfig=_inference(request, scope) or None,
            toolConfig=tools,
            outputConfig=_output(request, scope) or None,
        ),
    }
    if request.user is not None:
        scope.losses.hint("user", "Converse has no place for an end user's id")
    _extra(request, body, scope)
    for name in request.hints:
        scope.losses.hint(name, "Converse has no such parameter")
    answer = AnswerKey(
        tools=scope.tools.renamed(),
        model=model,
        origin=scope.origin,
        input_includes_cache=traits.input_includes_cache,
    )
    return scope.losses.request(body, answer, lossy=lossy)


def _inference(request: Request, scope: Scope) -> dict[str, Any]:
    sampling = request.sampling
    scope.losses.undrawn(sampling, "Converse has no such parameter")
    members: dict[str, Any] = stated(maxTokens=sampling.max_output_tokens)
    members.update(_draw(request, scope))
    stop = [word for word in sampling.stop if word]
    return members | ({"stopSequences": stop} if stop else {})


def _draw(request: Request, scope: Scope) -> dict[str, Any]:
    members: dict[str, Any] = {}
    given = {"temperature": request.sampling.temperature, "top_p": request.sampling.top_p}
    for name, value in stated(**given).items():
        if not scope.traits.sampling:
            if value != 1:
                scope.losses.loss(name, "the model takes only its default")
        elif not 0 <= value <= 1:
            scope.losses.loss(name, "Converse takes values from 0 to 1")
        else:
            members["topP" if name == "top_p" else name] = value
    return members


def _output(request: Request, scope: Scope) -> dict[str, Any]:
    members: dict[str, Any] = {}
    effort = request.sampling.reasoning_effort
    if effort is not None and scope.traits.reasoning_effort:
        members["effort"] = effort
    elif effort is not None and "reasoning_effort" not in scope.traits.additional_fields:
        scope.losses.loss("reasoning_effort", "the model takes no effort word")
    form = request.format
    if form is None or form.kind == "text":
        return members
    if form.kind == "json_object" or not scope.traits.structured_output or form.schema is None:
        scope.losses.loss("response_format", "the model cannot be held to this form natively")
        return members
    return members | {"textFormat": _text_format(form)}


def _text_format(form: Format) -> dict[str, Any]:
    schema = {
        "schema": msgspec.json.encode(form.schema).decode(),
        **stated(name=form.name, description=form.description),
    }
    return {"type": "json_schema", "structure": {"jsonSchema": schema}}


def _extra(request: Request, body: dict[str, Any], scope: Scope) -> None:
    native = request.dialect == NAME
    additional = write_thinking(request.sampling, scope, native=native)
    if request.sampling.top_k is not None:
        _top_k(request.sampling.top_k, additional, scope, native=native)
    effort = request.sampling.reasoning_effort
    if effort is not None and not scope.traits.reasoning_effort:
        additional |= {"reasoning_effort": effort} if _known("reasoning_effort", scope) else {}
    for name, value in request.extra.items():
        if native and name.startswith(f"{ADDITIONAL}."):
            additional[name.removeprefix(f"{ADDITIONAL}.")] = value
        elif native and name.isidentifier():
            body[name] = value
        elif _known(name, scope):
            additional[name] = value
        else:
            _leave_out(name, value, body, scope)
    if additional:
        body[ADDITIONAL] = additional


def _known(name: str, scope: Scope) -> bool:
    return name in scope.traits.additional_fields


def _leave_out(name: str, value: object, body: dict[str, Any], scope: Scope) -> None:
    if value is None or value in _NEUTRAL.get(name, ()):
        return
    if name == "service_tier" and value in _TIERS:
        body["serviceTier"] = {"type": value}
    elif name in _HINTS:
        scope.losses.hint(name, "Converse has no such parameter")
    else:
        scope.losses.loss(name, "Converse has no such parameter and the model is not known to take it")


def _top_k(top_k: int, additional: dict[str, Any], scope: Scope, *, native: bool) -> None:
    if scope.traits.family == "nova":
        additional["inferenceConfig"] = {"topK": top_k}
    elif native or scope.traits.family == "claude" or _known("top_k", scope):
        additional["top_k"] = top_k
    else:
        scope.losses.loss("top_k", "the model is not known to take it")
