"""The traffic of one date: who asks what in which order, sent through the gateway, with a live display.

The requests are the same for every date: product, size and streaming follow the arrivals and a fixed seed.
They are sent as fast as the stated number at a time allows, not at the trace's own pace.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence

import msgspec
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from comity.cli.demo.cast import OPEN_MODEL, PLACES, PRODUCTS
from comity.cli.demo.client import Answer, Call, Client, chat_body, chat_head
from comity.cli.demo.setting import caller_key
from comity.cli.demo.tables import COLOURS, cloud_text
from comity.simulator.traffic import Arrival

STREAMED = 0.5
"""Share of requests that ask for a stream."""

LONGEST_ANSWER = 160
"""Tokens of an answer, inclusive: longer ones are cut so that the demo ends in time."""

SMALL_PROMPT = 48
"""Tokens of a prompt for the real model server, whose context is small."""

_WORDS = "the contract says which cloud may serve this request and which may not "


class Ask(msgspec.Struct, frozen=True):
    """One request of the traffic, independent of the date and the gateway's address."""

    product: str
    """Caller id."""
    body: bytes
    """The chat completion."""
    stream: bool
    """Whether it is streamed."""


class Tally(msgspec.Struct):
    """What the client saw, for the display; the story itself comes from the ledger."""

    statuses: Counter[int] = msgspec.field(default_factory=Counter)
    """Answers by status."""
    clouds: Counter[str] = msgspec.field(default_factory=Counter)
    """Served answers by cloud."""
    cut: int = 0
    """Answers that did not come to their end."""


def write_traffic(arrivals: Sequence[Arrival], seed: int) -> list[Ask]:
    """The requests that the arrivals become."""
    draw = random.Random(seed)  # noqa: S311 - repeatable traffic, not a secret
    weights = [product.share for product in PRODUCTS]
    asks = []
    for number, arrival in enumerate(arrivals):
        product = draw.choices(PRODUCTS, weights)[0]
        stream = draw.random() < STREAMED
        output = min(arrival.output_tokens, LONGEST_ANSWER)
        prompt = (
            min(arrival.prompt_tokens, SMALL_PROMPT) if product.model == OPEN_MODEL else arrival.prompt_tokens
        )
        body = chat_body(product.model, f"Request {number}: {text_of(prompt)}", output, stream=stream)
        asks.append(Ask(product.id, body, stream))
    return asks


def text_of(tokens: int) -> str:
    """Words for about so many tokens, at four characters a token."""
    length = 4 * tokens
    return (_WORDS * (length // len(_WORDS) + 1))[:length]


def calls(asks: Sequence[Ask], url: str) -> list[Call]:
    """The requests as they go to the gateway at `url`."""
    heads = {product.id: chat_head(f"{url}/v1", caller_key(product.id)) for product in PRODUCTS}
    return [Call(ask.product, heads[ask.product], ask.body, ask.stream) for ask in asks]


class _Rate(ProgressColumn):
    """Requests per second so far."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.finished_speed or task.speed or 0:6.0f} req/s", style="cyan")


class Display:
    """The live picture of one date's traffic."""

    def __init__(self, date: str, total: int) -> None:
        self.tally = Tally()
        self.note = ""
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=32),
            MofNCompleteColumn(),
            _Rate(),
            TimeRemainingColumn(),
        )
        self._task = self._progress.add_task(date, total=total)

    def count(self, answer: Answer) -> None:
        """Takes one answer in."""
        self.tally.statuses[answer.status] += 1
        if answer.deployment and answer.status == 200:
            self.tally.clouds[_CLOUD_OF.get(answer.deployment, "?")] += 1
        if not answer.whole:
            self.tally.cut += 1
        self._progress.advance(self._task)

    def __rich__(self) -> RenderableType:
        grid = Table.grid(padding=(0, 1))
        for _ in COLOURS:
            grid.add_column(min_width=11)
        grid.add_row(*(self._cloud(cloud) for cloud in COLOURS), self._rest())
        lines: list[RenderableType] = [self._progress, grid]
        if self.note:
            lines.append(Text(self.note, style="bold red"))
        return Group(*lines)

    def _cloud(self, cloud: str) -> Text:
        return Text.assemble("  ", cloud_text(cloud), f" {self.tally.clouds[cloud]:,}")

    def _rest(self) -> Text:
        statuses = self.tally.statuses
        parts = [
            (451, "451 refused", "yellow"),
            (503, "503 stuck", "red"),
            (502, "502 failed", "red"),
        ]
        words = [
            Text(f"{label} {statuses[code]:,}  ", style=style)
            for code, label, style in parts
            if statuses[code]
        ]
        return Text.assemble(*words)


_CLOUD_OF = {place.id: place.cloud for place in PLACES}


async def drive(
    console: Console,
    display: Display,
    client: Client,
    traffic: Sequence[Call],
    *,
    concurrency: int,
    half_way: Callable[[], None],
) -> None:
    """Sends the traffic and shows it; calls `half_way` once, when half of the answers are in."""
    left = len(traffic) // 2

    def on_answer(answer: Answer) -> None:
        nonlocal left
        display.count(answer)
        left -= 1
        if left == 0:
            half_way()

    with Live(display, console=console, refresh_per_second=8):
        await client.run(traffic, concurrency, on_answer)
