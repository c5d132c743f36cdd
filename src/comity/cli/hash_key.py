"""`comity hash-key`: the form in which `comity.yaml` holds a caller's key."""

from __future__ import annotations

import secrets
import sys
from typing import Annotated

import typer

from comity.intake import hash_key

_SHORTEST = 16


def hash_key_command(
    stdin: Annotated[bool, typer.Option("--stdin", help="Hash a key read from standard input.")] = False,
) -> None:
    """Make a new key and print it once, with the hash that goes into `comity.yaml`.

    Example: comity hash-key
    """
    key = sys.stdin.readline().strip() if stdin else f"sk-comity-{secrets.token_urlsafe(32)}"
    if len(key) < _SHORTEST or not key.isascii() or not key.isprintable() or " " in key:
        typer.echo(
            f"comity: a key is at least {_SHORTEST} printable ASCII characters without spaces", err=True
        )
        raise typer.Exit(2)
    if not stdin:
        typer.echo(f"key:  {key}   (shown only now)")
    typer.echo(f"hash: sha256:{hash_key(key)}")
