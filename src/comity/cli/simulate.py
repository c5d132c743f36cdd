"""`comity simulate`: clouds to rehearse against, on loopback."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, get_args

import msgspec
import typer

from comity.simulator import AwsAccount, CloudSpec, Pace, RunningCloud, SimulatedModel
from comity.simulator.foreground import run
from comity.simulator.spec import CloudKind
from comity.source import closest

_MODELS: dict[CloudKind, tuple[str, tuple[str, ...]]] = {
    "ai-studio": ("us", ("gemini-2.5-flash",)),
    "anthropic": ("us", ("claude-sonnet-4-5",)),
    "azure": ("swedencentral", ("gpt-5.5",)),
    "bedrock": ("eu-central-1", ("eu.anthropic.claude-sonnet-4-5-20250929-v1:0",)),
    "compatible": ("local", ("llama-3.3-70b",)),
    "vertex": ("europe-west1", ("gemini-2.5-flash", "claude-sonnet-4-5")),
}
"""Of each kind: a region and the models that are served."""
ACCOUNT = AwsAccount("AKIDSIMULATED", "simulated-secret")
"""The AWS keys that a simulated Bedrock of the command line accepts; they guard nothing."""


def simulate(  # noqa: PLR0917 - the options of a command
    clouds: Annotated[
        list[str] | None,
        typer.Argument(help=f"Clouds to start, each with `:PORT`: `{'`, `'.join(_MODELS)}`."),
    ] = None,
    file: Annotated[Path | None, typer.Option(help="JSON list of clouds, instead of naming kinds.")] = None,
    first_token: Annotated[float, typer.Option(help="Seconds to the first token.")] = 0.05,
    rate: Annotated[float, typer.Option(help="Tokens per second after it.")] = 100.0,
    piped: Annotated[bool, typer.Option("--piped", help="End when standard input closes.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON line per cloud.")] = False,
) -> None:
    """Start simulated clouds and serve until SIGTERM or Ctrl-C.

    All take any key but Bedrock, which takes signatures of the account that is printed.

    Example: comity simulate azure:8101 bedrock:8102 --rate 200
    """
    try:
        specs = _read(file) if file is not None else _specs(clouds or [], Pace(first_token, rate))
        run(specs, lambda running: _announce(running, json=json), piped=piped)
    except (ValueError, OSError, msgspec.DecodeError) as error:
        typer.echo(f"comity: {error}", err=True)
        raise typer.Exit(2) from error


def _specs(words: list[str], pace: Pace) -> tuple[CloudSpec, ...]:
    if not words:
        raise ValueError("name at least one cloud, for example `comity simulate azure:8101`")
    return tuple(_spec(word, number, pace) for number, word in enumerate(words))


def _spec(word: str, number: int, pace: Pace) -> CloudSpec:
    name, _, port = word.partition(":")
    kind = next((known for known in get_args(CloudKind) if known == name), None)
    if kind is None:
        raise ValueError(f"no cloud of kind `{name}` can be simulated; {closest(name, get_args(CloudKind))}")
    if port and not (port.isdecimal() and int(port) < 65536):
        raise ValueError(f"`{port}` is no port; write for example `{name}:8101`")
    region, models = _MODELS[kind]
    return CloudSpec(
        name=f"{name}-{number + 1}",
        kind=kind,
        models=tuple(SimulatedModel(name=model) for model in models),
        region=region,
        port=int(port or 0),
        accounts=(ACCOUNT,) if kind == "bedrock" else (),
        pace=pace,
    )


def _read(file: Path) -> tuple[CloudSpec, ...]:
    return msgspec.json.decode(file.read_bytes(), type=tuple[CloudSpec, ...])


def _announce(running: dict[str, RunningCloud], *, json: bool) -> None:
    for name, one in running.items():
        spec = one.cloud.spec
        models = [model.name for model in spec.models]
        if json:
            line = {"name": name, "kind": spec.kind, "url": one.url, "models": models}
            sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
            continue
        keys = ", ".join(
            f"{account.access_key_id} / {account.secret_access_key}" for account in spec.accounts
        )
        shown = f"  keys {keys}" if keys else ""
        sys.stdout.write(f"{name}: {one.url}  region {spec.region}  models {', '.join(models)}{shown}\n")
    sys.stdout.flush()
