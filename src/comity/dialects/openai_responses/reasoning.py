"""Reasoning items, both ways: summaries, raw thoughts, and what only an origin can read.

One item may hold several texts: they are blocks of the hub with one id, and the item's encrypted content is
the signature of the last. What another origin made comes and goes in an envelope.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from comity.dialects.openai_responses.envelope import Sealed, seal, unseal
from comity.dialects.openai_responses.shapes import Item, WireReasoningItem
from comity.exchange import Opaque, Reasoning


def read_reasoning(wire: WireReasoningItem, origin: str) -> list[Reasoning | Opaque]:
    """The blocks of a reasoning item; `origin` made its encrypted content unless an envelope says who."""
    sealed = unseal(wire.encrypted_content or "")
    if sealed is not None and sealed.kind is not None:
        return [Opaque(sealed.kind, sealed.wire, sealed.origin)]
    maker = origin if sealed is None else sealed.origin
    signature = wire.encrypted_content if sealed is None else sealed.signature
    redacted = None if sealed is None else sealed.redacted
    blocks = [Reasoning(text.text, origin=maker, id=wire.id, form="summary") for text in wire.summary or ()]
    blocks += [Reasoning(text.text, origin=maker, id=wire.id, form="raw") for text in wire.content or ()]
    if not blocks:
        blocks = [Reasoning(origin=maker, id=wire.id)]
    blocks[-1] = msgspec.structs.replace(blocks[-1], signature=signature or None, redacted=redacted)
    return list(blocks)


def same_item(before: Reasoning, block: Reasoning) -> bool:
    """Whether `block` stands in the item of the block before it."""
    return block.id is not None and block.id == before.id and not _closed(before)


def write_reasoning(blocks: Sequence[Reasoning], identity: str, encrypted: str | None) -> Item:
    """The item of blocks that belong together."""
    item: Item = {"id": identity, "type": "reasoning", "summary": summary_of(blocks)}
    raw = [{"type": "reasoning_text", "text": block.text} for block in blocks if block.form == "raw"]
    if raw:
        item["content"] = raw
    if encrypted is not None:
        item["encrypted_content"] = encrypted
    return item


def summary_of(blocks: Iterable[Reasoning]) -> list[dict[str, Any]]:
    """The member `summary`; thinking of no said form counts as one."""
    return [
        {"type": "summary_text", "text": block.text} for block in blocks if block.form != "raw" and block.text
    ]


def seal_reasoning(block: Reasoning) -> str | None:
    """The envelope of what only the block's origin can read; None when there is nothing of it."""
    if block.signature is None and block.redacted is None:
        return None
    return seal(Sealed(block.origin, block.signature, block.redacted))


def seal_block(block: Opaque, identity: str) -> Item:
    """A reasoning item that carries another origin's block."""
    return write_reasoning((), identity, seal(Sealed(block.origin, kind=block.kind, wire=block.wire)))


def _closed(block: Reasoning) -> bool:
    return block.signature is not None or block.redacted is not None
