"""The hub: one request and its answer in no vendor's dialect.

Every dialect decodes into these values and encodes from them, so N dialects in and M out need N + M
translations. The hub keeps what any dialect can say; what a target cannot express is a `Dropped` or an
`Inexpressible`, never silence. Values are immutable: each attempt starts from the same request.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal, TypeAlias

import msgspec

# --- what a turn is made of -------------------------------------------------------------------------------


class CacheMark(msgspec.Struct, frozen=True):
    """A request to cache the prompt up to and including the block that carries it."""

    lifetime: Literal["5m", "1h"] | None = None
    """Requested lifetime; None leaves it to the provider."""


class Text(msgspec.Struct, frozen=True):
    """Plain text."""

    text: str
    """The text as written; may be empty, since clients send such parts."""
    cache: CacheMark | None = None
    """Cache mark after this block."""


class Media(msgspec.Struct, frozen=True):
    """An image, a document or a sound, by value or by address; exactly one of `data` and `url` is set."""

    kind: Literal["image", "document", "audio"]
    """What it is."""
    media_type: str | None = None
    """IANA media type such as `image/png`; None when only an address is known."""
    data: bytes | None = None
    """The bytes themselves, decoded."""
    url: str | None = None
    """Where a provider may fetch it."""
    name: str | None = None
    """File name, for documents."""
    detail: str | None = None
    """OpenAI's resolution hint (`auto`, `low`, `high`)."""
    cache: CacheMark | None = None
    """Cache mark after this block."""


class ToolCall(msgspec.Struct, frozen=True):
    """The model asks for a tool to be run."""

    id: str
    """Id that the result must quote."""
    name: str
    """Tool name as the client declared it."""
    arguments: str
    """JSON text of the arguments as it came; may be empty for a tool without parameters."""
    cache: CacheMark | None = None
    """Cache mark after this block."""


class ToolResult(msgspec.Struct, frozen=True):
    """What the tool answered."""

    call_id: str
    """Id of the call it answers."""
    content: tuple[Text | Media, ...]
    """The answer, possibly empty."""
    is_error: bool = False
    """Whether the tool failed."""
    cache: CacheMark | None = None
    """Cache mark after this block."""


class Reasoning(msgspec.Struct, frozen=True):
    """Thinking that the model shows or hides; only the origin that made it can check its signature."""

    text: str = ""
    """Visible reasoning."""
    signature: str | None = None
    """Opaque proof by the provider, replayed byte for byte and only to `origin`."""
    redacted: bytes | None = None
    """Encrypted reasoning in place of text."""
    origin: str = ""
    """Dialect and model family that made it, for example `bedrock.converse`."""


class Refusal(msgspec.Struct, frozen=True):
    """The model declines, in its own words."""

    text: str
    """What it said."""


Part: TypeAlias = Text | Media | ToolCall | ToolResult | Reasoning | Refusal
"""One block of a turn."""

Role: TypeAlias = Literal["system", "developer", "user", "assistant", "tool"]
"""Who speaks. `tool` turns hold only `ToolResult` parts."""


class Turn(msgspec.Struct, frozen=True):
    """One message of the conversation."""

    role: Role
    """Who speaks."""
    parts: tuple[Part, ...]
    """Its blocks in order; may be empty."""
    name: str | None = None
    """Name of the speaker, where the dialect has one."""
    extra: dict[str, Any] = {}
    """Members of the message without a place in the hub, by their path in it (`audio`, `content[0].x`)."""


# --- what the request asks for ----------------------------------------------------------------------------


class Tool(msgspec.Struct, frozen=True):
    """A function that the model may call."""

    name: str
    """Name as the client declared it."""
    description: str | None = None
    """What it does."""
    parameters: dict[str, Any] | None = None
    """JSON Schema of its arguments; None when it takes none."""
    strict: bool | None = None
    """Whether arguments must follow the schema; None when the client did not say."""
    cache: CacheMark | None = None
    """Cache mark after this tool."""


class ToolChoice(msgspec.Struct, frozen=True):
    """Which tools the model may or must call."""

    mode: Literal["auto", "none", "required", "named"]
    """`required` is any tool, `named` is the one in `name`."""
    name: str | None = None
    """The tool of mode `named`."""


class Format(msgspec.Struct, frozen=True):
    """The form the answer must have."""

    kind: Literal["text", "json_object", "json_schema"]
    """Free text, any JSON object, or JSON that follows `schema`."""
    name: str | None = None
    """Name of the schema."""
    description: str | None = None
    """What the schema is for."""
    schema: dict[str, Any] | None = None
    """The JSON Schema of kind `json_schema`."""
    strict: bool | None = None
    """Whether it must be followed exactly; None when the client did not say."""


