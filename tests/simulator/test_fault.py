"""When a fault strikes, and what it does to a reply."""

from __future__ import annotations

import pytest

from comity.exchange import Finish
from comity.simulator.answer import Composed, Composition
from comity.simulator.fault import Fault, find_fault
from comity.simulator.reply import Reply, Step, apply_fault


@pytest.mark.parametrize(
    ("fault", "strikes"),
    [
        (Fault(kind="reset"), True),
        (Fault(kind="reset", first=5), True),
        (Fault(kind="reset", first=6), False),
        (Fault(kind="reset", last=5), True),
        (Fault(kind="reset", last=4), False),
        (Fault(kind="reset", since=2.0), True),
        (Fault(kind="reset", since=2.1), False),
        (Fault(kind="reset", until=2.1), True),
        (Fault(kind="reset", until=2.0), False),
        (Fault(kind="reset", model="m"), True),
        (Fault(kind="reset", model="n"), False),
    ],
)
def test_bounds_of_a_fault(fault: Fault, *, strikes: bool) -> None:
    """Numbers are inclusive, seconds half-open, for request 5 at 2.0 seconds to model `m`."""
    assert fault.strikes(5, 2.0, "m") is strikes


def test_the_first_fault_that_strikes_is_taken() -> None:
    """Faults are tried in their order."""
    faults = (Fault(kind="stall", first=9), Fault(kind="reset"), Fault(kind="truncate"))
    assert find_fault(faults, 1, 0.0, "m") is faults[1]
    assert find_fault(faults[:1], 1, 0.0, "m") is None


_SAID = Composition((Composed(("a", "b", "c"), (), Finish.STOP),), prompt=1, reasoning=0)
_STEPS = (Step(0.1, b"a", 1), Step(0.2, b"b", 2), Step(0.3, b"c", 3))
_STREAM = Reply(200, (), _STEPS, stream=True, answered_by="m", composition=_SAID)
_WHOLE = Reply(200, (), (Step(0.3, b"whole!", 3),), stream=False, answered_by="m", composition=_SAID)


def _spoil(reply: Reply, fault: Fault) -> Reply:
    return apply_fault(reply, fault, b"[error]", b"[nonsense]")


@pytest.mark.parametrize(
    ("fault", "data", "close"),
    [
        (Fault(kind="reset"), [], "abort"),
        (Fault(kind="reset", after=2), [b"a", b"b"], "abort"),
        (Fault(kind="truncate", after=1), [b"a"], "end"),
        (Fault(kind="stall", after=1), [b"a"], "hang"),
        (Fault(kind="exception", after=1), [b"a", b"[error]"], "end"),
        (Fault(kind="exception"), [b"[error]"], "end"),
        (Fault(kind="malformed", after=1), [b"a", b"[nonsense]", b"b", b"c"], "end"),
        (Fault(kind="reset", after=99), [b"a", b"b", b"c"], "abort"),
    ],
)
def test_faults_change_a_stream(fault: Fault, data: list[bytes], close: str) -> None:
    """Pieces before the fault still come, and it ends as the kind says."""
    spoilt = _spoil(_STREAM, fault)
    assert [step.data for step in spoilt.steps] == data
    assert spoilt.close == close
    assert spoilt.faulty
    assert spoilt.stream


def test_a_stall_of_some_seconds_only_delays() -> None:
    """The rest comes later and whole."""
    spoilt = _spoil(_STREAM, Fault(kind="stall", after=1, seconds=2.0))
    assert [(step.at, step.data) for step in spoilt.steps] == [(0.1, b"a"), (2.2, b"b"), (2.3, b"c")]
    assert not spoilt.faulty


def test_a_whole_answer_fails_in_its_middle() -> None:
    """A whole answer has two halves to fail between; what was sent bills nothing of the model's."""
    spoilt = _spoil(_WHOLE, Fault(kind="reset", after=1))
    assert [step.data for step in spoilt.steps] == [b"who"]
    assert spoilt.stream
    assert spoilt.steps[0].tokens == 0
