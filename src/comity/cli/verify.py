"""`comity verify`: check receipts, consistency proofs and statements, offline, against a key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from comity.cli.prove import read_vkey, told
from comity.proof.verify import main

EXAMPLE = "Example: comity verify receipt.json --key ledger.vkey"


def verify(
    files: Annotated[list[Path], typer.Argument(help="Receipts, proofs, statements, checkpoints.")],
    *,
    key: Annotated[
        list[str], typer.Option(help="Verifier key, or its file; of several, all must have signed.")
    ],
) -> None:
    """Check documents of a ledger's log, each by itself and all together, without asking anybody.

    The status is 1 when one does not hold or two contradict each other. The same check is one file that needs
    nothing of Comity: `comity/proof/verify.py`.
    """
    with told():
        keys = [part for one in key for part in ("--key", read_vkey(one))]
    raise typer.Exit(main([*map(str, files), *keys]))
