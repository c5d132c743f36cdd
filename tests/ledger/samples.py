"""Entries to record in tests, with plausible values."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from comity.exchange import Usage
from comity.ledger import (
    Asked,
    Attempted,
    AttemptOutcome,
    Decision,
    DroppedCandidate,
    EntryOutcome,
    Judged,
    Record,
    Refused,
    Reserved,
    encode_record,
    new_entry_id,
    settle,
)
from comity.ledger.frames import encode_frame
from comity.ledger.segments import SegmentWriter
from comity.money import Money
from comity.prices import Band, Terms, tariff_of, with_id

NOW = 1_773_792_000_000_000_000
"""2026-03-18T00:00:00Z in unix nanoseconds."""
_BAND = Band({"input": Decimal("1.25"), "output": Decimal(10)})
TARIFF = tariff_of([with_id(Terms(cloud="azure", models=("gpt-5.5",), currency="USD", bands=(_BAND,)))])
"""What a deployment charges."""


def make_decision(planned: tuple[str, ...] = ("azure-swe", "azure-fra"), **changes: Any) -> Decision:
    """A decision that lets `planned` serve; `changes` replaces fields."""
    decision = Decision(
        caller="support-bot",
        route="gpt-5.5",
        dialect="openai.chat",
        facts={"customer": "acme", "product": "support"},
        workload={"surface": "api", "personal": True, "seats": 12, "tags": frozenset({"b", "a"})},
        verdicts=tuple(Judged(name, "disputed", 12, 1, 3, 4092, 4094, ("2026a.host",)) for name in planned),
        dropped=(
            DroppedCandidate("bedrock-eu", "contract", ("2026a.stateless",), "prohibited", "cloud=aws"),
        ),
        book="ab" * 32,
        decided_at=NOW,
    )
    return msgspec.structs.replace(decision, **changes)


def make_reserved(planned: tuple[str, ...] = ("azure-swe", "azure-fra"), **changes: Any) -> Reserved:
    """A reservation; `changes` replaces fields of it or of its decision."""
    of_decision = {name: changes.pop(name) for name in Decision.__struct_fields__ if name in changes}
    reserved = Reserved(
        new_entry_id(NOW), NOW, make_decision(planned, **of_decision), input_estimate=100, output_limit=50
    )
    return msgspec.structs.replace(reserved, **changes)


def make_refused(**changes: Any) -> Refused:
    """A refusal by contract; `changes` replaces fields of it or of its decision."""
    asked = make_reserved((), **changes)
    shared = {name: getattr(asked, name) for name in Asked.__struct_fields__}
    return Refused(
        **shared, status=451, cause="contract", clauses=("2026a.stateless",), message="no cloud may"
    )


def make_attempt(entry: bytes, number: int = 1, **changes: Any) -> Attempted:
    """An attempt that was served and costs 0.000325 USD; `changes` replaces fields."""
    attempt = Attempted(
        entry=entry,
        number=number,
        deployment="azure-swe",
        answered_by="azure-swe",
        cloud="azure",
        region=frozenset({"swedencentral"}),
        started=NOW,
        first_byte=NOW + 300,
        ended=NOW + 900,
        outcome=AttemptOutcome.SERVED,
        status=200,
        usage=Usage(input=100, output=20),
        cost=Money(Decimal("0.000325"), "USD"),
        dropped_parameters=("logit_bias",),
        provider_request="req-1",
    )
    return msgspec.structs.replace(attempt, **changes)


def make_entry(**changes: Any) -> list[Record]:
    """A served entry: its three records; `changes` replaces fields of what was asked."""
    reserved = make_reserved(**changes)
    attempt = make_attempt(reserved.entry)
    settled = settle(reserved.entry, EntryOutcome.SERVED, 200, [attempt], at=NOW + 1000)
    return [reserved, attempt, settled]


def frames_of(records: list[Record]) -> bytes:
    """The records as they stand in a segment."""
    return b"".join(encode_frame(encode_record(record)) for record in records)


@contextmanager
def nobody() -> Iterator[None]:
    """Without root's rights, which no file mode stops."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def write_segment(folder: Path, data: bytes | list[Record]) -> Path:
    """A segment of a writer that is gone, and where it is."""
    before = set(folder.glob("*.journal"))
    writer = SegmentWriter(folder)
    writer.write(data if isinstance(data, bytes) else frames_of(data))
    writer.close()
    (segment,) = set(folder.glob("*.journal")) - before
    return segment
