"""`comity receipt`: one line of the ledger's log, with the fields that somebody is to see."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Annotated

import msgspec
import typer

from comity.cli.ledger_store import LedgerPlace
from comity.cli.prove import LogFolder, Out, deliver, opened_both
from comity.ledger import parse_entry_id
from comity.proof import make_receipt

EXAMPLE = "Example: comity receipt 019d0000-… var/ledger --disclose 'id,times,attempt.*.cost' --out r.json"


def receipt(
    entry: Annotated[str, typer.Argument(help="The id in the answer's header `comity-receipt`.")],
    ledger: LedgerPlace,
    *,
    disclose: Annotated[
        str, typer.Option(help="Fields to disclose, with `*` for any, separated by commas.")
    ] = "id",
    every: Annotated[bool, typer.Option("--all", help="Disclose every field.")] = False,
    log: LogFolder = None,
    out: Out = None,
) -> None:
    """Write the receipt of an entry: that its line stands in the signed log, and what the chosen fields say.

    Whoever has the operator's verifier key checks it with `comity verify`, offline.
    """
    patterns = ["*"] if every else [pattern.strip() for pattern in disclose.split(",")]
    with opened_both(ledger, log) as (store, register, place):
        made = make_receipt(
            store,
            register,
            place.public,
            parse_entry_id(entry),
            lambda name: any(fnmatchcase(name, pattern) for pattern in patterns),
        )
        shown = [json.loads(text)[1] for text in made.disclosed]
        for pattern in () if every else patterns:
            if not any(fnmatchcase(name, pattern) for name in shown):
                why = "is no field of this line, or was erased; --all shows all there are"
                typer.echo(f"note: `{pattern}` {why}", err=True)
        deliver(msgspec.json.format(msgspec.json.encode(made)).decode() + "\n", out)
