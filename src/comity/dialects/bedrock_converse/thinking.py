"""How a model thinks, in the words that Claude takes on Bedrock: `additionalModelRequestFields.thinking`.

Converse itself has no place for it. The member is written for models whose traits name it, and read wherever
all of it is understood.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec.structs import replace

from comity.dialects.bedrock_converse.blocks import Scope
from comity.dialects.wire_json import stated
from comity.exchange import Sampling

NAME = "thinking"
_TYPES: dict[str, Literal["on", "off", "adaptive"]] = {
    "enabled": "on",
    "disabled": "off",
    "adaptive": "adaptive",
}
_WORDS = {mode: word for word, mode in _TYPES.items()}
_SHOWN: dict[str | None, Literal["none", "summary"] | None] = {
    None: None,
    "summarized": "summary",
    "omitted": "none",
}


def read_thinking(fields: dict[str, Any], sampling: Sampling) -> Sampling:
    """`sampling` with what `fields` say of thinking; what was read is taken out of them."""
    wire = fields.get(NAME)
    if not isinstance(wire, dict) or wire.keys() - {"type", "budget_tokens", "display"}:
        return sampling
    mode, shown, budget = wire.get("type"), wire.get("display"), wire.get("budget_tokens")
    if mode not in _TYPES or shown not in _SHOWN or not isinstance(budget, int | None):
        return sampling
    del fields[NAME]
    return replace(sampling, thinking=_TYPES[mode], thinking_budget=budget, thoughts=_SHOWN[shown])


def write_thinking(sampling: Sampling, scope: Scope, *, native: bool) -> dict[str, Any]:
    """The member `thinking`; `native` says that the client spoke Converse, and so in these words."""
    if (sampling.thinking, sampling.thinking_budget, sampling.thoughts) == (None, None, None):
        return {}
    if not native and (scope.traits.family != "claude" or NAME not in scope.traits.additional_fields):
        _leave_out(sampling, scope)
        return {}
    mode = sampling.thinking or ("on" if sampling.thinking_budget else None)
    if mode is None or (mode == "on" and sampling.thinking_budget is None):
        _leave_out(sampling, scope)
        return {}
    display = {"summary": "summarized", "none": "omitted"}.get(sampling.thoughts or "")
    budget = sampling.thinking_budget if mode == "on" else None
    return {NAME: {"type": _WORDS[mode], **stated(budget_tokens=budget, display=display)}}


def _leave_out(sampling: Sampling, scope: Scope) -> None:
    losses = scope.losses
    if sampling.thinking_budget:
        losses.loss("thinking.budget_tokens", "the model is not known to take a budget of thinking")
    elif sampling.thinking == "on" and sampling.reasoning_effort is None:
        losses.loss(NAME, "the model is not known to think when it is asked to without a budget")
    elif sampling.thinking is not None:
        losses.hint(NAME, "the model thinks as it usually does")
    if sampling.thoughts is not None:
        losses.hint("thinking.display", "the model is not known to be told whether thoughts are shown")
