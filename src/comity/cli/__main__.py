"""`python -m comity.cli`: the `comity` command."""

from __future__ import annotations

from comity.cli.main import app

app()
