"""The section `budgets`: limits and wallets as values, and what is wrong with them told with its place."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.config.test_load import GOOD

from comity.budgets import BudgetSettings, Limit
from comity.config import load_settings
from comity.errors import ConfigError

SECTION = """\
budgets:
  zone: Europe/Berlin
  bytes_per_token: 2.5
  limits:
    - id: team
      where: {customer: acme, model: gpt-5.5, region: [swedencentral, germanywestcentral]}
      per: [data, contract]
      money: 12.50 USD
      every: month
      warn: [0.9, 0.5]
    - {id: pace, where: {caller: [bot]}, requests: 60, every: minute, zone: UTC}
    - {id: words, tokens: 1000, every: total}
  wallets:
    - {id: prepaid, where: {personal_scc: true}, per: [customer], currency: EUR}
"""


def read(folder: Path, text: str) -> BudgetSettings | None:
    """The budgets of a file with that section."""
    (folder / "comity.yaml").write_text(GOOD + text)
    return load_settings(folder / "comity.yaml").budgets


def test_limits_and_wallets_become_values(tmp_path: Path) -> None:
    """Amounts are whole, facts in the words of the vocabulary, wallets have no amount."""
    found = read(tmp_path, SECTION.replace("personal_scc: true", "scc_signed: true"))
    assert found is not None
    team, pace, words, wallet = found.limits
    regions = frozenset({"swedencentral", "germanywestcentral"})
    assert team == Limit(
        id="team",
        unit="USD",
        amount=12_500_000_000_000,
        every="month",
        zone=ZoneInfo("Europe/Berlin"),
        where=(
            ("customer", frozenset({"acme"})),
            ("model", frozenset({"gpt-5.5"})),
            ("region", regions),
        ),
        per=("data", "contract"),
        warn=(0.5, 0.9),
    )
    assert (pace.unit, pace.amount, pace.measure, pace.zone.key) == ("requests", 60, "requests", "UTC")
    assert (words.unit, words.amount, words.every) == ("tokens", 1000, "total")
    assert (wallet.is_wallet, wallet.unit) == (True, "EUR")
    assert wallet.where == (("scc_signed", frozenset({"true"})),)
    assert found.store == tmp_path / "var" / "ledger" / "budgets.db"
    assert found.leases == tmp_path / "var" / "ledger" / "leases"
    assert (found.bytes_per_token, found.output_tokens) == (2.5, 8192)
    assert read(tmp_path, "") is None


def test_the_store_is_a_file_beside_comity_yaml_or_a_server(tmp_path: Path) -> None:
    """As the ledger's."""
    for store, expected in (("b.db", tmp_path / "b.db"), ("postgresql://h/d", "postgresql://h/d")):
        found = read(tmp_path, f"budgets: {{store: '{store}'}}\n")
        assert found is not None
        assert found.store == expected


LIMIT = "budgets: {{limits: [{{id: a, every: day, {}}}]}}\n"
PURSE = "budgets: {{wallets: [{{id: a, currency: USD, {}}}]}}\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LIMIT.format("tokens: 1, requests: 1"), "a limit counts one thing"),
        (LIMIT.format("warn: []"), "a limit counts one thing"),
        (LIMIT.format("tokens: 0"), "more than nothing"),
        (LIMIT.format("money: 0 USD"), "more than nothing"),
        (LIMIT.format("money: many USD"), "no amount of money"),
        (LIMIT.format("money: Infinity USD"), "no amount of money"),
        (LIMIT.format("money: 100 DOLLARS"), "DOLLARS"),
        (LIMIT.format("tokens: 1, warn: [80]"), "between 0 and 1"),
        (LIMIT.format("tokens: 1, zone: Mars/Olympus"), "no time zone `Mars/Olympus`"),
        (
            LIMIT.format("tokens: 1, where: {caller: bott}"),
            "there is no caller `bott`.*\n.*did you mean `bot`",
        ),
        (LIMIT.format("tokens: 1, where: {clod: azure}"), "there is no attribute `clod`"),
        (LIMIT.format("tokens: 1, per: [custmer]"), "there is no fact `custmer`.*\n.*`customer`"),
        (LIMIT.format("tokens: 1").replace("id: a", "id: A/b"), "other characters"),
        (LIMIT.format("tokens: 1").replace("day", "week"), "week"),
        (PURSE.format("per: [moon]"), "there is no fact `moon`"),
        (PURSE.format("per: []").replace("USD", "gold"), "gold"),
        (
            SECTION.replace("id: pace", "id: team").replace("personal_scc", "scc_signed"),
            "the id `team` is taken",
        ),
        ("budgets: {bytes_per_token: 0}\n", "`bytes_per_token` must be more than 0"),
        ("budgets: {output_tokens: 0}\n", "`output_tokens` must be more than 0"),
    ],
)
def test_what_is_wrong_with_it_is_told_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    """Each with the line in which it stands."""
    with pytest.raises(ConfigError, match=words) as caught:
        read(tmp_path, text)
    (problem,) = caught.value.problems
    assert problem.place.line > GOOD.count("\n")
