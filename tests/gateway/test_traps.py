"""Traps of the gateway itself, which no provider documents: rules, caches, limits, slow stores."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import Counter
from pathlib import Path
from typing import Any

import openai
import pytest
from tests.environment import unmeasured
from tests.gateway.running import KEYS, Gateway, clouds, configuration, serving

from comity.ledger import Reserved, Settled
from comity.simulator import Background

QUESTION: Any = [{"role": "user", "content": "simulate: echo yes"}]


def test_T34_a_request_that_lacks_a_fact_is_refused_not_waved_through(gateway: Gateway) -> None:
    """The clause on special data cannot be evaluated for a caller of whom nobody says what its data are."""
    with pytest.raises(openai.APIStatusError) as caught:
        gateway.sdk("teller").chat.completions.create(model="us-only", messages=QUESTION)
    assert caught.value.status_code == 451
    assert caught.value.response.headers["comity-verdict"] == "unknown"


def test_T36_no_answer_is_taken_from_a_cache(gateway: Gateway) -> None:
    """The same question twice, by two callers, reaches the cloud twice and is two entries of their own."""
    cloud = gateway.clouds["local"].cloud.record
    before, receipts = cloud.requests(), set()
    for who in ("app", "app"):
        raw = gateway.sdk(who).chat.completions.with_raw_response.create(model="us-only", messages=QUESTION)
        receipts.add(raw.headers["comity-receipt"])
    with pytest.raises(openai.APIStatusError):
        gateway.sdk("eu").chat.completions.create(model="us-only", messages=QUESTION)
    assert cloud.requests() == before + 2
    assert len(receipts) == 2


def test_T37_concurrent_callers_never_exceed_a_limit(tmp_path: Path) -> None:
    """Forty at once on a deployment of six a minute: no more reach it, and the others are told to wait."""

    async def ask(url: str) -> Counter[int]:
        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=KEYS["app"], max_retries=0) as sdk:
            return Counter(await asyncio.gather(*[_status(sdk) for _ in range(40)]))

    with clouds() as running, serving(tmp_path, running, configuration(running), (), unmeasured()) as one:
        seen = asyncio.run(ask(one.url))
        assert 1 <= seen[200] <= 6
        assert seen == {200: seen[200], 429: 40 - seen[200]}
        assert running["local"].cloud.record.requests() == seen[200]


async def _status(sdk: openai.AsyncOpenAI) -> int:
    try:
        await sdk.chat.completions.create(model="limited", messages=QUESTION)
    except openai.APIStatusError as error:
        return error.status_code
    return 200


def test_T41_a_store_that_does_not_answer_holds_up_no_request(tmp_path: Path) -> None:
    """While somebody holds the store locked, requests are served and recorded; afterwards all are folded."""
    with clouds() as running, serving(tmp_path, running, _folding(running)) as one:
        _ask(one)
        store = next(iter(_stores(tmp_path)))
        lock = sqlite3.connect(store, isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        started = time.monotonic()
        for _ in range(10):
            _ask(one)
        assert time.monotonic() - started < 10
        records = one.records()
        assert sum(isinstance(record, Reserved) for record in records) == 11
        assert sum(isinstance(record, Settled) for record in records) == 11
        lock.execute("ROLLBACK")
        lock.close()
        _until_folded(store, 11)


def _ask(gateway: Gateway) -> None:
    answer = gateway.sdk().chat.completions.create(model="us-only", messages=QUESTION)
    assert answer.choices[0].message.content == "yes"


def _folding(running: Background) -> str:
    return configuration(running).replace("fold_every: 0", "fold_every: 0.2")


def _stores(folder: Path) -> list[Path]:
    deadline = time.monotonic() + 60
    while not (found := [path for path in folder.rglob("*.db") if path.stat().st_size]):
        assert time.monotonic() < deadline, "the store did not come to be"
        time.sleep(0.05)
    return found


def _until_folded(store: Path, entries: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        reader = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
        try:
            (count,) = reader.execute("SELECT count(*) FROM entries WHERE outcome = 'served'").fetchone()
        except sqlite3.OperationalError:
            count = 0
        finally:
            reader.close()
        if count == entries:
            return
        assert time.monotonic() < deadline, f"{count} of {entries} entries are folded"
        time.sleep(0.05)
