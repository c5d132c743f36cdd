"""What clients of Converse call what they said."""

from __future__ import annotations

from comity.exchange import Names

NAMES = Names(
    parameters={
        "model": "modelId",
        "messages": "messages",
        "user": None,
        "service_tier": "serviceTier",
        "cache_control": "cachePoint",
        "anthropic_beta": None,
        "temperature": "inferenceConfig.temperature",
        "top_p": "inferenceConfig.topP",
        "top_k": "additionalModelRequestFields.top_k",
        "seed": None,
        "stop": "inferenceConfig.stopSequences",
        "n": None,
        "frequency_penalty": None,
        "presence_penalty": None,
        "logprobs": None,
        "top_logprobs": None,
        "max_tokens": "inferenceConfig.maxTokens",
        "reasoning_effort": "outputConfig.effort",
        "thinking": "additionalModelRequestFields.thinking",
        "thinking.budget_tokens": "additionalModelRequestFields.thinking.budget_tokens",
        "thinking.display": "additionalModelRequestFields.thinking.display",
        "response_format": "outputConfig.textFormat",
        "response_format.json_schema.name": "outputConfig.textFormat.structure.jsonSchema.name",
        "response_format.json_schema.description": "outputConfig.textFormat.structure.jsonSchema.description",
        "response_format.json_schema.schema": "outputConfig.textFormat.structure.jsonSchema.schema",
        "tools": "toolConfig.tools",
        "tool_choice": "toolConfig.toolChoice",
        "parallel_tool_calls": None,
    },
    members={
        "cache_control": "+cachePoint",
        "citations": "citationsContent.citations",
        "signature": "toolUse.toolUseId",
        "detail": None,
        "context": "document.context",
        "cited": "document.citations",
        "is_error": "toolResult.status",
        "name": None,
        "content": "toolResult.content",
        "function.strict": "toolSpec.strict",
        "function.parameters": "toolSpec.inputSchema.json",
    },
)
"""The hub's names in this dialect."""
