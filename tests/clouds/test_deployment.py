"""Deployments are complete and name where they run."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from comity.clouds import AssumedRole, Auth, AwsLogin, Deployment, EntraLogin, GoogleLogin, Limits


def _fields() -> dict[str, Any]:
    return {
        "id": "azure-swe",
        "cloud": "azure",
        "region": frozenset({"swedencentral"}),
        "model": "gpt-5.5",
        "served_model": "gpt55",
        "dialect": "openai.chat",
        "url": "https://acme.openai.azure.com",
    }


@pytest.mark.parametrize("region", [frozenset(), frozenset({""})])
def test_t24_a_deployment_without_a_region_is_refused(region: frozenset[str]) -> None:
    """T24: there is no default region; an unknown place is a mistake of the configuration."""
    with pytest.raises(ValueError, match="names no region"):
        Deployment(**{**_fields(), "region": region})


@pytest.mark.parametrize("name", ["id", "cloud", "model", "dialect"])
def test_an_empty_name_is_refused(name: str) -> None:
    """The names that contracts and clients use are not empty."""
    with pytest.raises(ValueError, match=f"empty `{name}`"):
        Deployment(**{**_fields(), name: ""})


@pytest.mark.parametrize(("name", "value"), [("served_model", "../x"), ("url", "https://a.example/../b")])
def test_t42_addresses_and_model_names_are_checked_at_load(name: str, value: str) -> None:
    """T42: what would be put into a request line is checked when the deployment is made."""
    with pytest.raises(ValueError, match=r"`\.\.`"):
        Deployment(**{**_fields(), name: value})


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"access_key_id": "env:A"}, "go together"),
        ({"secret_access_key": "env:B"}, "go together"),
        ({"session_token": "env:C"}, "needs `access_key_id`"),
        ({"api_key": "env:K", "access_key_id": "env:A", "secret_access_key": "env:B"}, "not both"),
        ({"api_key": "env:K", "aws": AwsLogin("chain")}, "not both"),
        ({"entra": EntraLogin("managed-identity"), "google": GoogleLogin("metadata")}, "not both"),
        (
            {"assume_role": AssumedRole("arn:aws:iam::123456789012:role/r")},
            "take the role",
        ),
    ],
)
def test_t35_half_an_account_is_refused(fields: dict[str, Any], said: str) -> None:
    """T35: which account pays is never ambiguous."""
    with pytest.raises(ValueError, match=said):
        Auth(**fields)


@pytest.mark.parametrize("name", ["rpm", "tpm", "concurrency"])
def test_limits_below_one_are_refused(name: str) -> None:
    """A limit of zero would be a deployment that is switched off by accident."""
    with pytest.raises(ValueError, match=f"`{name}` must be at least 1"):
        Limits(**{name: 0})
    assert getattr(Limits(**{name: 1}), name) == 1


def test_a_mistake_in_decoded_data_is_a_value_error() -> None:
    """A configuration that decodes deployments sees one kind of error."""
    with pytest.raises(ValueError, match="go together"):
        msgspec.convert({"access_key_id": "env:A"}, Auth)
