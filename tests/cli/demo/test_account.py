"""The story's numbers come from the ledger alone, and every attempt is decided once more."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from tests.cli.demo.samples import (
    MARCH,
    SECOND,
    make_asked,
    make_attempt,
    make_refused,
    make_reserved,
    make_settings,
)

from comity.cli.demo.account import Bar, answers, decide_again, restricting, tell
from comity.gateway.settings import Settings
from comity.ledger import AttemptOutcome, DroppedCandidate, EntryOutcome, Judged, Record, settle

OUTAGE = 10 * SECOND
AZURE = Judged("azure-global", "permitted")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The demo's configuration."""
    return make_settings(tmp_path_factory.mktemp("demo"))


def barred(deployment: str, cause: str = "prohibited") -> DroppedCandidate:
    """A candidate that was dropped."""
    return DroppedCandidate(deployment, cause, (), "prohibited" if cause == "cooling" else cause)


def test_served_request_is_counted_once_everywhere(settings: Settings) -> None:
    """Request, tokens, money and the kept-away candidate of one entry."""
    asked = make_asked(1, "gpt-api", dropped=(barred("bedrock-us"),))
    attempt = make_attempt(asked, "azure-global", "azure")
    settled = settle(asked.entry, EntryOutcome.SERVED, 200, [attempt], at=2)
    chapter = tell(MARCH, [make_reserved(asked, AZURE), attempt, settled], settings, OUTAGE)
    assert chapter.asked == {"gpt-api": 1}
    assert chapter.served == {("gpt-api", "azure-global"): 1}
    assert chapter.bars == {Bar("gpt-api", "bedrock-us", "prohibited"): 1}
    spent = chapter.spent["azure"]
    assert (spent.requests, spent.prompt, spent.completion, spent.cost) == (1, 15, 3, Decimal("0.5"))
    assert (chapter.unsettled, chapter.checked, chapter.crossings) == (0, 1, [])
    assert chapter.attempts == {("before", "azure", "served"): 1}


@pytest.mark.parametrize("settlements", [0, 2])
def test_entry_settles_exactly_once(settings: Settings, settlements: int) -> None:
    """An entry without a settlement, or with two, is found."""
    asked = make_asked(1, "gpt-api")
    attempt = make_attempt(asked, "azure-global", "azure")
    settled = settle(asked.entry, EntryOutcome.SERVED, 200, [attempt], at=2)
    records: list[Record] = [make_reserved(asked, AZURE), attempt, *[settled] * settlements]
    assert tell(MARCH, records, settings, OUTAGE).unsettled == 1


def test_crossing_is_found(settings: Settings) -> None:
    """An attempt that no contract allowed is found, though the ledger calls it permitted."""
    asked = make_asked(1, "gpt-api")
    records: list[Record] = [
        make_reserved(asked, Judged("bedrock-us", "permitted")),
        make_attempt(asked, "bedrock-us", "aws"),
    ]
    (crossing,) = tell(MARCH, records, settings, OUTAGE).crossings
    assert crossing.startswith("gpt-api on bedrock-us: prohibited, 2025b.excl")


def test_failed_attempt_is_checked_too(settings: Settings) -> None:
    """A request that crossed a contract and then failed has still left for the wrong cloud."""
    asked = make_asked(1, "civilian-agency")
    failed = make_attempt(asked, "bedrock-us", "aws", AttemptOutcome.FAILED)
    chapter = tell(MARCH, [make_reserved(asked, AZURE), failed], settings, OUTAGE)
    assert len(chapter.crossings) == 1
    assert chapter.failed == {"civilian-agency": 1}


def test_spillover_is_judged_where_it_ran(settings: Settings) -> None:
    """The deployment that answered counts, not the one that was called."""
    asked = make_asked(1, "eu-support")
    attempt = make_attempt(asked, "azure-sweden", "azure")
    moved = type(attempt)(
        **{**{f: getattr(attempt, f) for f in attempt.__struct_fields__}, "answered_by": "azure-global"}
    )
    assert len(tell(MARCH, [make_reserved(asked, AZURE), moved], settings, OUTAGE).crossings) == 1


