"""Writes a turn of the conversation as chat messages.

Members of a message without a place in the hub go back where they stood when the client speaks this dialect;
those of another dialect are losses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeGuard

import msgspec

from comity.dialects.losses import FOREIGN_REASON, Losses
from comity.dialects.openai_chat.annotations import write_annotations
from comity.dialects.openai_chat.content_writer import write_cache, write_content
from comity.dialects.openai_chat.reasoning import encode_reasoning
from comity.dialects.wire_json import stated
from comity.exchange import (
    Media,
    ModelTraits,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
    Turn,
)

NAME = "openai.chat"

_PATH = re.compile(r"(?P<list>content|tool_calls)\[(?P<index>\d+)\](?:\.(?P<member>\w+))?")


def write_turn(
    turn: Turn, path: str, traits: ModelTraits, losses: Losses, *, native: bool
) -> list[dict[str, Any]]:
    """The messages of one turn; `native` says that its unplaced members are this dialect's own."""
    messages = _messages(turn, path, traits, losses, native=native)
    for name, value in turn.extra.items():
        if value in ([], {}, ""):
            continue
        if not native:
            losses.loss(f"{path}.{name}", "chat completions has no place for it")
        elif not messages or not _replace(messages[-1], name, value):
            losses.loss(f"{path}.{name}", "it stands where the translation has no place for it")
    return messages


def _replace(message: dict[str, Any], name: str, value: object) -> bool:
    """Puts an unplaced member back where its path says; False where that place is gone."""
    if name.isidentifier():
        message[name] = value
        return True
    match = _PATH.fullmatch(name)
    if match is None:
        return False
    held, index, member = match["list"], int(match["index"]), match["member"]
    if member is None:
        message.setdefault(held, []).insert(index, value)
        return True
    if isinstance(message.get(held), str):
        message[held] = [{"type": "text", "text": message[held]}]
    if index >= len(message.get(held) or ()):
        return False
    message[held][index][member] = value
    return True


def _messages(
    turn: Turn, path: str, traits: ModelTraits, losses: Losses, *, native: bool
) -> list[dict[str, Any]]:
    results = [part for part in turn.parts if isinstance(part, ToolResult)]
    messages = [_result(result, path, traits, losses) for result in results]
    rest = tuple(part for part in turn.parts if not isinstance(part, ToolResult))
    if turn.role == "tool":
        assert not rest, "a tool turn holds only tool results"
        return messages
    if turn.role == "assistant":
        thoughts = _thoughts(turn, path, traits, losses, native=native)
        return [*messages, _assistant(turn, path, traits, losses) | encode_reasoning(thoughts)]
    if rest or not results:
        _note_unsayable(turn, path, losses)
        content = [part for part in rest if isinstance(part, (Text, Media)) or _is_own(part)]
        written = write_content(content, f"{path}.content", traits, losses)
        messages.append({"role": turn.role, "content": written, **stated(name=turn.name)})
    return messages


def _result(result: ToolResult, path: str, traits: ModelTraits, losses: Losses) -> dict[str, Any]:
    if result.is_error:
        losses.hint(f"{path}.is_error", "chat completions cannot mark a tool result as failed")
    media = any(isinstance(part, Media) for part in result.content)
    if media:
        losses.loss(f"{path}.content", "a tool message of chat completions holds text only")
    texts = [part for part in result.content if isinstance(part, Text)]
    content = write_content(texts, f"{path}.content", traits, losses)
    return {"role": "tool", "tool_call_id": result.call_id, "content": content}


def _assistant(turn: Turn, path: str, traits: ModelTraits, losses: Losses) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", **stated(name=turn.name)}
    _note_foreign(turn, path, losses)
    texts = [part for part in turn.parts if isinstance(part, (Text, Media)) or _is_own(part)]
    refusals = "".join(part.text for part in turn.parts if isinstance(part, Refusal))
    calls = [_call(part, path, traits, losses) for part in turn.parts if isinstance(part, ToolCall)]
    if texts:
        message["content"] = write_content(texts, f"{path}.content", traits, losses)
    elif not calls and not refusals:
        message["content"] = ""
    message |= write_annotations(_with_own_sources(texts, path, losses))
    return message | stated(refusal=refusals or None, tool_calls=calls or None)


def _is_own(part: Part) -> TypeGuard[Opaque]:
    return isinstance(part, Opaque) and part.origin == NAME


def _note_unsayable(turn: Turn, path: str, losses: Losses) -> None:
    """What a user or system turn holds and no such message can: it was said to the model, so it is missed."""
    for index, part in enumerate(turn.parts):
        if isinstance(part, (Reasoning, Refusal, ToolCall)):
            losses.loss(f"{path}.content[{index}]", "only a message of the assistant holds it")
        elif isinstance(part, Opaque) and not _is_own(part):
            losses.foreign_block(part, f"{path}.content[{index}]", by_model=False)


def _note_foreign(turn: Turn, path: str, losses: Losses) -> None:
    for index, part in enumerate(turn.parts):
        if isinstance(part, Opaque) and not _is_own(part):
            losses.foreign_block(part, f"{path}.content[{index}]", by_model=True)
        elif isinstance(part, ToolCall) and part.signature is not None:
            losses.hint(f"{path}.tool_calls", "only the model that signed this call may read its signature")


def _with_own_sources(parts: Sequence[Part], path: str, losses: Losses) -> list[Text]:
    """The texts with the citations that came in this dialect; those of another mean nothing to the target."""
    texts = [part for part in parts if isinstance(part, Text)]
    kept = [tuple(source for source in text.citations if source.origin in {"", NAME}) for text in texts]
    if any(len(own) < len(text.citations) for own, text in zip(kept, texts, strict=True)):
        losses.hint(f"{path}.annotations", "the citations are those of another dialect")
    return [
        msgspec.structs.replace(text, citations=own) if text.citations else text
        for own, text in zip(kept, texts, strict=True)
    ]


def _call(call: ToolCall, path: str, traits: ModelTraits, losses: Losses) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    mark = write_cache(call.cache, f"{path}.tool_calls", traits, losses)
    return {"id": call.id, "type": "function", "function": function, **mark}


def _thoughts(turn: Turn, path: str, traits: ModelTraits, losses: Losses, *, native: bool) -> list[Reasoning]:
    """The thoughts that the target may read again; what is signed by nobody known is another dialect's."""
    thoughts = [part for part in turn.parts if isinstance(part, Reasoning)]
    unmarked = [block for block in thoughts if not block.origin and (native or not _signed(block))]
    own = [block for block in thoughts if block.origin == NAME or block in unmarked]
    if len(own) < len(thoughts):
        losses.hint(f"{path}.reasoning_content", FOREIGN_REASON)
    if own and traits.reasoning_signatures == "none":
        losses.hint(f"{path}.reasoning_content", "the model takes no reasoning back")
        return []
    return own


def _signed(block: Reasoning) -> bool:
    return block.signature is not None or block.redacted is not None
