"""What clients of generateContent call what they said, in the spelling that Google documents."""

from __future__ import annotations

from comity.exchange import Names

NAMES = Names(
    parameters={
        "model": "model",
        "messages": "contents",
        "user": None,
        "service_tier": "serviceTier",
        "cache_control": None,
        "anthropic_beta": None,
        "temperature": "generationConfig.temperature",
        "top_p": "generationConfig.topP",
        "top_k": "generationConfig.topK",
        "seed": "generationConfig.seed",
        "stop": "generationConfig.stopSequences",
        "n": "generationConfig.candidateCount",
        "frequency_penalty": "generationConfig.frequencyPenalty",
        "presence_penalty": "generationConfig.presencePenalty",
        "logprobs": "generationConfig.responseLogprobs",
        "top_logprobs": "generationConfig.logprobs",
        "max_tokens": "generationConfig.maxOutputTokens",
        "reasoning_effort": "generationConfig.thinkingConfig.thinkingLevel",
        "thinking": "generationConfig.thinkingConfig.thinkingBudget",
        "thinking.budget_tokens": "generationConfig.thinkingConfig.thinkingBudget",
        "thinking.display": "generationConfig.thinkingConfig.includeThoughts",
        "response_format": "generationConfig.responseMimeType",
        "response_format.json_schema.name": None,
        "response_format.json_schema.description": None,
        "response_format.json_schema.schema": "generationConfig.responseJsonSchema",
        "tools": "tools",
        "tool_choice": "toolConfig.functionCallingConfig",
        "parallel_tool_calls": None,
    },
    members={
        "cache_control": None,
        "citations": None,
        "signature": "thoughtSignature",
        "detail": None,
        "context": None,
        "cited": None,
        "is_error": "functionResponse.response.error",
        "name": None,
        "content": "functionResponse",
        "function.strict": "//toolConfig.functionCallingConfig.mode",
        "function.parameters": "parameters",
    },
)
"""The hub's names in this dialect."""
