"""Where a database is: a file, or a PostgreSQL server; its password is only ever named, never written here.

Written as a path, `sqlite:///path` or `postgresql://user@host:port/database?password=env:NAME`. Without a
reference, libpq's own ways hold: `PGPASSFILE`, `PGPASSWORD`, `~/.pgpass`, or a server that trusts a socket.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import msgspec

from comity.errors import StoreError

_SCHEMES = ("postgresql://", "postgres://")
_FILE = "sqlite:///"
_HIDDEN = "***"


class Address(msgspec.Struct, frozen=True):
    """Where a database is."""

    name: str
    """What errors and logs call it; never holds a password."""
    path: Path | None = None
    """The SQLite file; None for a server, or for a database in memory."""
    conninfo: str = ""
    """What libpq is told of a server, without its password; empty for SQLite."""
    password: str = ""
    """Where a server's password is: `env:NAME` or `file:PATH`; empty to leave it to libpq."""


def is_server(text: str) -> bool:
    """Whether an address names a PostgreSQL server and not a file."""
    return text.startswith(_SCHEMES)


def parse_address(where: Path | str | None) -> Address:
    """The address behind its written form; None is a database in memory. Raises StoreError."""
    if where is None:
        return Address("memory")
    text = str(where)
    if isinstance(where, str):
        if is_server(text):
            return _server(text)
        if text.startswith(_FILE):
            path = Path(unquote(text.removeprefix(_FILE.removesuffix("/"))))
            return Address(str(path), path)
        if "://" in text:
            raise StoreError(
                f"`{text.partition('://')[0]}://` is no store: expected a path, `sqlite:///path` or "
                "`postgresql://user@host/database`"
            )
    return Address(text, Path(text))


def redact(text: str, password: str = "") -> str:
    """`text` without the password, and without what stands between `:` and `@` in an address."""
    if password:
        text = text.replace(password, _HIDDEN).replace(quote(password, safe=""), _HIDDEN)
    return text


def read_password(reference: str) -> str:
    """The password behind `env:NAME` or `file:PATH`; raises StoreError."""
    kind, _, name = reference.partition(":")
    if kind == "env":
        found = os.environ.get(name)
        if not found:
            raise StoreError(f"the environment variable `{name}` that holds the store's password is not set")
        return found
    try:
        return Path(name).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise StoreError(
            f"the file `{name}` that holds the store's password cannot be read: {error.strerror}"
        ) from error


def _server(text: str) -> Address:
    try:
        parts = urlsplit(text)
        host, user, port, literal = parts.hostname or "", parts.username or "", parts.port, parts.password
    except ValueError as error:
        raise StoreError("the address of the PostgreSQL server cannot be read: " + str(error)) from error
    options = parse_qsl(parts.query, keep_blank_values=True)
    password = next((value for name, value in options if name == "password"), "")
    if literal is not None or (password and not password.startswith(("env:", "file:"))):
        raise StoreError(
            "a store's password is named, not written: use `?password=env:NAME`, `?password=file:PATH` or "
            "PGPASSFILE"
        )
    rest = [(name, value) for name, value in options if name != "password"]
    query = urlencode(rest, quote_via=quote, safe="")
    shown_host = next((value for name, value in rest if name == "host"), host)
    at = f"{user}@" if user else ""
    where = f"{shown_host}:{port}" if port else shown_host
    return Address(
        name=f"postgresql://{at}{where}/{parts.path.lstrip('/')}",
        conninfo=f"postgresql://{parts.netloc}{parts.path}" + (f"?{query}" if query else ""),
        password=password,
    )
