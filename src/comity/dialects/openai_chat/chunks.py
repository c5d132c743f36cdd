"""The shape of a streamed chunk, as tolerant as the servers that write it are different."""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.openai_chat.usage import WireUsage

_NULL = msgspec.Raw(b"null")


class WireFunction(msgspec.Struct, gc=False):
    """The function of a tool call, or a piece of it."""

    name: str | None = None
    """Tool name; only in the first piece."""
    arguments: str | dict[str, Any] | None = None
    """JSON text; some servers send the object itself."""

    def fragment(self) -> str:
        """The arguments as JSON text."""
        if isinstance(self.arguments, dict):
            return msgspec.json.encode(self.arguments).decode()
        return self.arguments or ""


class WireCall(msgspec.Struct, gc=False):
    """A tool call, or a piece of it."""

    index: int | None = None
    """Position among the calls of the answer."""
    id: str | None = None
    """Its id; only in the first piece."""
    function: WireFunction | None = None
    """What is called."""


class WireDelta(msgspec.Struct, gc=False):
    """What a chunk adds to one answer, or, in a whole answer, the message."""

    content: str | list[dict[str, Any]] | None = None
    """Text; Mistral sends a list of text and thinking blocks."""
    refusal: str | None = None
    """Refusal."""
    reasoning_content: str | None = None
    """Reasoning, as most servers call it."""
    reasoning: str | None = None
    """Reasoning, as vLLM and OpenRouter call it."""
    reasoning_details: list[dict[str, Any]] | None = None
    """Reasoning blocks with their signatures, in OpenRouter's shape."""
    tool_calls: list[WireCall] | None = None
    """Tool calls."""
    function_call: WireFunction | None = None
    """The legacy single call."""
    audio: msgspec.Raw = _NULL
    """Spoken output, as its server wrote it."""
    annotations: Any = None
    """Sources of the text: a list of objects, where a server keeps to the dialect."""

    def text(self) -> str:
        """The text."""
        if isinstance(self.content, list):
            return "".join(_texts(self.content, "text"))
        return self.content or ""

    def thoughts(self) -> str:
        """The reasoning, where it is plain text."""
        if isinstance(self.content, list):
            inner = [block.get("thinking") for block in self.content]
            return "".join(text for item in inner if isinstance(item, list) for text in _texts(item, "text"))
        return self.reasoning_content or self.reasoning or ""

    def has_content(self) -> bool:
        """Whether the model said anything here."""
        return bool(
            self.content
            or self.refusal
            or self.reasoning_content
            or self.reasoning
            or self.reasoning_details
            or self.tool_calls
            or self.function_call
            or self.has_audio()
        )

    def sources(self) -> list[dict[str, Any]]:
        """The annotations."""
        listed = self.annotations if isinstance(self.annotations, list) else ()
        return [annotation for annotation in listed if isinstance(annotation, dict)]

    def has_audio(self) -> bool:
        """Whether there is spoken output."""
        return self.audio is not _NULL and self.audio != _NULL

    def spoken(self) -> dict[str, Any] | None:
        """The spoken output; None without one."""
        value = msgspec.json.decode(self.audio) if self.has_audio() else None
        return value if isinstance(value, dict) else None


class WireChunkChoice(msgspec.Struct, gc=False):
    """One answer in a chunk; Azure's asynchronous filter sends it without `delta`."""

    index: int = 0
    """Which answer."""
    delta: WireDelta | None = None
    """What is added."""
    finish_reason: str | None = None
    """Why it stopped, in its last chunk."""
    logprobs: dict[str, Any] | None = None
    """Log-probabilities of its tokens."""
    stop_reason: Any = None
    """The stop sequence that was met, as vLLM tells; or a token's number."""

    def stop_sequence(self) -> str | None:
        """The stop sequence that was met, where the server says."""
        return self.stop_reason if isinstance(self.stop_reason, str) else None


class WireChunk(msgspec.Struct, gc=False):
    """One chunk of a stream, or the error object in place of one."""

    id: str | None = None
    """Id of the answer; empty in Azure's filter chunks."""
    model: str | None = None
    """Model; empty in Azure's filter chunks."""
    created: float | None = None
    """Unix seconds."""
    choices: list[WireChunkChoice] | None = None
    """The answers; empty in usage and filter chunks."""
    service_tier: str | None = None
    """The tier that serves."""
    usage: WireUsage | None = None
    """Tokens."""
    error: dict[str, Any] | str | None = None
    """An error inside the stream."""

    def says_something(self) -> bool:
        """Whether an answer begins or ends here: content, or a finish."""
        for choice in self.choices or ():
            if choice.finish_reason or (choice.delta is not None and choice.delta.has_content()):
                return True
        return False

    def error_members(self) -> dict[str, Any] | None:
        """The error object, if this is one."""
        return {"message": self.error} if isinstance(self.error, str) else self.error


def _texts(blocks: list[Any], name: str) -> list[str]:
    found = [block.get(name) for block in blocks if isinstance(block, dict)]
    return [text for text in found if isinstance(text, str)]


CHUNK = msgspec.json.Decoder(WireChunk)
"""Decodes the data of one event."""
