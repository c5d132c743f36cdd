"""How a deployment is logged in to: one account, named in full; values and references only, nothing resolved.

There is exactly one way per deployment. A login that could silently become another one, such as a chain of
places to look in, has to be asked for by its name.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")
_SESSION = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_TAG = re.compile(r"[\w .:/=+@-]{0,256}", re.ASCII)


class AwsLogin(msgspec.Struct, frozen=True):
    """Where botocore is to find AWS keys."""

    kind: Literal["profile", "instance", "container", "web-identity", "chain"]
    """One place of botocore's, or `chain` for all of them in their order."""
    profile: str | None = None
    """Name of the profile; only for `profile`."""

    def __post_init__(self) -> None:
        if (self.kind == "profile") != (self.profile is not None):
            raise ValueError("`profile` names the profile of `kind: profile`, and only of that")


class AssumedRole(msgspec.Struct, frozen=True):
    """A role that is taken on with the keys at hand, through AWS STS."""

    role: str
    """ARN of the role."""
    session: str = "comity"
    """Role session name, as AWS's logs show it."""
    external_id: str | None = None
    """External id that the role's trust policy asks for."""
    seconds: int = 3600
    """How long each session lasts."""
    tags: dict[str, str] = {}
    """Session tags, which the role's trust policy must allow by `sts:TagSession`."""
    url: str | None = None
    """Address of the STS endpoint; AWS's own of the signing region when None."""

    def __post_init__(self) -> None:
        if not _ROLE.fullmatch(self.role):
            raise ValueError("`role` must be like `arn:aws:iam::123456789012:role/name`")
        if not _SESSION.fullmatch(self.session):
            raise ValueError("`session` must be 2 to 64 letters, digits and `_+=,.@-`")
        if not 900 <= self.seconds <= 43_200:
            raise ValueError("`seconds` must be 900 to 43200")
        if len(self.tags) > 50 or not all(_TAG.fullmatch(part) for tag in self.tags.items() for part in tag):
            raise ValueError("session tags are at most 50 of letters, digits, spaces and `_.:/=+-@`")


class EntraLogin(msgspec.Struct, frozen=True):
    """An identity of Microsoft Entra ID."""

    kind: Literal["client-secret", "managed-identity", "workload-identity"]
    """An application with a secret, the machine's own identity, or a federated token in a file."""
    tenant_id: str | None = None
    """Tenant; not for a managed identity."""
    client_id: str | None = None
    """Application, or the user-assigned identity; without it a managed identity is the machine's own."""
    client_secret: str | None = None
    """The application's secret, by reference."""
    token_file: str | None = None
    """File with the federated token, read anew at every login."""
    authority: str = "https://login.microsoftonline.com"
    """Address of Entra ID; another one in a national cloud."""
    scope: str = "https://cognitiveservices.azure.com/.default"
    """What the token is for; Microsoft Foundry's is `https://ai.azure.com/.default`."""

    def __post_init__(self) -> None:
        needs = _ENTRA_NEEDS[self.kind]
        for name in ("tenant_id", "client_id", "client_secret", "token_file"):
            given = getattr(self, name) is not None
            if given and name not in needs and not (name == "client_id" and self.kind == "managed-identity"):
                raise ValueError(f"`{name}` means nothing to `kind: {self.kind}`")
            if not given and name in needs:
                raise ValueError(f"`kind: {self.kind}` needs `{name}`")


_ENTRA_NEEDS = {
    "client-secret": ("tenant_id", "client_id", "client_secret"),
    "managed-identity": (),
    "workload-identity": ("tenant_id", "client_id", "token_file"),
}


class GoogleLogin(msgspec.Struct, frozen=True):
    """An identity of Google Cloud."""

    kind: Literal["service-account", "external-account", "metadata", "default"]
    """A key file, a federation file, the machine's own identity, or whatever Google's library finds."""
    file: str | None = None
    """Credential file, as Google issues it; for the first two kinds."""
    scope: str = "https://www.googleapis.com/auth/cloud-platform"
    """What the token is for."""

    def __post_init__(self) -> None:
        if (self.kind in {"service-account", "external-account"}) != (self.file is not None):
            raise ValueError("`file` belongs to `kind: service-account` and `kind: external-account`")


class Auth(msgspec.Struct, frozen=True):
    """How to log in: secrets by reference (`env:NAME` or `file:PATH`), never by value."""

    api_key: str | None = None
    """Key of Azure, of an OpenAI-compatible server, or of Bedrock (sent as a bearer token there)."""
    access_key_id: str | None = None
    """AWS access key id; together with `secret_access_key` it signs every request."""
    secret_access_key: str | None = None
    """AWS secret access key."""
    session_token: str | None = None
    """AWS session token of temporary keys."""
    aws: AwsLogin | None = None
    """Where botocore finds AWS keys."""
    assume_role: AssumedRole | None = None
    """The role taken on with those keys."""
    entra: EntraLogin | None = None
    """An identity of Microsoft Entra ID."""
    google: GoogleLogin | None = None
    """An identity of Google Cloud."""

    def __post_init__(self) -> None:
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("`access_key_id` and `secret_access_key` go together: give both or neither")
        if self.session_token is not None and self.access_key_id is None:
            raise ValueError("`session_token` needs `access_key_id` and `secret_access_key`")
        ways = (
            ("`api_key`", self.api_key),
            ("AWS keys", self.access_key_id),
            ("`aws`", self.aws),
            ("`entra`", self.entra),
            ("`google`", self.google),
        )
        given = [name for name, way in ways if way is not None]
        if len(given) > 1:
            raise ValueError(f"give {given[0]} or {given[1]}, not both: one account answers for a deployment")
        if self.assume_role is not None and self.access_key_id is None and self.aws is None:
            raise ValueError("`assume_role` needs AWS keys or `aws`: somebody has to take the role on")
