"""What the simulated OpenAI API refuses, and in which words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.material import read_spec

from comity.simulator.chat_parameters import PARAMETERS
from comity.simulator.chat_rules import check_chat

_USER = {"role": "user", "content": "hi"}
_TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
_CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def _check(*, reasoning: bool = False, **fields: Any) -> tuple[str | None, str | None] | None:
    body = json.dumps({"model": "m", "messages": [_USER], **fields}).encode()
    complaint = check_chat(body, reasoning=reasoning)
    return None if complaint is None else (complaint.param, complaint.code)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"temperature": 0.5, "top_p": 1, "n": 2, "seed": 1, "stop": ["a", "b"], "user": "u"},
        {"stream": True, "stream_options": {"include_usage": True}},
        {"temperature": None, "tools": None, "max_tokens": None},
        {"tools": [_TOOL], "tool_choice": "required", "parallel_tool_calls": False},
        {"tool_choice": "none"},
        {"tools": [{"type": "custom", "custom": {"name": "x"}}]},
        {"messages": [{"role": "developer", "content": [{"type": "text", "text": "x"}]}, _USER]},
        {
            "messages": [
                _USER,
                {"role": "assistant", "content": None, "tool_calls": [_CALL]},
                {"role": "tool", "tool_call_id": "c1", "content": "21"},
                {"role": "assistant", "content": None, "refusal": "no"},
                _USER,
            ],
            "tools": [_TOOL],
        },
        {"logprobs": True, "top_logprobs": 3},
        {"response_format": {"type": "json_object"}},
    ],
)
def test_ordinary_requests_pass(fields: dict[str, Any]) -> None:
    """What the documentation allows is allowed."""
    assert _check(**fields) is None


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"colour": "red"}, "colour", "unknown_parameter"),
        ({"temperature": "warm"}, "temperature", "invalid_type"),
        ({"temperature": True}, "temperature", "invalid_type"),
        ({"stream": "yes"}, "stream", "invalid_type"),
        ({"n": 1.5}, "n", "invalid_type"),
        ({"messages": None}, "messages", "invalid_type"),
        ({"messages": "hi"}, "messages", "invalid_type"),
        ({"model": 3}, "model", "invalid_type"),
        ({"temperature": 3}, "temperature", "decimal_above_max_value"),
        ({"temperature": -1}, "temperature", "decimal_below_min_value"),
        ({"max_tokens": 0}, "max_tokens", "integer_below_min_value"),
        ({"n": 200}, "n", "integer_above_max_value"),
        ({"stream_options": {"include_usage": True}}, "stream_options", None),
        ({"max_tokens": 1, "max_completion_tokens": 1}, "max_tokens", "invalid_parameter_combination"),
        ({"top_logprobs": 2}, "top_logprobs", None),
        ({"stop": ["a"] * 5}, "stop", "array_above_max_length"),
        ({"messages": []}, "messages", "empty_array"),
        ({"messages": ["hi"]}, "messages[0]", "invalid_type"),
        ({"messages": [{"role": "alien", "content": "x"}]}, "messages[0].role", "invalid_value"),
        ({"messages": [{"role": "user"}]}, "messages[0].content", "invalid_type"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content", "invalid_type"),
        ({"messages": [{"role": "assistant", "content": None}]}, "messages[0].content", "invalid_type"),
        (
            {"messages": [_USER, {"role": "tool", "tool_call_id": "c1", "content": "x"}]},
            "messages[1].role",
            None,
        ),
        ({"messages": [_USER, {"role": "assistant", "tool_calls": [_CALL]}, _USER]}, "messages", None),
        ({"messages": [_USER, {"role": "assistant", "tool_calls": [_CALL]}]}, "messages", None),
        ({"tools": []}, "tools", "empty_array"),
        ({"tool_choice": "auto"}, "tool_choice", None),
        (
            {"tools": [{"type": "function", "function": {}}]},
            "tools[0].function.name",
            "missing_required_parameter",
        ),
    ],
)
def test_odd_requests_are_refused(fields: dict[str, Any], param: str, code: str | None) -> None:
    """The parameter at fault is named, with OpenAI's code."""
    assert _check(**fields) == (param, code)


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"max_tokens": 5}, "max_tokens", "unsupported_parameter"),
        ({"temperature": 0.2}, "temperature", "unsupported_value"),
        ({"top_p": 0.9}, "top_p", "unsupported_parameter"),
        ({"logprobs": True}, "logprobs", "unsupported_parameter"),
    ],
)
def test_t27_reasoning_models_refuse_sampling(fields: dict[str, Any], param: str, code: str) -> None:
    """T27: a deployment's name does not say so, the 400 does."""
    assert _check(reasoning=True, **fields) == (param, code)
    assert _check(**fields) is None


def test_reasoning_models_take_the_defaults() -> None:
    """The default values are no sampling."""
    assert _check(reasoning=True, temperature=1, top_p=1, logprobs=False, max_completion_tokens=5) is None


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b'{"a":' * 100_000])
def test_nonsense_is_refused(body: bytes) -> None:
    """What is no JSON object gets a 400, never a failure."""
    complaint = check_chat(body, reasoning=False)
    assert complaint is not None
    assert "parse the JSON body" in complaint.message


@pytest.mark.parametrize("missing", ["model", "messages"])
def test_required_parameters_are_required(missing: str) -> None:
    """The two parameters that every request has."""
    fields = {"model": "m", "messages": [_USER]}
    del fields[missing]
    complaint = check_chat(json.dumps(fields).encode(), reasoning=False)
    assert complaint is not None
    assert (complaint.param, complaint.code) == (missing, "missing_required_parameter")


def test_every_published_parameter_is_known() -> None:
    """Our table holds what OpenAI's own specification lists for chat completions."""
    schemas = read_spec("openai-openapi")["components"]["schemas"]

    def properties(schema: dict[str, Any]) -> set[str]:
        names = set(schema.get("properties", ()))
        for part in schema.get("allOf", ()):
            names |= properties(part)
        reference = str(schema.get("$ref", ""))
        return names | (properties(schemas[reference.rsplit("/", 1)[-1]]) if reference else set())

    assert properties(schemas["CreateChatCompletionRequest"]) <= PARAMETERS.keys()
