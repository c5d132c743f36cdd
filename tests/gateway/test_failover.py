"""Failures of clouds: elsewhere before the first byte, visibly broken after it, each attempt on record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from tests.environment import unmeasured
from tests.gateway.running import Gateway, clouds, configuration, serving

from comity.ledger import Attempted, AttemptOutcome, EntryOutcome, Reserved, Settled
from comity.simulator import Fault, Pace

QUESTION: Any = [{"role": "user", "content": "Tell me a story"}]


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway of its own: what it remembers of failures must not reach the next test."""
    with clouds(Pace(0.0, 100.0)) as running, serving(tmp_path, running, configuration(running)) as gateway:
        yield gateway


@pytest.fixture
def failing(tmp_path: Path) -> Iterator[Gateway]:
    """The same for variants, whose way through the gateway others cover."""
    with (
        clouds(Pace(0.0, 100.0)) as running,
        serving(tmp_path, running, configuration(running), (), unmeasured()) as gateway,
    ):
        yield gateway


def fail(gateway: Gateway, cloud: str, **fault: Any) -> None:
    """Lets every request to a cloud meet one failure."""
    gateway.clouds[cloud].cloud.faults = (Fault(**fault),)


def attempts(gateway: Gateway, receipt: str) -> list[Attempted]:
    """The attempts of an entry."""
    return [record for record in gateway.entry(receipt) if isinstance(record, Attempted)]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_failing_cloud_is_left_before_the_first_byte(
    failing: Gateway, status: int, *, stream: bool
) -> None:
    """The next legal candidate serves, and both attempts are lines."""
    fail(failing, "local", kind="status", status=status)
    raw = failing.sdk().chat.completions.with_raw_response.create(
        model="gpt-5.5", messages=QUESTION, max_completion_tokens=5, stream=stream
    )
    raw.http_response.read()
    assert raw.headers["comity-deployment"] == "azure-swe"
    first, second = attempts(failing, raw.headers["comity-receipt"])
    assert (first.deployment, first.status) == ("local-us", status)
    assert first.outcome is (AttemptOutcome.AMBIGUOUS if status == 500 else AttemptOutcome.FAILED)
    assert first.usage is None
    assert (second.deployment, second.outcome) == ("azure-swe", AttemptOutcome.SERVED)


def test_T26_an_error_inside_a_stream_before_its_content_goes_elsewhere(faulty: Gateway) -> None:
    """A stream that begins with 200 and a role and then fails has not begun for the client."""
    fail(faulty, "local", kind="exception", after=1)
    raw = faulty.sdk().chat.completions.with_raw_response.create(
        model="gpt-5.5", messages=QUESTION, max_completion_tokens=5, stream=True
    )
    raw.http_response.read()
    assert raw.headers["comity-deployment"] == "azure-swe"
    assert len(attempts(faulty, raw.headers["comity-receipt"])) == 2


def test_T13_an_exception_frame_before_output_goes_elsewhere(faulty: Gateway) -> None:
    """Bedrock's errors inside a stream are frames; before output the route goes on, here to itself."""
    fail(faulty, "bedrock", kind="exception", after=0)
    with pytest.raises(openai.APIStatusError) as caught:
        faulty.sdk().chat.completions.create(
            model="bedrock-only", messages=QUESTION, max_completion_tokens=5, stream=True
        )
    assert caught.value.status_code >= 500
    receipt = caught.value.response.headers["comity-receipt"]
    assert [attempt.deployment for attempt in attempts(faulty, receipt)] == ["bedrock-fra"] * 3


@pytest.mark.parametrize("kind", ["reset", "exception", "truncate"])
def test_after_the_first_byte_a_broken_stream_looks_broken(faulty: Gateway, kind: Any) -> None:
    """No other cloud, no clean end: an error event, then the connection is cut; one settlement, estimated."""
    for cloud, model in (("local", "us-only"), ("azure", "azure-only"), ("bedrock", "bedrock-only")):
        fail(faulty, cloud, kind=kind, after=6)
        break_off(faulty, model)


