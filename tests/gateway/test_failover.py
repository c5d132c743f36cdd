"""Failures of clouds: elsewhere before the first byte, visibly broken after it, each attempt on record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import msgspec
import openai
import pytest
import yaml
from tests.gateway.running import Gateway, clouds, configuration, serving

from comity.ledger import Attempted, AttemptOutcome, EntryOutcome, Reserved, Settled
from comity.simulator import Background, Fault, Pace

QUESTION: Any = [{"role": "user", "content": "Tell me a story"}]
DEPLOYMENTS = ["local-us", "azure-swe", "bedrock-fra"]
ROUTES = ["gpt-5.5", "us-only", "azure-only", "bedrock-only"]
CORNERS = 15
"""How many tests there are, each variant counted."""


class Corner(msgspec.Struct):
    """The routes, deployments and clouds of one test, which no other test meets.

    A gateway remembers failures by deployment, so one process serves all of them.
    """

    gateway: Gateway
    """The gateway of all corners."""
    name: str
    """What the names of this corner's routes and deployments begin with."""
    clouds: Background
    """The clouds behind them."""

    def fail(self, cloud: str, **fault: Any) -> None:
        """Lets every request to a cloud meet one failure."""
        self.clouds[cloud].cloud.faults = (Fault(**fault),)

    def ask(self, model: str, *, who: str = "app", tokens: int = 5, stream: bool = False) -> Any:
        """A question to a route, as the SDK answers it: with the headers."""
        return self.gateway.sdk(who).chat.completions.with_raw_response.create(
            model=self.name + model, messages=QUESTION, max_completion_tokens=tokens, stream=stream
        )

    def attempts(self, receipt: str) -> list[Attempted]:
        """The attempts of an entry."""
        return [record for record in self.gateway.entry(receipt) if isinstance(record, Attempted)]

    def short(self, deployments: list[str]) -> list[str]:
        """Deployments of this corner by the names that all corners use."""
        assert all(deployment.startswith(self.name) for deployment in deployments)
        return [deployment.removeprefix(self.name) for deployment in deployments]


def _configuration(corners: list[Background]) -> str:
    """The usual configuration once for each of the clouds, under names of their own."""
    root = yaml.safe_load(configuration(corners[0]))
    deployments: list[dict[str, Any]] = []
    models: dict[str, dict[str, list[str]]] = {}
    for number, running in enumerate(corners):
        name, one = _name(number), yaml.safe_load(configuration(running))
        deployments += [
            {**deployment, "id": name + deployment["id"]}
            for deployment in one["deployments"]
            if deployment["id"] in DEPLOYMENTS
        ]
        models |= {
            name + model: {"from": [name + target for target in one["models"][model]["from"]]}
            for model in ROUTES
        }
    for caller in root["callers"]:
        caller.pop("models", None)
    config: str = yaml.safe_dump({**root, "deployments": deployments, "models": models})
    return config


def _name(number: int) -> str:
    return f"{number}-"


@pytest.fixture(scope="module")
def corners(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Corner]]:
    """One gateway, and its corners that nobody has used yet."""
    folder = tmp_path_factory.mktemp("failover")
    with ExitStack() as stack:
        running = [stack.enter_context(clouds(Pace(0.0, 100.0))) for _ in range(CORNERS)]
        gateway = stack.enter_context(serving(folder, running[0], _configuration(running)))
        yield [Corner(gateway, _name(number), behind) for number, behind in enumerate(running)]


@pytest.fixture
def corner(corners: list[Corner]) -> Corner:
    """A corner of its own: what the gateway remembers of failures must not reach the next test."""
    assert corners, "CORNERS says how many tests there are"
    return corners.pop()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_failing_cloud_is_left_before_the_first_byte(corner: Corner, status: int, *, stream: bool) -> None:
    """The next legal candidate serves, and both attempts are lines."""
    corner.fail("local", kind="status", status=status)
    raw = corner.ask("gpt-5.5", stream=stream)
    raw.http_response.read()
    first, second = corner.attempts(raw.headers["comity-receipt"])
    assert raw.headers["comity-deployment"] == second.deployment
    assert corner.short([first.deployment, second.deployment]) == ["local-us", "azure-swe"]
    assert first.status == status
    assert first.outcome is (AttemptOutcome.AMBIGUOUS if status == 500 else AttemptOutcome.FAILED)
    assert first.usage is None
    assert second.outcome is AttemptOutcome.SERVED


def test_T26_an_error_inside_a_stream_before_its_content_goes_elsewhere(corner: Corner) -> None:
    """A stream that begins with 200 and a role and then fails has not begun for the client."""
    corner.fail("local", kind="exception", after=1)
    raw = corner.ask("gpt-5.5", stream=True)
    raw.http_response.read()
    assert corner.short([raw.headers["comity-deployment"]]) == ["azure-swe"]
    assert len(corner.attempts(raw.headers["comity-receipt"])) == 2


