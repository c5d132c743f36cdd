"""Ledger records and settings of a small demo, for the tests of its story."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from comity.cli.demo.cast import product
from comity.cli.demo.setting import Addresses, write_setting
from comity.cli.demo.stage import books_folder
from comity.config import load_settings
from comity.exchange import Usage
from comity.gateway.settings import Settings
from comity.intake.classify import CHAT
from comity.ledger import Asked, Attempted, AttemptOutcome, DroppedCandidate, Fact, Judged, Refused, Reserved
from comity.money import Money

MARCH = "2026-03-18"
SECOND = 1_000_000_000

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


def make_asked(
    number: int, caller: str, date: str = MARCH, dropped: tuple[DroppedCandidate, ...] = ()
) -> Asked:
    """What one product asked."""
    workload = {**CHAT.facts, **product(caller).facts}
    facts: dict[str, Fact] = {
        name: value for name, value in workload.items() if isinstance(value, str | bool)
    }
    return Asked(
        entry=number.to_bytes(16, "big"),
        at=number,
        caller=caller,
        route=product(caller).model,
        dialect="openai.chat",
        workload=facts,
        dropped=dropped,
        decided_at=moment(date),
    )


def make_reserved(asked: Asked, *verdicts: Judged) -> Reserved:
    """An accepted request."""
    return Reserved(asked, tuple(verdict.deployment for verdict in verdicts), verdicts)


def make_refused(asked: Asked, cause: str) -> Refused:
    """A refused request."""
    return Refused(asked, 451, cause)


def make_attempt(
    asked: Asked,
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
