"""The shapes of answers and of the chunks of a stream, which are the same."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec

from comity.dialects.gemini.call_ids import CallIds
from comity.dialects.gemini.logprobs import WireLogprobs
from comity.dialects.gemini.part_reader import HOSTED
from comity.dialects.gemini.shapes import WirePart
from comity.dialects.gemini.usage import WireUsage


class AnswerPart(WirePart, rename="camel", gc=False):
    """One part of an answer."""

    executable_code: dict[str, Any] | None = None
    """Code that Google runs."""
    code_execution_result: dict[str, Any] | None = None
    """What it gave."""
    tool_call: dict[str, Any] | None = None
    """A call of one of Google's own tools."""
    tool_response: dict[str, Any] | None = None
    """What that gave."""

    def hosted(self) -> tuple[str, dict[str, Any]] | None:
        """The kind and the whole part, if one of Google's own tools made it."""
        fields = (self.executable_code, self.code_execution_result, self.tool_call, self.tool_response)
        for kind, value in zip(HOSTED, fields, strict=True):
            if value is not None:
                signed = self.thought_signature
                return kind, {kind: value, **({"thoughtSignature": signed} if signed is not None else {})}
        return None


class AnswerContent(msgspec.Struct, gc=False):
    """What a candidate says."""

    parts: list[AnswerPart] | None = None
    """Its parts."""


class Candidate(msgspec.Struct, rename="camel", gc=False):
    """One answer, or a piece of it."""

    content: AnswerContent | None = None
    """What it says."""
    finish_reason: str | None = None
    """Why it ends, in its last piece."""
    index: int = 0
    """Which answer."""
    logprobs_result: WireLogprobs | None = None
    """Log-probabilities."""
    grounding_metadata: dict[str, Any] | None = None
    """Sources from hosted tools."""
    citation_metadata: dict[str, Any] | None = None
    """Sources that were quoted."""


class PromptFeedback(msgspec.Struct, rename="camel", gc=False):
    """What was wrong with the prompt."""

    block_reason: str | None = None
    """Why it was not answered."""


class WireAnswer(msgspec.Struct, rename="camel", gc=False):
    """A whole answer or a chunk of a stream, or the error in place of one."""

    candidates: list[Candidate] | None = None
    """The answers."""
    prompt_feedback: PromptFeedback | None = None
    """About the prompt."""
    usage_metadata: WireUsage | None = None
    """Tokens, each time as a whole."""
    model_version: str | None = None
    """The model that answered."""
    response_id: str | None = None
    """Id of the answer."""
    error: dict[str, Any] | None = None
    """An error inside the stream."""

    @property
    def blocked(self) -> str | None:
        """Why the prompt was refused; None when it was not."""
        feedback = self.prompt_feedback
        return None if feedback is None or self.candidates else feedback.block_reason


ANSWER = msgspec.json.Decoder(WireAnswer)
"""Decodes an answer or a chunk."""


def answer_ids(identity: str, candidate: int) -> CallIds:
    """Ids for the calls of one candidate of an answer."""
    digest = sha256(f"{identity}/{candidate}".encode("utf-8", "replace")).hexdigest()[:12]
    return CallIds(f"call_{digest}_")
