"""Grants are fetched ahead of their end, off the path of requests (T45)."""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest

from comity.clouds.grant import Grant, LoginFailure, login_failure
from comity.clouds.renewal import Renewal, Renewals, renew_in, retry_in

Outcome: TypeAlias = Grant[str] | LoginFailure


class Account:
    """A login whose answers a test puts in, one by one."""

    label = "an account"

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes: queue.Queue[Outcome] = queue.Queue()
        for outcome in outcomes:
            self.outcomes.put(outcome)
        self.fetched = 0

    def fetch(self) -> Outcome:
        """The next answer, once it is there."""
        self.fetched += 1
        return self.outcomes.get(timeout=60)


_NO = LoginFailure("an account", "refused")


class Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The moment."""
        return self.now


class Broken:
    """A login with a bug in it."""

    label = "an account"

    def fetch(self) -> Outcome:
        """Stumbles."""
        raise AttributeError("a token that no log may show")


def _now(renewal: Renewal[str]) -> object:
    return renewal.current


@pytest.mark.parametrize(
    ("left", "soonest", "latest"),
    [
        (1e9, 86_400, 86_400),
        (86_400, 67_392, 69_120),  # a day: a fifth before
        (3600, 2808, 2880),
        (900, 570, 600),  # five minutes before
        (240, 108, 120),  # never before half of it is over
        (1, 1, 1),
        (0.2, 1, 1),
    ],
)
def test_a_grant_is_renewed_well_before_its_end(left: float, soonest: float, latest: float) -> None:
    """A fifth of its life or five minutes before, spread by chance."""
    assert renew_in(left, 0.0) == pytest.approx(latest)
    assert renew_in(left, 1.0) == pytest.approx(soonest)


def test_keys_without_an_end_are_looked_up_every_hour() -> None:
    """Files change under a running gateway."""
    assert renew_in(float("inf"), 0.0) == 3600
    assert renew_in(float("inf"), 1.0) == pytest.approx(3240)


@pytest.mark.parametrize(("failures", "ceiling"), [(1, 1), (2, 2), (3, 4), (7, 60), (5000, 60)])
def test_a_login_that_fails_is_tried_again_ever_more_rarely(failures: int, ceiling: float) -> None:
    """Doubled up to a minute, at least half of it."""
    assert retry_in(failures, 0.0) == ceiling / 2
    assert retry_in(failures, 1.0) == ceiling


def test_a_grant_serves_until_its_own_end() -> None:
    """T45: a failed renewal takes nothing away; what is over is not used, and the reason is the last one."""
    clock, said = Time(), list[str]()
    account = Account(Grant("one", 1600.0), _NO, _NO, Grant("two", 2600.0))
    renewal = Renewal(account, clock=clock, tell=said.append)
    assert _now(renewal) == LoginFailure("an account", "nothing has been fetched yet")
    assert 0 < renewal.renew() < 600
    assert _now(renewal) == Grant("one", 1600.0)
    assert renewal.renew() <= 1
    clock.now = 1599.9
    assert _now(renewal) == Grant("one", 1600.0)
    clock.now = 1600.0
    assert _now(renewal) == _NO
    renewal.renew()
    renewal.renew()
    assert _now(renewal) == Grant("two", 2600.0)
    assert said == ["no login, trying again: an account: refused", "logged in again: an account"]
    clock.now = 2600.0
    assert _now(renewal) == LoginFailure("an account", "the last grant is over")


def test_what_is_over_when_it_comes_is_no_grant() -> None:
    """A provider whose clock is wrong, or a stale cache: it is tried again, not sent."""
    renewal = Renewal(Account(Grant("old", 999.0)), clock=Time(), tell=list[str]().append)
    renewal.renew()
    assert _now(renewal) == LoginFailure("an account", "what was granted is over already")


@pytest.fixture
def renewals() -> Iterator[Renewals]:
    """Renewals that are stopped when the test is over."""
    made = Renewals(tell=lambda _line: None)
    yield made
    made.stop()


def _later(outcome: Outcome) -> Callable[[], Account]:
    return lambda: Account(outcome)


def test_all_logins_are_there_before_serving_starts(renewals: Renewals) -> None:
    """T45: `start` waits for all of them; those that fail keep nobody else from serving."""
    far = float(2**40)
    good = renewals.of(b"good", _later(Grant("token", far)))
    bad = renewals.of(b"bad", _later(_NO))
    renewals.start(60)
    assert good.current == Grant("token", far)
    assert bad.current == _NO


def test_one_login_serves_all_deployments_that_share_it(renewals: Renewals) -> None:
    """The same account is asked once."""
    one = renewals.of(b"same", _later(_NO))
    assert renewals.of(b"same", _later(_NO)) is one


def test_a_login_that_hangs_does_not_keep_the_gateway_from_starting_or_stopping(renewals: Renewals) -> None:
    """Its deployments fail until it comes through, and its thread does not hold the process."""
    account = Account()
    hanging = renewals.of(b"hangs", lambda: account)
    renewals.start(0.01)
    assert hanging.current == LoginFailure("an account", "nothing has been fetched yet")
    hanging.stop(0.01)
    account.outcomes.put(_NO)
    assert hanging.wait(60)


def test_a_renewal_goes_on_by_itself() -> None:
    """A short-lived grant is replaced without anybody asking."""
    account = Account(_NO, Grant("two", float(2**40)))
    told = threading.Event()
    renewal = Renewal(account, tell=lambda line: told.set() if line.startswith("logged in") else None)
    renewal.start()
    try:
        assert told.wait(60)
    finally:
        renewal.stop()
    assert account.fetched == 2


def test_a_grant_that_was_refused_is_fetched_anew_but_not_in_a_loop() -> None:
    """Revoked tokens and rotated keys: one login, not one per refused request."""
    clock, far = Time(), float(2**40)
    account = Account(Grant("one", far), Grant("two", far), Grant("three", far))
    renewal = Renewal(account, clock=clock)
    renewal.start()
    try:
        assert renewal.wait(60)
        clock.now += 29
        renewal.hurry()
        assert _now(renewal) == Grant("one", far)
        clock.now += 1
        renewal.hurry()
        _until(lambda: renewal.current == Grant("two", far))
        renewal.hurry()
        assert account.outcomes.qsize() == 1
    finally:
        renewal.stop()


def _until(holds: Callable[[], bool]) -> None:
    """Waits for what another thread is about to do."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def test_by_default_the_operator_is_told_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """A login that fails is seen where the gateway's other complaints are."""
    Renewal(Account(_NO)).renew()
    assert capsys.readouterr().err == "comity: no login, trying again: an account: refused\n"


