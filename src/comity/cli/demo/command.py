"""`comity demo`: what it takes from the command line, and the order of the story."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer
import uvloop
from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from comity.cli.demo.account import Chapter, tell
from comity.cli.demo.cast import DATES, FAILING
from comity.cli.demo.client import Client
from comity.cli.demo.closing import close_books
from comity.cli.demo.drive import Ask, Display, calls, drive, write_traffic
from comity.cli.demo.ending import farewell, measure_delays
from comity.cli.demo.stage import Stage, StageError
from comity.cli.demo.tables import delay_table, disputes_table, money_table, outage_table, served_table
from comity.config import load_settings
from comity.errors import ComityError
from comity.ledger.reading import read_records
from comity.period import utc_now
from comity.simulator.traffic import generate, read_trace

SEED = 2026


class Options(msgspec.Struct, frozen=True):
    """What the command line asked for."""

    trace: Path | None
    """The public trace; None for generated traffic."""
    requests: int
    """Requests per date."""
    concurrency: int
    """Requests at a time."""
    folder: Path
    """Where configuration, ledgers and logs go."""
    port: int
    """Port of the gateway that keeps serving; 0 takes a free one."""
    leave: bool
    """Whether to leave at the end."""


def demo(
    *,
    trace: Annotated[
        Path | None,
        typer.Option(help="Azure LLM inference trace (CSV or CSV.gz); without it, traffic like it is made."),
    ] = None,
    requests: Annotated[int, typer.Option(min=1, help="Requests per date.")] = 2000,
    concurrency: Annotated[int, typer.Option(min=1, help="Requests at a time.")] = 48,
    folder: Annotated[Path, typer.Option(help="Where configuration, ledgers and logs go.")] = Path(
        "var/demo"
    ),
    port: Annotated[
        int, typer.Option(help="Port of the gateway that keeps serving; 0 takes a free one.")
    ] = 8080,
    leave: Annotated[bool, typer.Option("--exit", help="Leave at the end instead of serving on.")] = False,
) -> None:
    """Replay the same traffic under the contracts of three dates, and tell what came of it.

    Starts simulated clouds, a real model server and the gateway; nothing leaves this machine.

    Example: comity demo --requests 60 --exit
    """
    options = Options(trace, requests, concurrency, folder, port, leave)
    console = Console(width=None if sys.stdout.isatty() else 110)
    try:
        uvloop.run(_demo(console, options))
    except (ComityError, StageError, OSError) as error:
        typer.echo(f"comity: {error}", err=True)
        raise typer.Exit(2) from error
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("\nGood-bye.")


async def _demo(console: Console, options: Options) -> None:
    demo = asyncio.current_task()
    assert demo is not None, "a coroutine runs in a task"
    # Ctrl-C cancels it as well: the stage ends what it has started, and leaves no server behind.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, demo.cancel)
    asks = _traffic(options)
    options.folder.mkdir(parents=True, exist_ok=True)
    async with Stage(options.folder.resolve()) as stage:
        _introduce(console, options)
        with console.status("starting simulated clouds and llama.cpp ..."):
            await stage.start_clouds()
        chapters = [await _chapter(console, stage, options, date, asks) for date in DATES]
        _tell(console, chapters, stage)
        await stage.restart(FAILING)
        gateway = await stage.start_gateway(DATES[-1], "ledger-live", options.port)
        console.print(delay_table(await measure_delays(stage, gateway.url, min(options.requests, 300))))
        hold_promises(chapters, len(asks))
        close_books(console, stage.folder, utc_now().date())
        farewell(console, gateway.url, stage.config, serving_on=not options.leave)
        if not options.leave:
            await asyncio.Event().wait()


def _traffic(options: Options) -> list[Ask]:
    if options.trace is None:
        return write_traffic(generate(options.requests, SEED), SEED)
    return write_traffic(read_trace(options.trace, options.requests), SEED)


def _introduce(console: Console, options: Options) -> None:
    source = (
        f"the first {options.requests:,} requests of {options.trace.name}"
        if options.trace
        else f"{options.requests:,} requests like those of the public Azure LLM inference trace (2023)"
    )
    console.print(Rule("[bold]Comity[/]: each request inside the agreements you signed"))
    console.print(
        f"The same traffic, {source}, goes through the gateway three times, "
        "under the contracts of three dates.\n"
        f"Half-way through each date the [bold]{FAILING}[/] cloud is killed. Contracts as published, prices "
        "invented.\n",
        highlight=False,
    )


async def _chapter(console: Console, stage: Stage, options: Options, date: str, asks: list[Ask]) -> Chapter:
    # Few requests go out one by one, so that some are still to come when the cloud fails.
    concurrency = min(options.concurrency, max(len(asks) // 10, 1))
    await stage.restart(FAILING)
    gateway = await stage.start_gateway(date, f"ledger-{date}", 0)
    client = Client(gateway.url, concurrency)
    traffic = calls(asks, gateway.url)
    display = Display(date, len(traffic))
    outage = sys.maxsize

    def half_way() -> None:
        nonlocal outage
        outage = time.time_ns()
        stage.kill(FAILING)
        display.note = f"  {FAILING} went down"

    await drive(console, display, client, traffic, concurrency=concurrency, half_way=half_way)
    await client.close()
    await gateway.stop()
    if display.tally.cut:
        cut = display.tally.cut
        console.print(
            Text(f"  {cut} half-written answer{'' if cut == 1 else 's'} cut, not ended as if whole", "dim")
        )
    return tell(date, read_records(stage.folder / f"ledger-{date}"), load_settings(stage.config), outage)


def hold_promises(chapters: list[Chapter], sent: int) -> None:
    """What the demo promises; raises StageError when it does not hold."""
    for chapter in chapters:
        if chapter.crossings:
            raise StageError(f"{chapter.date}: contracts were crossed: " + "; ".join(chapter.crossings[:3]))
        if sum(chapter.asked.values()) != sent or chapter.unsettled:
            raise StageError(
                f"{chapter.date}: sent {sent} requests, the ledger has {sum(chapter.asked.values())}, "
                f"{chapter.unsettled} not settled exactly once"
            )


def _tell(console: Console, chapters: list[Chapter], stage: Stage) -> None:
    settings = load_settings(stage.config)
    console.print()
    for table in (
        served_table(chapters, settings),
        disputes_table(chapters, settings),
        money_table(chapters),
        outage_table(chapters, FAILING),
    ):
        console.print(table)
        console.print()
