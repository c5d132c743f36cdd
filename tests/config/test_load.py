"""`comity.yaml`: what it says becomes settings, what is wrong is told with its place and a way out."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.config import load_settings
from comity.errors import ConfigError, SourceError
from comity.intake import SigningKey, hash_key

BOOK = Path(__file__).parents[1] / "gateway" / "book"
KEY = hash_key("sk-a-key-for-tests")
GOOD = f"""\
book: {BOOK}
facts: {{actor: acme}}
posture: {{for: acme, unknown: ask}}
deployments:
  - id: one
    cloud: azure
    region: [swedencentral]
    model: gpt-5.5
    dialect: openai.chat
    url: https://acme.openai.azure.com/openai/v1/
    auth: {{api_key: "env:AZURE_KEY"}}
    facts: {{provider: oai, weights: closed}}
    limits: {{rpm: 60}}
    price: {{input: 1.25, output: "10"}}
models:
  gpt-5.5: {{from: [one], posture: {{unknown: allow-and-record}}}}
callers:
  - id: bot
    key: "sha256:{KEY}"
    facts: {{customer: acme, data: personal}}
    may_state: [subject]
"""


def load(folder: Path, text: str) -> object:
    """The settings of a file with that text."""
    path = folder / "comity.yaml"
    path.write_text(text)
    return load_settings(path)


def test_a_file_becomes_settings(tmp_path: Path) -> None:
    """Every section lands in the value of the room that uses it."""
    (tmp_path / "comity.yaml").write_text(GOOD)
    settings = load_settings(tmp_path / "comity.yaml")
    deployment = settings.deployments["one"]
    assert deployment.region == frozenset({"swedencentral"})
    assert deployment.served_model == "gpt-5.5"
    (slot,) = deployment.tariff.tiers["standard"]
    assert (slot.terms.contract, slot.terms.currency) == ("configured", "USD")
    assert slot.terms.bands[0].rates == {
        "input": Decimal("1.25"),
        "output": Decimal(10),
        "reasoning": Decimal(10),
        "image_input": Decimal("1.25"),
    }
    assert settings.targets["one"]["region"] == frozenset({"swedencentral"})
    assert settings.targets["one"]["weights"] == "closed"
    route = settings.routes["gpt-5.5"]
    assert (route.posture.reading, route.posture.unknown) == ("acme", "allow-and-record")
    caller = settings.callers[0]
    assert caller.facts["actor"] == "acme"
    assert caller.may_state == frozenset({"subject"})
    assert settings.ledger.store == tmp_path / "var/ledger" / "ledger.db"


@pytest.mark.parametrize(
    ("old", "new", "place", "message", "suggestion"),
    [
        ("region: [swedencentral]", "regoin: [x]", "7:5", "the key `regoin` is not known", "`region`"),
        ("    model: gpt-5.5\n", "", "5:5", "the key `model` is missing", "add `model:`"),
        ("rpm: 60", "rpm: sixty", "13:19", "expected `int | null`, got `str`", ""),
        ("dialect: openai.chat", "dialect: openai", "9:14", "invalid enum value 'openai'", "openai.chat"),
        ("from: [one]", "from: [two]", "16:19", "there is no deployment `two`", "`one`"),
        ("from: [one]", "from: []", "16:12", "has no deployment", "name one"),
        ("unknown: ask", "disputed: re-route", "16:12", "`re-route` has nowhere to go", "`otherwise`"),
        ("for: acme", "for: acne", "3:16", "no contract knows the party `acne`", "`acme`"),
        (f"sha256:{KEY}", "sk-in-the-clear", "19:10", "never in the clear", "comity hash-key"),
        ("data: personal", "date: personal", "20:12", "there is no attribute `date`", ""),
        ("data: personal", "data: secret", "20:12", "`secret` is no value of `data`", ""),
        ("may_state: [subject]", "may_state: [topic]", "21:16", "there is no attribute `topic`", ""),
        ("weights: closed", "weights: ajar", "12:12", "`ajar` is no value of `weights`", ""),
        ('"env:AZURE_KEY"', "plain-secret", "11:21", "no reference to a secret", "env:NAME"),
        ("url: https://", "url: ftp://", "5:5", "", ""),
        ("input: 1.25", "input: -1", "5:5", "the rate of `input` is negative", ""),
        (
            "{for: acme, unknown: ask}",
            "{for: acme, unknown: perhaps}",
            "3:31",
            "invalid enum value",
            "refuse",
        ),
        ("callers:", "callers: &x", "17:10", "anchors and aliases are not allowed", ""),
    ],
)
def test_what_is_wrong_has_its_place(  # noqa: PLR0917 - one row of the table
    tmp_path: Path, old: str, new: str, place: str, message: str, suggestion: str
) -> None:
    """Line and column of the fault, what was expected, and what to write instead."""
    assert old in GOOD
    with pytest.raises(SourceError) as caught:
        load(tmp_path, GOOD.replace(old, new))
    text = str(caught.value)
    assert f"comity.yaml:{place}: " in text
    assert message in text
    assert suggestion in text


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """Three mistakes in three sections are three problems."""
    text = GOOD.replace("from: [one]", "from: [two]").replace("data: personal", "data: secret")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text.replace(f"sha256:{KEY}", "clear"))
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("section", ["deployments", "callers"])
def test_ids_are_unique(tmp_path: Path, section: str) -> None:
    """The same id twice is a mistake, and so is the same key for two callers."""
    start = GOOD.index(f"{section}:\n") + len(section) + 2
    end = GOOD.index("models:\n") if section == "deployments" else len(GOOD)
    with pytest.raises(ConfigError, match="is taken"):
        load(tmp_path, GOOD[:end] + GOOD[start:end] + GOOD[end:])


def test_a_file_that_is_not_there_is_a_problem_of_the_file(tmp_path: Path) -> None:
    """Missing and undecodable files are told by name."""
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings(tmp_path / "absent.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"book: \xff")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings(tmp_path / "latin.yaml")


def spoil(at: int, junk: str) -> str:
    """A good file with something put into it."""
    return GOOD[:at] + junk + GOOD[at:]


@given(st.text(max_size=200) | st.builds(spoil, st.integers(0, len(GOOD)), st.text(max_size=8)))
def test_any_text_gives_settings_or_problems(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """No input gives a traceback of ours."""
    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    path.write_bytes(text.encode("utf-8", "replace"))
    with contextlib.suppress(SourceError):
        load_settings(path)


_BEDROCK = """    cloud: aws
    model: claude
    dialect: bedrock.converse
    served_model: eu.anthropic.claude-sonnet-4-5-20250929-v1:0
    url: https://bedrock-runtime.eu-central-1.amazonaws.com
