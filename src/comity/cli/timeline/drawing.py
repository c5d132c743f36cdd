"""A history as one SVG picture that needs no other file: bars by contract, a line for every change.

Colours follow the reader's light or dark setting. A bar with a point goes on; one with a notch has always
run. What one clause ended is joined to it on the day of the change.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from html import escape

import msgspec

from comity.cli.timeline.scale import Scale
from comity.contracts import History, Line, Stretch

_LABELS = 226
_WIDTH = 1240
_MARGIN = 46
_ROW, _HEAD, _BAR = 24, 42, 14
_TOP, _FOOT = 150, 72
_LETTER = 6.1
_POINT = 7
_STYLE = """
  .page { fill: var(--page, #ffffff) } .stripe { fill: #8a94a6; fill-opacity: .07 }
  text { font: 11.5px system-ui, "Segoe UI", Arial, sans-serif; fill: #27303f }
  .title { font-size: 19px; font-weight: 650 } .soft { fill: #667085 }
  .contract { font-size: 13px; font-weight: 650 }
  .id { font-family: ui-monospace, Menlo, Consolas, monospace }
  .day { font-size: 10.5px; fill: #667085; font-variant-numeric: tabular-nums }
  .grid { stroke: #8a94a6; stroke-opacity: .28; stroke-width: 1 }
  .inside { fill: #ffffff; font-size: 10.5px } .aside { fill: #667085; font-size: 10.5px }
  .join { stroke: #27303f; stroke-opacity: .55; stroke-width: 1.2; fill: none } .knot { fill: #27303f }
  .asked { stroke: #b54708; stroke-width: 1.5; stroke-dasharray: 4 3 } .asked-day { fill: #b54708 }
  .known { fill: #ffffff; stroke: #27303f; stroke-width: 1.2 }
  .forbid { fill: #b42318 } .confine { fill: #c2410c } .require { fill: #a16207 } .permit { fill: #2f7d4f }
  .owe { fill: #2563a8 } .power { fill: #7a4fa3 } .end { fill: #475467 } .fact { fill: #667085 }
  .suppose { fill: #667085 } .define { fill: #0f766e }
  .pause { fill: none; stroke: #667085; stroke-dasharray: 3 3 }
  .open { fill: #0f766e; fill-opacity: .16; stroke: #0f766e; stroke-dasharray: 5 3 } .opened { fill: #0f766e }
  @media (prefers-color-scheme: dark) {
    .page { fill: var(--page, #14181f) } text { fill: #e4e8ee }
    .join { stroke: #e4e8ee } .knot { fill: #e4e8ee }
    .soft, .day, .aside { fill: #98a2b3 } .known { stroke: #14181f } .opened { fill: #5eead4 }
    .asked { stroke: #f79009 } .asked-day { fill: #f79009 } .inside { fill: #ffffff }
    .open { stroke: #5eead4; fill: #5eead4 } .pause { stroke: #98a2b3 }
  }
"""


class Row(msgspec.Struct, frozen=True):
    """One line of the picture."""

    line: Line
    """What it shows."""
    top: float
    """Its upper edge."""

    @property
    def middle(self) -> float:
        """The height of its bar's axis."""
        return self.top + _ROW / 2


def draw(history: History, note: str, at: date | None = None) -> str:
    """The picture of `history`; `note` stands below the title, and a line marks the day `at`."""
    rows, heads, bottom = _layout(history)
    days = [*history.days, *([] if at is None else [at])]
    room = 21.0
    width = max(_WIDTH - _LABELS - 24, 2 * _MARGIN + 30 * max(len(set(days)) - 1, 1))
    scale = Scale(days, width, _MARGIN, room)
    size = (_LABELS + width + 24, bottom + _FOOT)
    parts = [
        _opening(history.title, size),
        f"<style>{_STYLE}</style>",
        f'<rect class="page" width="{size[0]:.0f}" height="{size[1]:.0f}"/>',
        f'<text class="title" x="24" y="36">{escape(history.title)}</text>',
        f'<text class="soft" x="24" y="56">{escape(note)}</text>',
        *_grid(scale, bottom),
        *_heads(history, heads, size[0]),
        *([] if at is None else _asked(at, scale, bottom)),
        *(part for row in rows for part in _row(row, scale)),
        *_joins(rows, scale),
        *_legend(history, bottom),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _opening(title: str, size: tuple[float, float]) -> str:
    box = f'viewBox="0 0 {size[0]:.0f} {size[1]:.0f}" width="{size[0]:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" aria-label="{escape(title)}">'


def _layout(history: History) -> tuple[list[Row], dict[str, float], float]:
    rows: list[Row] = []
    heads: dict[str, float] = {}
    top = float(_TOP)
    for contract in history.contracts:
        heads[contract] = top
        top += _HEAD
        for line in history.lines:
            if line.contract == contract:
                rows.append(Row(line, top))
                top += _ROW
    return rows, heads, top + 10


def _grid(scale: Scale, bottom: float) -> Iterator[str]:
    for day in scale.days:
        x = _LABELS + scale.place(day)
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 4}" y2="{bottom:.1f}"/>'
        yield (f'<text class="day" transform="translate({x + 3:.1f} {_TOP - 10}) rotate(-55)">{day}</text>')


def _heads(history: History, heads: dict[str, float], width: float) -> Iterator[str]:
    for contract, top in heads.items():
        yield f'<rect class="stripe" x="12" y="{top + 10:.1f}" width="{width - 24:.0f}" height="26" rx="5"/>'
        title = escape(f"{contract}: {history.contracts[contract]}")
        yield f'<text class="contract" x="24" y="{top + 27.5:.1f}">{title}</text>'


def _row(row: Row, scale: Scale) -> Iterator[str]:
    line, y = row.line, row.middle
    label = line.id if len(line.id) <= 29 else f"{line.id[:28]}…"
    tip = escape(f"{line.kind} {line.id}" + (f": {line.note}" if line.note else ""))
    yield f'<text class="id" x="24" y="{y + 4:.1f}">{escape(label)}<title>{tip}</title></text>'
    if not line.stretches:
        yield f'<text class="aside" x="{_LABELS + 4}" y="{y + 4:.1f}">never in force</text>'
    for place, stretch in enumerate(line.stretches):
        yield from _stretch(row, stretch, scale, last=place == len(line.stretches) - 1)
    starts = {stretch.period.start for stretch in line.stretches}
    if line.known is not None and line.stretches and line.known not in starts:
        x = _LABELS + scale.place(line.known)
        circle = f'<circle class="known" cx="{x:.1f}" cy="{y:.1f}" r="3">'
        yield f"{circle}<title>known {line.known}</title></circle>"


def _stretch(row: Row, stretch: Stretch, scale: Scale, *, last: bool) -> Iterator[str]:
    line, period, y = row.line, stretch.period, row.middle
    left, right = _LABELS + scale.place(period.start), _LABELS + scale.place(period.end, end=True)
    shape = {"suspended": "pause", "open": "open"}.get(stretch.what, line.kind)
    tip = escape(f"{line.id}: {stretch.what}, {period}" + (f", {stretch.why}" if stretch.why else ""))
    path = _bar(left, right, y, notched=period.start is None, pointed=period.end is None)
    yield f'<path class="{shape}" d="{path}"><title>{tip}</title></path>'
    text = _text(line, stretch, last=last)
    if text:
        yield _words(text, left, right, y, scale, hollow=shape in {"pause", "open"})


def _text(line: Line, stretch: Stretch, *, last: bool) -> str:
    if line.kind == "define":
        return f"open: {line.note}" if stretch.what == "open" else f"{stretch.what} {stretch.why}".strip()
    if stretch.what == "suspended":
        return f"suspended {stretch.why}"
    if stretch.why:
        return stretch.why
    return f"until {' or '.join(line.until)}" if line.until and last else ""


def _words(text: str, left: float, right: float, y: float, scale: Scale, *, hollow: bool) -> str:
    """The text in its bar if it fits, else beside it, where there is more room."""
    long = len(text) * _LETTER * 0.93
    edge = _LABELS + scale.right
    if right - left >= long + 18:
        shade, anchor, x = "opened" if hollow else "inside", "start", left + 9
    elif right + 8 + long <= edge:
        shade, anchor, x = "aside", "start", right + 8
    else:
        shade, anchor, x = "aside", "end", left - 8
    place = f'text-anchor="{anchor}" x="{x:.1f}" y="{y + 3.7:.1f}"'
    return f'<text class="{shade}" style="font-size:10.5px" {place}>{escape(text)}</text>'


def _bar(left: float, right: float, y: float, *, notched: bool, pointed: bool) -> str:
    high, low = y - _BAR / 2, y + _BAR / 2
    right = max(right, left + 3)
    start = f"L{left + _POINT:.1f} {y:.1f} " if notched else ""
    shoulder = max(right - _POINT, left) if pointed else right
    end = f"L{right:.1f} {y:.1f} " if pointed else ""
    upper, lower = f"L{shoulder:.1f} {high:.1f}", f"L{shoulder:.1f} {low:.1f}"
    return f"M{left:.1f} {high:.1f} {upper} {end}{lower} L{left:.1f} {low:.1f} {start}Z"


def _joins(rows: list[Row], scale: Scale) -> Iterator[str]:
    """A line from every clause down or up to what it ended, on the day of the change."""
    places = {row.line.id: row for row in rows}
    ended: dict[tuple[str, date], list[Row]] = {}
    for row in rows:
        for stretch in row.line.stretches:
            if stretch.by in places and stretch.what == "in force" and stretch.period.end is not None:
                ended.setdefault((stretch.by, stretch.period.end), []).append(row)
    for (by, day), targets in ended.items():
        x = _LABELS + scale.place(day)
        heights = [places[by].middle, *(row.middle for row in targets)]
        yield f'<path class="join" d="M{x:.1f} {min(heights):.1f} V{max(heights):.1f}"/>'
        for height in heights:
            yield f'<circle class="knot" cx="{x:.1f}" cy="{height:.1f}" r="2.6"/>'


def _asked(at: date, scale: Scale, bottom: float) -> Iterator[str]:
    x = _LABELS + scale.place(at)
    yield f'<line class="asked" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 4}" y2="{bottom:.1f}"/>'
    yield f'<text class="asked-day" text-anchor="middle" x="{x:.1f}" y="{bottom + 12:.1f}">{at}</text>'


def _legend(history: History, bottom: float) -> Iterator[str]:
    kinds = list(dict.fromkeys(line.kind for line in history.lines))
    x, y = 24.0, bottom + 34
    for kind in kinds:
        yield f'<rect class="{kind}" x="{x:.1f}" y="{y - 9:.1f}" width="22" height="11" rx="2"/>'
        yield f'<text x="{x + 28:.1f}" y="{y:.1f}">{kind}</text>'
        x += 28 + len(kind) * 7 + 22
    words = "dashed: open or suspended · ring: when the book learned it · joined: what a later clause ended"
    yield f'<text class="soft" x="24" y="{y + 22:.1f}">{words}</text>'
