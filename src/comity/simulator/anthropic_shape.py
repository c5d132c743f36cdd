"""Whether a JSON body has the shape of a Messages request, by Anthropic's published reference, in its words.

Unknown members are refused, as the API does. What stands in a schema of the client's own is not looked at,
and neither are tools and blocks that Anthropic's own servers run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_BODY: dict[str, tuple[type, ...]] = {
    "model": (str,),
    "messages": (list,),
    "max_tokens": (int,),
    "system": (str, list),
    "temperature": (int, float),
    "top_p": (int, float),
    "top_k": (int,),
    "stop_sequences": (list,),
    "stream": (bool,),
    "tools": (list,),
    "tool_choice": (dict,),
    "thinking": (dict,),
    "output_config": (dict,),
    "metadata": (dict,),
    "service_tier": (str,),
    "cache_control": (dict,),
    "container": (str, dict),
    "inference_geo": (str,),
}
_BLOCKS: dict[str, dict[str, tuple[type, ...]]] = {
    "text": {"text": (str,), "citations": (list,)},
    "image": {"source": (dict,)},
    "document": {"source": (dict,), "title": (str,), "context": (str,), "citations": (dict,)},
    "search_result": {"source": (str,), "title": (str,), "content": (list,), "citations": (dict,)},
    "tool_use": {"id": (str,), "name": (str,), "input": (dict,), "caller": (dict,)},
    "tool_result": {"tool_use_id": (str,), "content": (str, list), "is_error": (bool,)},
    "thinking": {"thinking": (str,), "signature": (str,)},
    "redacted_thinking": {"data": (str,)},
}
_OPTIONAL = {"citations", "title", "context", "caller", "content", "is_error"}
_SOURCES = {
    "base64": {"data", "media_type"},
    "url": {"url"},
    "text": {"data", "media_type"},
    "content": {"content"},
}
_TOOL = {
    "name",
    "description",
    "input_schema",
    "cache_control",
    "strict",
    "type",
    "eager_input_streaming",
    "input_examples",
    "allowed_callers",
    "defer_loading",
}
_OBJECTS: dict[str, set[str]] = {
    "metadata": {"user_id"},
    "tool_choice": {"type", "name", "disable_parallel_tool_use"},
    "thinking": {"type", "budget_tokens", "display"},
    "output_config": {"effort", "format"},
    "cache_control": {"type", "ttl"},
}
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_ID = re.compile(r"[a-zA-Z0-9_-]+")
_EXTRA = "Extra inputs are not permitted"


def broken_shape(body: dict[str, Any], further: set[str]) -> Iterator[str]:
    """Complaints about the shape of a body; `further` members are the surface's or a beta's own."""
    for name, value in body.items():
        kinds = _BODY.get(name)
        if kinds is None and name not in further:
            yield f"{name}: {_EXTRA}"
        elif kinds is not None and not _is(value, kinds):
            yield f"{name}: Input should be a valid {_word(kinds)}"
    for name, members in _OBJECTS.items():
        unknown = sorted(set(body.get(name) or ()) - members)
        if unknown:
            yield f"{name}.{unknown[0]}: {_EXTRA}"
    yield from _messages(body.get("messages") or [])
    if isinstance(body.get("system"), list):
        for index, block in enumerate(body["system"]):
            yield from _block(block, f"system.{index}", {"text"})
    for index, tool in enumerate(body.get("tools") or ()):
        yield from _tool(tool, f"tools.{index}")


def _messages(messages: list[Any]) -> Iterator[str]:
    for index, message in enumerate(messages):
        where = f"messages.{index}"
        if not isinstance(message, dict):
            yield f"{where}: Input should be an object"
            return
        for name in ("role", "content"):
            if name not in message:
                yield f"{where}.{name}: Field required"
                return
        unknown = sorted(message.keys() - {"role", "content"})
        if unknown:
            yield f"{where}.{unknown[0]}: {_EXTRA}"
        if message["role"] not in {"user", "assistant", "system"}:
            yield f"{where}.role: Input should be 'user' or 'assistant'"
        if not isinstance(message["content"], (str, list)):
            yield f"{where}.content: Input should be a valid list"
        elif isinstance(message["content"], list):
            for place, block in enumerate(message["content"]):
                yield from _block(block, f"{where}.content.{place}", set(_BLOCKS))


def _block(block: Any, where: str, allowed: set[str]) -> Iterator[str]:
    kind = block.get("type") if isinstance(block, dict) else None
    if not isinstance(kind, str):
        yield f"{where}.type: Field required"
        return
    if kind.endswith("_tool_result") or kind in {"server_tool_use", "container_upload", "compaction"}:
        return
    if kind not in allowed:
        tags = ", ".join(f"'{tag}'" for tag in sorted(allowed))
        yield (
            f"{where}: Input tag '{kind}' found using 'type' does not match any of the expected tags: {tags}"
        )
        return
    yield from _members(block, _BLOCKS[kind], f"{where}.{kind}")


def _members(block: dict[str, Any], members: dict[str, tuple[type, ...]], place: str) -> Iterator[str]:
    for name in block.keys() - members.keys() - {"type", "cache_control"}:
        yield f"{place}.{name}: {_EXTRA}"
    for name, kinds in members.items():
        if name not in block and name not in _OPTIONAL:
            yield f"{place}.{name}: Field required"
        elif block.get(name) is not None and not _is(block[name], kinds):
            yield f"{place}.{name}: Input should be a valid {_word(kinds)}"
    if isinstance(block.get("source"), dict):
        yield from _source(block["source"], f"{place}.source")
    for name in ("id", "tool_use_id"):
        if isinstance(block.get(name), str) and not _ID.fullmatch(block[name]):
            yield f"{place}.{name}: String should match pattern '^[a-zA-Z0-9_-]+$'"
    if isinstance(block.get("content"), list):
        for index, inner in enumerate(block["content"]):
            yield from _block(
                inner, f"{place}.content.{index}", {"text", "image", "document", "search_result"}
            )


def _source(source: dict[str, Any], where: str) -> Iterator[str]:
    members = _SOURCES.get(str(source.get("type")))
    if members is None:
        yield f"{where}.type: Input should be 'base64', 'url', 'text' or 'content'"
    elif source.keys() - {"type"} != members:
        yield f"{where}.{source['type']}: expected exactly {', '.join(sorted(members))}"


def _tool(tool: Any, where: str) -> Iterator[str]:
    if not isinstance(tool, dict):
        yield f"{where}: Input should be an object"
        return
    if tool.get("type") not in {None, "custom"}:
        return
    for name in ("name", "input_schema"):
        if name not in tool:
            yield f"{where}.custom.{name}: Field required"
            return
    for name in sorted(tool.keys() - _TOOL):
        yield f"{where}.custom.{name}: {_EXTRA}"
    if not isinstance(tool["name"], str) or not _TOOL_NAME.fullmatch(tool["name"]):
        yield f"{where}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
    if not isinstance(tool["input_schema"], dict) or tool["input_schema"].get("type") != "object":
        yield f"{where}.custom.input_schema.type: Field required"


def _is(value: Any, kinds: tuple[type, ...]) -> bool:
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))


def _word(kinds: tuple[type, ...]) -> str:
    return {str: "string", int: "integer", float: "number", list: "list", bool: "boolean"}.get(
        kinds[-1], "dictionary"
    )
