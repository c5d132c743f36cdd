"""Takes out of a body sources without Anthropic's proof that it searched, before it goes to Claude.

Clients are shown the sources of other models in Anthropic's form, with an empty `encrypted_index`, and send
them back with the history. Claude would refuse the whole request.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from comity.dialects.anthropic_messages.citations import is_unproven
from comity.dialects.wire_json import read_request_object
from comity.exchange import Dropped, WireRequest

_EMPTY = re.compile(rb'"encrypted_index"\s*:\s*""')
_REASON = "only the model that cited these sources may read them again"


def without_unproven(wire: WireRequest) -> WireRequest:
    """The body without such sources; as it came where it holds none. Raises RequestError."""
    if _EMPTY.search(wire.body) is None:
        return wire
    members = read_request_object(wire.body)
    dropped: list[Dropped] = []
    messages = members.get("messages")
    for at, message in enumerate(messages if isinstance(messages, list) else ()):
        content = message.get("content") if isinstance(message, dict) else None
        for place, block in enumerate(content if isinstance(content, list) else ()):
            if isinstance(block, dict) and _cleaned(block):
                dropped.append(Dropped(f"messages[{at}].content[{place}].citations", _REASON))
    if not dropped:
        return wire
    return WireRequest(msgspec.json.encode(members), (*wire.dropped, *dropped), wire.answer, wire.headers)


def _cleaned(block: dict[str, Any]) -> bool:
    """Whether sources were taken out of the block."""
    listed = block.get("citations")
    if not isinstance(listed, list):
        return False
    proven = [one for one in listed if not is_unproven(one)]
    if len(proven) == len(listed):
        return False
    block["citations"] = proven
    if not proven:
        del block["citations"]
    return True
