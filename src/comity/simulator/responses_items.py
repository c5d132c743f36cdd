"""The items of a Responses input: which members each kind needs, and what its content may hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from comity.simulator.complaint import Complaint

_NEEDED: dict[str, tuple[str, ...]] = {
    "message": ("role", "content"),
    "function_call": ("call_id", "name", "arguments"),
    "function_call_output": ("call_id", "output"),
    "reasoning": ("id", "summary"),
    "item_reference": ("id",),
    "custom_tool_call": ("call_id", "name", "input"),
    "custom_tool_call_output": ("call_id", "output"),
    "compaction": ("encrypted_content",),
}
_ALLOWED: dict[str, frozenset[str]] = {
    "message": frozenset({"type", "id", "role", "content", "status", "phase"}),
    "function_call": frozenset(
        {"type", "id", "call_id", "name", "arguments", "status", "namespace", "caller"}
    ),
    "function_call_output": frozenset({"type", "id", "call_id", "output", "status", "name", "namespace"}),
    "reasoning": frozenset({"type", "id", "summary", "content", "encrypted_content", "status"}),
}
_HOSTED = frozenset(
    {
        "apply_patch_call",
        "apply_patch_call_output",
        "code_interpreter_call",
        "computer_call",
        "computer_call_output",
        "file_search_call",
        "image_generation_call",
        "local_shell_call",
        "local_shell_call_output",
        "mcp_approval_request",
        "mcp_approval_response",
        "mcp_call",
        "mcp_list_tools",
        "shell_call",
        "shell_call_output",
        "tool_search_call",
        "tool_search_output",
        "web_search_call",
    }
)
_ROLES = ("user", "assistant", "system", "developer")
_INPUTS: dict[str, tuple[str, ...]] = {
    "input_text": ("text",),
    "input_image": (),
    "input_file": (),
    "input_audio": ("input_audio",),
}
_OUTPUTS: dict[str, tuple[str, ...]] = {"output_text": ("text", "annotations"), "refusal": ("refusal",)}
_LONGEST_ID = 64


def check_item(item: Any, where: str) -> Iterator[Complaint]:
    """What is wrong with one item by itself."""
    if not isinstance(item, dict):
        yield Complaint(f"Invalid type for '{where}': expected an object.", where, "invalid_type")
        return
    kind = item.get("type", "message")
    if kind not in _NEEDED and kind not in _HOSTED:
        yield Complaint(f"Invalid value: '{kind}'.", f"{where}.type", "invalid_value")
        return
    for name in _NEEDED.get(kind, ()):
        if item.get(name) is None:
            place = f"{where}.{name}"
            yield Complaint(f"Missing required parameter: '{place}'.", place, "missing_required_parameter")
    for name in item:
        if name not in _ALLOWED.get(kind, item):
            yield Complaint(f"Unknown parameter: '{where}.{name}'.", f"{where}.{name}", "unknown_parameter")
    if len(str(item.get("call_id", ""))) > _LONGEST_ID:
        text = f"Invalid '{where}.call_id': string too long. Expected a string with maximum length 64."
        yield Complaint(text, f"{where}.call_id", "string_above_max_length")
    yield from _content(item, kind, where)


def _content(item: dict[str, Any], kind: str, where: str) -> Iterator[Complaint]:
    if kind == "message":
        if item["role"] not in _ROLES:
            yield Complaint(f"Invalid value: '{item['role']}'.", f"{where}.role", "invalid_value")
        allowed = _OUTPUTS if item["role"] == "assistant" else _INPUTS
        yield from _parts(item["content"], f"{where}.content", allowed)
    elif kind == "function_call_output":
        yield from _parts(item["output"], f"{where}.output", _INPUTS)


def _parts(content: Any, where: str, allowed: dict[str, tuple[str, ...]]) -> Iterator[Complaint]:
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        yield Complaint(f"Invalid type for '{where}': expected a string or an array.", where, "invalid_type")
        return
    for index, part in enumerate(content):
        place = f"{where}[{index}]"
        kind = part.get("type") if isinstance(part, dict) else None
        if kind not in allowed:
            known = ", ".join(f"'{name}'" for name in allowed)
            text = f"Invalid value: '{kind}'. Supported values are: {known}."
            yield Complaint(text, f"{place}.type", "invalid_value")
            continue
        for name in allowed[kind]:
            if part.get(name) is None:
                text = f"Missing required parameter: '{place}.{name}'."
                yield Complaint(text, f"{place}.{name}", "missing_required_parameter")
