"""`comity budgets` and `comity wallet`: limits and wallets on the command line, without a gateway."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from tests.config.test_load import GOOD
from typer.testing import CliRunner

from comity.budgets import account_of, open_budgets, window_at
from comity.budgets.store import Ask
from comity.cli.main import app
from comity.config import load_settings

SECTION = """\
budgets:
  limits:
    - {id: all, money: 100 USD, every: month}
    - {id: each, per: [customer], requests: 5, every: day}
  wallets:
    - {id: prepaid, per: [customer], currency: USD}
    - {id: lone, currency: EUR}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with limits and wallets."""
    path = tmp_path / "comity.yaml"
    path.write_text(GOOD + SECTION)
    return path


def run(config: Path, *arguments: str, status: int = 0) -> str:
    """Runs a command on the configuration and holds it to its exit status."""
    place = (str(config),) if arguments[0] == "budgets" else ("--config", str(config))
    result = CliRunner().invoke(app, [*arguments, *place], env={"COLUMNS": "200"})
    assert result.exit_code == status, result.output
    return result.output


def test_every_limit_is_shown_before_anything_is_spent(config: Path) -> None:
    """A limit that is divided has a row for each part once it is used."""
    rows = json.loads(run(config, "budgets", "--json"))
    assert [(row["name"], row["every"], row["cap"], row["left"]) for row in rows] == [
        ("all", "month", "100 USD", "100 USD"),
        ("lone", "wallet", None, "0 EUR"),
    ]
    assert rows[0]["until"].endswith("T00:00:00+00:00")
    assert "100 USD" in run(config, "budgets")


def test_a_payment_counts_once(config: Path) -> None:
    """The same id again is a repetition; with another amount it is refused."""
    credit = ("wallet", "credit", "prepaid/acme", "50", "--id", "one", "--note", "bank")
    assert run(config, *credit) == "`prepaid/acme` was credited 50 USD; it has 50 USD\n"
    assert "was credited before with 50 USD; it has 50 USD" in run(config, *credit)
    assert "another content" in run(config, *credit[:3], "60", *credit[4:], status=2)
    assert "50 USD" in run(config, "wallet", "balance")
    (row,) = (row for row in json.loads(run(config, "budgets", "--json")) if row["name"] == "prepaid/acme")
    assert (row["left"], row["spent"], row["held"]) == ("50 USD", "0 USD", "0 USD")
    statement = run(config, "wallet", "statement", "prepaid/acme")
    assert "50 USD" in statement
    assert "bank" in statement
    (moved,) = json.loads(
        run(config, "wallet", "statement", "prepaid/acme", "--json", "--since", "2026-01-01")
    )
    assert (moved["debit"], moved["id"]) == ("operator:payments", "one")
    assert not json.loads(
        run(config, "wallet", "statement", "prepaid/acme", "--json", "--until", "2026-01-01")
    )
    assert "hold" in run(config, "wallet", "verify")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("credit", "prepaid", "1", "--id", "x"), "names no wallet of `prepaid`; write `prepaid/CUSTOMER`"),
        (("credit", "prepayd/acme", "1", "--id", "x"), "did you mean `prepaid`"),
        (("credit", "all", "1", "--id", "x"), "there is no wallet `all`"),
        (("credit", "lone", "much", "--id", "x"), "`much` is no amount"),
        (("credit", "--id", "x", "--", "lone", "-1"), "more than nothing"),
        (("statement", "lone/acme"), "write `lone`"),
    ],
)
def test_bad_input_ends_with_status_2(config: Path, arguments: tuple[str, ...], words: str) -> None:
    """And says what to write."""
    command, *rest = arguments
    result = CliRunner().invoke(app, ["wallet", command, "--config", str(config), *rest])
    assert result.exit_code == 2, result.output
    assert words in result.output


def test_a_gateway_that_is_gone_for_good_is_settled(config: Path) -> None:
    """What it was lent counts as spent; a living one is never meant by mistake of a name."""
    settings = load_settings(config).budgets
    assert settings is not None
    store = open_budgets(settings)
    limit = settings.limits[0]
    with store.database:
        store.exchange(
            "w", "far", [Ask(account_of(limit), window_at("month", limit.zone, time.time()), 0, 0, 0, 0, 7)]
        )
    assert "the gateway `far` holds something" in run(config, "budgets")
    assert "no other gateway `near`" in run(config, "budgets", "--settle-lost", "near", status=2)
    told = run(config, "budgets", "--settle-lost", "far", "--json")
    assert "1 leases of `far` count as spent" in told
    (row,) = (row for row in json.loads(told[told.index("[") :]) if row["name"] == "all")
    assert (row["spent"], row["held"]) == ("0.000000000007 USD", "0 USD")


def test_a_file_without_budgets_is_told_so(tmp_path: Path) -> None:
    """There is nothing to show."""
    (tmp_path / "comity.yaml").write_text(GOOD)
    assert "has no section `budgets`" in run(tmp_path / "comity.yaml", "budgets", status=2)
    assert "cannot be read" in run(tmp_path / "nowhere.yaml", "wallet", "balance", status=2)


def test_wallets_that_do_not_add_up_are_named(config: Path) -> None:
    """Status 1, with what is wrong."""
    run(config, "wallet", "credit", "lone", "5", "--id", "one")
    settings = load_settings(config).budgets
    assert settings is not None
    store = open_budgets(settings)
    with store.database:
        store.database.execute("UPDATE wallet_balances SET balance = '7' WHERE account = 'lone'")
    assert "`lone` has 7 EUR, and its transfers come to 5" in run(config, "wallet", "verify", status=1)
