"""Reservations and refusals whose decision stays packed: for the many records that share one decision.

The gateway encodes a decision once and copies its bytes into each record; folding reads the same bytes once.
On disk there is no difference to `Reserved` and `Refused`: same tags, same fields, same order.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from comity.ledger.entry import Attempted, Corrected, Decision, DroppedCandidate, Settled
from comity.money import Money


class PackedReserved(msgspec.Struct, frozen=True, array_like=True, tag=1, gc=False):
    """A `Reserved`, field by field."""

    entry: bytes
    """As in `Reserved`."""
    at: int
    """As in `Reserved`."""
    decision: msgspec.Raw
    """The bytes of the decision."""
    stream: bool = False
    """As in `Reserved`."""
    input_estimate: int = 0
    """As in `Reserved`."""
    output_limit: int | None = None
    """As in `Reserved`."""
    request_hash: bytes | None = None
    """As in `Reserved`."""
    order: tuple[str, ...] = ()
    """As in `Reserved`."""
    skipped: tuple[DroppedCandidate, ...] = ()
    """As in `Reserved`."""
    held: Money | None = None
    """As in `Reserved`."""


class PackedRefused(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """A `Refused`, field by field."""

    entry: bytes
    """As in `Refused`."""
    at: int
    """As in `Refused`."""
    decision: msgspec.Raw
    """The bytes of the decision."""
    stream: bool = False
    """As in `Refused`."""
    input_estimate: int = 0
    """As in `Refused`."""
    output_limit: int | None = None
    """As in `Refused`."""
    request_hash: bytes | None = None
    """As in `Refused`."""
    status: int = 0
    """As in `Refused`."""
    cause: str = ""
    """As in `Refused`."""
    clauses: tuple[str, ...] = ()
    """As in `Refused`."""
    message: str = ""
    """As in `Refused`."""


Packed: TypeAlias = PackedReserved | Attempted | Settled | PackedRefused | Corrected
"""One frame of the journal, its decision unread."""

_ENCODER = msgspec.msgpack.Encoder()
_PACKED: msgspec.msgpack.Decoder[Packed] = msgspec.msgpack.Decoder(Packed)
_DECISION = msgspec.msgpack.Decoder(Decision)

decode_packed = _PACKED.decode
"""The record behind its bytes, its decision unread; raises like `decode_record`."""

unpack = _DECISION.decode
"""The decision behind its bytes; raises like `decode_record`."""


def pack(decision: Decision) -> msgspec.Raw:
    """The bytes of a decision, for records that share it."""
    return msgspec.Raw(_ENCODER.encode(decision))
