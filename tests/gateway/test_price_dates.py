"""What is remembered of a decision holds no longer than the prices behind it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.config.test_load import GOOD, load

from comity.gateway.clock import Clock
from comity.gateway.decisions import Decisions
from comity.gateway.settings import Settings
from comity.intake.classify import CHAT
from comity.prices.tariff import nanoseconds
from comity.routing import Cause


def test_a_decision_is_made_anew_when_a_price_begins(tmp_path: Path) -> None:
    """A deployment whose first price begins in two days is unpriced until then, and no longer."""
    begins = datetime.now(UTC).date() + timedelta(days=2)
    row = "{cloud: azure, models: [gpt-5.5], contract: c, tiers: {standard: {input: 1}}, period: %s ..}"
    (tmp_path / "prices.yaml").write_text(f"prices: [{row % begins}]\n")
    text = GOOD.replace('    price: {input: 1.25, output: "10"}\n', "")
    settings = load(tmp_path, f"prices: [prices.yaml]\n{text}")
    assert isinstance(settings, Settings)
    clock = Clock()
    decided = Decisions(settings, clock).decide(settings.callers[0], settings.routes["gpt-5.5"], CHAT, {})
    (dropped,) = decided.shortlist.dropped
    assert dropped.cause is Cause.UNPRICED
    assert clock.at() < decided.until <= nanoseconds(begins) * 1e-9 + 1
