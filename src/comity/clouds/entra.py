"""Logging in to Microsoft Entra ID, through azure-identity.

Each fetch is a login of its own: the library's cache would hand out what is about to end. Its log is kept
quiet, for its lines repeat what Entra ID wrote.
"""

from __future__ import annotations

import logging
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import msgspec

from comity.clouds.auth import EntraLogin
from comity.clouds.grant import Grant, LoginFailure, login_failure
from comity.clouds.secrets import Secret, check_secret

if TYPE_CHECKING:
    from azure.core.credentials import SupportsTokenInfo
    from azure.identity import ManagedIdentityCredential

_LIMITS: dict[str, Any] = {"connection_timeout": 5, "read_timeout": 10, "retry_total": 0}


class EntraSource(msgspec.Struct, frozen=True):
    """One identity of Entra ID."""

    login: EntraLogin
    """Which one."""
    client_secret: Secret | None
    """The application's secret, where it has one."""

    @property
    def label(self) -> str:
        """What the operator knows it by."""
        return f"Entra ID {self.login.kind}{f' of {self.login.client_id}' if self.login.client_id else ''}"

    def fetch(self) -> Grant[Secret] | LoginFailure:
        """A token for the login's scope."""
        from azure.core.exceptions import AzureError  # noqa: PLC0415 - an extra, and heavy

        _keep_quiet()
        try:
            with self._credential() as credential:
                token = credential.get_token_info(self.login.scope)
            return Grant(check_secret(self.label, token.token), float(token.expires_on))
        except (AzureError, OSError, ValueError) as error:
            return login_failure(self.label, error)

    def _credential(self) -> SupportsTokenInfo:
        import azure.identity as entra  # noqa: PLC0415 - an extra, and heavy

        login = self.login
        if login.kind == "managed-identity":
            return _managed_identity(login)
        assert login.tenant_id is not None, "checked when the login was read"
        assert login.client_id is not None, "checked when the login was read"
        if login.kind == "client-secret":
            assert self.client_secret is not None, "resolved when the connection was made"
            return entra.ClientSecretCredential(
                login.tenant_id,
                login.client_id,
                self.client_secret.reveal(),
                authority=login.authority,
                disable_instance_discovery=True,
                **_LIMITS,
            )
        return entra.WorkloadIdentityCredential(
            tenant_id=login.tenant_id,
            client_id=login.client_id,
            token_file_path=login.token_file,
            authority=login.authority,
            disable_instance_discovery=True,
            **_LIMITS,
        )


def check_installed() -> None:
    """Raises ValueError that says what to install, where azure-identity is not there."""
    if find_spec("azure") is None or find_spec("azure.identity") is None:
        raise ValueError("`entra` needs azure-identity; install it with `pip install 'comity[azure]'`")


def _managed_identity(login: EntraLogin) -> ManagedIdentityCredential:
    import azure.identity as entra  # noqa: PLC0415 - an extra, and heavy

    if login.client_id is None:
        return entra.ManagedIdentityCredential(**_LIMITS)
    return entra.ManagedIdentityCredential(client_id=login.client_id, **_LIMITS)


def _keep_quiet() -> None:
    for name in ("azure", "msal"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
