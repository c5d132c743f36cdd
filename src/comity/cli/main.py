"""The `comity` command: assembles the commands, one file each."""

from __future__ import annotations

import typer

from comity.cli import ask, audit, check, diff, ledger, matrix, new, render, schema, whatif
from comity.cli.demo.command import demo
from comity.cli.hash_key import hash_key_command
from comity.cli.serve import serve
from comity.cli.simulate import simulate
from comity.cli.timeline import EXAMPLE as TIMELINE_EXAMPLE
from comity.cli.timeline import timeline

app = typer.Typer(
    name="comity",
    help="One endpoint for AI models on every cloud, each request inside the agreements you signed.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("ask", epilog=ask.EXAMPLE)(ask.ask)
app.command("check", epilog=check.EXAMPLE)(check.check)
app.command("diff", epilog=diff.EXAMPLE)(diff.diff)
app.command("audit", epilog=audit.EXAMPLE)(audit.audit)
app.command("matrix", epilog=matrix.EXAMPLE)(matrix.matrix)
app.command("whatif", epilog=whatif.EXAMPLE)(whatif.whatif)
app.command("render", epilog=render.EXAMPLE)(render.render)
app.command("schema", epilog=schema.EXAMPLE)(schema.schema)
app.add_typer(new.app, name="new")
app.add_typer(ledger.app, name="ledger")
app.command("demo")(demo)
app.command("serve")(serve)
app.command("timeline", epilog=TIMELINE_EXAMPLE)(timeline)
app.command("hash-key")(hash_key_command)
app.command("simulate")(simulate)