"""


def _on_bedrock(region: str) -> str:
    start, end = GOOD.index("    cloud: azure"), GOOD.index("    auth:")
    return GOOD[:start] + _BEDROCK + region + GOOD[end:]


@pytest.mark.parametrize("region", ["", "    region: [eu]\n"])
def test_t24_contracts_are_asked_about_every_place_of_a_profile(tmp_path: Path, region: str) -> None:
    """T24: the deployment and its facts hold the whole set that the profile may use."""
    (tmp_path / "comity.yaml").write_text(_on_bedrock(region))
    settings = load_settings(tmp_path / "comity.yaml")
    expected = {"eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"}
    assert settings.deployments["one"].region == expected
    assert settings.targets["one"]["region"] == expected


def test_t24_a_profile_that_may_go_further_than_declared_is_refused(tmp_path: Path) -> None:
    """T24: the message names what is missing, and what to write."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, _on_bedrock("    region: [eu-central-1]\n"))
    assert "may also process in `eu-north-1`, `eu-south-1`" in str(caught.value)
    assert "add that to `region`, or leave `region` out" in str(caught.value)


_PAIR = 'sigv4: {access_key_id: AKIACOMITY000001, secret: "env:BOT"}'


def test_a_caller_may_sign_beside_its_key_or_instead(tmp_path: Path) -> None:
    """The pair is a value of the caller; its secret stays a reference."""
    for text in (f'key: "sha256:{KEY}"\n    {_PAIR}', _PAIR):
        (tmp_path / "comity.yaml").write_text(GOOD.replace(f'key: "sha256:{KEY}"', text))
        caller = load_settings(tmp_path / "comity.yaml").callers[0]
        assert caller.signing == SigningKey("AKIACOMITY000001", "env:BOT")
        assert (caller.key_hash is None) == (text == _PAIR)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("models: [gpt-5.5]", "the caller has no key"),
        ("sigv4: {access_key_id: short, secret: 'env:BOT'}", "16 to 128 letters and digits"),
        ("sigv4: {access_key_id: AKIACOMITY000001, secret: hunter2}", "no reference to a secret"),
    ],
)
def test_t42_a_pair_that_is_odd_is_told_without_its_secret(tmp_path: Path, keys: str, said: str) -> None:
    """T42: nobody is let in without a key, and no value that may be a secret is repeated."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, GOOD.replace(f'key: "sha256:{KEY}"', keys))
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_key_pair_is_one_callers_alone(tmp_path: Path) -> None:
    """The same access key id twice would make two callers one."""
    text = GOOD.replace(f'key: "sha256:{KEY}"', _PAIR)
    second = text[text.index("  - id: bot") :].replace("id: bot", "id: bat")
    with pytest.raises(ConfigError, match="also the key of `bot`"):
        load(tmp_path, text + second)
