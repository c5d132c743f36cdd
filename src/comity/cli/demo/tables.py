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


def _table(title: str, caption: str = "") -> Table:
    return Table(
        title=Text(title, style="bold"),
        title_justify="left",
        caption=caption or None,
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        header_style="bold",
        expand=False,
        pad_edge=False,
    )


def served_table(chapters: Sequence[Chapter], settings: Settings) -> RenderableType:
    """Per product and date: which cloud served, and what kept it from the others."""
    table = _table(
        "Who served whom, and what the contracts kept away",
        "✓ served   ✗ prohibited, by the clause   ~ disputed, by the clause   ! what the client did not get",
    )
    table.add_column("product", min_width=22)
    for chapter in chapters:
        table.add_column(chapter.date, ratio=1, overflow="fold")
    for one in PRODUCTS:
        name = Group(Text(one.id, style="bold"), Text(one.title, style="dim"))
        cells = (Group(*_served_lines(chapter, one, settings)) for chapter in chapters)
        table.add_row(name, *cells, end_section=True)
    return table


def _served_lines(chapter: Chapter, one: Product, settings: Settings) -> list[Text]:
    lines = []
    for cloud, deployments in _by_cloud(chapter, one.id).items():
        line = Text.assemble(("✓ ", "green"), cloud_text(cloud), f" {sum(deployments.values()):,}")
        lines.append(line)
        if any(chapter.recorded[one.id, deployment] for deployment in deployments):
            lines.append(Text("  disputed, recorded", style="yellow"))
    lines += _barred(chapter, one, settings)
    for (who, cause), count in sorted(chapter.refused.items()):
        if who == one.id:
            lines.append(Text(f"! {_CAUSES.get(cause, cause)}: {count:,}", style="red"))
    if chapter.failed[one.id]:
        lines.append(Text(f"! no legal cloud up: {chapter.failed[one.id]:,}", style="red"))
    if chapter.cut[one.id]:
        lines.append(Text(f"! lost under way: {chapter.cut[one.id]:,}", style="red"))
    return lines


_CAUSES = {
    "contract_prohibits": "451 prohibited",
    "contract_disputed": "451 disputed",
    "contract_facts_missing": "451 a fact is missing",
    "contract_duty_outstanding": "451 a duty comes first",
    "no_healthy_deployment": "503 no legal cloud up",
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
    table = _table(
        "What the parties read differently, and what each posture would have done",
        "msft, oai: that party's readings count   safe: permitted in all   arguable: permitted in some",
    )
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
    return table if table.rows else Text("Nothing was disputed.", style="dim")


def _answer(*, serve: bool) -> Text:
    return Text("✓ serve", "green") if serve else Text("✗ refuse", "red")


def money_table(chapters: Sequence[Chapter]) -> RenderableType:
    """Tokens and money by cloud, from the ledger."""
    table = _table(
        "Tokens and money by cloud, from the ledger",
        "list prices per million tokens, with invented surcharges and discounts",
    )
    table.add_column("date")
    table.add_column("cloud")
    for column in ("requests", "tokens in", "tokens out", "USD", "unrated"):
        table.add_column(column, justify="right")
    for chapter in chapters:
        for cloud, spent in sorted(chapter.spent.items()):
            table.add_row(chapter.date, cloud_text(cloud), *_spent_cells(spent))
        table.add_row("", Text("all", "bold"), *_spent_cells(_sum(chapter)), end_section=True)
    return table


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
    table = _table(
        f"Half-way, {failing} was killed: where its requests went, and where they were not let",
        "served before → after; every attempt in the ledger was decided once more, on its own target;\n"
        "every request is in the ledger, and settled exactly once",
    )
    table.add_column("date")
    clouds = sorted({cloud for chapter in chapters for _, cloud, _ in chapter.attempts})
    for cloud in clouds:
        table.add_column(cloud_text(cloud), justify="right")
    for column in (
        "lost\nunder way",
        "moved to\nanother",
        "no legal\ncloud up",
        "attempts\nre-decided",
        "contracts\ncrossed",
    ):
        table.add_column(column, justify="right")
    for chapter in chapters:
        cells = [_before_after(chapter, cloud) for cloud in clouds]
        counts = (sum(chapter.cut.values()), chapter.moved[failing], stuck(chapter), chapter.checked)
        crossed = Text(str(len(chapter.crossings)), style="bold red" if chapter.crossings else "bold green")
        table.add_row(chapter.date, *cells, *(f"{count:,}" for count in counts), crossed)
    return table


def stuck(chapter: Chapter) -> int:
    """Requests that no cloud which the contracts allow could serve."""
    down = sum(count for (_, cause), count in chapter.refused.items() if cause == "no_healthy_deployment")
    return sum(chapter.failed.values()) + down


def _before_after(chapter: Chapter, cloud: str) -> str:
    counts = [chapter.attempts[when, cloud, "served"] for when in ("before", "after")]
    return f"{counts[0]:,} → {counts[1]:,}"


def delay_table(delays: Sequence[Delay]) -> RenderableType:
    """What the gateway adds to a request."""
    table = _table(
        "Added latency, one request at a time on this machine",
        "contracts, keys and ledger on; `make bench` measures it under load and against peers",
    )
    for column in ("", "direct p50", "p99", "through the gateway p50", "p99", "added p50", "added p99"):
        table.add_column(column, justify="left" if not column else "right")
    for delay in delays:
        added = [through - direct for through, direct in zip(delay.through, delay.direct, strict=True)]
        cells = [_milliseconds(value) for value in (*delay.direct, *delay.through)]
        # On a busy machine a percentile of one side may lie below that of the other.
        shown = (_milliseconds(value) if value > 0 else "in the noise" for value in added)
        table.add_row(delay.name, *cells, *(Text(value, style="bold") for value in shown))
    return table


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"
