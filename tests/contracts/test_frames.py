"""Dataframes are decided as single workloads are, row by row, and keep their order and columns."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.contracts.small import ask, small_book

from comity.contracts import decide_frame

pyarrow = pytest.importorskip("pyarrow", reason="the extra `columnar` is not installed")

TERM = """define: job
readings:
  wide: {by: [oai], means: {surface: [api, runtime]}}
  narrow: {by: [msft], means: {surface: api}}"""
BOOK = small_book(
    TERM, "a.az\nconfine: {action: serve, is: job}\nto: {cloud: azure}\nin_force: 2026-01-01 .."
)
MARCH = datetime(2026, 3, 18, 12, tzinfo=UTC)
CALLS: list[dict[str, object]] = [
    {"action": "serve", "surface": "api", "cloud": "aws", "tokens": 3},
    {"action": "serve", "surface": "runtime", "cloud": "aws", "tokens": 5},
    {"action": "serve", "surface": None, "cloud": "azure", "tokens": 7},
]


def test_rows_are_decided_in_order() -> None:
    """A list of mappings; what is no attribute is kept."""
    table = decide_frame(BOOK, CALLS, at=MARCH)
    assert table["tokens"].to_pylist() == [3, 5, 7]
    alone = [
        ask(BOOK, MARCH, action="serve", surface="api", cloud="aws"),
        ask(BOOK, MARCH, action="serve", surface="runtime", cloud="aws"),
        ask(BOOK, MARCH, action="serve", cloud="azure"),
    ]
    assert table["outcome"].to_pylist() == [str(verdict.outcome) for verdict in alone]
    assert table["outcome"].to_pylist()[:2] == ["prohibited", "disputed"]


def test_moments_are_a_column() -> None:
    """The clause began in 2026."""
    before = datetime(2025, 12, 31, 23, 59, tzinfo=UTC)
    table = decide_frame(BOOK, [{**CALLS[0], "when": before}, {**CALLS[0], "when": MARCH}], at="when")
    assert table["outcome"].to_pylist() == ["silent", "prohibited"]


def test_pandas_and_arrow_frames() -> None:
    """Both say the same, also with a column that holds nothing at all."""
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    rows = [{**call, "state": None} for call in CALLS[:2]]
    arrow = decide_frame(BOOK, pyarrow.Table.from_pylist(rows), at=MARCH, party="oai")
    frame = decide_frame(BOOK, pandas.DataFrame(rows), at=MARCH, party="oai")
    assert arrow["outcome"].to_pylist() == frame["outcome"].to_pylist() == ["prohibited", "prohibited"]
    assert arrow["state"].to_pylist() == [None, None]


def test_a_frame_without_the_moment_is_refused() -> None:
    """The message says which column is missing."""
    with pytest.raises(ValueError, match="no column `at`"):
        decide_frame(BOOK, CALLS)
