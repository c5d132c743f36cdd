"""The table of the scoreboard, for the terminal and for the docs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from rich.table import Table

from bench.traps.case import Case
from bench.traps.values import Verdict

PAGE = Path(__file__).resolve().parents[2] / "docs" / "traps.md"
_COLOURS = {"pass": "green", "fail": "red", "not applicable": "dim"}
_BEGIN = "<!-- scoreboard -->"
_END = "<!-- /scoreboard -->"


class Score(msgspec.Struct, frozen=True):
    """How one gateway did."""

    name: str
    """The gateway."""
    verdicts: tuple[Verdict, ...]
    """One for each case, in order."""

    def count(self, outcome: str) -> int:
        """How many cases ended so."""
        return sum(verdict.outcome == outcome for verdict in self.verdicts)


def table(cases: Sequence[Case], scores: Sequence[Score]) -> Table:
    """For the terminal: a row a case, a column a gateway."""
    shown = Table("trap", "demand", *(score.name for score in scores))
    for number, one in enumerate(cases):
        told = [score.verdicts[number] for score in scores]
        cells = [f"[{_COLOURS[v.outcome]}]{v.outcome}[/]\n[dim]{_plain(v.evidence)}[/]" for v in told]
        shown.add_row(one.trap, one.demand, *cells)
    shown.add_section()
    shown.add_row("", "passed", *(f"{score.count('pass')} of {len(cases)}" for score in scores))
    return shown


def write(cases: Sequence[Case], scores: Sequence[Score], versions: dict[str, str], taken: datetime) -> None:
    """Puts the table into the page of the docs, between its marks."""
    text = PAGE.read_text()
    head, _, rest = text.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    PAGE.write_text(f"{head}{_BEGIN}\n{markdown(cases, scores, versions, taken)}{_END}{tail}")


def markdown(
    cases: Sequence[Case], scores: Sequence[Score], versions: dict[str, str], taken: datetime
) -> str:
    """For the docs: the same table, with the source of each demand and the versions."""
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    lines = [
        f"Taken {taken:%Y-%m-%d} with {named}.",
        "",
        "| trap | demand | source | " + " | ".join(score.name for score in scores) + " |",
        "|---|---|---|" + "---|" * len(scores),
    ]
    for number, one in enumerate(cases):
        told = [score.verdicts[number] for score in scores]
        cells = " | ".join(f"**{v.outcome}**: {_cell(v.evidence)}" for v in told)
        lines.append(f"| {one.trap} | {one.demand} | {one.source} | {cells} |")
    sums = " | ".join(
        f"{score.count('pass')} pass, {score.count('fail')} fail, {score.count('not applicable')} n/a"
        for score in scores
    )
    lines.append(f"| | **{len(cases)} cases** | | {sums} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")[:140]


def _plain(text: str) -> str:
    return text.replace("[", "\\[")[:90]