def break_off(faulty: Gateway, model: str) -> None:
    """Reads a stream that breaks after its first bytes."""
    stream = faulty.sdk().chat.completions.create(
        model=model, messages=QUESTION, max_completion_tokens=40, stream=True
    )
    receipt = stream.response.headers["comity-receipt"]
    seen: list[object] = []
    with pytest.raises(openai.APIError):
        seen.extend(stream)
    assert seen
    # On a busy machine all pieces may come at once: then nothing has left yet, and it is tried again.
    *early, attempt = attempts(faulty, receipt)
    assert all(one.usage is None for one in early)
    assert attempt.outcome is AttemptOutcome.AMBIGUOUS
    assert attempt.estimated
    assert attempt.usage is not None
    assert attempt.usage.output > 0
    settled = faulty.entry(receipt)[-1]
    assert isinstance(settled, Settled)
    assert (settled.outcome, settled.attempts) == (EntryOutcome.FAILED, len(early) + 1)


def test_T39_an_ambiguous_failure_is_not_repeated(faulty: Gateway) -> None:
    """A 502 may have been charged: the client is told, nobody else is asked, the ledger says ambiguous."""
    fail(faulty, "local", kind="status", status=502)
    with pytest.raises(openai.APIStatusError) as caught:
        faulty.sdk().chat.completions.create(model="gpt-5.5", messages=QUESTION, max_completion_tokens=5)
    assert caught.value.status_code == 502
    (attempt,) = attempts(faulty, caught.value.response.headers["comity-receipt"])
    assert attempt.outcome is AttemptOutcome.AMBIGUOUS


def test_a_lost_answer_is_ambiguous(faulty: Gateway) -> None:
    """The connection breaks before an answer: it was sent, so it is not sent again."""
    fail(faulty, "local", kind="reset", after=0)
    with pytest.raises(openai.APIStatusError) as caught:
        faulty.sdk().chat.completions.create(model="gpt-5.5", messages=QUESTION, max_completion_tokens=5)
    assert caught.value.status_code in (502, 503)
    (attempt,) = attempts(faulty, caught.value.response.headers["comity-receipt"])
    assert attempt.outcome is AttemptOutcome.AMBIGUOUS


def test_a_cooling_deployment_is_on_record_as_skipped(faulty: Gateway) -> None:
    """The decision would have tried it first; the record of this request says that it was left out."""
    fail(faulty, "local", kind="status", status=503)
    receipts = [
        faulty.sdk()
        .chat.completions.with_raw_response.create(
            model="gpt-5.5", messages=QUESTION, max_completion_tokens=5
        )
        .headers["comity-receipt"]
        for _ in range(6)
    ]
    reserved = faulty.entry(receipts[-1])[0]
    assert isinstance(reserved, Reserved)
    assert reserved.decision.verdicts[0].deployment == "local-us"
    assert [drop.deployment for drop in reserved.skipped] == ["local-us"]
    assert reserved.skipped[0].cause == "cooling"
    assert reserved.planned == tuple(one.deployment for one in reserved.decision.verdicts[1:])


def test_the_plan_and_its_verdicts_are_on_record(faulty: Gateway) -> None:
    """The reservation names every planned candidate with the verdict on its own target."""
    raw = faulty.sdk("eu").chat.completions.with_raw_response.create(
        model="gpt-5.5", messages=QUESTION, max_completion_tokens=5
    )
    reserved = faulty.entry(raw.headers["comity-receipt"])[0]
    assert isinstance(reserved, Reserved)
    assert reserved.planned == ("azure-swe", "bedrock-fra")
    assert [verdict.outcome for verdict in reserved.decision.verdicts] == ["permitted", "permitted"]
    assert [drop.deployment for drop in reserved.dropped] == ["local-us"]
    assert reserved.decision.facts["customer"] == "acme"
    assert len(reserved.decision.book) == 64
