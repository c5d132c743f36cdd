"""Traffic to rehearse with: the public Azure LLM inference trace, or a generator fitted to its quantiles.

The generator draws prompt length, answer length and gap independently, each from the inverse of its empirical
distribution: the rank correlation of prompt and answer in the trace is below 0.1. It imitates neither bursts
nor the time of day. Figures: AzureLLMInferenceTrace_code and _conv of 2023-11-16, Azure Public Dataset,
CC-BY-4.0; P. Patel et al., "Splitwise: Efficient Generative LLM Inference Using Phase Splitting", ISCA 2024.
"""

from __future__ import annotations

import csv
import gzip
import io
import random
from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from comity.errors import Place, Problem, SourceError

COLUMNS = ("TIMESTAMP", "ContextTokens", "GeneratedTokens")
"""Columns of the trace file."""

LEVELS = (0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1)
"""The probabilities at which the distributions below are given."""


class Arrival(msgspec.Struct, frozen=True):
    """One request of the traffic."""

    at: float
    """Seconds after the first request."""
    prompt_tokens: int
    """Tokens of the prompt, at least 1."""
    output_tokens: int
    """Tokens of the answer, at least 1."""


class Shape(msgspec.Struct, frozen=True):
    """The distribution of one kind of traffic, by its values at `LEVELS`."""

    prompt_tokens: tuple[int, ...]
    """Tokens of the prompt."""
    output_tokens: tuple[int, ...]
    """Tokens of the answer."""
    gaps: tuple[int, ...]
    """Microseconds between two arrivals."""
    requests: int
    """Rows of the trace, which weigh the kinds against each other."""


CODE = Shape(
    prompt_tokens=(3, 17, 75, 147, 386, 770, 1075, 1469, 1909, 2433, 3192, 5186, 7302, 7436, 7437),
    output_tokens=(6, 6, 6, 7, 8, 9, 11, 13, 16, 20, 29, 55, 90, 252, 1899),
    gaps=(
        *(6, 22, 88, 209, 1184, 3292, 15117, 63784, 94988),
        *(100130, 160092, 272778, 400764, 2205167, 217168952),
    ),
    requests=8819,
)
"""Code completion: long prompts, short answers."""

CONVERSATION = Shape(
    prompt_tokens=(2, 29, 181, 207, 387, 403, 703, 1020, 1071, 1130, 1315, 2734, 4083, 4142, 14050),
    output_tokens=(7, 16, 41, 54, 77, 91, 103, 129, 177, 384, 400, 424, 451, 601, 1000),
    gaps=(
        *(2, 551, 6320, 16129, 36523, 60722, 87254, 118424, 158670),
        *(213606, 288810, 420740, 565234, 888997, 4314579),
    ),
    requests=19366,
)
"""Conversation: shorter prompts, longer answers."""


def generate(count: int, seed: int, shapes: tuple[Shape, ...] = (CODE, CONVERSATION)) -> list[Arrival]:
    """`count` arrivals drawn from `shapes` by weight; the same seed gives the same traffic."""
    draw = random.Random(seed)  # noqa: S311 - repeatable traffic, not a secret
    weights = [shape.requests for shape in shapes]
    clocks = [0.0] * len(shapes)
    arrivals = []
    for index in draw.choices(range(len(shapes)), weights, k=count):
        shape = shapes[index]
        arrivals.append(
            Arrival(
                clocks[index],
                round(_at_level(shape.prompt_tokens, draw.random())),
                round(_at_level(shape.output_tokens, draw.random())),
            )
        )
        clocks[index] += _at_level(shape.gaps, draw.random()) / 1e6
    return sorted(arrivals, key=lambda arrival: arrival.at)


def _at_level(values: tuple[int, ...], level: float) -> float:
    """The value below which a share of `level` lies, on a straight line between the known ones."""
    above = min(bisect_right(LEVELS, level), len(LEVELS) - 1)
    low, high = LEVELS[above - 1], LEVELS[above]
    share = (level - low) / (high - low)
    return values[above - 1] + share * (values[above] - values[above - 1])


def read_trace(path: Path, limit: int | None = None) -> list[Arrival]:
    """The first `limit` arrivals of a trace file (CSV, or gzip of it), in order of time.

    Raises SourceError with the place when the file is missing or a row is no arrival.
    """
    rows: list[tuple[datetime, int, int]] = []
    for line, (moment, prompt, output) in enumerate(_rows(path), start=2):
        if limit is not None and len(rows) == limit:
            break
        try:
            # The trace has seven digits of a second; Python reads six.
            rows.append((datetime.fromisoformat(moment[:26]), _tokens(prompt), _tokens(output)))
        except ValueError as error:
            raise _problem(path, line, str(error), "a row is `2023-11-16 18:15:46.6805900,374,44`") from error
    if not rows:
        raise _problem(path, 1, "the trace has no rows", "give at least one arrival")
    rows.sort()
    start = rows[0][0]
    return [Arrival((moment - start).total_seconds(), prompt, output) for moment, prompt, output in rows]


def _rows(path: Path) -> Iterator[tuple[str, str, str]]:
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise _problem(
            path, 1, f"the trace cannot be read: {error}", "give a CSV file, or a gzip of it"
        ) from error
    reader = csv.reader(io.StringIO(text))
    header = next(reader, [])
    if tuple(name.strip().lstrip("\ufeff") for name in header) != COLUMNS:
        raise _problem(path, 1, "this is not the trace's header", f"expected `{','.join(COLUMNS)}`")
    for line, row in enumerate(reader, start=2):
        if len(row) != len(COLUMNS):
            raise _problem(path, line, f"a row has {len(COLUMNS)} fields, this one {len(row)}", "remove it")
        yield row[0], row[1], row[2]


def _tokens(text: str) -> int:
    count = int(text)
    if count < 0:
        raise ValueError(f"`{text}` is no number of tokens")
    return max(count, 1)


def _problem(path: Path, line: int, message: str, suggestion: str) -> SourceError:
    return SourceError([Problem(Place(str(path), line, 1), message, suggestion)])
