"""What OpenAI's chat completions refuse: parameters by a schema of our own, then rules between messages.

Written from the public documentation. It does not know which parameters a given model supports, except that
reasoning models refuse sampling.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from comity.simulator.chat_parameters import check_combinations, check_parameter, check_reasoning
from comity.simulator.chat_turns import check_messages, check_tools
from comity.simulator.complaint import Complaint


def check_chat(body: bytes, *, reasoning: bool) -> Complaint | None:
    """The first complaint about a request body, or None; `reasoning` models refuse sampling parameters."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return Complaint("We could not parse the JSON body of your request.", None, None)
    if not isinstance(fields, dict):
        return Complaint("We could not parse the JSON body of your request.", None, None)
    for name in ("model", "messages"):
        if name not in fields:
            return Complaint(f"Missing required parameter: '{name}'.", name, "missing_required_parameter")
    return next(_complaints(fields, reasoning=reasoning), None)


def _complaints(fields: dict[str, Any], *, reasoning: bool) -> Iterator[Complaint]:
    for name, value in fields.items():
        yield from check_parameter(name, value)
    yield from check_combinations(fields)
    if reasoning:
        yield from check_reasoning(fields)
    yield from check_messages(fields["messages"])
    yield from check_tools(fields)
