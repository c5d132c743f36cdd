"""A book as one HTML page that needs nothing else: the prose of its files with what the machine reads in it.

Clauses show prose, meaning, sources and grade, examples their verdicts. The page holds no script and loads
nothing, so it can be mailed to a lawyer and printed.
"""

from __future__ import annotations

from comity.contracts.render.page import render_book

__all__ = ["render_book"]
