"""What clients of Messages, on any of its surfaces, call what they said."""

from __future__ import annotations

from comity.exchange import Names

NAMES = Names(
    parameters={
        "model": "model",
        "messages": "messages",
        "user": "metadata.user_id",
        "service_tier": "service_tier",
        "cache_control": "cache_control",
        "anthropic_beta": "anthropic_beta",
        "temperature": "temperature",
        "top_p": "top_p",
        "top_k": "top_k",
        "seed": None,
        "stop": "stop_sequences",
        "n": None,
        "frequency_penalty": None,
        "presence_penalty": None,
        "logprobs": None,
        "top_logprobs": None,
        "max_tokens": "max_tokens",
        "reasoning_effort": "output_config.effort",
        "thinking": "thinking",
        "thinking.budget_tokens": "thinking.budget_tokens",
        "thinking.display": "thinking.display",
        "response_format": "output_config.format",
        "response_format.json_schema.name": None,
        "response_format.json_schema.description": None,
        "response_format.json_schema.schema": "output_config.format.schema",
        "tools": "tools",
        "tool_choice": "tool_choice",
        "parallel_tool_calls": "tool_choice.disable_parallel_tool_use",
    },
    members={
        "cache_control": "cache_control",
        "citations": "citations",
        "signature": "id",
        "detail": None,
        "context": "context",
        "cited": "citations",
        "is_error": "is_error",
        "name": None,
        "content": "content",
        "function.strict": "strict",
        "function.parameters": "input_schema",
    },
    kept={"anthropic_beta": "anthropic-beta"},
)
"""The hub's names in this dialect."""
