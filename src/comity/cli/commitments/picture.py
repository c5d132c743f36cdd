"""Burn-downs as one SVG picture that needs no other file: a panel for every commitment that has begun.

A panel shows what is left (solid, filled), what may be left at most (thin) and where the present pace leads
(dashed); what resets by the hour or minute shows how much of every day was used. Colours follow the reader's
light or dark setting, and no line is told apart by its colour alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from html import escape
from itertools import pairwise

import msgspec

from comity.cli.commitments.series import Bars, Point, Series, day_of, series_of
from comity.cli.commitments.table import amount_text, number_text
from comity.commitments import CommitmentState

_WIDTH, _LEFT, _RIGHT = 900, 112, 28
_HEAD, _PLOT, _GAP, _TOP, _FOOT = 52, 150, 34, 78, 46
_STYLE = """
  .page { fill: var(--page, #ffffff) }
  text { font: 12px system-ui, "Segoe UI", Arial, sans-serif; fill: #27303f }
  .title { font-size: 19px; font-weight: 650 } .soft { fill: #667085 }
  .name { font-size: 14px; font-weight: 650; font-family: ui-monospace, Menlo, Consolas, monospace }
  .tick { font-size: 11px; fill: #667085; font-variant-numeric: tabular-nums }
  .grid { stroke: #8a94a6; stroke-opacity: .3 } .axis { stroke: #667085 }
  .left { stroke: #1d5fa8; stroke-width: 2.4; fill: none } .rest { fill: #1d5fa8; fill-opacity: .13 }
  .target { stroke: #475467; stroke-width: 1.2; fill: none }
  .ahead { stroke: #b54708; stroke-width: 2.2; stroke-dasharray: 7 5; fill: none }
  .risk { fill: #b54708; font-weight: 650 } .fine { fill: #2f7d4f; font-weight: 650 }
  .now { stroke: #667085; stroke-dasharray: 2 3 } .mark { fill: #475467 }
  .used { fill: #1d5fa8 } .unused { fill: #8a94a6; fill-opacity: .28; stroke: #8a94a6; stroke-width: .6 }
  @media (prefers-color-scheme: dark) {
    .page { fill: var(--page, #14181f) } text { fill: #e4e8ee } .soft, .tick { fill: #a3adbd }
    .left { stroke: #6aaef0 } .rest, .used { fill: #6aaef0 } .target { stroke: #c3cad6 }
    .mark { fill: #c3cad6 } .ahead { stroke: #f79009 } .risk { fill: #f79009 } .fine { fill: #6ccf93 }
  }
"""


class Frame(msgspec.Struct, frozen=True):
    """Where days and amounts stand in one panel."""

    top: float
    """Upper edge of the plot."""
    start: date
    """The day at its left edge."""
    end: date
    """The day at its right edge."""
    most: Decimal
    """The amount at its upper edge."""

    def x(self, day: date) -> float:
        """Where a day begins."""
        days = max((self.end - self.start).days, 1)
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(max((day - self.start).days / days, 0), 1)

    def y(self, amount: Decimal) -> float:
        """How high an amount stands; nothing and less lie on the axis."""
        share = min(max(amount / self.most, Decimal(0)), Decimal(1)) if self.most else Decimal(0)
        return self.top + _PLOT * (1 - float(share))


def draw(title: str, states: Sequence[CommitmentState], at: datetime) -> str:
    """The picture of `states` at `at`."""
    panels = [(state, series_of(state, day_of(at, state))) for state in states]
    shown = [(state, series) for state, series in panels if series is not None]
    height = _TOP + len(shown) * (_HEAD + _PLOT + _GAP) + _FOOT
    label = f"Commitments of {title} on {at.date()}"
    note = "What is left to draw, and where the present pace leads." if shown else "None has begun."
    words = " ".join(_sentence(state) for state, _ in shown) or note
    box = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" aria-labelledby="title what">',
        f'<title id="title">{escape(label)}</title>',
        f'<desc id="what">{escape(words)}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect class="page" width="{_WIDTH}" height="{height}"/>',
        f'<text class="title" x="24" y="36">{escape(label)}</text>',
        f'<text class="soft" x="24" y="57">{note}</text>',
    ]
    for place, (state, series) in enumerate(shown):
        top = _TOP + place * (_HEAD + _PLOT + _GAP)
        parts += _panel(state, series, float(top), day_of(at, state))
    parts += [*_legend(height - 18), "</svg>"]
    return "\n".join(parts) + "\n"


def _sentence(state: CommitmentState) -> str:
    """The panel in words, for readers who do not see it."""
    drawn, committed = amount_text(state.drawn), amount_text(state.committed)
    text = f"{state.terms.commitment}: {drawn} of {committed} {state.terms.unit} drawn"
    if state.forecast is None:
        return f"{text}, {state.state}."
    return f"{text}, {number_text(state.forecast.at_risk)} at risk by {state.forecast.by}."


def _panel(state: CommitmentState, series: Series | Bars, top: float, at: date) -> Iterator[str]:
    unit = state.terms.unit
    yield f'<text class="name" x="24" y="{top + 18:.1f}">{escape(state.terms.commitment)}</text>'
    about = f"{state.terms.kind}, {unit} · {state.terms.debtor} to {state.terms.creditor} · {state.state}"
    yield f'<text class="soft" x="24" y="{top + 36:.1f}">{escape(about)}</text>'
    yield from _verdict(state, top + 18)
    if isinstance(series, Bars):
        last = series.days[-1].start or at
        first = series.days[0].start or at
        frame = Frame(top + _HEAD, first, last + timedelta(days=1), series.top)
        yield from _axes(frame, unit, [first, last])
        yield from _bars(series, frame, unit)
    else:
        frame = Frame(top + _HEAD, series.start, series.end, max(series.top, *(p.left for p in series.left)))
        yield from _axes(frame, unit, [point.day for point in series.target])
        yield from _lines(series, frame, at)


def _verdict(state: CommitmentState, y: float) -> Iterator[str]:
    """What the panel says, at its right: what is at risk or was missing, or that nothing is."""
    ended = state.forecast is None
    risk = state.shortfall.low if state.forecast is None else state.forecast.at_risk
    what = "missing" if ended else "at risk"
    text = f"{number_text(risk)} {state.terms.unit} {what}" if risk else f"nothing {what}"
    shade = "risk" if risk else "fine"
    yield f'<text class="{shade}" text-anchor="end" x="{_WIDTH - _RIGHT}" y="{y:.1f}">{escape(text)}</text>'


def _axes(frame: Frame, unit: str, days: Sequence[date]) -> Iterator[str]:
    right, bottom = _WIDTH - _RIGHT, frame.top + _PLOT
    for share in (Decimal(0), Decimal("0.5"), Decimal(1)):
        y = frame.y(frame.most * share)
        shade = "axis" if not share else "grid"
        yield f'<line class="{shade}" x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        text = f"{number_text(frame.most * share)}{f' {unit}' if share == 1 else ''}"
        yield f'<text class="tick" text-anchor="end" x="{_LEFT - 8}" y="{y + 4:.1f}">{escape(text)}</text>'
    taken = -1e9
    for day in sorted({*days, frame.end if len(days) > 2 else days[-1]}):
        x = frame.x(day)
        if x - taken < 74:
            continue
        taken = x
        anchor = "start" if x < _LEFT + 40 else "end" if x > right - 40 else "middle"
        yield f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" y2="{bottom + 4}"/>'
        yield f'<text class="tick" text-anchor="{anchor}" x="{x:.1f}" y="{bottom + 17:.1f}">{day}</text>'


def _lines(series: Series, frame: Frame, at: date) -> Iterator[str]:
    bottom = frame.top + _PLOT
    steps = _stairs(series.left, frame)
    first, last = frame.x(series.left[0].day), frame.x(series.left[-1].day)
    yield f'<path class="rest" d="M{first:.1f} {bottom:.1f} L{steps} L{last:.1f} {bottom:.1f} Z"/>'
    yield _line("target", series.target, frame, "what may be left at most")
    for point in series.target[1:]:
        x, y = frame.x(point.day), frame.y(point.left)
        tip = f"{point.day - timedelta(days=1)}: at most {number_text(point.left)} left"
        yield f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="3.4"><title>{tip}</title></circle>'
    yield f'<path class="left" d="M{steps}"><title>what is left</title></path>'
    if series.forecast:
        yield _line("ahead", series.forecast, frame, "at the present pace")
    if series.start <= at < series.end:
        x = frame.x(at + timedelta(days=1))
        yield f'<line class="now" x1="{x:.1f}" x2="{x:.1f}" y1="{frame.top}" y2="{bottom}"/>'
        anchor = "end" if x > _WIDTH - _RIGHT - 70 else "start"
        shift = -5 if anchor == "end" else 5
        place = f'text-anchor="{anchor}" x="{x + shift:.1f}" y="{frame.top + 11}"'
        yield f'<text class="tick" {place}>{at}</text>'


def _stairs(points: Sequence[Point], frame: Frame) -> str:
    """A line that falls on the days on which something was drawn."""
    found = [f"{frame.x(points[0].day):.1f} {frame.y(points[0].left):.1f}"]
    for before, point in pairwise(points):
        if point.left != before.left:
            eve = frame.x(max(point.day - timedelta(days=1), before.day))
            found.append(f"{eve:.1f} {frame.y(before.left):.1f}")
        found.append(f"{frame.x(point.day):.1f} {frame.y(point.left):.1f}")
    return " L".join(found)


def _line(shade: str, points: Sequence[Point], frame: Frame, tip: str) -> str:
    path = " L".join(f"{frame.x(point.day):.1f} {frame.y(point.left):.1f}" for point in points)
    return f'<path class="{shade}" d="M{path}"><title>{tip}</title></path>'


def _bars(series: Bars, frame: Frame, unit: str) -> Iterator[str]:
    bottom = frame.top + _PLOT
    for row in series.days:
        assert row.start is not None, "the days of a reservation are known"
        left, right = frame.x(row.start), frame.x(row.start + timedelta(days=1))
        width = max(right - left - 2, 1)
        asked, used = frame.y(row.asked.low), frame.y(row.drawn.low)
        tip = f"{row.start}: {number_text(row.drawn.low)} of {number_text(row.asked.low)} {escape(unit)} used"
        yield (
            f'<rect class="unused" x="{left + 1:.1f}" y="{asked:.1f}" width="{width:.1f}" '
            f'height="{bottom - asked:.1f}"><title>{tip}</title></rect>'
        )
        yield (
            f'<rect class="used" x="{left + 1:.1f}" y="{used:.1f}" width="{width:.1f}" '
            f'height="{bottom - used:.1f}"><title>{tip}</title></rect>'
        )


def _legend(y: float) -> Iterator[str]:
    yield f'<line class="left" x1="24" x2="48" y1="{y - 4}" y2="{y - 4}"/><text x="54" y="{y}">left</text>'
    yield f'<line class="target" x1="96" x2="120" y1="{y - 4}" y2="{y - 4}"/>'
    yield f'<circle class="mark" cx="120" cy="{y - 4}" r="3.4"/>'
    yield f'<text x="128" y="{y}">at most, by the date</text>'
    yield f'<line class="ahead" x1="262" x2="292" y1="{y - 4}" y2="{y - 4}"/>'
    yield f'<text x="298" y="{y}">at the present pace</text>'
    yield f'<rect class="used" x="428" y="{y - 10}" width="14" height="11"/><text x="448" y="{y}">used</text>'
    yield f'<rect class="unused" x="494" y="{y - 10}" width="14" height="11"/>'
    yield f'<text x="514" y="{y}">lost, of every day</text>'
