"""How deployments log in, as the file says it: references to secrets, files found from it, session tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from comity.clouds import AssumedRole, Auth, EntraLogin, GoogleLogin

L = TypeVar("L", EntraLogin, GoogleLogin)

_SECRETS = ("api_key", "access_key_id", "secret_access_key", "session_token")
_UNTAGGABLE = re.compile(r"[^\w .:/=+@-]", re.ASCII)


def written_out(auth: Auth) -> Iterator[tuple[str, ...]]:
    """The keys that hold something else than a reference to a secret, as paths into the section."""
    for name in _SECRETS:
        if _is_no_reference(getattr(auth, name)):
            yield (name,)
    if auth.entra is not None and _is_no_reference(auth.entra.client_secret):
        yield ("entra", "client_secret")


def complete(auth: Auth, *, deployment: str, book: str, folder: Path) -> Auth:
    """The login with its files found from `folder`, and with what its role's sessions are tagged with."""
    return Auth(
        **{name: getattr(auth, name) for name in (*_SECRETS, "aws")},
        assume_role=None if auth.assume_role is None else _tagged(auth.assume_role, deployment, book),
        entra=None if auth.entra is None else _found(auth.entra, "token_file", folder),
        google=None if auth.google is None else _found(auth.google, "file", folder),
    )


def _is_no_reference(text: str | None) -> bool:
    return text is not None and not text.startswith(("env:", "file:"))


def _tagged(role: AssumedRole, deployment: str, book: str) -> AssumedRole:
    own = {"comity-deployment": deployment, "comity-book": book}
    tags = {key: _UNTAGGABLE.sub("-", value)[:256] for key, value in own.items()}
    return msgspec.structs.replace(role, tags={**tags, **role.tags})


def _found(login: L, field: str, folder: Path) -> L:
    path = getattr(login, field)
    return login if path is None else msgspec.structs.replace(login, **{field: str(folder / path)})
