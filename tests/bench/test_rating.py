"""What the rating benchmark measures is what it says."""

from __future__ import annotations

import time

from bench.rating import LARGE, SMALL, measured, tariff

from comity.prices import Rated


def test_the_tariffs_are_what_the_table_says() -> None:
    """A flat price; and tiers, sizes and a negotiated price beside a list price."""
    now = time.time_ns()
    flat, full = tariff(dated=False), tariff(dated=True)
    cheap, dear = flat.rate(SMALL, "", now), full.rate(LARGE, "", now)
    assert isinstance(cheap, Rated)
    assert isinstance(dear, Rated)
    assert dear.cost.amount == 2 * (LARGE.total * flat.every_terms()[0].bands[0].rates["input"]) / 1_000_000
    assert dear.terms.startswith("acme/1:")
    slot = full.slot("", now)
    assert getattr(slot, "listed", None) is not None
    assert len(full.tiers) == 5


def test_a_call_takes_some_time() -> None:
    """Microseconds, and not none."""
    assert 0 < measured(lambda: None) < 1_000
