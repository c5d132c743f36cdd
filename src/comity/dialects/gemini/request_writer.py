"""Writes the hub's request as a generateContent body; the model and streaming belong to the address.

Nothing is emulated and no signature is made up: a call that nobody at Google signed goes out unsigned.
"""

from __future__ import annotations

from typing import Any

from comity.dialects.gemini.contents import write_conversation
from comity.dialects.gemini.generation_writer import write_generation
from comity.dialects.gemini.part_writer import Scope
from comity.dialects.gemini.shapes import NAME
from comity.dialects.gemini.tool_writer import RULE, write_tool_config, write_tools
from comity.dialects.losses import Losses
from comity.dialects.tool_names import ToolNames, tool_names
from comity.dialects.wire_json import stated
from comity.exchange import AnswerKey, Inexpressible, ModelTraits, Request, ToolCall, WireRequest

_HINTS = frozenset({"prompt_cache_key", "prompt_cache_retention", "safety_identifier", "metadata"})
_NEUTRAL: dict[str, tuple[object, ...]] = {
    "store": (False,),
    "logit_bias": ({},),
    "modalities": (["text"],),
    "service_tier": ("auto", "default", "standard_only"),
    "verbosity": ("medium",),
    "functions": ([],),
}
_TIERS = ("flex", "priority")
"""Tiers that OpenAI's clients and AI Studio call alike."""
_INNER = (
    "generationConfig.thinkingConfig.",
    "generationConfig.",
    "toolConfig.functionCallingConfig.",
    "toolConfig.",
)
"""Messages whose members are kept one by one, the longest first."""


def encode_request(
    request: Request, model: str, traits: ModelTraits, *, lossy: bool
) -> WireRequest | Inexpressible:
    """The body for `model`, or what it cannot express; `lossy` allows visible drops."""
    losses = Losses(request)
    names = ToolNames(tool_names(request), RULE)
    called = {
        part.id: names.wire(part.name)
        for turn in request.turns
        for part in turn.parts
        if isinstance(part, ToolCall)
    }
    scope = Scope(traits, losses, names, called)
    body = write_body(request, scope)
    answer = AnswerKey(tools=names.renamed(), model=model, origin=NAME)
    return losses.request(body, answer, lossy=lossy)


def write_body(request: Request, scope: Scope) -> dict[str, Any]:
    """The body; tells the scope's losses what it cannot say."""
    conversation = write_conversation(request, scope)
    if not conversation.contents:
        scope.losses.impossible("messages", "Google wants at least one turn that is not empty")
    body: dict[str, Any] = {
        "contents": conversation.contents,
        **stated(
            systemInstruction={"parts": conversation.system} if conversation.system else None,
            tools=write_tools(request, scope),
            toolConfig=write_tool_config(request, scope),
            generationConfig=write_generation(request, scope) or None,
        ),
    }
    if request.user is not None:
        scope.losses.hint("user", "generateContent has no place for an end user's id")
    for name in request.hints:
        scope.losses.hint(name, "generateContent has no such parameter")
    for name, value in request.extra.items():
        _extra(name, value, body, request, scope)
    return body


def _extra(name: str, value: Any, body: dict[str, Any], request: Request, scope: Scope) -> None:
    if request.dialect == NAME:
        _place(name, value, body)
    elif name in scope.traits.additional_fields:
        body[name] = value
    elif value is None or value in _NEUTRAL.get(name, ()):
        return
    elif name == "service_tier" and value in _TIERS and scope.traits.surface == "ai-studio":
        body["serviceTier"] = value
    elif name in _HINTS:
        scope.losses.hint(name, "generateContent has no such parameter")
    else:
        scope.losses.loss(name, "generateContent has no such parameter")


def _place(name: str, value: Any, body: dict[str, Any]) -> None:
    """Puts a member back where it stood."""
    prefix = next((prefix for prefix in _INNER if name.startswith(prefix)), "")
    for step in prefix.split(".")[:-1]:
        body = body.setdefault(step, {})
    body[name.removeprefix(prefix)] = value
