"""Failures on a schedule: which request, or which seconds, and how the cloud fails then."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

import msgspec

FaultKind: TypeAlias = Literal["status", "reset", "exception", "stall", "truncate", "malformed"]
"""What goes wrong.

`status`     the answer is an error with `Fault.status`, in the cloud's own shape
`reset`      the connection is cut after `Fault.after` pieces
`exception`  after `Fault.after` pieces the stream carries the cloud's own error, though it began with 200
`stall`      after `Fault.after` pieces nothing comes any more, for `Fault.seconds` or for ever
`truncate`   after `Fault.after` pieces the answer ends as if it were whole, without the stream's own end mark
`malformed`  after `Fault.after` pieces bytes come that mean nothing
"""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One failure and when it happens; with no bounds, always."""

    kind: FaultKind
    """What goes wrong."""
    first: int | None = None
    """First request number it strikes, from 1, inclusive."""
    last: int | None = None
    """Last request number it strikes, inclusive."""
    since: float | None = None
    """Seconds after the cloud's start from which it strikes, inclusive."""
    until: float | None = None
    """Seconds after the cloud's start at which it ends, exclusive."""
    model: str | None = None
    """Strikes only requests for this model or deployment."""
    status: int = 503
    """HTTP status of kinds `status` and `exception`."""
    after: int = 0
    """Pieces of the answer that still come: 0 fails before the first byte of the body."""
    seconds: float | None = None
    """How long a `stall` lasts; None is for ever."""

    def strikes(self, number: int, elapsed: float, model: str) -> bool:
        """Whether request `number`, `elapsed` seconds after the start, for `model`, meets this fault."""
        return (
            (self.first is None or number >= self.first)
            and (self.last is None or number <= self.last)
            and (self.since is None or elapsed >= self.since)
            and (self.until is None or elapsed < self.until)
            and (self.model is None or self.model == model)
        )


def find_fault(faults: Iterable[Fault], number: int, elapsed: float, model: str) -> Fault | None:
    """The first fault that strikes, if any."""
    return next((fault for fault in faults if fault.strikes(number, elapsed, model)), None)
