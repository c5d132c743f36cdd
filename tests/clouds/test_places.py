"""T24: locations, profiles and zones stand for every place that may process, and nothing is assumed."""

from __future__ import annotations

import re
from datetime import date

import pytest
from tests.config.test_load import BOOK

from comity.clouds import Addressed, resolve_places
from comity.clouds.locations import LOCATIONS
from comity.clouds.places import profile_of
from comity.contracts import load_book, parse_facts

_FRANKFURT = "https://bedrock-runtime.eu-central-1.amazonaws.com"
_LONDON = "https://bedrock-runtime.eu-west-2.amazonaws.com"
_PRIVATE = "https://bedrock.acme.example"
_VERTEX = "https://aiplatform.googleapis.com/v1/projects/p/locations"
_EU = {"eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"}
_CLAUDE = "anthropic.claude-sonnet-4-5-20250929-v1:0"
_ARN = "arn:aws:bedrock:eu-central-1:123456789012"


def _bedrock(model: str, url: str = _FRANKFURT, signing_region: str | None = None) -> Addressed:
    return Addressed("aws", "bedrock.converse", model, url, signing_region)


def _elsewhere(cloud: str, url: str = "https://a.example/v1") -> Addressed:
    return Addressed(cloud, "gemini.generate" if cloud == "google" else "openai.chat", "m", url)


@pytest.mark.parametrize(
    ("asked", "declared", "expected"),
    [
        (_bedrock(f"eu.{_CLAUDE}"), set(), _EU),
        (_bedrock(f"eu.{_CLAUDE}"), {"eu"}, _EU),
        (_bedrock(f"eu.{_CLAUDE}", _LONDON), {"eu"}, _EU | {"eu-west-2"}),
        (_bedrock(f"eu.{_CLAUDE}", _PRIVATE, "eu-central-2"), set(), _EU | {"eu-central-2"}),
        (_bedrock(f"eu.{_CLAUDE}", _PRIVATE), {"eu"}, _EU),
        (_bedrock(f"eu.{_CLAUDE}"), {"eu", "eu-west-2"}, _EU | {"eu-west-2"}),
        (_bedrock(f"eu.{_CLAUDE}"), _EU | {"eu-west-2"}, _EU | {"eu-west-2"}),
        (_bedrock(f"eu.{_CLAUDE}"), {"world"}, {"world"}),
        (_bedrock(f"{_ARN}:inference-profile/eu.{_CLAUDE}"), set(), _EU),
        (_bedrock(f"global.{_CLAUDE}"), {"global"}, {"world", "eu-central-1"}),
        (_bedrock(_CLAUDE), set(), {"eu-central-1"}),
        (_bedrock(_CLAUDE), {"eu-central-1"}, {"eu-central-1"}),
        (_bedrock("openai.gpt-5.5-v1:0", _PRIVATE, "us-west-2"), set(), {"us-west-2"}),
        (_bedrock(f"{_ARN}:application-inference-profile/abc123"), {"eu-west-1"}, {"eu-west-1"}),
        (_bedrock(f"{_ARN}:provisioned-model/abc123"), set(), {"eu-central-1"}),
        (_bedrock(f"ca.{_CLAUDE}"), {"ca-central-1", "us-east-1"}, {"ca-central-1", "us-east-1"}),
        (_elsewhere("azure"), {"eu"}, {"eu"}),
        (_elsewhere("azure"), {"us"}, {"us"}),
        (_elsewhere("azure"), {"global"}, {"world"}),
        (_elsewhere("azure"), {"swedencentral"}, {"swedencentral"}),
        (_elsewhere("coreweave"), {"global"}, {"global"}),
        (_elsewhere("google"), {"eu"}, {"eu"}),
        (_elsewhere("google", f"{_VERTEX}/global"), set(), {"world"}),
        (_elsewhere("google", f"{_VERTEX}/global"), {"global"}, {"world"}),
        (_elsewhere("google", f"{_VERTEX}/eu"), set(), {"eu"}),
        (_elsewhere("google", f"{_VERTEX}/europe-west4"), set(), {"europe-west4"}),
        (_elsewhere("google", "https://aiplatform.us.rep.googleapis.com/v1"), set(), {"us"}),
        (_elsewhere("google", "https://europe-west9-aiplatform.googleapis.com/v1"), set(), {"europe-west9"}),
        (_elsewhere("google", "https://aiplatform.googleapis.com/v1/publishers/google"), set(), {"world"}),
    ],
)
def test_t24_a_location_is_every_place_that_may_process(
    asked: Addressed, declared: set[str], expected: set[str]
) -> None:
    """T24: what is left out or said by a word becomes the set that the cloud documents."""
    assert resolve_places(asked, declared) == expected


