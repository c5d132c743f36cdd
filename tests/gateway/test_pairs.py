"""Every client dialect against every target dialect, by official SDKs: text, streams, tools and counts."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sized

import pytest
from tests.gateway.everywhere import TARGETS
from tests.gateway.python_clients import CLIENTS, ECHO, Client, Told, opened
from tests.gateway.running import Gateway, entry_of

from comity.exchange import Usage
from comity.ledger import Attempted, Record, Settled, parse_entry_id


@pytest.fixture(scope="module")
def clients(anywhere: Gateway) -> Iterator[dict[str, Client]]:
    """All the SDKs, each opened once."""
    with opened(anywhere) as all_of_them:
        yield all_of_them


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", CLIENTS)
def test_a_pair(anywhere: Gateway, clients: dict[str, Client], name: str, target: str) -> None:
    """What the cloud said arrives; its count is in the answer and, once, in the ledger."""
    client, served = clients[name], anywhere.clouds[TARGETS[target][0]].cloud.record.entries
    before, receipts = len(served), len(client.receipts)
    whole, streamed = client.ask(target, ECHO), client.stream(target, ECHO)
    first, after = client.loop(target)
    assert [whole.text, streamed.text, after.text] == ["one two three"] * 2 + ["The tool said: rain"]
    assert [list(call) for call in first.called] == [["city"]]
    told = [whole, streamed, first, after]
    _wait_for_entries(served, before + len(told))
    counted = [entry.usage for entry in list(served)[before:]]
    assert [_told(one) for one in told] == [(one.prompt, one.completion) for one in counted if one]
    records = anywhere.records()
    recorded = [_settled(records, receipt) for receipt in client.receipts[receipts:]]
    assert recorded == counted


def _told(told: Told) -> tuple[int, int]:
    return told.input, told.output


def _wait_for_entries(served: Sized, number: int) -> None:
    """A cloud counts a request when its answer has left, which may be after the client has read it."""
    deadline = time.monotonic() + 60
    while len(served) < number:
        assert time.monotonic() < deadline, "the cloud has not counted all requests"
        time.sleep(0.01)


def _settled(journal: list[Record], receipt: str) -> Usage | None:
    """What the ledger has of an entry, which was one attempt, settled once."""
    entry = parse_entry_id(receipt)
    records = [record for record in journal if entry_of(record) == entry]
    kinds = Counter(type(record) for record in records)
    assert kinds[Settled] == kinds[Attempted] == 1
    (attempt,) = [record for record in records if isinstance(record, Attempted)]
    return attempt.usage
