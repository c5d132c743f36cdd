"""What a login gives, for how long, and why it gave nothing: values, with no text of a provider in them."""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import msgspec

T = TypeVar("T")

_ENTRA = re.compile(r"\bAADSTS\d{2,9}\b")
_OAUTH = re.compile(
    r"\b(invalid_(?:client|grant|request|scope|target|token)|unauthorized_client|access_denied"
    r"|unsupported_grant_type|temporarily_unavailable|server_error)\b"
)
_WORD = re.compile(r"[A-Za-z][A-Za-z.]{0,63}")


class Grant(msgspec.Struct, Generic[T], frozen=True):
    """Something that opens a deployment for a while."""

    value: T
    """The token or the keys."""
    expires: float
    """Unix second from which it is no longer good; infinity when it never ends by itself."""


class LoginFailure(msgspec.Struct, frozen=True):
    """Why a login gave nothing."""

    label: str
    """The login, as the operator knows it; it names accounts, so callers are not told."""
    cause: str
    """What went wrong; it holds no secret and nothing that a provider wrote freely."""

    def __str__(self) -> str:
        return f"{self.label}: {self.cause}"


class Login(Protocol[T]):
    """One account's way to a grant; every call is a new login, and may take its time."""

    @property
    def label(self) -> str:
        """What the operator knows it by."""
        ...

    def fetch(self) -> Grant[T] | LoginFailure:
        """Logs in; what the library behind it says to raise becomes a failure, and only a bug is raised."""
        ...


def login_failure(label: str, error: BaseException) -> LoginFailure:
    """What may be told of a library's error: its kind, and a code if there is one of a known form.

    Messages are left out: they may repeat a request, and with it a secret.
    """
    code = _code_of(error)
    return LoginFailure(label, f"{type(error).__name__}{f' ({code})' if code else ''}")


def unforeseen_failure(label: str, error: BaseException) -> LoginFailure:
    """What may be told of an error that no login foresees: its kind and its place, to find the bug by."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return LoginFailure(label, f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}")


def _code_of(error: BaseException) -> str:
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        code = response.get("Error", {}).get("Code", "")
        return code if isinstance(code, str) and _WORD.fullmatch(code) else ""
    text = str(error)
    found = _ENTRA.search(text) or _OAUTH.search(text)
    return found[0] if found else ""
