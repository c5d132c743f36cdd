"""What OpenAI's chat completions demand of messages and tools beyond their types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from comity.simulator.complaint import Complaint

_ROLES = ("system", "assistant", "user", "function", "tool", "developer")
_EMPTY = "empty array. Expected an array with minimum length 1, but got an empty array instead."


def check_messages(messages: list[Any]) -> Iterator[Complaint]:
    """What is wrong with the conversation: roles, content, and tool messages without their calls."""
    if not messages:
        yield Complaint(f"Invalid 'messages': {_EMPTY}", "messages", "empty_array")
    waiting: list[str] = []
    for index, message in enumerate(messages):
        where = f"messages[{index}]"
        if not isinstance(message, dict):
            text = f"Invalid type for '{where}': expected an object, but got something else instead."
            yield Complaint(text, where, "invalid_type")
            return
        role = message.get("role")
        if role not in _ROLES:
            text = (
                f"Invalid value: '{role}'. Supported values are: {', '.join(repr(name) for name in _ROLES)}."
            )
            yield Complaint(text, f"{where}.role", "invalid_value")
        if role == "tool":
            if message.get("tool_call_id") not in waiting:
                text = (
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message "
                    "with 'tool_calls'."
                )
                yield Complaint(text, f"{where}.role", None)
                return
            waiting.remove(message["tool_call_id"])
            continue
        if waiting:
            break
        yield from _content(message, where)
        waiting = [str(call.get("id")) for call in message.get("tool_calls") or () if isinstance(call, dict)]
    if waiting:
        text = (
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            "'tool_call_id'. The following tool_call_ids did not have response messages: "
        )
        yield Complaint(text + ", ".join(waiting), "messages", None)


def _content(message: dict[str, Any], where: str) -> Iterator[Complaint]:
    content = message.get("content")
    spoken = message.get("tool_calls") or message.get("function_call") or message.get("refusal")
    if content is None and not (message["role"] == "assistant" and (spoken or message.get("audio"))):
        text = f"Invalid value for 'content': expected a string, got null. ({where})"
        yield Complaint(text, f"{where}.content", "invalid_type")
    elif content is not None and not isinstance(content, (str, list)):
        text = f"Invalid type for '{where}.content': expected one of a string or array of objects instead."
        yield Complaint(text, f"{where}.content", "invalid_type")


def check_tools(fields: dict[str, Any]) -> Iterator[Complaint]:
    """What is wrong with the declared tools and the choice among them."""
    tools = fields.get("tools")
    if tools == []:
        yield Complaint(f"Invalid 'tools': {_EMPTY}", "tools", "empty_array")
    choice = fields.get("tool_choice")
    if choice is not None and choice != "none" and not tools:
        text = "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified."
        yield Complaint(text, "tool_choice", None)
    for index, tool in enumerate(tools or ()):
        name = tool.get("function", {}).get("name") if isinstance(tool, dict) else None
        if isinstance(tool, dict) and tool.get("type") == "function" and not isinstance(name, str):
            where = f"tools[{index}].function.name"
            yield Complaint(f"Missing required parameter: '{where}'.", where, "missing_required_parameter")
