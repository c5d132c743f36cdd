"""The generated traffic has the trace's quantiles, and the trace itself is read as it is published."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from tests.material import beside

from comity.errors import SourceError
from comity.simulator.traffic import CODE, CONVERSATION, LEVELS, Arrival, Shape, generate, read_trace

HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens\n"


def quantiles(values: list[int]) -> tuple[int, ...]:
    """The values at `LEVELS`."""
    ordered = sorted(values)
    return tuple(ordered[round(level * (len(ordered) - 1))] for level in LEVELS)


@pytest.mark.parametrize(("name", "shape"), [("code", CODE), ("conv", CONVERSATION)])
def test_figures_are_those_of_the_trace(name: str, shape: Shape) -> None:
    """The quantiles in the code are what the published files say."""
    arrivals = read_trace(beside(f"material/traces/AzureLLMInferenceTrace_{name}.csv.gz"))
    gaps = [round((b.at - a.at) * 1e6) for a, b in pairwise(arrivals)]
    assert len(arrivals) == shape.requests
    assert quantiles([arrival.prompt_tokens for arrival in arrivals]) == shape.prompt_tokens
    assert quantiles([arrival.output_tokens for arrival in arrivals]) == shape.output_tokens
    assert quantiles(gaps) == shape.gaps


READERS: list[tuple[str, Callable[[Arrival], int], Callable[[Shape], tuple[int, ...]]]] = [
    ("prompt", lambda arrival: arrival.prompt_tokens, lambda shape: shape.prompt_tokens),
    ("output", lambda arrival: arrival.output_tokens, lambda shape: shape.output_tokens),
]


@pytest.mark.parametrize("shape", [CODE, CONVERSATION])
@pytest.mark.parametrize(("name", "of_arrival", "of_shape"), READERS)
def test_generated_quantiles_match(
    shape: Shape,
    name: str,
    of_arrival: Callable[[Arrival], int],
    of_shape: Callable[[Shape], tuple[int, ...]],
) -> None:
    """Between the 5th and the 95th percentile, draws lie where the trace does, within 1 % of all ranks."""
    drawn = sorted(of_arrival(arrival) for arrival in generate(20_000, seed=7, shapes=(shape,)))
    for level, value in list(zip(LEVELS, of_shape(shape), strict=True))[2:-2]:
        below = sum(1 for tokens in drawn if tokens < value) / len(drawn)
        up_to = sum(1 for tokens in drawn if tokens <= value) / len(drawn)
        assert below - 0.01 <= level <= up_to + 0.01, f"{name}: {value} at {level}"
    assert drawn[0] >= of_shape(shape)[0]
    assert drawn[-1] <= of_shape(shape)[-1]


def test_generated_kinds_are_weighed_like_the_trace() -> None:
    """Two thirds of the mix is conversation; long answers come from there."""
    arrivals = generate(20_000, seed=3)
    mean = sum(arrival.output_tokens for arrival in arrivals) / len(arrivals)
    assert 140 < mean < 190
    assert [arrival.at for arrival in arrivals] == sorted(arrival.at for arrival in arrivals)


def test_same_seed_same_traffic() -> None:
    """A run can be repeated, and another seed is another run."""
    assert generate(50, seed=1) == generate(50, seed=1)
    assert generate(50, seed=1) != generate(50, seed=2)


def test_trace_file_is_read(tmp_path: Path) -> None:
    """Plain and gzipped files give the same arrivals, ordered by time, counted from the first."""
    text = HEADER + "2023-11-16 18:15:50.9951690,396,0\n2023-11-16 18:15:46.6805900,374,44\n"
    plain, packed = tmp_path / "t.csv", tmp_path / "t.csv.gz"
    plain.write_text(text)
    packed.write_bytes(gzip.compress(text.encode()))
    arrivals = read_trace(plain)
    assert arrivals == read_trace(packed)
    assert [(a.prompt_tokens, a.output_tokens) for a in arrivals] == [(374, 44), (396, 1)]
    assert arrivals[0].at == 0
    assert arrivals[1].at == pytest.approx(4.314579)
    assert len(read_trace(plain, limit=1)) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n", ":1:1: this is not the trace's header"),
        (HEADER, ":1:1: the trace has no rows"),
        (HEADER + "2023-11-16 18:15:46.6805900,374\n", ":2:1: a row has 3 fields, this one 2"),
        (HEADER + "yesterday,374,44\n", ":2:1: Invalid isoformat"),
        (HEADER + "2023-11-16 18:15:46.6805900,many,44\n", ":2:1: invalid literal"),
        (HEADER + "2023-11-16 18:15:46.6805900,-1,44\n", ":2:1: `-1` is no number of tokens"),
    ],
)
def test_bad_trace_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    """A file that is no trace says where and what was expected."""
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(SourceError) as caught:
        read_trace(path)
    assert message in str(caught.value)


def test_missing_trace_is_refused(tmp_path: Path) -> None:
    """A path to nothing is a problem with a place, not a traceback."""
    with pytest.raises(SourceError, match="the trace cannot be read"):
        read_trace(tmp_path / "none.csv")
