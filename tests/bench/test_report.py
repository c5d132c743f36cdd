"""Figures and tables: medians and ratios by round, gaps shown as gaps, flaws named."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from bench.columnar import Columnar
from bench.decision import Decision
from bench.figures import Figure, added, cost, latency, rate, ratio
from bench.gateways import Absent
from bench.machine import describe
from bench.measure import Footprint, Sample, flaws
from bench.native import Load, Spread
from bench.plan import QUICK
from bench.report import BEGIN, END, place, tables
from bench.result import Result, read_result, write_result

NONE = Spread(count=0, mean=0, p50=0, p90=0, p99=0, max=0)


def spread(p50: int) -> Spread:
    """Times around a median, in nanoseconds."""
    return Spread(count=10, mean=p50, p50=p50, p90=p50, p99=2 * p50, max=3 * p50)


def sample(target: str, *, measured: int, cpu: float, p50: int, phase: str = "plain") -> Sample:
    """A clean sample of one second."""
    load = Load(
        seconds=1.0,
        measured=measured,
        sent=measured,
        done=measured,
        good=measured,
        bad_status=0,
        wrong=0,
        failed=0,
        opened=4,
        unfinished=0,
        bytes=0,
        latency=spread(p50),
        first=NONE,
        delay=NONE,
        cpu=cpu,
    )
    return Sample(target, phase, load, upstream_requests=measured, upstream_connections=4, foreign=0.0)


ROUNDS = [
    sample("direct", measured=1000, cpu=0.0, p50=10_000),
    sample("nginx", measured=500, cpu=0.5, p50=110_000),
    sample("Comity", measured=250, cpu=0.5, p50=210_000),
    sample("direct", measured=1000, cpu=0.0, p50=20_000),
    sample("nginx", measured=400, cpu=0.4, p50=120_000),
    sample("Comity", measured=100, cpu=0.5, p50=320_000),
]


def test_figures_compare_within_a_round() -> None:
    """Ratios and additions are taken round by round, then the middle of them."""
    assert ratio(ROUNDS, ("Comity", "nginx"), "plain", rate) == Figure(0.375, 0.25, 0.5)
    assert ratio(ROUNDS, ("Comity", "nginx"), "plain", cost) == Figure(3.5, 2.0, 5.0)
    assert added(ROUNDS, "Comity", "plain", latency("latency", "p50")) == Figure(250.0, 200.0, 300.0)


def test_what_nobody_measured_is_no_zero() -> None:
    """No such target, no such phase, no chunks: no figure."""
    assert ratio(ROUNDS, ("Comity", "Portkey"), "plain", rate) is None
    assert ratio(ROUNDS, ("Comity", "nginx"), "burst", rate) is None
    assert added(ROUNDS, "Comity", "plain", latency("delay", "p50")) is None
    assert ratio(ROUNDS, ("nginx", "direct"), "plain", cost) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"good": 249, "wrong": 1}, "1 of 250 requests without a good answer"),
        ({"sent": 249, "good": 249}, "249 requests became 250 at the upstream"),
        ({"opened": 1}, "4 upstream connections for 1 of clients"),
    ],
)
def test_a_sample_that_is_not_clean_is_named(changes: dict[str, int], words: str) -> None:
    """What was lost, doubled or reconnected is said in a sentence."""
    clean = ROUNDS[2]
    assert flaws(clean) == []
    dirty = msgspec.structs.replace(clean, load=msgspec.structs.replace(clean.load, **changes))
    assert [words in flaw for flaw in flaws(dirty)] == [True]


def result() -> Result:
    """A run with a bit of everything."""
    return Result(
        taken="2026-11-21 12:00 UTC",
        machine=describe(),
        effort=QUICK,
        versions={"nginx": "1.2"},
        samples=ROUNDS,
        footprints=[Footprint("Comity", 0.5, 50 << 20, 60 << 20, 61 << 20, 200_000)],
        decisions=[Decision(100, 8.25, 0.5, 90.0), Decision(1000, 80.0, 0.5, 900.0)],
        absent=[Absent("Portkey", "not installed")],
        notes=["a note"],
        columnar=[
            Columnar("openai", "decide", 12, 4_000_000, 2.5, 4.0, 480.0, 0.5),
            Columnar("openai", "audit", 24, 4_000_000, 4.0, 4.4, 500.0, 0.5),
        ],
    )


def test_the_tables_hold_the_figures_and_what_is_missing() -> None:
    """Promises, figures, memory, decisions and remarks, from one result."""
    text = tables(result())
    assert "| CPU per plain request | nginx | ≤ 2.5x | 3.50x (2.00-5.00) | **no** |" in text
    assert "| decision at 100 clauses |  | ≤ 10 µs | 8.2 µs | yes |" in text
    assert "| rows/s of 4,000,000 rows, 12 worlds |  | ≥ 2 M | 1.60 M | **no** |" in text
    assert "| audited, with the whole report | 24 | 4,000,000 | 1.00 | 1.10 | 500 |" in text
    assert "| Comity | 0.5 | 50.0 | 60.0 | 61.0 | 200,000 |" in text
    assert "- Portkey: not installed\n- a note" in text
    assert "Streams" in text


def test_a_machine_that_was_not_quiet_is_named() -> None:
    """When others took the gateway's CPU the figures say so, and how much it was."""
    calm = result()
    busy = [msgspec.structs.replace(one, foreign=0.5) for one in calm.samples]
    assert "not quiet" not in tables(calm)
    assert "Others took 50% (up to 50%)" in tables(msgspec.structs.replace(calm, samples=busy))
    assert "not quiet" in tables(msgspec.structs.replace(calm, samples=busy))


def test_a_result_survives_its_file_and_the_page_keeps_its_prose(tmp_path: Path) -> None:
    """JSON out and in; only what stands between the marks of the page changes."""
    write_result(result(), tmp_path / "result.json")
    assert read_result(tmp_path / "result.json") == result()
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    place("new", page)
    assert page.read_text() == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    page.write_text("no marks")
    with pytest.raises(RuntimeError, match="has lost its marks"):
        place("new", page)
