"""The documented parameters of OpenAI's chat completions: types, bounds, and which exclude each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from comity.simulator.complaint import Complaint

_TEXT = "a string"
_NUMBER = "a decimal"
_INTEGER = "an integer"
_LIST = "an array"
_OBJECT = "an object"
_BOOLEAN = "a boolean"
_ANY = ""

PARAMETERS: dict[str, tuple[str, float | None, float | None]] = {
    "model": (_TEXT, None, None),
    "messages": (_LIST, None, None),
    "audio": (_OBJECT, None, None),
    "frequency_penalty": (_NUMBER, -2, 2),
    "function_call": (_ANY, None, None),
    "functions": (_LIST, None, None),
    "logit_bias": (_OBJECT, None, None),
    "logprobs": (_BOOLEAN, None, None),
    "max_completion_tokens": (_INTEGER, 1, None),
    "max_tokens": (_INTEGER, 1, None),
    "metadata": (_OBJECT, None, None),
    "modalities": (_LIST, None, None),
    "moderation": (_OBJECT, None, None),
    "n": (_INTEGER, 1, 128),
    "parallel_tool_calls": (_BOOLEAN, None, None),
    "prediction": (_OBJECT, None, None),
    "presence_penalty": (_NUMBER, -2, 2),
    "prompt_cache_key": (_TEXT, None, None),
    "prompt_cache_options": (_OBJECT, None, None),
    "prompt_cache_retention": (_TEXT, None, None),
    "reasoning_effort": (_TEXT, None, None),
    "response_format": (_OBJECT, None, None),
    "safety_identifier": (_TEXT, None, None),
    "seed": (_INTEGER, None, None),
    "service_tier": (_TEXT, None, None),
    "stop": (_ANY, None, None),
    "store": (_BOOLEAN, None, None),
    "stream": (_BOOLEAN, None, None),
    "stream_options": (_OBJECT, None, None),
    "temperature": (_NUMBER, 0, 2),
    "tool_choice": (_ANY, None, None),
    "tools": (_LIST, None, None),
    "top_logprobs": (_INTEGER, 0, 20),
    "top_p": (_NUMBER, 0, 1),
    "user": (_TEXT, None, None),
    "verbosity": (_TEXT, None, None),
    "web_search_options": (_OBJECT, None, None),
}
"""Documented parameters: the type as OpenAI words it, and inclusive bounds."""

_TYPES: dict[str, tuple[type, ...]] = {
    _TEXT: (str,),
    _NUMBER: (int, float),
    _INTEGER: (int,),
    _LIST: (list,),
    _OBJECT: (dict,),
    _BOOLEAN: (bool,),
}
_SAMPLING = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs")


def check_parameter(name: str, value: Any) -> Iterator[Complaint]:
    """What is wrong with one parameter by itself."""
    if name not in PARAMETERS:
        yield Complaint(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
        return
    kind, low, high = PARAMETERS[name]
    if kind == _ANY or (value is None and name not in {"model", "messages"}):
        return
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != _BOOLEAN):
        found = {dict: "an object", list: "an array", str: "a string", bool: "a boolean"}.get(type(value))
        text = f"Invalid type for '{name}': expected {kind}, but got {found or 'a different type'} instead."
        yield Complaint(text, name, "invalid_type")
        return
    yield from _bounds(name, value, low, high)


def _bounds(name: str, value: Any, low: float | None, high: float | None) -> Iterator[Complaint]:
    kind = "integer" if PARAMETERS[name][0] == _INTEGER else "decimal"
    if low is not None and value < low:
        text = f"Expected a value >= {low}, but got {value} instead."
        yield Complaint(
            f"Invalid '{name}': {kind} below minimum value. {text}", name, f"{kind}_below_min_value"
        )
    if high is not None and value > high:
        text = f"Expected a value <= {high}, but got {value} instead."
        yield Complaint(
            f"Invalid '{name}': {kind} above maximum value. {text}", name, f"{kind}_above_max_value"
        )


def check_combinations(fields: dict[str, Any]) -> Iterator[Complaint]:
    """Parameters that exclude or need each other."""
    if fields.get("stream_options") is not None and not fields.get("stream"):
        text = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        yield Complaint(text, "stream_options", None)
    if fields.get("max_tokens") is not None and fields.get("max_completion_tokens") is not None:
        text = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        yield Complaint(text, "max_tokens", "invalid_parameter_combination")
    if fields.get("top_logprobs") is not None and not fields.get("logprobs"):
        text = "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled."
        yield Complaint(text, "top_logprobs", None)
    stop = fields.get("stop")
    if isinstance(stop, list) and len(stop) > 4:
        text = f"Expected an array with maximum length 4, but got an array with length {len(stop)} instead."
        yield Complaint(f"Invalid 'stop': array too long. {text}", "stop", "array_above_max_length")


def check_reasoning(fields: dict[str, Any]) -> Iterator[Complaint]:
    """What reasoning models do not take."""
    if fields.get("max_tokens") is not None:
        text = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead."
        )
        yield Complaint(text, "max_tokens", "unsupported_parameter")
    for name in _SAMPLING:
        value = fields.get(name)
        if value is None or value is False or (name in {"temperature", "top_p"} and value == 1):
            continue
        if name == "temperature":
            text = (
                f"Unsupported value: 'temperature' does not support {value} with this model. "
                "Only the default (1) value is supported."
            )
            yield Complaint(text, name, "unsupported_value")
        else:
            text = f"Unsupported parameter: '{name}' is not supported with this model."
            yield Complaint(text, name, "unsupported_parameter")
