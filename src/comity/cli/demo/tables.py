"""The story as tables: who served what and why not, what was disputed, money, delay, and the outage.

Pure: numbers in, Rich renderables out.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from comity.cli.demo.account import POSTURES, Chapter, Spent, answers, decide_again, restricting
from comity.cli.demo.cast import PRODUCTS, ROUTES, Product, place
from comity.gateway.settings import Settings

COLOURS = {"azure": "dodger_blue1", "aws": "orange1", "google": "green3", "own": "medium_purple1"}
"""One colour per cloud, the same in every table and in the progress display."""


class Delay(msgspec.Struct, frozen=True):
    """What the gateway adds, measured one request at a time."""

    name: str
    """What was measured."""
    direct: tuple[float, float]
    """Median and 99th percentile of the cloud asked directly, in seconds."""
    through: tuple[float, float]
    """The same through the gateway."""


def cloud_text(cloud: str) -> Text:
    """A cloud's name in its colour."""
    return Text(cloud, style=COLOURS.get(cloud, "default"))


def _table(title: str) -> Table:
    return Table(
        title=Text(title, style="bold"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        header_style="bold",
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )


def _with_notes(table: Table, *notes: str) -> RenderableType:
    return Group(table, *(Text(note, style="dim") for note in notes))


def served_table(chapters: Sequence[Chapter], settings: Settings) -> RenderableType:
    """Per product and date: which cloud served, and what kept it from the others."""
    table = _table("Who served whom, and what the contracts kept away")
    table.add_column("product", max_width=20)
    for chapter in chapters:
        table.add_column(chapter.date, ratio=1, overflow="fold")
    for one in PRODUCTS:
        name = Group(Text(one.id, style="bold"), Text(one.title, style="dim"))
        cells = (Group(*_served_lines(chapter, one, settings)) for chapter in chapters)
        table.add_row(name, *cells, end_section=True)
    return _with_notes(
        table,
        " ✓ served (recorded: though disputed)   ✗ prohibited, ~ disputed, by the clause",
        " ! lost: under way when a server died   ! stuck: no legal cloud was up",
    )


def _served_lines(chapter: Chapter, one: Product, settings: Settings) -> list[Text]:
    lines = []
    for cloud, deployments in _by_cloud(chapter, one.id).items():
        line = Text.assemble(("✓ ", "green"), cloud_text(cloud), f" {sum(deployments.values()):,}")
        if any(chapter.recorded[one.id, deployment] for deployment in deployments):
            line.append(" recorded", style="yellow")
        lines.append(line)
    lines += _barred(chapter, one, settings)
    for (who, cause), count in sorted(chapter.refused.items()):
        if who == one.id:
            lines.append(Text(f"! {_CAUSES.get(cause, cause)} {count:,}", style="red"))
    if chapter.failed[one.id]:
        lines.append(Text(f"! stuck {chapter.failed[one.id]:,}", style="red"))
    if chapter.cut[one.id]:
        lines.append(Text(f"! lost {chapter.cut[one.id]:,}", style="red"))
    return lines


_CAUSES = {
    "contract_prohibits": "451 prohibited",
    "contract_disputed": "451 disputed",
    "contract_facts_missing": "451 fact missing",
    "contract_duty_outstanding": "451 duty first",
    "no_healthy_deployment": "stuck",
    "rate_limit_exceeded": "429 limit",
}


def _by_cloud(chapter: Chapter, caller: str) -> dict[str, dict[str, int]]:
    """Clouds that served a product, most used first, with the counts of their deployments."""
    clouds: dict[str, dict[str, int]] = {}
    for (who, deployment), count in chapter.served.items():
        if who == caller:
            clouds.setdefault(place(deployment).cloud, {})[deployment] = count
    return dict(sorted(clouds.items(), key=lambda item: -sum(item[1].values())))


def _barred(chapter: Chapter, one: Product, settings: Settings) -> list[Text]:
    reasons: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for bar in sorted(chapter.bars):
        if bar.product == one.id:
            clauses = restricting(decide_again(chapter, one.id, bar.deployment, settings))
            reasons.setdefault((bar.outcome, clauses), []).append(bar.deployment)
    return [
        Text.assemble(
            ("✗ ", "red") if outcome == "prohibited" else ("~ ", "yellow"),
            *_named(deployments, one),
            (f" {' '.join(clauses)}", "dim"),
        )
        for (outcome, clauses), deployments in reasons.items()
    ]


def _named(deployments: Sequence[str], one: Product) -> list[Text | str]:
    """The barred deployments: a cloud's name where all it has for the product are barred, else their own."""
    names: list[Text | str] = []
    for cloud in dict.fromkeys(place(deployment).cloud for deployment in deployments):
        whole = {name for name in ROUTES[one.model] if place(name).cloud == cloud}
        barred = [name for name in deployments if place(name).cloud == cloud]
        texts = (
            [cloud_text(cloud)] if whole <= set(barred) else [Text(name, COLOURS[cloud]) for name in barred]
        )
        for text in texts:
            names += [" ", text] if names else [text]
    return names


def disputes_table(chapters: Sequence[Chapter], settings: Settings) -> RenderableType:
    """What was disputed, and how each posture would have answered."""
    table = _table("What the parties read differently, and what each posture would have done")
    for column in ("date", "product", "on", "disputed", *POSTURES):
        table.add_column(column)
    for chapter in chapters:
        shown: set[tuple[str, str]] = set()
        for caller, deployment in sorted(chapter.disputes):
            cloud = place(deployment).cloud
            if (caller, cloud) not in shown:
                shown.add((caller, cloud))
                verdict = decide_again(chapter, caller, deployment, settings)
                cells = (_answer(serve=serve) for serve in answers(verdict).values())
                table.add_row(chapter.date, caller, cloud_text(cloud), " ".join(restricting(verdict)), *cells)
    if not table.rows:
        return Text("Nothing was disputed.", style="dim")
    return _with_notes(
        table,
        " ✓ would have served   ✗ would have refused",
        " msft, oai: on that party's readings   safe: clear in all   arguable: in some",
    )


def _answer(*, serve: bool) -> Text:
    return Text("✓", "green") if serve else Text("✗", "red")


def money_table(chapters: Sequence[Chapter]) -> RenderableType:
    """Tokens and money by cloud, from the ledger."""
    table = _table("Tokens and money by cloud, from the ledger")
    table.add_column("date")
    table.add_column("cloud")
    for column in ("requests", "tokens in", "tokens out", "USD", "unrated"):
        table.add_column(column, justify="right")
    for chapter in chapters:
        for cloud, spent in sorted(chapter.spent.items()):
            table.add_row(chapter.date, cloud_text(cloud), *_spent_cells(spent))
        table.add_row("", Text("all", "bold"), *_spent_cells(_sum(chapter)), end_section=True)
    return _with_notes(table, " at list prices, with invented surcharges and discounts")


def _spent_cells(spent: Spent) -> list[str]:
    counts = (f"{count:,}" for count in (spent.requests, spent.prompt, spent.completion))
    return [*counts, f"{spent.cost:,.4f}", f"{spent.unrated:,}" if spent.unrated else "-"]


def _sum(chapter: Chapter) -> Spent:
    every = chapter.spent.values()
    return Spent(
        requests=sum(one.requests for one in every),
        prompt=sum(one.prompt for one in every),
        completion=sum(one.completion for one in every),
        cost=sum((one.cost for one in every), Decimal(0)),
        unrated=sum(one.unrated for one in every),
    )


def outage_table(chapters: Sequence[Chapter], failing: str) -> RenderableType:
    """What happened to attempts when one cloud went down, and whether any fallback crossed a contract."""
    table = _table(f"Half-way, {failing} was killed: where its requests went")
    table.add_column("date", no_wrap=True)
    clouds = sorted(
        {place(name).cloud for names in ROUTES.values() for name in names if _together(names, failing)}
    )
    for cloud in clouds:
        table.add_column(cloud_text(cloud), justify="right")
    for column in ("lost", "moved", "stuck", "attempts", "crossed"):
        table.add_column(column, justify="right")
    for chapter in chapters:
        cells = [_before_after(chapter, cloud) for cloud in clouds]
        counts = (sum(chapter.cut.values()), chapter.moved[failing], stuck(chapter), chapter.checked)
        crossed = Text(str(len(chapter.crossings)), style="bold red" if chapter.crossings else "bold green")
        table.add_row(chapter.date, *cells, *(f"{count:,}" for count in counts), crossed)
    return _with_notes(
        table,
        " served before→after the outage; requests lost, moved to another cloud, stuck;",
        " every attempt in the ledger decided once more: contracts crossed. Every request",
        " is in the ledger, and settled exactly once.",
    )


def _together(names: Sequence[str], cloud: str) -> bool:
    """Whether the deployments of a route include that cloud, so that the others might stand in for it."""
    return any(place(name).cloud == cloud for name in names)


def stuck(chapter: Chapter) -> int:
    """Requests that no cloud which the contracts allow could serve."""
    down = sum(count for (_, cause), count in chapter.refused.items() if cause == "no_healthy_deployment")
    return sum(chapter.failed.values()) + down


def _before_after(chapter: Chapter, cloud: str) -> str:
    counts = [chapter.attempts[when, cloud, "served"] for when in ("before", "after")]
    return f"{counts[0]:,}→{counts[1]:,}"


def delay_table(delays: Sequence[Delay]) -> RenderableType:
    """What the gateway adds to a request."""
    table = _table("Added latency, one request at a time on this machine")
    for column in ("", "direct p50", "p99", "gateway p50", "p99", "added p50", "p99"):
        table.add_column(column, justify="left" if not column else "right")
    for delay in delays:
        added = [through - direct for through, direct in zip(delay.through, delay.direct, strict=True)]
        cells = [_milliseconds(value) for value in (*delay.direct, *delay.through)]
        # On a busy machine a percentile of one side may lie below that of the other.
        shown = (_milliseconds(value) if value > 0 else "in the noise" for value in added)
        table.add_row(delay.name, *cells, *(Text(value, style="bold") for value in shown))
    return _with_notes(
        table,
        " contracts, keys and ledger on; pass-through: OpenAI's dialect to Azure; translated:",
        " to Bedrock's, and signed. `make bench` measures it under load, beside peers.",
    )


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"
