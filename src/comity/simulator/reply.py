"""What a simulated cloud is about to send: steps in time, and how a fault changes them. Values only."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from comity.simulator.answer import Composition
from comity.simulator.fault import Fault

HeaderPairs: TypeAlias = tuple[tuple[bytes, bytes], ...]
"""Lower-case names and values."""

Close: TypeAlias = Literal["end", "abort", "hang"]
"""After the last step the answer ends properly, the connection is cut, or nothing happens any more."""


class Step(msgspec.Struct, frozen=True):
    """Bytes and when they are due."""

    at: float
    """Seconds after the request."""
    data: bytes
    """What is written."""
    tokens: int
    """Output tokens that have been sent once this is written."""


class Refusal(msgspec.Struct, frozen=True):
    """An error answer in the cloud's own shape."""

    status: int
    """HTTP status."""
    body: bytes
    """JSON body."""
    headers: HeaderPairs
    """Its headers, without a length."""
    code: str
    """The cloud's own code, for the record."""


class Reply(msgspec.Struct, frozen=True):
    """One answer, ready to be performed."""

    status: int
    """HTTP status."""
    headers: HeaderPairs
    """Headers, without a length."""
    steps: tuple[Step, ...]
    """The body in time; one step for a whole answer."""
    stream: bool
    """Whether it is sent in pieces."""
    answered_by: str
    """The deployment that answers."""
    composition: Composition | None = None
    """What the model said; None for a refusal."""
    close: Close = "end"
    """What comes after the last step."""
    faulty: bool = False
    """Whether a fault changed it."""
    code: str = ""
    """The error code of a refusal."""


def refuse(refusal: Refusal, answered_by: str) -> Reply:
    """The reply that carries a refusal."""
    return Reply(
        status=refusal.status,
        headers=refusal.headers,
        steps=(Step(0.0, refusal.body, 0),),
        stream=False,
        answered_by=answered_by,
        code=refusal.code,
    )


def apply_fault(reply: Reply, fault: Fault, exception: bytes, malformed: bytes) -> Reply:
    """The reply as `fault` spoils it.

    `exception` is the cloud's own error inside a stream, `malformed` bytes that mean nothing in it.
    """
    steps = reply.steps if reply.stream else _halves(reply.steps)
    kept = steps[: fault.after]
    at = kept[-1].at if kept else steps[0].at
    tokens = kept[-1].tokens if kept else 0
    changed = msgspec.structs.replace(reply, steps=kept, stream=True, faulty=True)
    if fault.kind == "reset":
        return msgspec.structs.replace(changed, close="abort")
    if fault.kind == "truncate":
        return changed
    if fault.kind == "stall" and fault.seconds is None:
        return msgspec.structs.replace(changed, close="hang")
    if fault.kind == "stall":
        rest = tuple(
            Step(step.at + (fault.seconds or 0.0), step.data, step.tokens) for step in steps[fault.after :]
        )
        return msgspec.structs.replace(reply, steps=kept + rest)
    if fault.kind == "exception":
        return msgspec.structs.replace(changed, steps=(*kept, Step(at, exception, tokens)))
    assert fault.kind == "malformed", "a fault of kind `status` never reaches a reply"
    broken = (*kept, Step(at, malformed, tokens), *steps[fault.after :])
    return msgspec.structs.replace(changed, steps=broken)


def _halves(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """A whole answer in two pieces, so that it can fail between them."""
    (step,) = steps
    middle = len(step.data) // 2
    return Step(step.at, step.data[:middle], 0), Step(step.at, step.data[middle:], step.tokens)