@pytest.mark.parametrize(
    ("asked", "declared", "said"),
    [
        (_bedrock(f"eu.{_CLAUDE}"), {"eu-central-1"}, "may also process in `eu-north-1`, `eu-south-1`"),
        (_bedrock(f"eu.{_CLAUDE}", _LONDON), _EU, "may also process in `eu-west-2`; add that"),
        (_bedrock(f"global.{_CLAUDE}"), _EU, "may also process in `world`"),
        (_bedrock(f"eu.{_CLAUDE}"), {"us"}, "stays in `eu`, not in `us`; write `[eu]`"),
        (_bedrock(f"us.{_CLAUDE}"), {"global"}, "stays in `us`, not in `global`"),
        (_bedrock(f"ca.{_CLAUDE}"), set(), "get-inference-profile"),
        (_bedrock(f"ca.{_CLAUDE}"), {"us"}, "get-inference-profile"),
        (_bedrock(f"{_ARN}:application-inference-profile/abc123"), {"eu"}, "get-inference-profile"),
        (_bedrock(_CLAUDE), {"eu"}, "`eu` is no place of `anthropic"),
        (_bedrock(_CLAUDE, _PRIVATE), set(), "names no region; say every region"),
        (_elsewhere("azure"), set(), "names no region; say every region"),
        (_elsewhere("google", f"{_VERTEX}/global"), {"europe-west4"}, "`global` may also process in `world`"),
        (_elsewhere("google", f"{_VERTEX}/eu"), {"europe-west4"}, "`eu` may also process in `eu`"),
        (_elsewhere("google", f"{_VERTEX}/us-east5"), {"eu"}, "`us-east5` may also process"),
    ],
)
def test_t24_too_few_places_and_unknown_ones_are_refused(
    asked: Addressed, declared: set[str], said: str
) -> None:
    """T24: contracts are never asked about fewer places than the cloud may use."""
    with pytest.raises(ValueError, match=re.escape(said)):
        resolve_places(asked, declared)


@pytest.mark.parametrize(
    ("served_model", "profile"),
    [
        ("us-gov.anthropic.claude-3-haiku-20240307-v1:0", "us-gov.anthropic.claude-3-haiku-20240307-v1:0"),
        ("zai.glm-4.6", None),
        ("ai21.jamba-1-5-large-v1:0", None),
        (f"{_ARN}:application-inference-profile/x", ""),
        ("arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-lite-v1:0", None),
    ],
)
def test_profiles_are_told_from_models(served_model: str, profile: str | None) -> None:
    """A geography, a vendor and a model make a profile; a version with a dot does not."""
    assert profile_of(served_model) == profile


def test_every_row_has_a_source_and_places_that_contracts_know() -> None:
    """A row without a source would be an assumption; one with an unknown place could not be decided."""
    book = load_book(BOOK)
    for row in LOCATIONS:
        assert row.source.startswith("https://")
        assert date.fromisoformat(row.read) <= date(2026, 12, 31)
        assert parse_facts(book, {"region": sorted(row.places)})
    assert len({(row.cloud, row.word) for row in LOCATIONS}) == len(LOCATIONS)