class Sampling(msgspec.Struct, frozen=True):
    """How the answer is drawn; None is always "the client did not say"."""

    max_output_tokens: int | None = None
    """Upper bound of generated tokens, reasoning included."""
    temperature: float | None = None
    """Sampling temperature."""
    top_p: float | None = None
    """Nucleus sampling."""
    top_k: int | None = None
    """Sampling from the k likeliest tokens."""
    stop: tuple[str, ...] = ()
    """Stop sequences."""
    seed: int | None = None
    """Seed for repeatable sampling."""
    frequency_penalty: float | None = None
    """OpenAI's frequency penalty."""
    presence_penalty: float | None = None
    """OpenAI's presence penalty."""
    candidates: int | None = None
    """How many answers are wanted (`n`)."""
    logprobs: bool | None = None
    """Whether token log-probabilities are wanted."""
    top_logprobs: int | None = None
    """How many alternatives per token."""
    reasoning_effort: str | None = None
    """Effort word (`minimal`, `low`, `medium`, `high`, ...)."""


class Request(msgspec.Struct, frozen=True):
    """One call of a model, in no vendor's dialect."""

    model: str
    """Model name as the client wrote it."""
    turns: tuple[Turn, ...]
    """The conversation in order, system turns included where they stood."""
    tools: tuple[Tool, ...] = ()
    """Declared tools."""
    tool_choice: ToolChoice | None = None
    """None when the client did not say."""
    parallel_tool_calls: bool | None = None
    """Whether several calls in one turn are allowed; None when the client did not say."""
    format: Format | None = None
    """Form of the answer; None when the client did not say."""
    sampling: Sampling = Sampling()
    """How the answer is drawn."""
    stream: bool = False
    """Whether the answer is streamed."""
    stream_usage: bool = False
    """Whether a streaming client asked to see usage."""
    user: str | None = None
    """End-user id that the client passes on."""
    extra: dict[str, Any] = {}
    """Parameters without a place in the hub, by their name or path in the client's dialect."""
    dialect: str = ""
    """Dialect that the names in `extra` belong to, for example `openai.chat`."""


# --- what comes back --------------------------------------------------------------------------------------


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
    """Tokens written to the prompt cache."""
    output: int = 0
    """Text tokens generated, without reasoning."""
    reasoning: int = 0
    """Reasoning tokens generated."""
    audio_input: int = 0
    """Audio tokens read."""
    audio_output: int = 0
    """Audio tokens generated."""

    @property
    def prompt(self) -> int:
        """All tokens read."""
        return self.input + self.cached_read + self.cache_write + self.audio_input

    @property
    def completion(self) -> int:
        """All tokens generated."""
        return self.output + self.reasoning + self.audio_output

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


# --- a streamed answer ------------------------------------------------------------------------------------


class Started(msgspec.Struct, frozen=True):
    """The answer begins."""

    id: str
    """The provider's id of the answer, or one made for it."""
    model: str
    """The model as the provider names it."""
    created: int = 0
    """Unix seconds; 0 when unknown."""


class TextDelta(msgspec.Struct, frozen=True):
    """More text."""

    text: str
    """The piece."""
    choice: int = 0
    """Which answer."""


class RefusalDelta(msgspec.Struct, frozen=True):
    """More of a refusal."""

    text: str
    """The piece."""
    choice: int = 0
    """Which answer."""


class ReasoningDelta(msgspec.Struct, frozen=True):
    """More reasoning; a signature ends its block."""

    text: str = ""
    """The piece."""
    signature: str | None = None
    """The block's signature."""
    redacted: bytes | None = None
    """Encrypted reasoning."""
    origin: str = ""
    """Dialect and model family that made it, as in `Reasoning`."""
    choice: int = 0
    """Which answer."""


class ToolCallStart(msgspec.Struct, frozen=True):
    """A tool call begins."""

    index: int
    """Position among the tool calls of this answer, from 0."""
    id: str
    """Its id."""
    name: str
    """Tool name as the client declared it."""
    choice: int = 0
    """Which answer."""


class ToolCallDelta(msgspec.Struct, frozen=True):
    """More JSON text of a tool call's arguments."""

    index: int
    """Which tool call."""
    fragment: str
    """The piece of JSON text."""
    choice: int = 0
    """Which answer."""


class Finished(msgspec.Struct, frozen=True):
    """One answer is complete."""

    finish: Finish
    """Why it stopped."""
    finish_detail: str = ""
    """The provider's own word for it."""
    choice: int = 0
    """Which answer."""


class UsageReport(msgspec.Struct, frozen=True):
    """The provider's count; the last report stands, reports are never summed."""

    usage: Usage
    """Tokens by class."""


class StreamFailure(msgspec.Struct, frozen=True):
    """The provider reports an error inside a stream that began with status 200."""

    failure: ProviderFailure
    """What it said."""


class StreamEnd(msgspec.Struct, frozen=True):
    """The provider's own mark that the stream is complete."""


Event: TypeAlias = (
    Started
    | TextDelta
    | RefusalDelta
    | ReasoningDelta
    | ToolCallStart
    | ToolCallDelta
    | Finished
    | UsageReport
    | StreamFailure
    | StreamEnd
)
"""One step of a streamed answer."""


# --- what went wrong, and what was left out ---------------------------------------------------------------


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


class Dropped(msgspec.Struct, frozen=True):
    """A parameter that was left out on the way to a target, visibly."""

    parameter: str
    """Its name in the client's dialect."""
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
