"""`comity verify`: check receipts, consistency proofs and statements, offline, against a key."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from comity.cli.prove import read_vkey, told
from comity.proof.verify import check, compare, main

EXAMPLE = "Example: comity verify receipt.json --key ledger.vkey"


def verify(
    files: Annotated[list[Path], typer.Argument(help="Receipts, proofs, statements, checkpoints.")],
    *,
    key: Annotated[
        list[str], typer.Option(help="Verifier key, or its file; of several, all must have signed.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check documents of a ledger's log, each by itself and all together, without asking anybody.

    The status is 1 when one does not hold or two contradict each other. The same check is one file that needs
    nothing of Comity: `comity/proof/verify.py`.
    """
    with told():
        keys = [read_vkey(one) for one in key]
    if not as_json:
        raise typer.Exit(main([*map(str, files), *(part for one in keys for part in ("--key", one))]))
    found, said = [], []
    for file in files:
        try:
            found.append(check(file.read_text(encoding="utf-8"), keys))
            said.append({"file": str(file), "holds": True, "says": found[-1].lines})
        except (ValueError, OSError) as error:
            said.append({"file": str(file), "holds": False, "says": [str(error)]})
    wrong = compare(found)
    text = msgspec.json.encode({"documents": said, "together": wrong})
    sys.stdout.write(msgspec.json.format(text, indent=2).decode() + "\n")
    raise typer.Exit(1 if wrong or len(found) < len(files) else 0)