def test_fallback_is_counted_as_moved(settings: Settings) -> None:
    """A request that failed on one cloud, or avoided a cooling one, and was served by another has moved."""
    first, second = (
        make_asked(1, "security-agency"),
        make_asked(2, "security-agency", dropped=(barred("azure-global", "cooling"),)),
    )
    records: list[Record] = [
        make_reserved(first, AZURE, Judged("bedrock-us", "permitted")),
        make_attempt(first, "azure-global", "azure", AttemptOutcome.NOT_SENT, at=OUTAGE),
        make_attempt(first, "bedrock-us", "aws", number=2, at=OUTAGE),
        make_reserved(second, Judged("bedrock-us", "permitted")),
        make_attempt(second, "bedrock-us", "aws", at=OUTAGE),
    ]
    chapter = tell(MARCH, records, settings, OUTAGE)
    assert chapter.moved == {"azure": 2}
    assert chapter.attempts["after", "aws", "served"] == 2
    assert chapter.crossings == []
    assert chapter.bars == {}


def test_lost_answer_is_no_refusal(settings: Settings) -> None:
    """An answer lost under way is counted apart from a request that had nowhere to go."""
    lost, stuck = make_asked(1, "gpt-api"), make_asked(2, "gpt-api")
    records: list[Record] = [
        make_reserved(lost, AZURE),
        make_attempt(lost, "azure-global", "azure", AttemptOutcome.AMBIGUOUS),
        make_reserved(stuck, AZURE),
        make_attempt(stuck, "azure-global", "azure", AttemptOutcome.NOT_SENT),
    ]
    chapter = tell(MARCH, records, settings, OUTAGE)
    assert (chapter.cut, chapter.failed) == ({"gpt-api": 1}, {"gpt-api": 1})


def test_refusal_is_counted_by_cause(settings: Settings) -> None:
    """A request without any candidate is a line of its own."""
    asked = make_asked(1, "gpt-api", dropped=(barred("bedrock-us"), barred("azure-global", "cooling")))
    chapter = tell(MARCH, [make_refused(asked, "no_healthy_deployment")], settings, OUTAGE)
    assert chapter.refused == {("gpt-api", "no_healthy_deployment"): 1}
    assert set(chapter.bars) == {Bar("gpt-api", "bedrock-us", "prohibited")}


def test_disputed_use_is_recorded(settings: Settings) -> None:
    """What a posture allowed though it is disputed is counted as such, and is no crossing."""
    asked = make_asked(1, "frontier")
    disputed = Judged("bedrock-us", "disputed", action="record")
    chapter = tell(
        MARCH, [make_reserved(asked, disputed), make_attempt(asked, "bedrock-us", "aws")], settings, OUTAGE
    )
    assert chapter.recorded == {("frontier", "bedrock-us"): 1}
    assert chapter.disputes == {("frontier", "bedrock-us")}
    assert chapter.crossings == []


def test_unpriced_attempt_is_not_free(settings: Settings) -> None:
    """Without an amount the attempt is counted as unrated."""
    asked = make_asked(1, "gpt-api")
    attempt = make_attempt(asked, "azure-global", "azure", cost=None)
    spent = tell(MARCH, [make_reserved(asked, AZURE), attempt], settings, OUTAGE).spent["azure"]
    assert (spent.cost, spent.unrated) == (Decimal(0), 1)


def test_postures_answer_a_dispute_differently(settings: Settings) -> None:
    """The runtime on Bedrock in March 2026: Microsoft's readings refuse it, OpenAI's do not."""
    asked = make_asked(1, "agent-runtime", dropped=(barred("bedrock-us", "disputed"),))
    chapter = tell(MARCH, [make_refused(asked, "contract_disputed")], settings, OUTAGE)
    assert chapter.disputes == {("agent-runtime", "bedrock-us")}
    verdict = decide_again(chapter, "agent-runtime", "bedrock-us", settings)
    assert restricting(verdict) == ("2026a.stateless",)
    assert answers(verdict) == {"msft": False, "oai": True, "safe": False, "arguable": True}


def test_configuration_is_written_for_a_reader(tmp_path: Path) -> None:
    """Keys are hashed in the file, and the file says how to serve it."""
    make_settings(tmp_path)
    text = (tmp_path / "comity.yaml").read_text(encoding="utf-8")
    assert "demo-gpt-api" not in text
    assert f"comity serve {tmp_path}/comity.yaml" in text
