"""Ledger records and settings of a small demo, for the tests of its story."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec

from comity.cli.demo.cast import PLACES, product
from comity.cli.demo.setting import Addresses, write_setting
from comity.cli.demo.stage import books_folder
from comity.config import load_settings
from comity.exchange import Usage
from comity.gateway.settings import Settings
from comity.intake.classify import CHAT
from comity.ledger import (
    Attempted,
    AttemptOutcome,
    Decision,
    DroppedCandidate,
    Fact,
    Judged,
    Refused,
    Reserved,
)
from comity.money import Money

MARCH = "2026-03-18"
SECOND = 1_000_000_000

TARGETS: dict[str, dict[str, Fact]] = {
    place.id: {"cloud": place.cloud, "region": frozenset(place.region), "model": place.model, **place.facts}
    for place in PLACES
}
"""The facts of the demo's deployments, as the gateway records them."""

URLS = Addresses(
    {
        "azure": "http://127.0.0.1:1",
        "aws": "http://127.0.0.1:2",
        "aws-eu": "http://127.0.0.1:3",
        "google": "http://127.0.0.1:4",
        "llama": "http://127.0.0.1:5",
    }
)


def make_settings(folder: Path) -> Settings:
    """The demo's own configuration, loaded."""
    return load_settings(write_setting(folder, books_folder(), URLS, "ledger", 0))


def moment(date: str) -> int:
    """Noon of a date, in unix nanoseconds."""
    return int(datetime.fromisoformat(f"{date}T12:00").replace(tzinfo=UTC).timestamp()) * SECOND


class Ask(msgspec.Struct, frozen=True):
    """What one product asked, before it was accepted or refused."""

    entry: bytes
    """Entry id."""
    caller: str
    """Caller id."""
    date: str
    """The day that contracts were asked about."""
    dropped: tuple[DroppedCandidate, ...]
    """Candidates that were not planned."""

    @property
    def workload(self) -> dict[str, Fact]:
        """The facts that were judged."""
        facts = {**CHAT.facts, **product(self.caller).facts}
        return {name: value for name, value in facts.items() if isinstance(value, str | bool)}

    def decision(self, *verdicts: Judged) -> Decision:
        """What contracts said."""
        return Decision(
            caller=self.caller,
            route=product(self.caller).model,
            dialect="openai.chat",
            workload=self.workload,
            verdicts=verdicts,
            dropped=tuple(one for one in self.dropped if one.cause != "cooling"),
            decided_at=moment(self.date),
            targets=TARGETS,
        )


def make_asked(
    number: int, caller: str, date: str = MARCH, dropped: tuple[DroppedCandidate, ...] = ()
) -> Ask:
    """What one product asked."""
    return Ask(number.to_bytes(16, "big"), caller, date, dropped)


def make_reserved(asked: Ask, *verdicts: Judged) -> Reserved:
    """An accepted request."""
    skipped = tuple(one for one in asked.dropped if one.cause == "cooling")
    return Reserved(entry=asked.entry, at=1, decision=asked.decision(*verdicts), skipped=skipped)


def make_refused(asked: Ask, cause: str) -> Refused:
    """A refused request."""
    return Refused(entry=asked.entry, at=1, decision=asked.decision(), status=451, cause=cause)


def make_attempt(
    asked: Ask,
    deployment: str,
    cloud: str,
    outcome: AttemptOutcome = AttemptOutcome.SERVED,
    *,
    number: int = 1,
    at: int = SECOND,
    cost: str | None = "0.5",
) -> Attempted:
    """One try."""
    served = outcome is AttemptOutcome.SERVED
    return Attempted(
        entry=asked.entry,
        number=number,
        deployment=deployment,
        answered_by=deployment,
        cloud=cloud,
        region=frozenset(),
        started=at,
        first_byte=at if served else None,
        ended=at,
        outcome=outcome,
        usage=Usage(input=10, cached_read=5, output=3) if served else None,
        cost=Money(Decimal(cost), "USD") if served and cost is not None else None,
    )
