"""AWS keys from botocore's places, and roles taken on through STS.

A place that has no keys is a failure. botocore's own search would go on to the next place, and end at another
account; it does so here only when `chain` asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from comity.clouds.auth import AssumedRole, AwsLogin
from comity.clouds.grant import Grant, LoginFailure, login_failure
from comity.clouds.secrets import check_secret
from comity.clouds.sigv4 import AwsKeys

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.credentials import CredentialResolver

_NEVER = float("inf")
_PLACES = {
    "instance": ("iam-role",),
    "container": ("container-role",),
    "web-identity": ("assume-role-with-web-identity",),
}
_NOT_OF_A_PROFILE = ("env", "iam-role", "container-role", "ec2-credentials-file", "boto-config")


class FoundKeys(msgspec.Struct, frozen=True):
    """Keys where botocore finds them."""

    login: AwsLogin
    """Where that is."""

    @property
    def label(self) -> str:
        """What the operator knows it by."""
        return f"AWS {self.login.kind}{f' {self.login.profile}' if self.login.profile else ''}"

    def fetch(self) -> Grant[AwsKeys] | LoginFailure:
        """The keys of that place, as they are now."""
        import botocore.session  # noqa: PLC0415 - heavy, and requests need none of it
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as heavy

        try:
            session = botocore.session.Session(profile=self.login.profile)
            resolver: CredentialResolver = session.get_component("credential_provider")
            found = _only(resolver, self.login).load_credentials()
            if found is None:
                return LoginFailure(self.label, "there are no keys")
            frozen = found.get_frozen_credentials()
            # Only keys that end know when; botocore keeps it to itself.
            end = getattr(found, "_expiry_time", None)
            return Grant(
                _keys(self.label, frozen.access_key, frozen.secret_key, frozen.token),
                _NEVER if end is None else end.timestamp(),
            )
        except (BotoCoreError, ClientError, OSError, ValueError) as error:
            return login_failure(self.label, error)


class GivenKeys(msgspec.Struct, frozen=True):
    """Keys from the configuration, which never change while the gateway runs."""

    keys: AwsKeys
    """The keys."""

    @property
    def label(self) -> str:
        """What the operator knows it by."""
        return f"AWS key {self.keys.access_key_id.reference}"

    def fetch(self) -> Grant[AwsKeys]:
        """Those keys."""
        return Grant(self.keys, _NEVER)


class RoleKeys(msgspec.Struct, frozen=True):
    """Keys of a role, taken on anew at every fetch."""

    base: FoundKeys | GivenKeys
    """Who takes it on."""
    role: AssumedRole
    """Which role, and with which tags."""
    region: str
    """Region whose STS is asked."""

    @property
    def label(self) -> str:
        """What the operator knows it by."""
        return f"AWS role {self.role.role}"

    def fetch(self) -> Grant[AwsKeys] | LoginFailure:
        """Keys of a new session of the role."""
        base = self.base.fetch()
        if isinstance(base, LoginFailure):
            return base
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - heavy, as above

        try:
            answer = _sts(base.value, self.role, self.region).assume_role(**_asked(self.role))
            given = answer["Credentials"]
            keys = _keys(self.label, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
            return Grant(keys, given["Expiration"].timestamp())
        except (BotoCoreError, ClientError, OSError, ValueError) as error:
            return login_failure(self.label, error)


def _only(resolver: CredentialResolver, login: AwsLogin) -> CredentialResolver:
    """The resolver with nothing but the places that the login names."""
    places = _PLACES.get(login.kind)
    for provider in list(resolver.providers):
        if (places is not None and provider.METHOD not in places) or (
            login.kind == "profile" and provider.METHOD in _NOT_OF_A_PROFILE
        ):
            resolver.remove(provider.METHOD)
    return resolver


def _sts(keys: AwsKeys, role: AssumedRole, region: str) -> BaseClient:
    import botocore.session  # noqa: PLC0415 - heavy, and requests need none of it
    from botocore.config import Config  # noqa: PLC0415 - heavy, and requests need none of it

    session = botocore.session.Session()
    # Its own configuration files are not asked: what is called stands in comity.yaml.
    session.set_config_variable("ignore_configured_endpoint_urls", value=True)
    return session.create_client(
        "sts",
        region_name=region,
        endpoint_url=role.url,
        aws_access_key_id=keys.access_key_id.reveal(),
        aws_secret_access_key=keys.secret_access_key.reveal(),
        aws_session_token=None if keys.session_token is None else keys.session_token.reveal(),
        config=Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 1}),
    )


def _asked(role: AssumedRole) -> dict[str, object]:
    asked: dict[str, object] = {
        "RoleArn": role.role,
        "RoleSessionName": role.session,
        "DurationSeconds": role.seconds,
    }
    if role.tags:
        asked["Tags"] = [{"Key": key, "Value": value} for key, value in role.tags.items()]
    if role.external_id is not None:
        asked["ExternalId"] = role.external_id
    return asked


def _keys(label: str, key_id: str, secret: str, token: str | None) -> AwsKeys:
    return AwsKeys(
        check_secret(label, key_id),
        check_secret(label, secret),
        None if token is None else check_secret(label, token),
    )
