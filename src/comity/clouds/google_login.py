"""Logging in to Google Cloud, through google-auth.

Files are read anew at every login, so that a rotated key needs no restart.
"""

from __future__ import annotations

from calendar import timegm
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from comity.clouds.auth import GoogleLogin
from comity.clouds.grant import Grant, LoginFailure, login_failure
from comity.clouds.secrets import Secret, check_secret

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

_TIMEOUT_SECONDS = 10.0
_AWS_SUBJECT = "urn:ietf:params:aws:token-type:aws4_request"
_FILE_TYPES = {"service-account": "service_account", "external-account": "external_account"}


class GoogleSource(msgspec.Struct, frozen=True):
    """One identity of Google Cloud."""

    login: GoogleLogin
    """Which one."""

    @property
    def label(self) -> str:
        """What the operator knows it by."""
        return f"Google {self.login.kind}{f' of {self.login.file}' if self.login.file else ''}"

    def fetch(self) -> Grant[Secret] | LoginFailure:
        """A token for the login's scope."""
        from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 - an extra, and heavy
        from google.auth.transport.requests import Request  # noqa: PLC0415 - an extra, and heavy

        import requests  # noqa: PLC0415 - comes with the extra

        try:
            credentials = self._credentials()
            with requests.Session() as session:
                credentials.refresh(partial(Request(session), timeout=_TIMEOUT_SECONDS))
            assert credentials.token is not None, "a refreshed credential has a token"
            assert credentials.expiry is not None, "a refreshed credential has an end"
            token = check_secret(self.label, credentials.token)
            return Grant(token, float(timegm(credentials.expiry.utctimetuple())))
        except (GoogleAuthError, OSError, ValueError, msgspec.DecodeError, _WrongFileError) as error:
            return login_failure(self.label, error)

    def _credentials(self) -> Credentials:
        import google.auth  # noqa: PLC0415 - an extra, and heavy
        from google.auth import compute_engine  # noqa: PLC0415 - an extra, and heavy

        scopes = [self.login.scope]
        if self.login.kind == "metadata":
            return compute_engine.Credentials(scopes=scopes)
        if self.login.file is None:
            return google.auth.default(scopes=scopes)[0]
        described = msgspec.json.decode(Path(self.login.file).read_bytes())
        expected = _FILE_TYPES[self.login.kind]
        if not isinstance(described, dict) or described.get("type") != expected:
            raise _WrongFileError(f"the file is not of type {expected}")
        return _described(described, scopes)


def _described(described: dict[str, Any], scopes: list[str]) -> Credentials:
    """The credentials of a file; a federation may begin with a token in a file or at a URL, or with AWS."""
    import google.auth.aws as amazon  # noqa: PLC0415 - an extra, and heavy
    from google.auth import identity_pool  # noqa: PLC0415 - an extra, and heavy
    from google.oauth2 import service_account  # noqa: PLC0415 - an extra, and heavy

    found: Credentials
    if described["type"] == "service_account":
        found = service_account.Credentials.from_service_account_info(described, scopes=scopes)
    elif described.get("subject_token_type") == _AWS_SUBJECT:
        found = amazon.Credentials.from_info(described, scopes=scopes)
    else:
        found = identity_pool.Credentials.from_info(described, scopes=scopes)
    return found


class _WrongFileError(Exception):
    """The credential file is of another kind than the configuration says."""


def check_installed() -> None:
    """Raises ValueError that says what to install, where google-auth is not there."""
    if find_spec("google") is None or find_spec("google.auth") is None:
        raise ValueError("`google` needs google-auth; install it with `pip install 'comity[google]'`")
