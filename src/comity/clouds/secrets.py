"""Secrets by reference: `env:NAME` or `file:PATH`, resolved once at load.

A value written out is refused, a missing one is an error that names the reference; no other account is ever
tried instead. Values hide behind `Secret`, whose text forms show the reference, so none reaches a log.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_LONGEST = 16_384


class Secret:
    """A secret value that prints as its reference."""

    __slots__ = ("_value", "reference")

    def __init__(self, reference: str, value: str) -> None:
        self.reference = reference
        self._value = value

    def reveal(self) -> str:
        """The value itself; only for the bytes of a request."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({self.reference})"


class Secrets:
    """Resolves references against an environment and the file system."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ

    def resolve(self, reference: str) -> Secret:
        """The secret behind `reference`; raises ValueError, which never holds the value."""
        kind, _, name = reference.partition(":")
        if kind == "env" and name:
            value = self._environ.get(name)
            if value is None:
                raise ValueError(f"the environment variable of `{reference}` is not set")
        elif kind == "file" and name:
            value = _read(reference, Path(name))
        else:
            raise ValueError("a secret is written as `env:NAME` or `file:PATH`, never as its value")
        return check_secret(reference, value)


def check_secret(reference: str, value: str) -> Secret:
    """The value as a secret; raises ValueError unless it may stand in a header."""
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError(f"the secret `{reference}` must be one line of printable ASCII without spaces")
    return Secret(reference, value)


def _read(reference: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST + 1)
    except OSError as error:
        raise ValueError(f"the file of `{reference}` cannot be read: {error.strerror}") from error
    if len(data) > _LONGEST:
        raise ValueError(f"the file of `{reference}` is longer than {_LONGEST} bytes; it is no secret")
    return data.decode("latin-1").rstrip("\r\n")
