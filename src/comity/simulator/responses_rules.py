"""What OpenAI's Responses API refuses: parameters, items and what belongs together among them.

Written from the public schema and documentation. It keeps nothing, so every id of something kept is unknown,
and encrypted reasoning is read only by the account that wrote it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from comity.simulator.complaint import Complaint
from comity.simulator.responses_items import check_item
from comity.simulator.responses_parameters import check_parameter

_CHECK = 12


def check_responses(body: bytes, *, account: str, reasoning: bool) -> Complaint | None:
    """The first complaint about a request body, or None; `account` is whose encrypted reasoning is read."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        return Complaint("We could not parse the JSON body of your request.", None, None)
    for name in ("model", "input"):
        if fields.get(name) is None:
            return Complaint(f"Missing required parameter: '{name}'.", name, "missing_required_parameter")
    return next(_complaints(fields, account, reasoning=reasoning), None)


def write_encrypted(account: str, identity: str) -> str:
    """Encrypted reasoning that only `account` can read."""
    known = identity.encode()
    return "gAAAAAB" + base64.urlsafe_b64encode(_seal(account, known) + known).decode()


def _seal(account: str, known: bytes) -> bytes:
    return hashlib.blake2b(known, key=account.encode()[:64], digest_size=_CHECK).digest()


def _reads(account: str, text: str) -> bool:
    try:
        data = base64.urlsafe_b64decode(text.removeprefix("gAAAAAB"))
    except (binascii.Error, ValueError):
        return False
    return data[:_CHECK] == _seal(account, data[_CHECK:])


def _complaints(fields: dict[str, Any], account: str, *, reasoning: bool) -> Iterator[Complaint]:
    for name, value in fields.items():
        yield from check_parameter(name, value)
    yield from _kept(fields)
    if reasoning:
        yield from _sampling(fields)
    elif "reasoning.encrypted_content" in (fields.get("include") or ()):
        text = "Encrypted content is not supported with this model."
        yield Complaint(text, "include", None)
    items = fields["input"]
    if isinstance(items, list):
        if not items:
            text = "Invalid 'input': empty array. Expected an array with minimum length 1."
            yield Complaint(text, "input", "empty_array")
        yield from _items(items, account, kept=fields.get("store") is not False)
    choice = fields.get("tool_choice")
    if choice not in (None, "none", "auto") and not fields.get("tools"):
        text = "Tool choices other than 'auto' and 'none' are only allowed when tools are specified."
        yield Complaint(text, "tool_choice", None)


def _kept(fields: dict[str, Any]) -> Iterator[Complaint]:
    before = fields.get("previous_response_id")
    if before is not None:
        text = f"Previous response with id '{before}' not found."
        yield Complaint(text, "previous_response_id", "previous_response_not_found")
    if fields.get("conversation") is not None:
        yield Complaint("Conversation not found.", "conversation", "not_found")
    if fields.get("stream_options") is not None and not fields.get("stream"):
        text = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        yield Complaint(text, "stream_options", None)


def _sampling(fields: dict[str, Any]) -> Iterator[Complaint]:
    for name in ("temperature", "top_p", "top_logprobs"):
        if fields.get(name) not in {None, 1, 0}:
            text = f"Unsupported parameter: '{name}' is not supported with this model."
            yield Complaint(text, name, "unsupported_parameter")


def _items(items: list[Any], account: str, *, kept: bool) -> Iterator[Complaint]:
    called: set[str] = set()
    answered: set[str] = set()
    for index, item in enumerate(items):
        where = f"input[{index}]"
        yield from check_item(item, where)
        kind = item.get("type", "message")
        if kind == "function_call":
            called.add(item["call_id"])
        elif kind == "function_call_output":
            if item["call_id"] not in called:
                text = f"No tool call found for function call output with call_id {item['call_id']}."
                yield Complaint(text, "input", None)
            answered.add(item["call_id"])
        elif kind == "item_reference" or (kind == "reasoning" and not item.get("encrypted_content")):
            keeping = "" if kept else " Items are not persisted when `store` is set to false."
            yield Complaint(f"Item with id '{item.get('id')}' not found.{keeping}", "input", None)
        elif kind == "reasoning" and not _reads(account, item["encrypted_content"]):
            text = f"The encrypted content for item {item.get('id')} could not be verified."
            yield Complaint(text, None, "invalid_encrypted_content")
    for missing in sorted(called - answered):
        yield Complaint(f"No tool output found for function call {missing}.", "input", None)
