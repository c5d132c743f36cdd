"""The benchmark of pairs: every dialect can ask its question and give its answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.pairs.__main__ import late, rows
from bench.pairs.delay import Delay, stamps
from bench.pairs.measure import Cost
from bench.pairs.ways import EVENTS, SAID, WAYS, question, streamed_answer, whole_answer, write_question

from comity.dialects import DIALECTS
from comity.exchange import AnswerKey, Started, TextDelta


@pytest.mark.parametrize("name", WAYS)
def test_every_dialect_asks_and_answers(tmp_path: Path, name: str) -> None:
    """The canned bytes hold what the load looks for, and as many events as the page says."""
    spoken = DIALECTS[name]
    head, _, body = write_question(tmp_path / "q", name, "m", stream=True).read_bytes().partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head
    assert spoken.decode_request(body, model="m").turns
    assert SAID.encode() in whole_answer(spoken)
    events = spoken.EventDecoder(AnswerKey()).feed(streamed_answer(spoken))
    assert sum(isinstance(event, TextDelta) for event in events) == EVENTS


def test_ratios_are_to_the_same_dialect_in_and_out() -> None:
    """A row compares with its own diagonal, not with a column's."""
    costs = [
        Cost(client, target, 100.0 if client == target else 250.0, 50.0) for client in WAYS for target in WAYS
    ]
    table = rows(costs)
    assert [row[0] for row in table] == list(WAYS)
    assert [row[1 + number] for number, row in enumerate(table)] == ["100 (1.0x), 50 (1.0x)"] * len(WAYS)
    assert table[0][2] == "250 (2.5x), 50 (1.0x)"


@pytest.mark.parametrize("name", WAYS)
def test_the_time_in_an_event_is_read_on_every_wire(name: str) -> None:
    """Also where the text lies in base64."""
    encoder = DIALECTS[name].EventEncoder(question("m", stream=True))
    told = b"".join(encoder.encode(event) for event in (Started("id", "m", 1), TextDelta("@1795221023@")))
    assert list(stamps(told)) == [1795221023]


def test_a_cell_of_delays_has_the_median_and_the_slowest() -> None:
    """In microseconds, a row a client."""
    found = [Delay(client, target, 12.4, 99.6) for client in WAYS for target in WAYS]
    assert late(found)[0] == [next(iter(WAYS)), *["12, 100"] * len(WAYS)]
