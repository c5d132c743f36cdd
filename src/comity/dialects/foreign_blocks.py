"""Takes out of a body what another model signed, before it goes untranslated to a model that would refuse it.

A client that spoke with another model through the gateway sends that model's thoughts back with the history,
wrapped with their origin. What goes is told, as a translation would tell it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from comity.dialects.losses import FOREIGN_REASON
from comity.dialects.provenance import WRAPPED, strip_ids
from comity.errors import RequestError
from comity.exchange import Dropped, WireRequest

_WRAPPED = WRAPPED.encode()


def without_foreign(body: bytes, is_foreign: Callable[[object], bool]) -> WireRequest:
    """The body without blocks of other models in its messages; as it came where it holds none.

    Raises RequestError where it must be read for that and cannot be.
    """
    body = strip_ids(body)
    if _WRAPPED not in body:
        return WireRequest(body)
    try:
        members: dict[str, Any] = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise RequestError(f"the body is not JSON: {error}") from error
    dropped: list[Dropped] = []
    messages = members.get("messages")
    for at, message in enumerate(messages if isinstance(messages, list) else ()):
        if isinstance(message, dict) and isinstance(message.get("content"), list):
            kept = []
            for place, block in enumerate(message["content"]):
                if is_foreign(block):
                    dropped.append(Dropped(f"messages[{at}].content[{place}]", FOREIGN_REASON))
                else:
                    kept.append(block)
            message["content"] = kept
    return WireRequest(msgspec.json.encode(members), tuple(dropped)) if dropped else WireRequest(body)
