"""Takes out of a body what another model signed, before it goes to Claude untranslated.

A client that spoke with another model through the gateway sends that model's thoughts back with the history,
wrapped with their origin. Claude would refuse them.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.provenance import WRAPPED, strip_ids, unwrap

_WRAPPED = WRAPPED.encode()


def without_foreign(body: bytes) -> bytes:
    """The body without thoughts and signatures of other models; itself when it holds none."""
    body = strip_ids(body)
    if _WRAPPED not in body:
        return body
    members: dict[str, Any] = msgspec.json.decode(body)
    for message in members.get("messages") or ():
        if isinstance(message, dict) and isinstance(message.get("content"), list):
            message["content"] = [block for block in message["content"] if not _is_foreign(block)]
    return msgspec.json.encode(members)


def _is_foreign(block: object) -> bool:
    if not isinstance(block, dict):
        return False
    name = {"thinking": "signature", "redacted_thinking": "data"}.get(str(block.get("type")))
    text = None if name is None else block.get(name)
    return isinstance(text, str) and unwrap(text) is not None
