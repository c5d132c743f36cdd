"""AWS keys from botocore's places and from STS, against servers that speak their protocols."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from tests.clouds.identity_fakes import Answer, Came, provider, sts

from comity.clouds.auth import AssumedRole, AwsLogin
from comity.clouds.aws_login import FoundKeys, GivenKeys, RoleKeys
from comity.clouds.grant import Grant, LoginFailure
from comity.clouds.secrets import Secret
from comity.clouds.sigv4 import AwsKeys

_END = "2099-01-01T00:00:00Z"
_FOREVER = float("inf")
_GIVEN = GivenKeys(AwsKeys(Secret("env:ID", "AKIDGIVEN"), Secret("env:SECRET", "given-secret"), None))
_ROLE = "arn:aws:iam::123456789012:role/comity"


@pytest.fixture(autouse=True)
def no_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own AWS account is found, and nothing outside is asked."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def _profile(tmp_path: Path, name: str = "bedrock") -> None:
    text = f"[{name}]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = profile-secret\n"
    (tmp_path / "credentials").write_text(text)


def _machine(came: Came) -> tuple[int, str]:
    """The metadata service of an EC2 instance, and of a container."""
    if came.path == "/latest/api/token":
        return 200, "metadata-token"
    if came.path.endswith("/security-credentials/"):
        return 200, "the-role"
    keys = {"AccessKeyId": "ASIAMACHINE", "SecretAccessKey": "machine-secret", "Token": "machine-session"}
    return 200, json.dumps({**keys, "Code": "Success", "Expiration": _END})


def test_a_profile_is_read_anew_each_time(tmp_path: Path) -> None:
    """Keys of a profile have no end; they are read again because people rotate them."""
    _profile(tmp_path)
    source = FoundKeys(AwsLogin("profile", "bedrock"))
    grant = source.fetch()
    assert isinstance(grant, Grant)
    assert grant.value.access_key_id.reveal() == "AKIDPROFILE"
    assert grant.expires == _FOREVER
    text = (tmp_path / "credentials").read_text()
    (tmp_path / "credentials").write_text(text.replace("AKIDPROFILE", "AKIDROTATED"))
    again = source.fetch()
    assert isinstance(again, Grant)
    assert again.value.access_key_id.reveal() == "AKIDROTATED"


def test_t35_a_profile_without_keys_is_not_replaced_by_another_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T35: neither the environment nor the machine's role steps in for an empty profile."""
    (tmp_path / "config").write_text("[profile bedrock]\nregion = eu-central-1\n")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDOTHER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "other-secret")
    with provider(_machine) as fake:
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", fake.url)
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{fake.url}/keys")
        failure = FoundKeys(AwsLogin("profile", "bedrock")).fetch()
    assert failure == LoginFailure("AWS profile bedrock", "there are no keys")
    assert fake.came == []


def test_a_profile_that_does_not_exist_is_a_failure() -> None:
    """The library's exception becomes a value."""
    failure = FoundKeys(AwsLogin("profile", "ghost")).fetch()
    assert failure == LoginFailure("AWS profile ghost", "ProfileNotFound")


def test_the_instance_and_the_container_have_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each place is asked on its own, and says until when its keys are good."""
    end = datetime(2099, 1, 1, tzinfo=UTC).timestamp()
    with provider(_machine) as fake:
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", fake.url)
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{fake.url}/keys")
        instance = FoundKeys(AwsLogin("instance")).fetch()
        assert fake.came[0].path == "/latest/api/token"
        container = FoundKeys(AwsLogin("container")).fetch()
        assert fake.came[-1].path == "/keys"
    for grant in (instance, container):
        assert isinstance(grant, Grant)
        assert grant.value.access_key_id.reveal() == "ASIAMACHINE"
        assert grant.expires == end


def test_botocores_own_search_must_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """`chain` takes what it finds first, here the environment; no other kind looks there."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "env-secret")
    grant = FoundKeys(AwsLogin("chain")).fetch()
    assert isinstance(grant, Grant)
    assert grant.value.access_key_id.reveal() == "AKIDENV"
    assert isinstance(FoundKeys(AwsLogin("web-identity")).fetch(), LoginFailure)


def _role(answer: Answer, role: AssumedRole) -> tuple[Grant[AwsKeys] | LoginFailure, list[Came]]:
    with provider(answer) as fake:
        asked = RoleKeys(_GIVEN, msgspec.structs.replace(role, url=fake.url), "eu-central-1")
        return asked.fetch(), fake.came


def test_a_role_is_taken_on_with_tags() -> None:
    """The session carries which deployment and which book it serves, so that AWS's own log can be joined."""
    tags = {"comity-deployment": "bedrock-fra", "comity-book": "acme"}
    grant, came = _role(sts(), AssumedRole(_ROLE, "comity", "ext-1", 900, tags))
    assert isinstance(grant, Grant)
    keys = grant.value
    assert keys.access_key_id.reveal() == "ASIAROLE"
    assert keys.session_token is not None
    assert keys.session_token.reveal() == "role-session"
    assert grant.expires == datetime(2099, 1, 1, tzinfo=UTC).timestamp()
    form = came[-1].form
    assert form["Action"] == "AssumeRole"
    assert form["RoleArn"] == _ROLE
    assert form["RoleSessionName"] == "comity"
    assert form["ExternalId"] == "ext-1"
    assert form["DurationSeconds"] == "900"
    assert form["Tags.member.1.Key"] == "comity-deployment"
    assert form["Tags.member.1.Value"] == "bedrock-fra"
    assert form["Tags.member.2.Value"] == "acme"
    assert "Credential=AKIDGIVEN/" in came[-1].headers["authorization"]
    assert "/eu-central-1/sts/" in came[-1].headers["authorization"]


def test_a_role_without_tags_sends_none() -> None:
    """No empty lists, and no external id that nobody gave."""
    _, came = _role(sts(), AssumedRole(_ROLE))
    assert not [name for name in came[-1].form if name.startswith(("Tags", "ExternalId"))]


def test_t42_a_refusal_is_told_by_its_code_alone() -> None:
    """T42: AWS's message is not repeated; its code is."""
    failure, _ = _role(sts(denied="not authorized with given-secret"), AssumedRole(_ROLE))
    assert failure == LoginFailure(f"AWS role {_ROLE}", "ClientError (AccessDenied)")


def test_a_role_needs_somebody_to_take_it_on() -> None:
    """Where the keys below a role are missing, that is the failure, and STS is not asked."""
    base = FoundKeys(AwsLogin("profile", "ghost"))
    with provider(sts()) as fake:
        failure = RoleKeys(base, AssumedRole(_ROLE, url=fake.url), "eu-central-1").fetch()
    assert failure == LoginFailure("AWS profile ghost", "ProfileNotFound")
    assert fake.came == []
