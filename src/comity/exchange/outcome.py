"""What went wrong, what was left out, and what a target takes."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

import msgspec


class FailureClass(StrEnum):
    """What a provider's failure means for the next attempt, in no vendor's words."""

    BAD_REQUEST = "bad_request"
    AUTHENTICATION = "authentication"
    PERMISSION = "permission"
    NOT_FOUND = "not_found"
    TOO_LARGE = "too_large"
    CONTENT_POLICY = "content_policy"
    CONTEXT_WINDOW = "context_window"
    RATE_LIMITED = "rate_limited"
    QUOTA = "quota"
    OVERLOADED = "overloaded"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"
    SERVER = "server"


class ProviderFailure(msgspec.Struct, frozen=True):
    """A provider's error, normalised."""

    kind: FailureClass
    """What it means."""
    status: int
    """HTTP status, or the one it stands for when it came inside a stream."""
    message: str
    """The provider's text."""
    code: str = ""
    """The provider's own code or exception type."""
    param: str | None = None
    """The field at fault, where the provider says."""
    retry_after: float | None = None
    """Seconds the provider asks to wait."""

    @property
    def fault(self) -> Fault:
        """What a client is told of it."""
        return Fault(self.status, self.message, code=self.code or None, param=self.param, means=self.kind)


class Fault(msgspec.Struct, frozen=True):
    """What a client is told went wrong, before it is put into the client's own error shape."""

    status: int
    """HTTP status."""
    message: str
    """Text for the caller."""
    kind: str = ""
    """The error's type word; empty lets the dialect choose its usual one for the status."""
    code: str | None = None
    """Machine-readable code, for example `contract_forbids`."""
    param: str | None = None
    """The field at fault."""
    extra: dict[str, Any] = {}
    """Further members of the error object: clauses, verdict, reading, request id."""
    means: FailureClass | None = None
    """What it means, where a provider said it; clients get the words by which they know that."""


class Dropped(msgspec.Struct, frozen=True):
    """A parameter that was left out on the way to a target, visibly."""

    parameter: str
    """Its name or path in the client's own body."""
    reason: str
    """Why the target cannot take it."""


class Inexpressible(msgspec.Struct, frozen=True):
    """The request cannot be said in the target's dialect; it must be refused or routed elsewhere."""

    missing: tuple[Dropped, ...]
    """What cannot be expressed, one by one."""


class AnswerKey(msgspec.Struct, frozen=True):
    """What it takes to read the answer to a translated request; the wire alone does not say it."""

    tools: dict[str, str] = {}
    """Tool name on the wire to the name the client declared, for the names that had to change."""
    model: str = ""
    """Model to name where the answer does not name one."""
    id: str = ""
    """Id to give an answer that has none."""
    created: int = 0
    """Unix seconds to give an answer that does not say when it was made."""
    origin: str = ""
    """What to write into `Reasoning.origin`."""
    input_includes_cache: bool = False
    """Whether the provider's input count already holds the cached tokens."""


class WireRequest(msgspec.Struct, frozen=True):
    """A request ready for a target's wire."""

    body: bytes
    """JSON body."""
    dropped: tuple[Dropped, ...] = ()
    """What was left out: hints and foreign reasoning always, parameters only where the route allows it."""
    answer: AnswerKey = AnswerKey()
    """To be handed to `decode_response` or `EventDecoder` of the same dialect."""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers that belong to the request rather than to the account, such as beta flags."""


class ModelTraits(msgspec.Struct, frozen=True):
    """What a deployment's base model takes and how it counts; declared, never guessed from a name."""

    family: str = ""
    """Base model family, for example `claude`, `nova`, `gpt`, `llama`; decides the few per-family rules."""
    completion_limit_field: Literal["max_tokens", "max_completion_tokens"] = "max_completion_tokens"
    """Which field of the OpenAI dialects bounds the output."""
    sampling: bool = True
    """Whether temperature and top_p are taken; reasoning models refuse them."""
    stream_options: bool = True
    """Whether `stream_options` is taken; some OpenAI-compatible servers answer 400 to it."""
    tool_result_with_text: bool = True
    """Whether one turn may hold tool results and text."""
    structured_output: bool = False
    """Whether a JSON schema can be enforced natively."""
    reasoning_signatures: Literal["required", "forbidden", "none"] = "none"
    """Whether replayed reasoning must be signed, must be unsigned, or is not taken at all."""
    input_includes_cache: bool = False
    """Whether the provider's input count already holds the cached tokens (T14)."""
    prompt_caching: bool = False
    """Whether cache marks are taken."""
    reasoning_effort: bool = False
    """Whether Bedrock's `outputConfig.effort` is taken; the OpenAI dialects always pass the word on."""
    additional_fields: tuple[str, ...] = ()
    """Parameters outside the dialect that the model takes by their own name, such as `thinking`."""
    reasoning_account: str = ""
    """Responses only: account whose encrypted reasoning it can read, by default its own (T31)."""
    max_output_tokens: int | None = None
    """Bound of generated tokens for dialects that demand one, where the client gave none."""
    beta_flags: tuple[str, ...] = ()
    """Beta flags of Anthropic's that the target takes, for requests that come from another surface (T18)."""
    surface: Literal["", "ai-studio", "vertex"] = ""
    """Google only: which surface it is, since Vertex refuses ids of calls (T20); taken from the address."""
    json_schema: bool = True
    """Google only: whether JSON Schema is taken; older models take only a subset of OpenAPI (T21)."""
    thinking_control: Literal["none", "budget", "level"] = "none"
    """Google only: whether thinking is bounded by tokens, by a level word, or not known to happen."""
