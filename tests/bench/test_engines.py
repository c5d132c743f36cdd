"""The rules that other engines are given say what the synthetic book says."""

from __future__ import annotations

from pathlib import Path

import msgspec
from bench.decision import Decision, workloads, write_book
from bench.engine_rules import cedar
from bench.engines import EngineCost, answers, measure_engines, request, rule
from bench.report import tables
from tests.bench import test_report

SIZE = 100


def test_cedar_denies_what_comity_prohibits_or_asks_for(tmp_path: Path) -> None:
    """Over requests of which some are denied and most are not."""
    asked = workloads()[:360:3]
    ask = cedar([rule(n) for n in range(SIZE)])
    ours = answers(tmp_path, asked, SIZE)
    assert [ask(request(facts)) for facts in asked] == ours
    assert 0 < sum(ours) < len(ours)


def test_a_disputed_book_has_twelve_worlds(tmp_path: Path) -> None:
    """Three, two and two readings."""
    assert write_book(tmp_path, 8, disputed=True).worlds.count == 12
    assert write_book(tmp_path / "plain", 8).worlds.count == 1


def test_engines_have_a_table_when_they_were_measured(tmp_path: Path) -> None:
    """Not installed: no figures and no error. Measured: beside ours, and the promises of a large book."""
    assert measure_engines(tmp_path, tmp_path, quick=True) == []
    plain = test_report.result()
    assert "other engines" not in tables(plain)
    decisions = [Decision(1000, 8.0, 0.5, 900.0), Decision(1000, 12.0, 1.5, 900.0, worlds=12)]
    found = tables(
        msgspec.structs.replace(
            plain, decisions=decisions, engines=[EngineCost("Cedar", "4.12", 2000.0, [True])]
        )
    )
    assert "| Cedar | 4.12 | 2,000 | 250x |" in found
    assert "12 worlds, facts first seen |  | ≤ 10 µs | 12.00 µs | **no** |" in found
    assert "12 worlds, facts seen before |  | ≤ 2 µs | 1.50 µs | yes |" in found
