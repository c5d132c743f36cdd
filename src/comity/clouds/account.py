"""From what a configuration says about logging in to the credential of a deployment.

A login belongs to its cloud: a token of one never goes to a server of another. What is missing is an error,
never another account (T35).
"""

from __future__ import annotations

import msgspec

from comity.clouds import entra, google_login
from comity.clouds.auth import Auth, EntraLogin, GoogleLogin
from comity.clouds.aws_login import FoundKeys, GivenKeys, RoleKeys
from comity.clouds.credential import Anonymous, ApiKey, Bearer, Credential, RenewedSigner
from comity.clouds.deployment import Deployment
from comity.clouds.renewal import Renewals
from comity.clouds.route import Route
from comity.clouds.secrets import Secrets
from comity.clouds.sigv4 import AwsKeys, Signer


def open_credential(
    deployment: Deployment, host: str, route: Route, secrets: Secrets, renewals: Renewals
) -> Credential:
    """The credential of `deployment`; raises ValueError where it is missing or belongs to another cloud."""
    auth = deployment.auth
    if auth.entra is not None:
        _expect_cloud(deployment, "azure", "entra")
        return _entra(auth.entra, secrets, renewals)
    if auth.google is not None:
        _expect_cloud(deployment, "google", "google")
        return _google(auth.google, renewals)
    if auth.access_key_id is not None or auth.aws is not None:
        if route.signing_region is None:
            raise ValueError(f"deployment `{deployment.id}` takes `api_key`; AWS keys sign only Bedrock")
        return _signing(auth, route.signing_region, host, secrets, renewals)
    if auth.api_key is not None:
        return ApiKey(route.key_header, secrets.resolve(auth.api_key))
    if route.signing_region is not None:
        raise ValueError(
            f"deployment `{deployment.id}` needs AWS keys or an `api_key`: Bedrock answers nobody else"
        )
    return Anonymous()


def _expect_cloud(deployment: Deployment, cloud: str, way: str) -> None:
    if deployment.cloud != cloud:
        raise ValueError(
            f"`{way}` logs in to `{cloud}`; deployment `{deployment.id}` runs on `{deployment.cloud}`"
        )


def _entra(login: EntraLogin, secrets: Secrets, renewals: Renewals) -> Credential:
    entra.check_installed()
    secret = None if login.client_secret is None else secrets.resolve(login.client_secret)
    return Bearer(
        renewals.of(msgspec.json.encode(["entra", login]), lambda: entra.EntraSource(login, secret))
    )


def _google(login: GoogleLogin, renewals: Renewals) -> Credential:
    google_login.check_installed()
    return Bearer(
        renewals.of(msgspec.json.encode(["google", login]), lambda: google_login.GoogleSource(login))
    )


def _signing(auth: Auth, region: str, host: str, secrets: Secrets, renewals: Renewals) -> Credential:
    base = FoundKeys(auth.aws) if auth.aws is not None else GivenKeys(_given(auth, secrets))
    key = msgspec.json.encode(["aws", auth, region])
    role = auth.assume_role
    if role is not None:
        return RenewedSigner(renewals.of(key, lambda: RoleKeys(base, role, region)), region, host)
    if isinstance(base, GivenKeys):
        return Signer(base.keys, region, host)
    return RenewedSigner(renewals.of(key, lambda: base), region, host)


def _given(auth: Auth, secrets: Secrets) -> AwsKeys:
    assert auth.access_key_id is not None, "asked only where keys are given"
    assert auth.secret_access_key is not None, "the two go together"
    token = None if auth.session_token is None else secrets.resolve(auth.session_token)
    return AwsKeys(secrets.resolve(auth.access_key_id), secrets.resolve(auth.secret_access_key), token)
