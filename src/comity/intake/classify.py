"""From a request's operation to the facts that contracts ask for.

A dialect implies `surface` and `state`: a chat completion is a stateless API call, since the client sends
the whole conversation. The facts that the operator gave the caller win over that: the caller may be a
stateful runtime that keeps the conversation itself. What neither says stays absent, and absent is *unknown*
to a clause.
"""

from __future__ import annotations

import msgspec

from comity.contracts import Value, Workload
from comity.intake.caller import Caller


class Operation(msgspec.Struct, frozen=True):
    """One thing a dialect lets a client do, and what it implies."""

    dialect: str
    """Dialect name, for example `openai.chat`."""
    facts: Workload
    """What a request of this kind implies about the workload."""


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


def classify(operation: Operation, caller: Caller, stated: Workload) -> dict[str, Value]:
    """The facts of one request before its target is known: implied, then stated, then the operator's."""
    return {**operation.facts, **stated, **caller.facts}
