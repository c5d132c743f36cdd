"""What a simulated cloud served, by its own count: the figures that a gateway's ledger is held against."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Literal, TypeAlias

import msgspec

from comity.exchange import Usage

Ending: TypeAlias = Literal["complete", "refused", "failed", "abandoned"]
"""Whole answer sent; error answered; cut by a fault; the client went away."""

_KEPT = 200_000


class Served(msgspec.Struct, frozen=True):
    """One request as the cloud saw it."""

    number: int
    """Count of the cloud's requests, from 1."""
    deployment: str
    """The model or deployment that was addressed; empty when the request did not get that far."""
    answered_by: str
    """The deployment that answered: another one after a spillover."""
    status: int
    """HTTP status; 0 when the connection was cut before one."""
    stream: bool
    """Whether a stream was asked for."""
    ending: Ending
    """How it ended."""
    usage: Usage | None
    """Tokens that the cloud would bill: output only as far as it was sent; None for a refusal."""
    code: str = ""
    """The cloud's error code."""


class Record:
    """Everything one cloud served: the latest entries whole, the totals for ever."""

    def __init__(self) -> None:
        self.entries: deque[Served] = deque(maxlen=_KEPT)
        self.on_entry: Callable[[Served], None] | None = None
        """Called with each entry, for whoever waits for one."""
        self._statuses: Counter[tuple[str, int]] = Counter()
        self._tokens: dict[str, Counter[str]] = {}

    def add(self, entry: Served) -> None:
        """Counts one request."""
        self.entries.append(entry)
        self._statuses[entry.answered_by, entry.status] += 1
        if entry.usage is not None:
            self._tokens.setdefault(entry.answered_by, Counter()).update(entry.usage.by_class())
        if self.on_entry is not None:
            self.on_entry(entry)

    def requests(self, deployment: str | None = None, status: int | None = None) -> int:
        """How many requests a deployment answered with a status; None counts all of them."""
        return sum(
            count
            for (name, code), count in self._statuses.items()
            if deployment in {None, name} and status in {None, code}
        )

    def usage(self, deployment: str | None = None) -> Usage:
        """Tokens by class that a deployment would bill; None adds all deployments."""
        total: Counter[str] = Counter()
        for name, tokens in self._tokens.items():
            if deployment in {None, name}:
                total.update(tokens)
        return Usage(**{name: count for name, count in total.items() if count})

    def summary(self) -> dict[str, object]:
        """Totals as plain data, for people and for other processes."""
        rows = [
            {"deployment": name, "status": status, "requests": count}
            for (name, status), count in sorted(self._statuses.items())
        ]
        tokens = {name: {k: v for k, v in sorted(t.items()) if v} for name, t in sorted(self._tokens.items())}
        return {"requests": self.requests(), "served": rows, "tokens": tokens}
