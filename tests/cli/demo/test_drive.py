"""The traffic, the light client and the live display."""

from __future__ import annotations

import asyncio
import io
import json
from collections import Counter

import msgspec
import pytest
from rich.console import Console

from comity.cli.demo.cast import OPEN_MODEL, PRODUCTS
from comity.cli.demo.client import Answer, Call, Client, chat_body, chat_head
from comity.cli.demo.delay import WARM_UP, measure
from comity.cli.demo.drive import LONGEST_ANSWER, Display, calls, drive, text_of, write_traffic
from comity.simulator import Background, CloudSpec, Fault, SimulatedModel
from comity.simulator.traffic import generate

KEY = "demo"


def cloud(*faults: Fault) -> CloudSpec:
    """A compatible cloud with one model."""
    return CloudSpec(
        name="c", kind="compatible", models=(SimulatedModel(name="m"),), api_keys=(KEY,), faults=faults
    )


def call_of(url: str, *, stream: bool = False, key: str = KEY) -> Call:
    """One request to that cloud."""
    return Call("one", chat_head(f"{url}/v1", key), chat_body("m", "hello", 8, stream=stream), stream)


def ask(url: str, *asked: Call) -> list[Answer]:
    """The answers to some calls, one after the other."""

    async def run() -> list[Answer]:
        client = Client(url, 2)
        answers = [await client.ask(call) for call in asked]
        await client.close()
        return answers

    return asyncio.run(run())


def test_client_sees_status_time_and_end() -> None:
    """A plain and a streamed answer come whole; a wrong key is a status like any other."""
    with Background(cloud()) as running:
        url = running.clouds["c"].url
        plain, streamed, refused = ask(url, call_of(url), call_of(url, stream=True), call_of(url, key="no"))
    assert (plain.status, plain.whole, streamed.status, streamed.whole) == (200, True, 200, True)
    assert 0 < streamed.first_byte <= streamed.seconds
    assert (refused.status, refused.whole) == (401, True)


@pytest.mark.parametrize("kind", ["truncate", "reset"])
def test_client_sees_a_cut_stream(kind: str) -> None:
    """A stream without its end mark is not whole, whether or not the connection ended in order."""
    fault = msgspec.convert({"kind": kind, "after": 2}, Fault)
    with Background(cloud(fault)) as running:
        url = running.clouds["c"].url
        (answer,) = ask(url, call_of(url, stream=True))
    assert not answer.whole


def test_client_without_a_server_answers_with_status_zero() -> None:
    """Nobody listens: no exception, an answer that says so."""
    (answer,) = ask("http://127.0.0.1:9", call_of("http://127.0.0.1:9"))
    assert (answer.status, answer.whole) == (0, False)


def test_drive_sends_everything_and_calls_half_way_once() -> None:
    """Every request is answered, the display counts them, and the outage comes once, in the middle."""
    console = Console(file=io.StringIO(), width=110)
    with Background(cloud()) as running:
        url = running.clouds["c"].url
        display = Display("2026-03-18", 21)
        seen: list[int] = []

        async def run() -> None:
            client = Client(url, 4)
            traffic = [call_of(url, stream=number % 2 == 0) for number in range(21)]
            await drive(
                console,
                display,
                client,
                traffic,
                concurrency=4,
                half_way=lambda: seen.append(display.tally.statuses[200]),
            )
            await client.close()

        asyncio.run(run())
        assert running.clouds["c"].cloud.record.requests(status=200) == 21
    assert seen == [10]
    assert display.tally.statuses == {200: 21}


def test_display_counts_by_cloud_and_status() -> None:
    """Served answers by cloud; refusals and failures by their status; cut ones apart."""
    display = Display("2026-03-18", 4)
    for status, deployment, whole in [
        (200, "bedrock-us", True),
        (451, "", True),
        (503, "", True),
        (0, "", False),
    ]:
        display.count(Answer("gpt-api", status, deployment, 0.1, 0.1, whole))
    display.note = "azure went down"
    console = Console(width=140, record=True, file=io.StringIO())
    console.print(display)
    text = console.export_text()
    assert "aws 1" in text
    assert "451 refused 1" in text
    assert "503 stuck 1" in text
    assert "azure went down" in text
    assert display.tally.cut == 1


def test_traffic_is_the_same_for_every_date() -> None:
    """Products by share, answers cut to the longest, small prompts for the real server; all repeatable."""
    arrivals = generate(4000, seed=5)
    asks = write_traffic(arrivals, seed=5)
    assert asks == write_traffic(arrivals, seed=5)
    counts = Counter(ask.product for ask in asks)
    total = sum(product.share for product in PRODUCTS)
    for product in PRODUCTS:
        assert counts[product.id] / len(asks) == pytest.approx(product.share / total, abs=0.03)
    bodies = [json.loads(ask.body) for ask in asks]
    assert max(body["max_completion_tokens"] for body in bodies) == LONGEST_ANSWER
    small = [len(body["messages"][0]["content"]) for body in bodies if body["model"] == OPEN_MODEL]
    assert max(small) < 300
    assert 0.45 < sum(body["stream"] for body in bodies) / len(bodies) < 0.55
    assert {call.label for call in calls(asks, "http://127.0.0.1:1")} == set(counts)


def test_text_has_four_characters_a_token() -> None:
    """The filler is as long as asked."""
    assert [len(text_of(tokens)) for tokens in (0, 1, 1000)] == [0, 4, 4000]


def test_delay_is_measured_in_turn() -> None:
    """Both sides are asked equally often, warm-up not counted."""
    with Background(cloud()) as running:
        url = running.clouds["c"].url

        async def run() -> None:
            direct, through = Client(url, 1), Client(url, 1)
            delay = await measure("same", (direct, call_of(url)), (through, call_of(url)), 5)
            assert 0 < delay.direct[0] <= delay.direct[1]
            with pytest.raises(AssertionError, match="has status 401"):
                await measure("denied", (direct, call_of(url, key="no")), (through, call_of(url)), 5)
            await direct.close()
            await through.close()

        asyncio.run(run())
        assert running.clouds["c"].cloud.record.requests(status=200) == 2 * (WARM_UP + 5)
