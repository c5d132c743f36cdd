"""What the tables say, as text."""

from __future__ import annotations

import io

import pytest
from rich.console import Console, RenderableType
from tests.cli.demo.samples import MARCH, make_asked, make_refused, make_settings

from comity.cli.demo.account import Bar, Chapter, Spent, tell
from comity.cli.demo.tables import (
    Delay,
    delay_table,
    disputes_table,
    money_table,
    outage_table,
    served_table,
    stuck,
)
from comity.gateway.settings import Settings
from comity.ledger import DroppedCandidate


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The demo's configuration."""
    return make_settings(tmp_path_factory.mktemp("demo"))


def text_of(renderable: RenderableType) -> str:
    """What a reader sees, with single spaces."""
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(renderable)
    return "\n".join(" ".join(line.split()) for line in console.export_text().splitlines())


def chapter_of(*dropped: DroppedCandidate, caller: str = "gpt-api") -> Chapter:
    """A chapter with one refusal."""
    asked = make_asked(1, caller, dropped=dropped)
    return Chapter(MARCH, workloads={caller: dict(asked.workload)})


def test_served_cell_names_clouds_and_clauses(settings: Settings) -> None:
    """Counts by cloud, the clauses that kept others away, refusals and losses."""
    chapter = chapter_of()
    chapter.served["gpt-api", "azure-global"] = 1200
    chapter.served["gpt-api", "azure-sweden"] = 34
    chapter.bars[Bar("gpt-api", "bedrock-us", "prohibited")] = 3
    chapter.bars[Bar("gpt-api", "bedrock-frankfurt", "prohibited")] = 3
    chapter.failed["gpt-api"], chapter.cut["gpt-api"] = 7, 2
    chapter.refused["gpt-api", "no_healthy_deployment"] = 4
    text = text_of(served_table([chapter], settings))
    assert "✓ azure 1,234" in text
    assert "✗ aws 2025b.excl 2026a.stateless" in text
    for line in ("! stuck 7", "! lost 2", "! stuck 4"):
        assert line in text


def test_partly_barred_cloud_is_named_by_deployment(settings: Settings) -> None:
    """Azure's global deployment is barred for EU data, its Swedish one is not."""
    chapter = chapter_of(caller="eu-support")
    chapter.bars[Bar("eu-support", "azure-global", "prohibited")] = 1
    assert "✗ azure-global dpa.residency dpa.scc" in text_of(served_table([chapter], settings))


def test_recorded_dispute_is_shown(settings: Settings) -> None:
    """A disputed request that was served says so; a disputed candidate that was not has its own mark."""
    chapter = chapter_of(caller="frontier")
    chapter.served["frontier", "bedrock-us"] = chapter.recorded["frontier", "bedrock-us"] = 5
    runtime = chapter_of(caller="agent-runtime")
    runtime.bars[Bar("agent-runtime", "bedrock-us", "disputed")] = 1
    assert "✓ aws 5 recorded" in text_of(served_table([chapter], settings))
    assert "~ aws 2026a.stateless" in text_of(served_table([runtime], settings))


def test_disputes_are_listed_once_with_every_posture(settings: Settings) -> None:
    """One row per product and cloud."""
    asked = make_asked(
        1,
        "agent-runtime",
        dropped=(DroppedCandidate("bedrock-us", "disputed", (), "disputed"),),
    )
    chapter = tell(MARCH, [make_refused(asked, "contract_disputed")], settings, 0)
    chapter.disputes.add(("agent-runtime", "bedrock-frankfurt"))
    rows = [
        line for line in text_of(disputes_table([chapter], settings)).splitlines() if "agent-runtime" in line
    ]
    assert rows == [f"{MARCH} agent-runtime aws 2026a.stateless ✗ ✓ ✗ ✓"]


def test_no_dispute_is_said(settings: Settings) -> None:
    """Without disputes there is a sentence and no empty table."""
    assert text_of(disputes_table([Chapter(MARCH)], settings)).strip() == "Nothing was disputed."


def test_money_is_summed_and_unrated_shown() -> None:
    """One line per cloud and one for all; an unpriced request is no zero."""
    chapter = Chapter(MARCH)
    chapter.spent = {"aws": Spent(2, 3000, 40), "azure": Spent(1, 500, 2, unrated=1)}
    chapter.spent["aws"].cost += 7
    text = text_of(money_table([chapter]))
    assert f"{MARCH} aws 2 3,000 40 7.0000 -" in text
    assert f"{MARCH} azure 1 500 2 0.0000 1" in text
    assert "all 3 3,500 42 7.0000 1" in text


def test_outage_table_shows_both_halves() -> None:
    """Served before and after, moved, stuck, decided again, crossed."""
    chapter = Chapter(MARCH, checked=9, crossings=["x"])
    chapter.attempts.update({("before", "azure", "served"): 3, ("after", "aws", "served"): 4})
    chapter.moved["azure"], chapter.failed["gpt-api"], chapter.cut["gpt-api"] = 4, 1, 2
    chapter.refused["gpt-api", "no_healthy_deployment"] = 1
    chapter.refused["gpt-api", "contract_prohibits"] = 50
    assert stuck(chapter) == 2
    assert f"{MARCH} 0→4 3→0 2 4 2 9 1" in text_of(outage_table([chapter], "azure"))


def test_added_delay_is_the_difference() -> None:
    """Through the gateway minus direct, for both percentiles."""
    delay = Delay("plain", (0.001, 0.002), (0.0015, 0.004))
    assert "plain 1.00 ms 2.00 ms 1.50 ms 4.00 ms 0.50 ms 2.00 ms" in text_of(delay_table([delay]))
