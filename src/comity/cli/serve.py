"""`comity serve`: run the gateway."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer

from comity.clouds import Secrets
from comity.config import load_settings
from comity.database import is_server
from comity.errors import ComityError, StoreError
from comity.gateway.clock import Clock, rehearse
from comity.gateway.settings import Listen, Settings
from comity.gateway.supervisor import Supervisor
from comity.ledger import Target, open_store, recover
from comity.period import parse_moment
from comity.proof import Signer, extend


def serve(  # noqa: PLR0917 - the options of a command
    config: Annotated[Path, typer.Argument(help="The configuration.")] = Path("comity.yaml"),
    at: Annotated[
        str | None, typer.Option(help="Rehearse: ask the contracts as if it were this date.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to bind, instead of the configured one.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to bind; 0 takes a free one.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that share the port.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the readiness line as JSON.")] = False,
) -> None:
    """Serve requests inside the contracts of the configured book, until SIGTERM or Ctrl-C.

    Example: comity serve comity.yaml --port 8080
    """
    try:
        settings = load_settings(config)
        clock = Clock() if at is None else rehearse(parse_moment(at, ZoneInfo("UTC")))
        listen = _listen(settings, host, port, workers)
        settings = msgspec.structs.replace(settings, listen=listen)
        _recover_if_there(settings)
        signer = None if settings.proof is None else Signer(Secrets().resolve(settings.proof.key).reveal())
        supervisor = Supervisor(settings, clock, Secrets(), lambda: _fold(settings, signer))
    except (ComityError, ValueError, OSError) as error:
        typer.echo(f"comity: {error}", err=True)
        raise typer.Exit(2) from error
    status = supervisor.run(lambda bound: _announce(settings, bound, json))
    _prove(settings, signer, every=0)
    raise typer.Exit(status)


def _announce(settings: Settings, port: int, json: bool) -> None:
    scheme = "http" if settings.listen.certificate is None else "https"
    host = f"[{settings.listen.host}]" if ":" in settings.listen.host else settings.listen.host
    address = f"{scheme}://{host}:{port}"
    line = msgspec.json.encode({"serving": address}).decode() if json else f"serving on {address}"
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _listen(settings: Settings, host: str | None, port: int | None, workers: int | None) -> Listen:
    listen = settings.listen
    return msgspec.structs.replace(
        listen,
        host=listen.host if host is None else host,
        port=listen.port if port is None else port,
        workers=listen.workers if workers is None else workers,
    )


def _recover(settings: Settings) -> None:
    """Folds the journal and settles what dead workers left open."""
    targets = {
        name: Target(deployment.cloud, deployment.region, deployment.tariff)
        for name, deployment in settings.deployments.items()
    }
    settings.ledger.journal.mkdir(parents=True, exist_ok=True)
    with closing(open_store(settings.ledger.store)) as store:
        recover(settings.ledger.journal, store, targets)


def _recover_if_there(settings: Settings) -> None:
    """A server that is down stops no gateway: the journal is the record, and the next fold recovers too."""
    try:
        _recover(settings)
    except StoreError as error:
        if not is_server(str(settings.ledger.store)):
            raise
        typer.echo(f"comity: {error}; until then the journal keeps everything", err=True)


def _fold(settings: Settings, signer: Signer | None) -> None:
    """Folds the journal, and settles what a worker that died left open."""
    _recover(settings)
    if settings.proof is not None:
        _prove(settings, signer, settings.proof.sign_every)


def _prove(settings: Settings, signer: Signer | None, every: float) -> None:
    """Takes what was settled into the log; what fails is said and tried again after the next fold."""
    if settings.proof is None:
        return
    try:
        with closing(open_store(settings.ledger.store)) as store:
            extend(store, settings.proof.place, signer, every=every)
    except StoreError as error:
        typer.echo(f"comity: the log is not extended: {error}", err=True)
