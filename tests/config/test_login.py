"""Logins in `comity.yaml`: one way per deployment, references for secrets, and what is added to them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.config.test_load import GOOD

from comity.clouds import Auth
from comity.config import load_settings
from comity.errors import ConfigError

_KEY = '{api_key: "env:AZURE_KEY"}'
_ROLE = "arn:aws:iam::123456789012:role/comity"


def _auth(folder: Path, text: str) -> Auth:
    (folder / "comity.yaml").write_text(GOOD.replace(_KEY, text))
    return load_settings(folder / "comity.yaml").deployments["one"].auth


def test_files_are_found_from_the_configuration(tmp_path: Path) -> None:
    """Relative paths start at the file's folder; absolute ones stay."""
    found = _auth(tmp_path, "{google: {kind: service-account, file: keys/vertex.json}}")
    assert found.google is not None
    assert found.google.file == str(tmp_path / "keys/vertex.json")
    found = _auth(
        tmp_path,
        "{entra: {kind: workload-identity, tenant_id: t, client_id: c, token_file: /var/run/token}}",
    )
    assert found.entra is not None
    assert found.entra.token_file == "/var/run/token"


def test_a_roles_sessions_say_what_they_serve(tmp_path: Path) -> None:
    """Deployment and book become session tags, in AWS's characters; the operator adds more."""
    role = f"{{role: '{_ROLE}', tags: {{team: support}}}}"
    found = _auth(tmp_path, f"{{aws: {{kind: profile, profile: bedrock}}, assume_role: {role}}}")
    assert found.assume_role is not None
    assert found.assume_role.tags == {
        "comity-deployment": "one",
        "comity-book": "House rules for the gateway-s tests",
        "team": "support",
    }


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ('{api_key: "sk-secret"}', "11:21", "`api_key` holds something that is no reference"),
        (
            "{entra: {kind: client-secret, tenant_id: t, client_id: c, client_secret: sk-secret}}",
            "11:84",
            "`client_secret` holds something that is no reference",
        ),
        ("{api_key: 'env:K', aws: {kind: chain}}", "11:11", "not both"),
        ("{entra: {kind: client-secret, tenant_id: t, client_id: c}}", "11:19", "needs `client_secret`"),
        ("{entra: {kind: default}}", "11:26", "invalid enum value 'default'"),
        ("{aws: {kind: profile, profil: x}}", "11:33", "`profil` is not known here"),
        ("{google: {kind: service-account}}", "11:20", "`file` belongs to"),
        ("{assume_role: {role: comity}}", "11:25", "`role` must be like"),
    ],
)
def test_t35_a_login_that_is_not_clear_has_its_place(
    tmp_path: Path, text: str, place: str, said: str
) -> None:
    """T35, T42: one account, named in full; what may be a secret is not repeated."""
    with pytest.raises(ConfigError) as caught:
        _auth(tmp_path, text)
    assert f"comity.yaml:{place}: " in str(caught.value)
    assert said in str(caught.value)
    assert "sk-secret" not in str(caught.value)
