"""`comity timeline`: what was in force when, as a table and as pictures."""

from __future__ import annotations

from comity.cli.timeline.command import EXAMPLE, timeline

__all__ = ["EXAMPLE", "timeline"]
