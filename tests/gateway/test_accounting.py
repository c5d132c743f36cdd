"""Nothing served is lost, nothing is counted twice: aborts, crashes, concurrency."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest
from tests.environment import unmeasured
from tests.gateway.running import KEYS, Gateway, clouds, configuration, entry_of, serving

from comity.ledger import Attempted, AttemptOutcome, EntryOutcome, Refused, Reserved, Settled, read_records

QUESTION: Any = [{"role": "user", "content": "Tell me a story"}]


def wait_for(condition: Callable[[], bool]) -> None:
    """Waits until something is so; fails after a minute."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.02)


def settled(gateway: Gateway, receipt: str) -> list[Settled]:
    """The settlements of an entry: one, once it is over."""
    return [record for record in gateway.entry(receipt) if isinstance(record, Settled)]


def test_T38_a_client_that_leaves_a_stream_is_estimated_and_flagged(gateway: Gateway) -> None:
    """The upstream is cancelled, exactly one attempt and one settlement are written, flagged as estimated."""
    stream = gateway.sdk().chat.completions.create(
        model="slow", messages=QUESTION, max_completion_tokens=200, stream=True
    )
    receipt = stream.response.headers["comity-receipt"]
    for _, _chunk in zip(range(4), stream, strict=False):
        pass
    stream.close()
    wait_for(lambda: len(settled(gateway, receipt)) == 1)
    (attempt,) = [record for record in gateway.entry(receipt) if isinstance(record, Attempted)]
    assert attempt.outcome is AttemptOutcome.ABORTED
    assert attempt.estimated
    assert attempt.usage is not None
    assert 0 < attempt.usage.output < 100
    assert attempt.cost is not None
    assert settled(gateway, receipt)[0].outcome is EntryOutcome.ABORTED
    wait_for(
        lambda: [one.ending for one in gateway.clouds["local"].cloud.record.entries][-1:] == ["abandoned"]
    )


def test_T38_a_client_that_leaves_before_a_whole_answer_is_charged_the_true_count(gateway: Gateway) -> None:
    """Without a stream the answer is awaited, so that the provider's own count is recorded."""
    before = len(gateway.records())
    address = gateway.url.removeprefix("http://").split(":")
    body = b'{"model":"slow","messages":[{"role":"user","content":"x"}],"max_completion_tokens":10}'
    with socket.create_connection((address[0], int(address[1]))) as client:
        client.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer %b\r\n"
            b"content-length: %d\r\n\r\n%b" % (KEYS["app"].encode(), len(body), body)
        )
        wait_for(lambda: len(gateway.records()) > before)
    wait_for(lambda: isinstance(gateway.records()[-1], Settled))
    attempt, end = gateway.records()[-2:]
    assert isinstance(attempt, Attempted)
    assert attempt.outcome is AttemptOutcome.ABORTED
    assert not attempt.estimated
    assert attempt.usage is not None
    assert attempt.usage.output == 10
    assert isinstance(end, Settled)
    assert end.outcome is EntryOutcome.ABORTED


def test_T40_the_ledger_agrees_with_the_clouds_own_count(tmp_path: Path) -> None:
    """Two hundred calls at once: requests and tokens per deployment equal what the clouds served."""
    with clouds() as running, serving(tmp_path, running, configuration(running), (), unmeasured()) as gateway:
        asyncio.run(_many(gateway, 200))
        records = gateway.records()
    used: Counter[str] = Counter()
    for record in records:
        if isinstance(record, Attempted) and record.usage is not None:
            used[record.cloud] += record.usage.total
    billed = {name: running[name].cloud.record.usage().total for name in ("azure", "bedrock", "local")}
    assert used == Counter({"azure": billed["azure"], "aws": billed["bedrock"], "coreweave": billed["local"]})
    entries = Counter(entry_of(record) for record in records if isinstance(record, Settled))
    assert len(entries) == 200
    assert set(entries.values()) == {1}
    served = sum(one.usage.total for one in records if isinstance(one, Settled))
    assert served == sum(used.values())


async def _many(gateway: Gateway, number: int) -> None:
    models = ["us-only", "azure-only", "bedrock-only", "dead-first"]
    sdk = openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=KEYS["app"], max_retries=0)
    async with sdk:
        await asyncio.gather(*(_one(sdk, models[n % len(models)], n % 3 == 0) for n in range(number)))


async def _one(sdk: openai.AsyncOpenAI, model: str, stream: bool) -> None:  # noqa: FBT001 - a test's switch
    answer: Any = await sdk.chat.completions.create(
        model=model, messages=QUESTION, max_completion_tokens=5, stream=stream
    )
    if stream:
        async for _ in answer:
            pass


@pytest.mark.parametrize("stream", [False, True])
def test_kill_9_loses_no_entry_that_a_client_saw_complete(tmp_path: Path, *, stream: bool) -> None:
    """Whatever answer was complete at a client is settled in the journal."""
    kill_under_load(tmp_path, stream=stream)


def kill_under_load(tmp_path: Path, *, stream: bool) -> None:
    """One gateway, killed with -9 under load; fails when an answer seen complete is not settled."""
    with clouds() as running, serving(tmp_path, running, configuration(running), (), unmeasured()) as gateway:
        complete = asyncio.run(_until_killed(gateway, stream=stream))
        assert len(complete) > 20
        records = list(read_records(gateway.ledger))
    ended = {entry_of(record) for record in records if isinstance(record, Settled)}
    seen = {bytes.fromhex(receipt.replace("-", "")) for receipt in complete}
    assert seen <= ended
    reserved = {entry_of(record) for record in records if isinstance(record, Reserved)}
    assert ended <= reserved


async def _until_killed(gateway: Gateway, *, stream: bool) -> list[str]:
    """Receipts of the answers that were complete when the workers were killed."""
    complete: list[str] = []
    enough = asyncio.Event()
    sdk = openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=KEYS["app"], max_retries=0)

    async def ask() -> None:
        while True:
            try:
                raw = await sdk.chat.completions.with_raw_response.create(
                    model="us-only", messages=QUESTION, max_completion_tokens=4, stream=stream
                )
                parsed: Any = raw.parse()
                if stream:
                    async for _ in parsed:
                        pass
                complete.append(raw.headers["comity-receipt"])
                if len(complete) > 40:
                    enough.set()
            except openai.APIError:
                return

    async with sdk:
        askers = [asyncio.create_task(ask()) for _ in range(16)]
        await enough.wait()
        for worker in gateway.workers():
            os.kill(worker, signal.SIGKILL)
        os.kill(gateway.process.pid, signal.SIGKILL)
        await asyncio.gather(*askers)
    return complete


def test_a_refusal_is_a_line_too(gateway: Gateway) -> None:
    """What was refused by a contract is on record with its clauses, before the client hears of it."""
    with pytest.raises(openai.APIStatusError) as caught:
        gateway.sdk("eu").chat.completions.create(model="us-only", messages=QUESTION)
    (record,) = gateway.entry(caught.value.response.headers["comity-receipt"])
    assert isinstance(record, Refused)
    assert (record.status, record.clauses) == (451, ("house.residency",))
    assert record.decision.caller == "eu"
