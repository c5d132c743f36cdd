"""What a price decides before any call: who may serve at all, and who is tried first."""

from __future__ import annotations

from datetime import date

import pytest
from tests.prices.samples import rates, terms

from comity.contracts import Outcome, Posture, Ruling, Verdict
from comity.period import parse_period
from comity.prices import Band, Tariff, tariff_of
from comity.prices.tariff import nanoseconds
from comity.routing import Candidate, Cause, Demand, Health, Plan, Route, plan, shortlist

NOW = nanoseconds(date(2026, 6, 1))
SILENT = Verdict(Outcome.SILENT, 1, 0, 0, 0, 0, 0, 0)
SMALL, LARGE = (1_000, 1_000), (400_000, 1_000)


def candidates(**tariffs: Tariff) -> list[Candidate]:
    """Permitted candidates by name."""
    ruling = Ruling("allow", "nothing forbids it", Outcome.SILENT)
    return [Candidate(name, SILENT, ruling, tariff) for name, tariff in tariffs.items()]


def planned(route: Route, judged: list[Candidate], size: tuple[int, int] = SMALL, tier: str = "") -> Plan:
    """The plan for a request of that size."""
    listed = shortlist(route, judged, (), NOW)
    return plan(route, listed, Health(), 0.0, Demand(*size, tier, NOW))


def names(found: Plan) -> list[str]:
    """The deployments to try, in order."""
    return [candidate.deployment for candidate in found.attempts]


REFUSING = Route("m", ("a", "b"), Posture())
ALLOWING = Route("m", ("a", "b"), Posture(), unpriced="allow")
CHEAPEST = Route("m", ("a", "b"), Posture(), unpriced="allow", choose="cheapest")


def test_a_deployment_without_a_price_in_force_is_dropped() -> None:
    """An empty tariff, a price that has ended, a price of another tier: none of them says what this costs."""
    ended = tariff_of([terms(period=parse_period(".. 2026-06-01"))])
    other = tariff_of([terms(tier="flex")])
    judged = candidates(priced=tariff_of([terms()]), none=Tariff(), ended=ended, other=other)
    found = planned(REFUSING, judged)
    assert names(found) == ["priced"]
    assert [(one.deployment, one.cause) for one in found.dropped] == [
        ("none", Cause.UNPRICED),
        ("ended", Cause.UNPRICED),
        ("other", Cause.UNPRICED),
    ]
    assert names(planned(ALLOWING, judged)) == ["priced", "none", "ended", "other"]


@pytest.mark.parametrize(("route", "left"), [(REFUSING, ["b"]), (ALLOWING, ["a", "b"])])
def test_a_tier_without_a_price_drops_for_who_asks_for_it(route: Route, left: list[str]) -> None:
    """Nobody is served in a tier of unknown price, unless the route says so; others are not concerned."""
    judged = candidates(a=tariff_of([terms()]), b=tariff_of([terms(), terms(tier="priority")]))
    found = planned(route, judged, tier="priority")
    assert names(found) == left
    assert names(planned(route, judged)) == ["a", "b"]
    if route is REFUSING:
        (dropped,) = found.dropped
        assert (dropped.cause, "`priority`" in dropped.why) == (Cause.UNPRICED, True)


def test_the_cheapest_depends_on_the_request() -> None:
    """The band of its size and the tier that it asks for decide; what has no price comes last."""
    flat = tariff_of([terms(Band(rates(input="3", output="3")))])
    stepped = tariff_of(
        [
            terms(Band(rates(input="2", output="2")), Band(rates(input="4", output="4"), 200_000)),
            terms(Band(rates(input="9", output="9")), tier="priority"),
        ]
    )
    judged = candidates(unknown=Tariff(), flat=flat, stepped=stepped)
    assert names(planned(CHEAPEST, judged)) == ["stepped", "flat", "unknown"]
    assert names(planned(CHEAPEST, judged, LARGE)) == ["flat", "stepped", "unknown"]
    assert names(planned(CHEAPEST, judged, tier="priority")) == ["stepped", "unknown", "flat"]
