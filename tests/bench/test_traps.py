"""Comity on its own scoreboard: every black-box case over HTTP, and the table that is made of it."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bench.traps import bedrock, gateway, gemini, openai
from bench.traps.case import CASES, Ask, Case
from bench.traps.scoreboard import Score, markdown
from bench.traps.subjects import start_comity
from bench.traps.upstream import Upstream
from bench.traps.values import Verdict

PLAYED = {module.__name__ for module in (bedrock, gateway, gemini, openai)}
"""The modules that register cases."""


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Comity in front of the scripted providers."""
    upstream = Upstream(0)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    started = start_comity(tmp_path_factory.mktemp("traps"), upstream.port, port)
    yield Ask(started.client, upstream)
    started.process.stop()
    upstream.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.trap}-{case.judge.__name__}")
def test_comity_does_not_fall_into(ask: Ask, case: Case) -> None:
    """The demand of the case is met."""
    ask.upstream.clear()
    verdict = case.judge(ask)
    assert verdict.outcome == "pass", verdict.evidence


def test_the_table_has_a_row_for_every_case() -> None:
    """Verdicts and evidence stand in the row of their case; sums at the end."""
    verdicts = tuple(
        Verdict("pass" if number % 2 else "fail", f"a|b {number}") for number in range(len(CASES))
    )
    text = markdown(CASES, [Score("One", verdicts)], {"One": "1.2"}, datetime(2026, 11, 21, tzinfo=UTC))
    rows = re.findall(r"^\| (T\d+) \|.*\*\*(pass|fail)\*\*: a\\\|b (\d+) \|$", text, re.MULTILINE)
    assert [row[0] for row in rows] == [case.trap for case in CASES]
    assert [int(row[2]) for row in rows] == list(range(len(CASES)))
    assert "One 1.2" in text
    assert f"{len(CASES) // 2} pass" in text


def test_every_case_names_a_trap_and_its_source() -> None:
    """Numbers are those of the list of traps; nobody judges without a source."""
    assert all(re.fullmatch(r"T\d{1,2}", case.trap) and case.source and case.demand for case in CASES)
    assert {case.judge.__module__ for case in CASES} == PLAYED
    assert Path("docs/traps.md").read_text().count("| T1 |") >= 1
