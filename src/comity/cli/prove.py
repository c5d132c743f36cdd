"""`comity ledger log`, `prove`, `statement`, `redact` and `key`: the operator's side of a ledger's log."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from comity.cli.ledger_store import LedgerPlace, opened, read_nanoseconds, shown_progress
from comity.clouds import Secrets
from comity.database import is_server
from comity.errors import ComityError, StoreError
from comity.ledger import STORE_NAME, Store, parse_entry_id
from comity.proof import (
    Examined,
    LogPlace,
    Register,
    Signer,
    checkpoint_at,
    entries_of,
    examine,
    extend,
    make_extension,
    new_key,
    open_tiles,
    opened_log,
    place_of,
    redact,
    signed_heads,
    state,
    statement_name,
    write_file,
)
from comity.proof.register import last_checkpoint
from comity.proof.verify import read_head

LogFolder = Annotated[
    Path | None, typer.Option("--log", help="The log's folder; by default `proof` beside the ledger's store.")
]
SignerKey = Annotated[str, typer.Option("--key", help="The signer key: `env:NAME` or `file:PATH`.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Out = Annotated[Path | None, typer.Option("--out", help="Write to this file instead of standard output.")]

key_app = typer.Typer(add_completion=False, no_args_is_help=True, help="Keys that sign the log of a ledger.")


def register_commands(app: typer.Typer) -> None:
    """Adds these commands to the group `comity ledger`."""
    for name, command, example in (
        ("log", extend_log, "comity ledger log var/ledger --key file:ledger.skey"),
        ("prove", prove, "comity ledger prove var/ledger --from 2026-03-01 --to 2026-04-01"),
        ("statement", make_statement, "comity ledger statement var/ledger --from 2026-03-01 --to 2026-04-01"),
        (
            "redact",
            redact_entries,
            "comity ledger redact var/ledger --customer acme --reason 'erasure, art. 17'",
        ),
    ):
        app.command(name, epilog=f"Example: {example}")(command)
    app.add_typer(key_app, name="key")


@contextmanager
def told() -> Iterator[None]:
    """What cannot be done ends the command with status 2 and a sentence."""
    try:
        yield
    except (ComityError, ValueError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error


def log_place(ledger: str, folder: Path | None) -> LogPlace:
    """Where the log of a ledger is."""
    if is_server(ledger):
        return place_of(ledger, folder)
    path = Path(ledger)
    return place_of(path / STORE_NAME if path.is_dir() else path, folder)


@contextmanager
def opened_both(ledger: str, folder: Path | None) -> Iterator[tuple[Store, Register, LogPlace]]:
    """A ledger brought up to date, and its log, which must be there."""
    place = log_place(ledger, folder)
    with told(), opened(ledger) as store, opened_log(place) as register:
        yield store, register, place


def deliver(text: str, out: Path | None) -> None:
    """Writes a document where it is wanted."""
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, encoding="utf-8")


def read_vkey(text: str) -> str:
    """A verifier key, given itself or as the file that holds it."""
    try:
        path = Path(text)
        vkey = path.read_text(encoding="utf-8").strip() if path.exists() or "+" not in text else text
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the key `{text}` cannot be read: {error}; name a file like ledger.vkey") from error
    if vkey.startswith("PRIVATE+KEY+"):
        raise ValueError("this is the key that signs, for nobody else's eyes; verify with OUT.vkey beside it")
    return vkey


@key_app.command("new", epilog="Example: comity ledger key new acme.example/ledger --out ledger")
def new_key_pair(
    name: Annotated[str, typer.Argument(help="The name of the log, like `acme.example/ledger`.")],
    out: Annotated[str, typer.Option(help="Names the files: OUT.skey, to be kept, and OUT.vkey.")] = "ledger",
) -> None:
    """Make a key pair in the form of C2SP signed-note: one file to keep, one to give to everybody."""
    with told():
        skey = new_key(name)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        for path, text, mode in ((f"{out}.skey", skey, 0o600), (f"{out}.vkey", Signer(skey).verifier, 0o644)):
            with os.fdopen(os.open(path, flags, mode), "w") as file:
                file.write(f"{text}\n")
        typer.echo(f"keep    {out}.skey   (signs; whoever has it can sign another log)")
        typer.echo(f"publish {out}.vkey   {Signer(skey).verifier}")


def extend_log(
    ledger: LedgerPlace, *, key: SignerKey = "", log: LogFolder = None, as_json: AsJson = False
) -> None:
    """Put what was settled into the log, exactly once, and sign it; without a key it is only put in.

    A gateway with a `proof` section does this after each fold.
    """
    with told(), opened(ledger) as store:
        place = log_place(ledger, log)
        signer = Signer(Secrets().resolve(key).reveal()) if key else None
        added, head = extend(store, place, signer)
    if as_json:
        _print_json({"added": added, "signed": None if head is None else head.size})
    else:
        signed = f"; signed at {head.size}" if head is not None else ""
        typer.echo(f"{added} lines added to the log in {place.folder}{signed}")


def prove(
    ledger: LedgerPlace,
    *,
    start: Annotated[
        str, typer.Option("--from", help="The older checkpoint: its file, a size or a date.")
    ] = "",
    end: Annotated[str, typer.Option("--to", help="The newer one; by default the latest.")] = "",
    check: Annotated[bool, typer.Option("--check", help="Check store, register and files instead.")] = False,
    known: Annotated[
        list[Path] | None, typer.Option(help="With --check: a checkpoint that somebody kept.")
    ] = None,
    key: Annotated[str, typer.Option(help="With --check: the verifier key, or its file.")] = "",
    log: LogFolder = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Prove that one checkpoint continues another, or check that everything still is as it was signed.

    The proof is checked by `comity verify`. With --check the status is 1 when something differs.
    """
    with opened_both(ledger, log) as (store, register, place):
        if check:
            found = _checked(store, register, place, key, known or [])
            _print_json({"holds": found.holds, **msgspec.structs.asdict(found)}) if as_json else _tell(found)
            raise typer.Exit(0 if found.holds else 1)
        sizes = [_size(register, text, option) for text, option in ((start, "--from"), (end, "--to"))]
        extension = make_extension(register, place.public, *sizes)
        deliver(msgspec.json.format(msgspec.json.encode(extension)).decode() + "\n", out)


