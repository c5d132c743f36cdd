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
from comity.dialects.mixed_turns import PlacedPart, placed
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
    turn: Turn, at: int, traits: ModelTraits, losses: Losses, *, native: bool
) -> list[dict[str, Any]]:
    """The messages of one turn, the one `at` its place; `native` says that this is the client's dialect."""
    messages = _messages(turn, at, traits, losses, native=native)
    if not native:
        losses.unplaced(turn, at, "chat completions has no place for it")
        return messages
    for name, value in turn.extra.items():
        if value not in ([], {}, "") and not (messages and _replace(messages[-1], name, value)):
            losses.unplaced_member(at, name, "it stands where the translation has no place for it")
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
    turn: Turn, at: int, traits: ModelTraits, losses: Losses, *, native: bool
) -> list[dict[str, Any]]:
    parts = placed(turn, at)
    messages = [_result(part, path, traits, losses) for path, part in parts if isinstance(part, ToolResult)]
    rest = [one for one in parts if not isinstance(one[1], ToolResult)]
    if turn.role == "tool":
        assert not rest, "a tool turn holds only tool results"
        return messages
    if turn.role == "assistant":
        thoughts = _thoughts(rest, traits, losses, native=native)
        return [*messages, _assistant(turn, rest, traits, losses) | encode_reasoning(thoughts)]
    if rest or not messages:
        _note_unsayable(rest, losses)
        written = write_content(_content(rest), traits, losses)
        messages.append({"role": turn.role, "content": written, **stated(name=turn.name)})
    return messages


def _result(result: ToolResult, path: str, traits: ModelTraits, losses: Losses) -> dict[str, Any]:
    if result.is_error:
        losses.hint(f"{path}.is_error", "chat completions cannot mark a tool result as failed")
    texts = []
    for index, part in enumerate(result.content):
        if isinstance(part, Media):
            why = "a tool message of chat completions holds text only"
            losses.loss(f"{path}.content[{index}]", why)
        else:
            texts.append((f"{path}.content[{index}]", part))
    content = write_content(texts, traits, losses)
    return {"role": "tool", "tool_call_id": result.call_id, "content": content}


def _assistant(
    turn: Turn, parts: Sequence[PlacedPart], traits: ModelTraits, losses: Losses
) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", **stated(name=turn.name)}
    _note_foreign(parts, losses)
    texts = _content(parts)
    refusals = "".join(part.text for part in turn.parts if isinstance(part, Refusal))
    calls = [_call(part, path, traits, losses) for path, part in parts if isinstance(part, ToolCall)]
    if texts:
        message["content"] = write_content(texts, traits, losses)
    elif not calls and not refusals:
        message["content"] = ""
    message |= write_annotations(_with_own_sources(texts, losses))
    return message | stated(refusal=refusals or None, tool_calls=calls or None)


def _content(parts: Sequence[PlacedPart]) -> list[tuple[str, Text | Media | Opaque]]:
    """The parts that a message's content can hold."""
    return [(path, part) for path, part in parts if isinstance(part, (Text, Media)) or _is_own(part)]


def _is_own(part: Part) -> TypeGuard[Opaque]:
    return isinstance(part, Opaque) and part.origin == NAME


def _note_unsayable(parts: Sequence[PlacedPart], losses: Losses) -> None:
    """What a user or system turn holds and no such message can: it was said to the model, so it is missed."""
    for path, part in parts:
        if isinstance(part, (Reasoning, Refusal, ToolCall)):
            losses.loss(path, "only a message of the assistant holds it")
        elif isinstance(part, Opaque) and not _is_own(part):
            losses.foreign_block(part, path, by_model=False)


def _note_foreign(parts: Sequence[PlacedPart], losses: Losses) -> None:
    for path, part in parts:
        if isinstance(part, Opaque) and not _is_own(part):
            losses.foreign_block(part, path, by_model=True)
        elif isinstance(part, ToolCall) and part.signature is not None:
            losses.hint(f"{path}.signature", "only the model that signed this call may read its signature")


def _with_own_sources(parts: Sequence[tuple[str, Text | Media | Opaque]], losses: Losses) -> list[Text]:
    """The texts with the citations that came in this dialect; those of another mean nothing to the target."""
    texts = []
    for path, part in parts:
        if not isinstance(part, Text):
            continue
        own = tuple(source for source in part.citations if source.origin in {"", NAME})
        if len(own) < len(part.citations):
            losses.hint(f"{path}.citations", "the citations are those of another dialect")
        texts.append(msgspec.structs.replace(part, citations=own) if part.citations else part)
    return texts


def _call(call: ToolCall, path: str, traits: ModelTraits, losses: Losses) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    mark = write_cache(call.cache, path, traits, losses)
    return {"id": call.id, "type": "function", "function": function, **mark}


def _thoughts(
    parts: Sequence[PlacedPart], traits: ModelTraits, losses: Losses, *, native: bool
) -> list[Reasoning]:
    """The thoughts that the target may read again; what is signed by nobody known is another dialect's."""
    kept = []
    for path, part in parts:
        if not isinstance(part, Reasoning):
            continue
        unmarked = not part.origin and (native or not _signed(part))
        if part.origin != NAME and not unmarked:
            losses.hint(path, FOREIGN_REASON)
        elif traits.reasoning_signatures == "none":
            losses.hint(path, "the model takes no reasoning back")
        else:
            kept.append(part)
    return kept


def _signed(block: Reasoning) -> bool:
    return block.signature is not None or block.redacted is not None
