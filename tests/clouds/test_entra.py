"""Logging in to Entra ID, against servers that speak its protocol."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import unquote

import pytest
import trustme
from tests.clouds.identity_fakes import entra, imds, provider

from comity.clouds.auth import EntraLogin
from comity.clouds.entra import EntraSource
from comity.clouds.grant import Grant, LoginFailure
from comity.clouds.secrets import Secret

_SCOPE = "https://cognitiveservices.azure.com/.default"


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[trustme.CA, Path]:
    """A certificate authority that the libraries trust during the test."""
    path = tmp_path / "ca.pem"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    return trustme.CA(), path


def _application(url: str) -> EntraSource:
    login = EntraLogin(
        "client-secret", tenant_id="t-1", client_id="c-1", client_secret="env:S", authority=url
    )
    return EntraSource(login, Secret("env:S", "hunter-2"))


def test_an_application_logs_in_with_its_secret(authority: tuple[trustme.CA, Path]) -> None:
    """The tenant's token endpoint is asked for the scope, and the token lasts as long as it says."""
    with provider(entra(seconds=900), authority) as fake:
        grant = _application(fake.url).fetch()
    assert isinstance(grant, Grant)
    assert grant.value.reveal() == "entra-token"
    assert grant.expires == pytest.approx(time.time() + 900, abs=60)
    asked = fake.came[-1]
    assert asked.path == "/t-1/oauth2/v2.0/token"
    assert asked.form["client_id"] == "c-1"
    assert asked.form["client_secret"] == "hunter-2"
    assert asked.form["scope"] == _SCOPE


def test_every_fetch_is_a_login_of_its_own(authority: tuple[trustme.CA, Path]) -> None:
    """The library's cache is not used: a renewal ahead of expiry would get the old token again."""
    with provider(entra(), authority) as fake:
        source = _application(fake.url)
        source.fetch()
        source.fetch()
    assert len([came for came in fake.came if came.method == "POST"]) == 2


def test_a_federated_token_is_read_from_its_file_each_time(
    authority: tuple[trustme.CA, Path], tmp_path: Path
) -> None:
    """Workload identity: what Kubernetes writes into the file is what Entra ID gets, also when rotated."""
    file = tmp_path / "token"
    with provider(entra(), authority) as fake:
        login = EntraLogin(
            "workload-identity",
            tenant_id="t-1",
            client_id="c-1",
            token_file=str(file),
            authority=fake.url,
            scope="https://ai.azure.com/.default",
        )
        source = EntraSource(login, None)
        for assertion in ("first", "second"):
            file.write_text(assertion)
            assert isinstance(source.fetch(), Grant)
            assert fake.came[-1].form["client_assertion"] == assertion
            assert fake.came[-1].form["scope"] == "https://ai.azure.com/.default"


@pytest.mark.parametrize("client_id", [None, "c-7"])
def test_the_machine_has_an_identity(monkeypatch: pytest.MonkeyPatch, client_id: str | None) -> None:
    """A managed identity, the system's own or one that was assigned, comes from the metadata service."""
    with provider(imds()) as fake:
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", fake.url)
        grant = EntraSource(EntraLogin("managed-identity", client_id=client_id), None).fetch()
    assert isinstance(grant, Grant)
    assert grant.value.reveal() == "machine-token"
    assert "resource=https://cognitiveservices.azure.com" in unquote(fake.came[-1].path)
    assert ("client_id=c-7" in fake.came[-1].path) == (client_id is not None)


def test_t42_a_refusal_is_told_by_its_code_alone(
    authority: tuple[trustme.CA, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    """T42: what Entra ID writes may repeat the secret; neither the failure nor any log shows it."""
    said = "AADSTS7000215: Invalid client secret provided: hunter-2"
    with provider(entra(error=said), authority) as fake:
        failure = _application(fake.url).fetch()
    cause = "ClientAuthenticationError (AADSTS7000215)"
    assert failure == LoginFailure("Entra ID client-secret of c-1", cause)
    assert "hunter-2" not in "".join(capfd.readouterr())
    assert "hunter-2" not in repr(_application(fake.url))


def test_a_server_that_is_not_there_is_a_failure(authority: tuple[trustme.CA, Path]) -> None:
    """The library's exception becomes a value."""
    with provider(entra(), authority) as fake:
        pass
    assert isinstance(_application(fake.url).fetch(), LoginFailure)
