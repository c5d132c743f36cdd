"""`comity commitments`: what was promised to be spent and how far it is, as a table and as a picture."""

from __future__ import annotations

from comity.cli.commitments.command import EXAMPLE, commitments

__all__ = ["EXAMPLE", "commitments"]
