"""A journal as gateways would have written it: some customers, models and clouds, over thirty days."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from comity.exchange import Usage
from comity.ledger import (
    Attempted,
    AttemptOutcome,
    Decision,
    DroppedCandidate,
    EntryOutcome,
    Judged,
    PackedReserved,
    Settled,
    encode_record,
    new_entry_id,
    pack,
    settle,
)
from comity.ledger.frames import encode_frame
from comity.ledger.segments import SegmentWriter
from comity.money import Money

CUSTOMERS = 50
MODELS = 10
DAYS = 30
FIRST = 1_772_323_200_000_000_000
"""2026-03-01T00:00:00Z in unix nanoseconds."""
_CLOUDS = (("azure", "swedencentral"), ("aws", "eu-central-1"), ("google", "europe-west4"))
_DAY = 86_400 * 1_000_000_000
_FAILS = 100
"""Every so many-th entry falls back to a second cloud."""

Records = tuple[PackedReserved, list[Attempted], Settled]


def decisions() -> list[Decision]:
    """One for each customer and model, as a gateway makes them."""
    names = [f"{cloud}-1" for cloud, _ in _CLOUDS]
    return [
        Decision(
            caller=f"app-{customer}",
            route=f"model-{model}",
            dialect="openai.chat",
            facts={"customer": f"customer-{customer}", "product": "support", "team": f"team-{customer % 7}"},
            workload={"surface": "api", "data": "confidential", "state": "stateless", "actor": "acme"},
            verdicts=tuple(
                Judged(name, "permitted", 12, 0, 0, 4095, 4095, ("2026a.host",)) for name in names[:2]
            ),
            dropped=(DroppedCandidate(names[2], "contract", ("2026a.place",), "prohibited", "cloud=google"),),
            book="ab" * 32,
            decided_at=FIRST,
            targets={
                name: {"cloud": cloud, "region": frozenset({region}), "model": f"model-{model}"}
                for name, (cloud, region) in zip(names, _CLOUDS, strict=True)
            },
        )
        for customer in range(CUSTOMERS)
        for model in range(MODELS)
    ]


def entries(number: int, first: int = 0, of: int = 0) -> Iterator[Records]:
    """`number` entries from the `first`, of a month that has `of`."""
    packed = [pack(decision) for decision in decisions()]
    step = DAYS * _DAY // max(of, number)
    for place in range(first, first + number):
        at = FIRST + place * step
        entry = new_entry_id(at)
        kind = place * 7 % len(packed)
        failed = place % _FAILS == 0
        attempts = [_attempt(entry, at, 1, place, failed=failed)]
        if failed:
            attempts.append(_attempt(entry, at + 50_000_000, 2, place, failed=False))
        reserved = PackedReserved(entry, at, packed[kind], False, 250, 400)
        yield reserved, attempts, settle(entry, EntryOutcome.SERVED, 200, attempts, at + 900_000_000)


def _attempt(entry: bytes, at: int, number: int, place: int, *, failed: bool) -> Attempted:
    cloud, region = _CLOUDS[(place + number) % 2]
    return Attempted(
        entry,
        number,
        f"{cloud}-1",
        f"{cloud}-1",
        cloud,
        frozenset((region,)),
        at,
        None if failed else at + 300_000_000,
        at + 800_000_000,
        AttemptOutcome.FAILED if failed else AttemptOutcome.SERVED,
        503 if failed else 200,
        "overloaded" if failed else "",
        "",
        None if failed else Usage(input=200 + place % 100, cached_read=50, output=place % 400),
        False,
        None if failed else Money(Decimal(place % 9973).scaleb(-6), "USD"),
        "not_charged" if failed else "",
        (),
        f"req-{place}",
        "",
        "" if failed else "standard",
        "",
        "" if failed else "terms-1",
    )


def write_journal(folder: Path, number: int, first: int = 0, of: int = 0) -> None:
    """A journal of these entries, as one writer leaves it; what was in the folder is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    writer = SegmentWriter(folder)
    batch = bytearray()
    for reserved, attempts, settled in entries(number, first, of):
        for record in (reserved, *attempts, settled):
            batch += encode_frame(encode_record(record))
        if len(batch) > 1 << 20:
            writer.write(batch)
            batch = bytearray()
    writer.write(batch)
    writer.close()