class _OddError(Exception):
    """An error of a library that carries an answer of its own shape."""

    def __init__(self, response: object, text: str = "") -> None:
        super().__init__(text)
        self.response = response


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("https://user:hunter2@proxy"), "ValueError"),
        (ValueError("... AADSTS700016: no such application"), "ValueError (AADSTS700016)"),
        (ValueError('{"error":"unauthorized_client"}'), "ValueError (unauthorized_client)"),
        (_OddError({"Error": {"Code": "ExpiredToken"}}), "_OddError (ExpiredToken)"),
        (_OddError({"Error": {"Code": "key=hunter2"}}), "_OddError"),
        (_OddError({"Error": {"Code": 7}}), "_OddError"),
        (_OddError(object(), "invalid_scope"), "_OddError (invalid_scope)"),
    ],
)
def test_t42_only_codes_of_a_known_form_are_told(error: Exception, told: str) -> None:
    """T42: what a library or a provider wrote freely may hold a secret."""
    assert login_failure("x", error) == LoginFailure("x", told)
    assert "hunter2" not in str(login_failure("x", error))


def test_a_bug_in_a_login_is_told_by_its_place_and_ends_nothing() -> None:
    """The renewal goes on; what is told names a line of code, and nothing that the error says."""
    told: list[str] = []
    renewal: Renewal[str] = Renewal(Broken(), tell=told.append)
    assert 0 < renewal.renew() <= 1
    assert re.fullmatch(
        r"no login, trying again: an account: AttributeError at test_renewal\.py:\d+", told[0]
    )
    assert isinstance(renewal.current, LoginFailure)
