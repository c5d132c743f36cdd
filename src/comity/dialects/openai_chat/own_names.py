"""What clients of chat completions call what they said: the hub's names are theirs."""

from __future__ import annotations

from comity.exchange import Names

NAMES = Names(
    parameters={
        "model": "model",
        "messages": "messages",
        "user": "user",
        "service_tier": "service_tier",
        "cache_control": None,
        "anthropic_beta": None,
        "temperature": "temperature",
        "top_p": "top_p",
        "top_k": "top_k",
        "seed": "seed",
        "stop": "stop",
        "n": "n",
        "frequency_penalty": "frequency_penalty",
        "presence_penalty": "presence_penalty",
        "logprobs": "logprobs",
        "top_logprobs": "top_logprobs",
        "max_tokens": "max_tokens",
        "reasoning_effort": "reasoning_effort",
        "thinking": None,
        "thinking.budget_tokens": None,
        "thinking.display": None,
        "response_format": "response_format",
        "response_format.json_schema.name": "response_format.json_schema.name",
        "response_format.json_schema.description": "response_format.json_schema.description",
        "response_format.json_schema.schema": "response_format.json_schema.schema",
        "tools": "tools",
        "tool_choice": "tool_choice",
        "parallel_tool_calls": "parallel_tool_calls",
    },
    members={
        "cache_control": "cache_control",
        "citations": "/annotations",
        "signature": "id",
        "detail": "image_url.detail",
        "context": None,
        "cited": None,
        "is_error": None,
        "name": "name",
        "content": "content",
        "function.strict": "function.strict",
        "function.parameters": "function.parameters",
    },
)
"""The hub's names in this dialect."""
