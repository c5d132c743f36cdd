"""Logging in to Google Cloud, against servers that speak its protocol."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth.compute_engine import _metadata
from tests.clouds.identity_fakes import Came, google, provider

from comity.clouds.auth import GoogleLogin
from comity.clouds.google_login import GoogleSource
from comity.clouds.grant import Grant, LoginFailure


@pytest.fixture(scope="module")
def private_key() -> str:
    """A key as it stands in the file of a service account."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(*pem).decode()


_POOL = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q"


def _write(path: Path, content: dict[str, Any]) -> str:
    path.write_text(json.dumps(content))
    return str(path)


def _service_account(path: Path, key: str, url: str) -> str:
    return _write(
        path / "account.json",
        {
            "type": "service_account",
            "project_id": "p",
            "private_key_id": "k1",
            "private_key": key,
            "client_email": "sa@p.iam.gserviceaccount.com",
            "client_id": "1",
            "token_uri": f"{url}/token",
        },
    )


def test_a_service_account_signs_for_its_token(tmp_path: Path, private_key: str) -> None:
    """The key of the file signs an assertion for the cloud-platform scope."""
    with provider(google(seconds=600)) as fake:
        file = _service_account(tmp_path, private_key, fake.url)
        grant = GoogleSource(GoogleLogin("service-account", file)).fetch()
    assert isinstance(grant, Grant)
    assert grant.value.reveal() == "google-token"
    assert grant.expires == pytest.approx(time.time() + 600, abs=60)
    assert fake.came[-1].form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"


def test_a_federated_token_is_exchanged(tmp_path: Path) -> None:
    """Workload identity federation: the file's token goes to the token service, whose token is the grant."""
    (tmp_path / "subject").write_text("subject-token")
    with provider(google()) as fake:
        file = _write(
            tmp_path / "federation.json",
            {
                "type": "external_account",
                "audience": _POOL,
                "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                "token_url": f"{fake.url}/sts",
                "credential_source": {"file": str(tmp_path / "subject")},
            },
        )
        grant = GoogleSource(GoogleLogin("external-account", file)).fetch()
    assert isinstance(grant, Grant)
    assert grant.value.reveal() == "google-token"
    assert fake.came[-1].form["subject_token"] == "subject-token"
    assert fake.came[-1].form["scope"] == "https://www.googleapis.com/auth/cloud-platform"


def test_a_federation_may_begin_with_aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signed question to AWS who this is, for Google's token service; AWS itself is not asked."""
    for name, value in {"ACCESS_KEY_ID": "AKIDAWS", "SECRET_ACCESS_KEY": "s", "REGION": "eu-west-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    identity = "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15"
    with provider(google()) as fake:
        file = _write(
            tmp_path / "federation.json",
            {
                "type": "external_account",
                "audience": _POOL,
                "subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
                "token_url": f"{fake.url}/sts",
                "credential_source": {"environment_id": "aws1", "regional_cred_verification_url": identity},
            },
        )
        grant = GoogleSource(GoogleLogin("external-account", file)).fetch()
    assert isinstance(grant, Grant)
    assert "AKIDAWS" in unquote(fake.came[-1].form["subject_token"])


def test_the_machine_has_an_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account attached to the machine comes from Google's metadata server."""
    with provider(google()) as fake:
        monkeypatch.setattr(_metadata, "_GCE_METADATA_HOST", fake.host)
        monkeypatch.setenv("GCE_METADATA_MTLS_MODE", "none")
        grant = GoogleSource(GoogleLogin("metadata")).fetch()
    assert isinstance(grant, Grant)
    assert grant.value.reveal() == "google-token"
    assert fake.came[-1].headers["metadata-flavor"] == "Google"


def test_the_libraries_own_search_must_be_asked_for(
    tmp_path: Path, private_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`default` takes what Google's library finds, here the file that the environment names."""
    with provider(google()) as fake:
        file = _service_account(tmp_path, private_key, fake.url)
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", file)
        grant = GoogleSource(GoogleLogin("default")).fetch()
    assert isinstance(grant, Grant)
    assert grant.value.reveal() == "google-token"


@pytest.mark.parametrize("content", [{"type": "authorized_user"}, ["no object"]])
def test_t35_a_file_of_another_kind_is_no_login(tmp_path: Path, content: Any) -> None:
    """T35: a file that opens another kind of account than the configuration says opens nothing."""
    file = _write(tmp_path / "account.json", content)
    failure = GoogleSource(GoogleLogin("service-account", file)).fetch()
    assert isinstance(failure, LoginFailure)
    assert str(failure) == f"Google service-account of {file}: _WrongFileError"


def test_t42_a_refusal_is_told_by_its_code_alone(
    tmp_path: Path, private_key: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """T42: the answer of the token endpoint is not repeated, whatever it holds."""

    def refuse(came: Came) -> tuple[int, str]:
        body = {"error": "invalid_grant", "error_description": f"bad {came.form['assertion']}"}
        return 400, json.dumps(body)

    with provider(refuse) as fake:
        file = _service_account(tmp_path, private_key, fake.url)
        failure = GoogleSource(GoogleLogin("service-account", file)).fetch()
    assert failure == LoginFailure(f"Google service-account of {file}", "RefreshError (invalid_grant)")
    assert fake.came[-1].form["assertion"] not in "".join(capfd.readouterr())
