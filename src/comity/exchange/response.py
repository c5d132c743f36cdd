"""A whole answer: choices, why they stopped, and tokens in disjoint classes."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from comity.exchange.request import Request
from comity.exchange.turns import Part


class Finish(StrEnum):
    """Why the model stopped."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    CONTENT_FILTER = "content_filter"
    REFUSAL = "refusal"
    CONTEXT_WINDOW = "context_window"
    MALFORMED = "malformed"
    PAUSE = "pause"
    UNKNOWN = "unknown"


class Usage(msgspec.Struct, frozen=True):
    """Tokens in disjoint classes: their sum is what was processed.

    OpenAI's `prompt_tokens` holds cached tokens and its `completion_tokens` holds reasoning; Anthropic's
    `input_tokens` excludes the cache. Decoders take those overlaps apart, so every class is billed once.
    """

    input: int = 0
    """Text tokens read afresh."""
    cached_read: int = 0
    """Tokens read from the prompt cache."""
    cache_write: int = 0
    """Tokens written to the prompt cache for its usual lifetime, five minutes where it is said."""
    output: int = 0
    """Text tokens generated, without reasoning."""
    reasoning: int = 0
    """Reasoning tokens generated."""
    audio_input: int = 0
    """Audio tokens read."""
    audio_output: int = 0
    """Audio tokens generated."""
    cache_write_1h: int = 0
    """Tokens written to the prompt cache for one hour."""
    image_input: int = 0
    """Image tokens read, where the provider counts them apart."""
    image_output: int = 0
    """Image tokens generated."""

    @property
    def prompt(self) -> int:
        """All tokens read."""
        fresh = self.input + self.audio_input + self.image_input
        return fresh + self.cached_read + self.cache_write + self.cache_write_1h

    @property
    def completion(self) -> int:
        """All tokens generated."""
        return self.output + self.reasoning + self.audio_output + self.image_output

    @property
    def total(self) -> int:
        """All tokens."""
        return self.prompt + self.completion

    def by_class(self) -> dict[str, int]:
        """Token class to count, for rating."""
        return {name: getattr(self, name) for name in self.__struct_fields__}


class Choice(msgspec.Struct, frozen=True):
    """One answer."""

    parts: tuple[Part, ...]
    """Its blocks in order."""
    finish: Finish
    """Why it stopped."""
    finish_detail: str = ""
    """The provider's own word for it."""
    stop_sequence: str | None = None
    """Which stop sequence was met, where the provider says."""
    logprobs: dict[str, Any] | None = None
    """Token log-probabilities in OpenAI's shape."""


class Response(msgspec.Struct, frozen=True):
    """A whole answer."""

    id: str
    """The provider's id of the answer, or one made for it."""
    model: str
    """The model as the provider names it."""
    choices: tuple[Choice, ...]
    """The answers."""
    usage: Usage | None = None
    """None when the provider did not say: unknown is not zero."""
    created: int = 0
    """Unix seconds; 0 when unknown."""
    service_tier: str | None = None
    """The tier that really served, where the provider says."""
    request: Request | None = None
    """The request it answers, for the dialects whose answers repeat it."""
    extra: dict[str, Any] = {}
    """Members of the answer without a place in the hub, by their path in `dialect`."""
    dialect: str = ""
    """Dialect that the names in `extra` belong to."""
    place: str = ""
    """Where it was served, as books of contracts call it; empty where the answer does not say."""
