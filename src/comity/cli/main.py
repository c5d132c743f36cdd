"""The `comity` command: one file per command, imported when it is called.

A question to a book must not wait for the simulator to load; only `comity --help` looks at every command.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

COMMANDS: Mapping[str, str] = {
    "serve": "comity.cli.serve:serve",
    "demo": "comity.cli.demo.command:demo",
    "check": "comity.cli.check:check",
    "ask": "comity.cli.ask:ask",
    "matrix": "comity.cli.matrix:matrix",
    "timeline": "comity.cli.timeline:timeline",
    "duties": "comity.cli.duties:duties",
    "commitments": "comity.cli.commitments:commitments",
    "diff": "comity.cli.diff:diff",
    "audit": "comity.cli.audit:audit",
    "whatif": "comity.cli.whatif:whatif",
    "ledger": "comity.cli.ledger:app",
    "prices": "comity.cli.prices:app",
    "receipt": "comity.cli.receipt:receipt",
    "verify": "comity.cli.verify:verify",
    "budgets": "comity.cli.budgets:budgets",
    "wallet": "comity.cli.wallet:app",
    "invoice": "comity.cli.invoice:invoice",
    "export": "comity.cli.export:app",
    "render": "comity.cli.render:render",
    "schema": "comity.cli.schema:schema",
    "new": "comity.cli.new:app",
    "hash-key": "comity.cli.hash_key:hash_key_command",
    "simulate": "comity.cli.simulate:simulate",
}
"""Every command and where it is: a function, with its `EXAMPLE` beside it, or a group of commands."""


class _Commands(TyperGroup):
    """The commands of the table."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the signature of the base
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | TyperGroup | None:  # noqa: ARG002 - likewise
        return _load(cmd_name) if cmd_name in COMMANDS else None


@cache
def _load(name: str) -> TyperCommand | TyperGroup:
    module_name, _, attribute = COMMANDS[name].partition(":")
    module = import_module(module_name)
    found = getattr(module, attribute)
    if not isinstance(found, typer.Typer):
        lone = typer.Typer(add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)
        lone.command(name, epilog=getattr(module, "EXAMPLE", None))(found)
        found = lone
    command = typer.main.get_command(found)
    assert isinstance(command, TyperCommand | TyperGroup), "typer makes commands of its own classes"
    command.name = name
    return command


app = typer.Typer(
    name="comity",
    cls=_Commands,
    help="One endpoint for AI models on every cloud, each request inside the agreements you signed.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.callback()
def comity() -> None:
    """One endpoint for AI models on every cloud, each request inside the agreements you signed."""
