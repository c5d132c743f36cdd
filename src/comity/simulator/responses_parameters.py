"""The documented parameters of the Responses API: types, bounds, and the tools they declare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from comity.simulator.complaint import Complaint

_NUMBER = (int, float)
_PARAMETERS: dict[str, tuple[type, ...]] = {
    "model": (str,),
    "input": (str, list),
    "background": (bool,),
    "client_metadata": (dict,),
    "context_management": (list,),
    "conversation": (str, dict),
    "include": (list,),
    "instructions": (str,),
    "max_output_tokens": (int,),
    "max_tool_calls": (int,),
    "metadata": (dict,),
    "moderation": (dict,),
    "parallel_tool_calls": (bool,),
    "previous_response_id": (str,),
    "prompt": (dict,),
    "prompt_cache_key": (str,),
    "prompt_cache_options": (dict,),
    "prompt_cache_retention": (str,),
    "reasoning": (dict,),
    "safety_identifier": (str,),
    "service_tier": (str,),
    "store": (bool,),
    "stream": (bool,),
    "stream_options": (dict,),
    "temperature": _NUMBER,
    "text": (dict,),
    "tool_choice": (str, dict),
    "tools": (list,),
    "top_logprobs": (int,),
    "top_p": _NUMBER,
    "truncation": (str,),
    "user": (str,),
}
_BOUNDS: dict[str, tuple[float, float | None]] = {
    "max_output_tokens": (16, None),
    "temperature": (0, 2),
    "top_p": (0, 1),
    "top_logprobs": (0, 20),
}
_WORDS: dict[str, tuple[str, ...]] = {
    "truncation": ("auto", "disabled"),
    "include": (
        "code_interpreter_call.outputs",
        "computer_call_output.output.image_url",
        "file_search_call.results",
        "message.input_image.image_url",
        "message.output_text.logprobs",
        "reasoning.encrypted_content",
        "web_search_call.action.sources",
        "web_search_call.results",
    ),
}
_MEMBERS: dict[str, frozenset[str]] = {
    "reasoning": frozenset({"effort", "summary", "generate_summary", "context", "mode"}),
    "text": frozenset({"format", "verbosity"}),
    "stream_options": frozenset({"include_obfuscation"}),
}
_FUNCTION = frozenset(
    {
        "type",
        "name",
        "description",
        "parameters",
        "strict",
        "defer_loading",
        "output_schema",
        "allowed_callers",
    }
)


def check_parameter(name: str, value: Any) -> Iterator[Complaint]:
    """What is wrong with one parameter by itself."""
    if name not in _PARAMETERS:
        yield Complaint(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
        return
    if value is None:
        return
    types = _PARAMETERS[name]
    mistaken = isinstance(value, bool) and bool not in types
    if mistaken or type(value) not in types:
        text = f"Invalid type for '{name}': got a {type(value).__name__} instead."
        yield Complaint(text, name, "invalid_type")
        return
    yield from _bounds(name, value)
    yield from _words(name, value)
    for member in value if name in _MEMBERS else ():
        if member not in _MEMBERS[name]:
            yield Complaint(f"Unknown parameter: '{name}.{member}'.", f"{name}.{member}", "unknown_parameter")
    if name == "tools":
        for index, tool in enumerate(value):
            yield from _tool(tool, f"tools[{index}]")
    elif name == "text":
        yield from _format(value.get("format"))


def _bounds(name: str, value: Any) -> Iterator[Complaint]:
    low, high = _BOUNDS.get(name, (None, None))
    if low is not None and value < low:
        text = f"Invalid '{name}': below minimum value. Expected a value >= {low}, but got {value} instead."
        yield Complaint(text, name, "integer_below_min_value")
    if high is not None and value > high:
        text = f"Invalid '{name}': above maximum value. Expected a value <= {high}, but got {value} instead."
        yield Complaint(text, name, "decimal_above_max_value")


def _words(name: str, value: Any) -> Iterator[Complaint]:
    known = _WORDS.get(name)
    if known is None:
        return
    for word in [value] if isinstance(value, str) else value:
        if word not in known:
            yield Complaint(f"Invalid value: '{word}'.", name, "invalid_value")


def _tool(tool: Any, where: str) -> Iterator[Complaint]:
    if not isinstance(tool, dict) or not isinstance(tool.get("type"), str):
        yield Complaint(f"Missing required parameter: '{where}.type'.", where, "missing_required_parameter")
        return
    if tool["type"] != "function":
        return
    if not isinstance(tool.get("name"), str):
        name = f"{where}.name"
        yield Complaint(f"Missing required parameter: '{name}'.", name, "missing_required_parameter")
    for member in tool:
        if member not in _FUNCTION:
            name = f"{where}.{member}"
            yield Complaint(f"Unknown parameter: '{name}'.", name, "unknown_parameter")


def _format(form: Any) -> Iterator[Complaint]:
    if form is None:
        return
    kind = form.get("type") if isinstance(form, dict) else None
    if kind not in {"text", "json_object", "json_schema"}:
        yield Complaint(f"Invalid value: '{kind}'.", "text.format.type", "invalid_value")
    for name in ("name", "schema") if kind == "json_schema" else ():
        if name not in form:
            where = f"text.format.{name}"
            yield Complaint(f"Missing required parameter: '{where}'.", where, "missing_required_parameter")
