"""The worlds of a verdict drawn: a column for every group of worlds that agree, as text or as a picture.

The rows are the masks of the verdict, so that a reader sees how the one word below them comes about.
"""

from __future__ import annotations

from html import escape

import msgspec

from comity.contracts.book import Book
from comity.contracts.verdict import Outcome, Verdict

COLOURS = {
    Outcome.PERMITTED: "#2f7d4f",
    Outcome.SILENT: "#7a828c",
    Outcome.CONDITIONAL: "#b7791f",
    Outcome.DISPUTED: "#7b4fb5",
    Outcome.UNKNOWN: "#1f7a8c",
    Outcome.PROHIBITED: "#b3372f",
}
"""The colour of every outcome, dark enough for white letters."""

_SURELY, _PERHAPS, _NOT = "■", "□", "·"
_HEAD, _WIDE, _ROW, _EDGE, _LETTER = 104, 150, 26, 14, 8


class Column(msgspec.Struct, frozen=True):
    """Worlds in which the verdict's masks agree."""

    readings: tuple[str, ...]
    """`term=reading`, for the terms that all of these worlds read alike and others do not."""
    worlds: int
    """The worlds, as a mask."""
    marks: tuple[str, str, str]
    """Whether they prohibit, ask for something first, permit: surely, perhaps or not."""
    outcome: Outcome
    """The outcome if only these worlds counted."""


def columns_of(book: Book, verdict: Verdict) -> tuple[Column, ...]:
    """The worlds that count, grouped by what they say, prohibitions first."""
    groups: dict[tuple[str, str, str], int] = {}
    for index in range(book.worlds.count):
        world = 1 << index
        if verdict.all & world:
            marks = _marks(verdict, world)
            groups[marks] = groups.get(marks, 0) | world
    found = [
        Column(_readings(book, verdict, worlds), worlds, marks, verdict.within(worlds))
        for marks, worlds in groups.items()
    ]
    order = list(Outcome)
    return tuple(sorted(found, key=lambda column: (-order.index(column.outcome), column.worlds)))


def _marks(verdict: Verdict, world: int) -> tuple[str, str, str]:
    pairs = (
        (verdict.f_must, verdict.f_may),
        (verdict.c_must, verdict.c_may),
        (verdict.p_must, verdict.p_may),
    )
    first, second, third = (
        _SURELY if must & world else _PERHAPS if may & world else _NOT for must, may in pairs
    )
    return first, second, third


def _readings(book: Book, verdict: Verdict, worlds: int) -> tuple[str, ...]:
    found: list[str] = []
    for position, name in enumerate(book.worlds.open):
        mine = {choice[position] for i, choice in enumerate(book.worlds.choices) if worlds >> i & 1}
        every = {choice[position] for i, choice in enumerate(book.worlds.choices) if verdict.all >> i & 1}
        if len(mine) == 1 and len(every) > 1:
            found.append(f"{name}={mine.pop()}")
    return tuple(found)


def worlds_text(book: Book, verdict: Verdict) -> str:
    """The worlds as a table of plain text; `■` is surely, `□` perhaps, `·` not.

    >>> book = load_book(Path("books/openai"))
    >>> facts = parse_facts(book, {"actor": "oai", "action": "train", "capacity": "new", "cloud": "oracle"})
    >>> print(worlds_text(book, decide(book, facts, datetime(2025, 3, 15, tzinfo=UTC))))
    worlds       24 worlds
    prohibited   ·
    conditional  □
    permitted    ·
    alone        unknown
    together     unknown
    """
    columns = columns_of(book, verdict)
    rows = [
        ["worlds", *(_count(column) for column in columns)],
        ["prohibited", *(column.marks[0] for column in columns)],
        ["conditional", *(column.marks[1] for column in columns)],
        ["permitted", *(column.marks[2] for column in columns)],
        ["alone", *(str(column.outcome) for column in columns)],
    ]
    depth = max(len(column.readings) for column in columns)
    for line in range(depth):
        names = [column.readings[line] if line < len(column.readings) else "" for column in columns]
        rows.insert(line + 1, ["reading" if line == 0 else "", *names])
    widths = [max(len(row[i]) for row in rows) for i in range(len(columns) + 1)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    together = f"{'together'.ljust(widths[0])}  {verdict.outcome}"
    return "\n".join(line.rstrip() for line in [*lines, together])


def _count(column: Column) -> str:
    count = column.worlds.bit_count()
    return f"{count} world{'' if count == 1 else 's'}"


def worlds_svg(book: Book, verdict: Verdict, title: str = "") -> str:
    """The worlds as a picture that needs nothing else: the same table, with the outcomes in colour."""
    columns = columns_of(book, verdict)
    depth = max((len(column.readings) for column in columns), default=0)
    top = _EDGE + (_ROW if title else 0)
    width = 2 * _EDGE + max(_HEAD + _WIDE * len(columns), _LETTER * len(title))
    body = top + _ROW * (1 + depth)
    height = body + _ROW * 5 + _EDGE + 12
    parts = [_text(_EDGE, top - 9, title, "bold")] if title else []
    for row, name in enumerate(("prohibited", "conditional", "permitted", "alone")):
        parts.append(_text(_EDGE, body + _ROW * row + 17, name, "dim"))
    for index, column in enumerate(columns):
        parts += _column(column, _EDGE + _HEAD + _WIDE * index, top, body)
    last = body + _ROW * 4 + 6
    parts.append(_text(_EDGE, last + 17, "together", "dim"))
    parts.append(_pill(_EDGE + _HEAD, last, _WIDE * len(columns) - 10, verdict.outcome))
    label = escape(f"{title}: {verdict.outcome}" if title else f"The verdict is {verdict.outcome}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}"'
        f' role="img" aria-label="{label}" font-family="system-ui, sans-serif" font-size="13">\n'
        f'<rect width="{width}" height="{height}" rx="8" fill="#fbfbfa" stroke="#d8d8d4"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _column(column: Column, left: int, top: int, body: int) -> list[str]:
    middle = left + (_WIDE - 10) // 2
    parts = [_text(left, top + 17, _count(column), "bold")]
    for line, reading in enumerate(column.readings):
        parts.append(_text(left, top + _ROW * (line + 1) + 17, reading.partition("=")[2], ""))
    for row, mark in enumerate(column.marks):
        parts.append(_mark(middle, body + _ROW * row + 12, mark, row))
    return [*parts, _pill(left, body + _ROW * 3 + 2, _WIDE - 10, column.outcome)]


def _mark(x: int, y: int, mark: str, row: int) -> str:
    colour = COLOURS[(Outcome.PROHIBITED, Outcome.CONDITIONAL, Outcome.PERMITTED)[row]]
    if mark == _NOT:
        return f'<circle cx="{x}" cy="{y}" r="2" fill="#b9b9b4"/>'
    fill = colour if mark == _SURELY else "none"
    return (
        f'<rect x="{x - 7}" y="{y - 7}" width="14" height="14" rx="3"'
        f' fill="{fill}" stroke="{colour}" stroke-width="2"/>'
    )


def _pill(x: int, y: int, width: int, outcome: Outcome) -> str:
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{_ROW - 4}" rx="5" fill="{COLOURS[outcome]}"/>'
        f'<text x="{x + width // 2}" y="{y + 15}" text-anchor="middle" fill="#fff">{outcome}</text>'
    )


def _text(x: int, y: int, text: str, look: str) -> str:
    style = {"bold": ' font-weight="600"', "dim": ' fill="#6b7078"'}.get(look, "")
    return f'<text x="{x}" y="{y}"{style}>{escape(text)}</text>'
