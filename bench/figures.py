"""From samples to figures: medians over rounds, what a gateway adds to the direct way, ratios.

Pure functions of values. A figure that cannot be computed is None, never zero.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable

import msgspec

from bench.measure import Sample

Pick = Callable[[Sample], float | None]


class Figure(msgspec.Struct, frozen=True):
    """One quantity over all rounds."""

    median: float
    """The middle of the rounds."""
    low: float
    """The lowest round."""
    high: float
    """The highest round."""


def rate(sample: Sample) -> float | None:
    """Answers per second."""
    return sample.load.measured / sample.load.seconds if sample.load.measured else None


def cost(sample: Sample) -> float | None:
    """Microseconds of the gateway's processor time per answer."""
    if sample.target == "direct" or not sample.load.measured:
        return None
    return sample.load.cpu * 1e6 / sample.load.measured


def latency(part: str, quantile: str) -> Pick:
    """A quantile of `latency`, `first` or `delay`, in microseconds."""

    def pick(sample: Sample) -> float | None:
        spread = getattr(sample.load, part)
        return getattr(spread, quantile) / 1e3 if spread.count else None

    return pick


def of(samples: Iterable[Sample], target: str, phase: str) -> list[Sample]:
    """The rounds of one cell, in order."""
    return [sample for sample in samples if (sample.target, sample.phase) == (target, phase)]


def figure(values: Iterable[float | None]) -> Figure | None:
    """Median, lowest and highest; None when a round has no value or there are no rounds."""
    found = list(values)
    known = [value for value in found if value is not None]
    if not known or len(known) != len(found):
        return None
    return Figure(statistics.median(known), min(known), max(known))


def added(samples: list[Sample], target: str, phase: str, pick: Pick) -> Figure | None:
    """What a target adds to the direct way, round by round."""
    pairs = zip(of(samples, target, phase), of(samples, "direct", phase), strict=False)
    values = [(pick(through), pick(direct)) for through, direct in pairs]
    return figure(None if a is None or b is None else a - b for a, b in values)


def ratio(samples: list[Sample], targets: tuple[str, str], phase: str, pick: Pick) -> Figure | None:
    """The first target's figure over the second's, round by round."""
    pairs = zip(of(samples, targets[0], phase), of(samples, targets[1], phase), strict=False)
    values = [(pick(one), pick(other)) for one, other in pairs]
    return figure(None if a is None or not b else a / b for a, b in values)
