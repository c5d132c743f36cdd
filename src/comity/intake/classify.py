"""From a request's operation to the facts that contracts ask for.

A dialect implies `surface` and `state`: a chat completion is a stateless API call, since the client sends
the whole conversation. The facts that the operator gave the caller win over that: the caller may be a
stateful runtime that keeps the conversation itself. What neither says stays absent, and absent is *unknown*
to a clause.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from comity.contracts import Value, Workload
from comity.intake.caller import Caller


class Operation(msgspec.Struct, frozen=True):
    """One thing a dialect lets a client do, and what it implies."""

    dialect: str
    """Dialect name, for example `openai.chat`."""
    facts: Workload
    """What a request of this kind implies about the workload."""
    kind: Literal["generate", "count", "embed"] = "generate"
    """Whether an answer is generated, a prompt counted, or vectors made: which deployments can serve it."""


_STATELESS: Workload = {"action": "serve", "phase": "inference", "surface": "api", "state": "stateless"}

CHAT = Operation(dialect="openai.chat", facts=_STATELESS)
"""OpenAI chat completions: the client sends the whole conversation, the server keeps nothing."""

CONVERSE = Operation(dialect="bedrock.converse", facts=_STATELESS)
"""Amazon Bedrock's Converse: stateless as well."""

MESSAGES = Operation(dialect="anthropic.messages", facts=_STATELESS)
"""Anthropic's Messages: stateless as well."""

INVOKE = Operation(dialect="bedrock.invoke", facts=_STATELESS)
"""The same on Amazon Bedrock's InvokeModel."""

VERTEX_MESSAGES = Operation(dialect="vertex.messages", facts=_STATELESS)
"""The same on Vertex AI."""

GENERATE = Operation(dialect="gemini.generate", facts=_STATELESS)
"""Google's generateContent: stateless as well."""

RESPONSES = Operation(dialect="openai.responses", facts=_STATELESS)
"""OpenAI's Responses where nothing is kept: the client sends the whole conversation."""

KEPT_RESPONSES = Operation(dialect="openai.responses", facts={**_STATELESS, "state": "stateful"})
"""OpenAI's Responses where this gateway keeps the conversation; where it does is a fact of its store."""


EMBED = Operation(dialect="openai.embeddings", facts=_STATELESS, kind="embed")
"""OpenAI's embeddings: vectors of what the client sends."""

EMBED_INVOKE = Operation(dialect="bedrock.embeddings", facts=_STATELESS, kind="embed")
"""The same on Amazon Bedrock's InvokeModel, where the route is one of embedding models."""

EMBED_CONTENT = Operation(dialect="gemini.embeddings", facts=_STATELESS, kind="embed")
"""The same as Google's embedContent and batchEmbedContents."""

EMBED_PREDICT = Operation(dialect="vertex.embeddings", facts=_STATELESS, kind="embed")
"""The same as Vertex AI's predict."""


COUNT_MESSAGES = Operation(dialect="anthropic.messages", facts=_STATELESS, kind="count")
"""Anthropic's count of a prompt: the prompt leaves as for an answer, so the same clauses bind."""

COUNT_BEDROCK = Operation(dialect="bedrock.invoke", facts=_STATELESS, kind="count")
"""The same as Amazon Bedrock's CountTokens, in either of its forms."""

COUNT_VERTEX = Operation(dialect="vertex.messages", facts=_STATELESS, kind="count")
"""The same for Claude on Vertex AI."""

COUNT_RESPONSES = Operation(dialect="openai.responses", facts=_STATELESS, kind="count")
"""The same as OpenAI's input tokens of a response."""

COUNT_CONTENT = Operation(dialect="gemini.generate", facts=_STATELESS, kind="count")
"""The same as Google's countTokens."""


def classify(operation: Operation, caller: Caller, stated: Workload) -> dict[str, Value]:
    """The facts of one request before its target is known: implied, then stated, then the operator's."""
    return {**operation.facts, **stated, **caller.facts}
