"""A history as one HTML page: the picture, and every stretch as a table with its reasons."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from comity.contracts import History, Line

_STYLE = """
  :root { color-scheme: light dark; --ink: #27303f; --soft: #667085; --rule: #e3e7ed; --page: #ffffff }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e4e8ee; --soft: #98a2b3; --rule: #2b323d; --page: #14181f }
  }
  body { margin: 0; background: var(--page); color: var(--ink) }
  body { font: 14px/1.5 system-ui, "Segoe UI", Arial, sans-serif }
  main { max-width: 1320px; margin: 0 auto; padding: 16px 24px 48px }
  .picture { overflow-x: auto } .picture svg { display: block; height: auto }
  h2 { font-size: 16px; margin: 32px 0 8px } table { border-collapse: collapse; width: 100% }
  th { text-align: left; color: var(--soft); font-weight: 600 }
  th, td { padding: 5px 14px 5px 0; border-bottom: 1px solid var(--rule); vertical-align: top }
  td.id { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 13px }
  td.days { font-variant-numeric: tabular-nums; white-space: nowrap }
  footer { color: var(--soft); margin-top: 24px }
"""


def page(history: History, picture: str, note: str) -> str:
    """The page around `picture`."""
    tables = "".join(part for contract in history.contracts for part in _table(history, contract))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(history.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<div class="picture">\n{picture}</div>\n{tables}'
        f"<footer>{escape(note)} The first day belongs to a stretch, the last one does not.</footer>\n"
        "</main>\n</body>\n</html>\n"
    )


def _table(history: History, contract: str) -> Iterator[str]:
    yield f"<h2>{escape(contract)}: {escape(history.contracts[contract])}</h2>\n<table>\n"
    names = ("clause", "kind", "what", "days", "why it ended, or stands", "grade", "known")
    yield "<tr>" + "".join(f"<th>{name}</th>" for name in names) + "</tr>\n"
    for line in history.lines:
        if line.contract == contract:
            yield from _rows(line)
    yield "</table>\n"


def _rows(line: Line) -> Iterator[str]:
    stretches = [(one.what, str(one.period), one.why) for one in line.stretches]
    for place, (what, days, why) in enumerate(stretches or [("never in force", "", "")]):
        note = f"{what}: {line.note}" if what == "open" else what
        reason = why or (f"until {' or '.join(line.until)}" if line.until else "")
        first = place == 0
        cells = [
            ("id", line.id if first else ""),
            ("", line.kind if first else ""),
            ("", note),
            ("days", days),
            ("", reason),
            ("", line.grade.word if first else ""),
            ("days", str(line.known or "") if first else ""),
        ]
        yield "<tr>" + "".join(f'<td class="{name}">{escape(cell)}</td>' for name, cell in cells) + "</tr>\n"
