"""Whatever a journal may hold: entries of every sort, in any order, said once or twice, by many writers."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
from hypothesis import strategies as st
from tests.ledger.samples import NOW, make_attempt, make_refused, make_reserved, write_segment

from comity.exchange import Usage
from comity.ledger import (
    Attempted,
    AttemptOutcome,
    Corrected,
    EntryOutcome,
    Record,
    new_entry_id,
    settle,
)
from comity.ledger.sums import DAY
from comity.money import Money

_CUSTOMERS = st.sampled_from(["acme", "globex", "umbrella\0"])
_MOMENTS = st.integers(-3 * DAY, 3 * DAY).map(lambda step: NOW + step)
"""Clocks step back and forth."""
_COSTS = st.none() | st.builds(
    Money,
    st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=0, max_value=10**6),
    st.sampled_from(["USD", "EUR"]),
)
_USAGES = st.none() | st.builds(Usage, input=st.integers(0, 10**6), output=st.integers(0, 10**6))


class Story(msgspec.Struct, frozen=True):
    """What happened to one request, and how its records lie in journals."""

    records: tuple[Record, ...]
    """Its records, in the order in which they are written."""
    places: tuple[int, ...]
    """For each record, the segment in which it stands."""


@st.composite
def stories(draw: st.DrawFn, segments: int = 3) -> Story:
    """One entry: served, fallen back, refused, left open, corrected; complete, torn apart or said twice."""
    customer, at = draw(_CUSTOMERS), draw(_MOMENTS)
    facts = {"customer": customer, "product": draw(st.sampled_from(["support", "search"]))}
    route = draw(st.sampled_from(["gpt-5.5", "claude\0"]))
    records: list[Record]
    if draw(st.integers(0, 5)) == 0:
        records = [make_refused(at=at, facts=facts, route=route)]
    else:
        reserved = make_reserved(at=at, facts=facts, route=route, held=draw(_COSTS))
        attempts = [
            _attempt(draw, reserved.entry, number) for number in range(1, draw(st.integers(0, 2)) + 2)
        ]
        records = [reserved, *attempts]
        if draw(st.integers(0, 5)):
            records.append(settle(reserved.entry, EntryOutcome.SERVED, 200, attempts, at=at + 5))
        if draw(st.integers(0, 3)) == 0:
            delta = Money(Decimal(draw(st.integers(-5, 5))), "USD")
            records.append(Corrected(new_entry_id(at), reserved.entry, 1, at + DAY, "x", "why\0", delta))
    apart = draw(st.booleans())
    place = draw(st.integers(0, segments - 1))
    places = [draw(st.integers(0, segments - 1)) if apart else place for _ in records]
    if draw(st.integers(0, 5)) == 0:
        records, places = records * 2, [*places, *(draw(st.integers(0, segments - 1)) for _ in places)]
    return Story(tuple(records), tuple(places))


def _attempt(draw: st.DrawFn, entry: bytes, number: int) -> Attempted:
    cost = draw(_COSTS)
    where = draw(st.sampled_from(["azure", "aws"]))
    return make_attempt(
        entry,
        number,
        started=draw(_MOMENTS),
        cost=cost,
        unrated="" if cost else draw(st.sampled_from(["unpriced", "not_charged"])),
        usage=draw(_USAGES),
        cloud=where,
        answered_by=f"{where}-1",
        outcome=draw(st.sampled_from(list(AttemptOutcome))),
        estimated=draw(st.booleans()),
        tier=draw(st.sampled_from(["", "priority"])),
        list_cost=draw(_COSTS),
    )


def write_stories(folders: list[Path], told: list[Story], per_folder: int) -> None:
    """Writes the stories' records into the segments of several folders."""
    segments: list[list[Record]] = [[] for _ in range(len(folders) * per_folder)]
    for story in told:
        for record, place in zip(story.records, story.places, strict=True):
            segments[place].append(record)
    for number, records in enumerate(segments):
        folders[number // per_folder].mkdir(parents=True, exist_ok=True)
        write_segment(folders[number // per_folder], records)
