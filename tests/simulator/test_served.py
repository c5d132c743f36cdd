"""A cloud's own count."""

from __future__ import annotations

from comity.exchange import Usage
from comity.simulator.served import Record, Served


def _served(deployment: str, status: int, usage: Usage | None) -> Served:
    return Served(1, deployment, deployment, status, stream=False, ending="complete", usage=usage)


def test_requests_and_tokens_are_summed_by_deployment() -> None:
    """Counts by deployment and status, tokens by class."""
    record = Record()
    record.add(_served("a", 200, Usage(input=5, output=2)))
    record.add(_served("a", 200, Usage(input=1, cached_read=4, output=3)))
    record.add(_served("a", 429, None))
    record.add(_served("b", 200, Usage(input=7)))
    assert record.requests() == 4
    assert record.requests("a") == 3
    assert record.requests("a", 429) == 1
    assert record.usage("a") == Usage(input=6, cached_read=4, output=5)
    assert record.usage() == Usage(input=13, cached_read=4, output=5)
    assert record.summary() == {
        "requests": 4,
        "served": [
            {"deployment": "a", "status": 200, "requests": 2},
            {"deployment": "a", "status": 429, "requests": 1},
            {"deployment": "b", "status": 200, "requests": 1},
        ],
        "tokens": {"a": {"cached_read": 4, "input": 6, "output": 5}, "b": {"input": 7}},
    }