def test_T13_an_exception_frame_before_output_goes_elsewhere(corner: Corner) -> None:
    """Bedrock's errors inside a stream are frames; before output the route goes on, here to itself."""
    corner.fail("bedrock", kind="exception", after=0)
    with pytest.raises(openai.APIStatusError) as caught:
        corner.ask("bedrock-only", stream=True)
    assert caught.value.status_code >= 500
    tried = corner.attempts(caught.value.response.headers["comity-receipt"])
    assert corner.short([attempt.deployment for attempt in tried]) == ["bedrock-fra"] * 3


@pytest.mark.parametrize("kind", ["reset", "exception", "truncate"])
def test_after_the_first_byte_a_broken_stream_looks_broken(corner: Corner, kind: Any) -> None:
    """No other cloud, no clean end: an error event, then the connection is cut; one settlement, estimated."""
    for cloud, model in (("local", "us-only"), ("azure", "azure-only"), ("bedrock", "bedrock-only")):
        corner.fail(cloud, kind=kind, after=6)
        break_off(corner, model)


def break_off(corner: Corner, model: str) -> None:
    """Reads a stream that breaks after its first bytes."""
    stream = corner.ask(model, tokens=40, stream=True).parse()
    receipt = stream.response.headers["comity-receipt"]
    seen: list[object] = []
    with pytest.raises(openai.APIError):
        seen.extend(stream)
    assert seen
    # On a busy machine all pieces may come at once: then nothing has left yet, and it is tried again.
    *early, attempt = corner.attempts(receipt)
    assert all(one.usage is None for one in early)
    assert attempt.outcome is AttemptOutcome.AMBIGUOUS
    assert attempt.estimated
    assert attempt.usage is not None
    assert attempt.usage.output > 0
    settled = corner.gateway.entry(receipt)[-1]
    assert isinstance(settled, Settled)
    assert (settled.outcome, settled.attempts) == (EntryOutcome.FAILED, len(early) + 1)


def test_T39_an_ambiguous_failure_is_not_repeated(corner: Corner) -> None:
    """A 502 may have been charged: the client is told, nobody else is asked, the ledger says ambiguous."""
    corner.fail("local", kind="status", status=502)
    with pytest.raises(openai.APIStatusError) as caught:
        corner.ask("gpt-5.5")
    assert caught.value.status_code == 502
    (attempt,) = corner.attempts(caught.value.response.headers["comity-receipt"])
    assert attempt.outcome is AttemptOutcome.AMBIGUOUS


def test_a_lost_answer_is_ambiguous(corner: Corner) -> None:
    """The connection breaks before an answer: it was sent, so it is not sent again."""
    corner.fail("local", kind="reset", after=0)
    with pytest.raises(openai.APIStatusError) as caught:
        corner.ask("gpt-5.5")
    assert caught.value.status_code in (502, 503)
    (attempt,) = corner.attempts(caught.value.response.headers["comity-receipt"])
    assert attempt.outcome is AttemptOutcome.AMBIGUOUS


def test_a_cooling_deployment_is_on_record_as_skipped(corner: Corner) -> None:
    """The decision would have tried it first; the record of this request says that it was left out."""
    corner.fail("local", kind="status", status=503)
    receipts = [corner.ask("gpt-5.5").headers["comity-receipt"] for _ in range(6)]
    reserved = _reserved(corner, receipts[-1])
    verdicts = [verdict.deployment for verdict in reserved.decision.verdicts]
    assert corner.short(verdicts)[0] == "local-us"
    assert corner.short([drop.deployment for drop in reserved.skipped]) == ["local-us"]
    assert reserved.skipped[0].cause == "cooling"
    assert reserved.planned == tuple(verdicts[1:])


def test_the_plan_and_its_verdicts_are_on_record(corner: Corner) -> None:
    """The reservation names every planned candidate with the verdict on its own target."""
    reserved = _reserved(corner, corner.ask("gpt-5.5", who="eu").headers["comity-receipt"])
    assert corner.short(list(reserved.planned)) == ["azure-swe", "bedrock-fra"]
    assert [verdict.outcome for verdict in reserved.decision.verdicts] == ["permitted", "permitted"]
    assert corner.short([drop.deployment for drop in reserved.dropped]) == ["local-us"]
    assert reserved.decision.facts["customer"] == "acme"
    assert len(reserved.decision.book) == 64


def _reserved(corner: Corner, receipt: str) -> Reserved:
    reserved = corner.gateway.entry(receipt)[0]
    assert isinstance(reserved, Reserved)
    return reserved