def make_statement(
    ledger: LedgerPlace,
    *,
    start: Annotated[str, typer.Option("--from", help="First day or moment, UTC; inclusive.")],
    end: Annotated[str, typer.Option("--to", help="Day or moment to stop before, UTC.")],
    key: SignerKey,
    log: LogFolder = None,
    out: Out = None,
) -> None:
    """Sign what a period held: its lines, their sums, the journals read, and what was found damaged or open.

    It claims that nothing is missing, which no tree can show; `comity verify` compares statements.
    """
    with opened_both(ledger, log) as (store, register, place):
        signer = Signer(Secrets().resolve(key).reveal())
        extend(store, place, signer)
        last = last_checkpoint(register)
        assert last is not None, "extending with a key signs something"
        tiles = open_tiles(place.public, register, read_head(last[2]))
        since, until = read_nanoseconds(start, "--from"), read_nanoseconds(end, "--to")
        assert since is not None, "the option is required"
        assert until is not None, "the option is required"
        note = state(store, register, tiles, signer, (since, until))
        write_file(place.public / statement_name(since, until), note.encode())
        deliver(note, out)


def redact_entries(
    ledger: LedgerPlace,
    entry: Annotated[list[str] | None, typer.Argument(help="Entry ids.")] = None,
    *,
    customer: Annotated[str, typer.Option(help="All entries with this fact `customer`.")] = "",
    reason: Annotated[str, typer.Option(help="Why; it is put on record.")],
    by: Annotated[str, typer.Option(help="Who; by default the user.")] = "",
    log: LogFolder = None,
    as_json: AsJson = False,
) -> None:
    """Erase who and what from entries, and the salts of their lines; how much was used and owed stays.

    The log stays valid and the redaction is a line of its own. The journal is not rewritten: the command says
    which segments still hold the values.
    """
    with opened_both(ledger, log) as (store, register, place):
        extend(store, place, None)
        entries = [parse_entry_id(one) for one in entry or []] + (
            entries_of(store, customer) if customer else []
        )
        if not entries:
            raise StoreError("there is nothing to redact: name entries, or a customer that has some")
        done = redact(store, register, entries, by=by or getpass.getuser(), reason=reason)
    if as_json:
        _print_json(msgspec.structs.asdict(done))
        return
    typer.echo(f"{done.entries} entries redacted, {done.lines} of them for the first time")
    typer.echo(
        "erased from the store: caller, facts, workload, hashes, messages, provider ids; and all salts"
    )
    typer.echo("kept for the accounts: times, tokens, amounts, deployments, regions, verdicts and clause ids")
    typer.echo("not looked through: reasons of corrections, budgets, wallets and conversations that are kept")
    for segment in done.segments:
        typer.echo(f"still in the journal: {segment}")
    if done.segments:
        typer.echo(
            "delete these segments when no retention duty needs them; a fold from them brings values back"
        )


def _checked(store: Store, register: Register, place: LogPlace, key: str, known: list[Path]) -> Examined:
    vkey = read_vkey(key or str(place.public / "key.vkey"))
    notes = [path.read_text(encoding="utf-8") for path in known]
    heads = signed_heads(register, place.public, [vkey], notes)
    with shown_progress("checking") as progress:
        return examine(store, register, place.public, heads, progress)


def _tell(found: Examined) -> None:
    for one in found.differences:
        typer.echo(f"{one.kind}: line {one.index}: {one.detail}")
    verdict = "is as it was signed" if found.holds else "is not as it was signed"
    typer.echo(
        f"the log {verdict} ({found.lines} lines, {found.signed} signed, {found.checkpoints} checkpoints)"
    )


def _print_json(value: object) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def _size(register: Register, text: str, option: str) -> int:
    if text.isdecimal():
        return int(text)
    if text and Path(text).is_file():
        return read_head(Path(text).read_text(encoding="utf-8")).size
    moment = read_nanoseconds(text, option)
    return checkpoint_at(register, 1 << 62 if moment is None else moment)
