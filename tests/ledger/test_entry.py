"""Records survive their bytes, and old bytes stay readable."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.ledger.samples import make_attempt, make_entry, make_refused, make_reserved

from comity.ledger import DroppedCandidate, Record, Refused, decode_record, encode_record, shorten
from comity.ledger.entry import TEXT_LIMIT


@given(st.text(), st.dictionaries(st.text(), st.text()), st.integers(0, 2**63 - 1), st.booleans())
def test_records_are_decoded_as_encoded(text: str, facts: dict[str, str], number: int, flag: bool) -> None:  # noqa: FBT001 - hypothesis gives values by position
    """Whatever a client names its model, the record comes back equal."""
    records: list[Record] = [
        *make_entry(route=text, facts=facts, at=number, stream=flag, output_limit=None),
        make_refused(caller=text, request_hash=b"h" * 32),
        make_attempt(b"e" * 16, message=text, cost=None, usage=None, unrated="unknown_usage"),
    ]
    for record in records:
        assert decode_record(encode_record(record)) == record


def test_masks_hold_64_worlds() -> None:
    """A verdict over 64 worlds keeps its highest bit."""
    reserved = make_reserved()
    verdict = msgspec.structs.replace(reserved.decision.verdicts[0], f_may=2**64 - 1)
    record = make_reserved(verdicts=(verdict,))
    assert decode_record(encode_record(record)) == record


def test_shorter_and_longer_records_are_read() -> None:
    """A record of an older version lacks the last fields; one of a newer version has more."""
    fields = msgspec.msgpack.decode(encode_record(make_refused()))
    decision = fields[3]
    older = msgspec.msgpack.encode([*fields[:3], decision[:5], *fields[4:6]])
    newer = msgspec.msgpack.encode([*fields[:3], [*decision, "tomorrow"], *fields[4:], "a field of tomorrow"])
    for payload in (older, newer):
        record = decode_record(payload)
        assert isinstance(record, Refused)
        assert record.decision.caller == "support-bot"


def test_a_plan_is_the_decisions_unless_the_record_says_otherwise() -> None:
    """Health and price may change the order and skip candidates of one request."""
    cooling = DroppedCandidate("azure-swe", "cooling")
    usual, changed = make_reserved(), make_reserved(order=("azure-fra",), skipped=(cooling,))
    assert usual.planned == ("azure-swe", "azure-fra")
    assert usual.dropped == usual.decision.dropped
    assert changed.planned == ("azure-fra",)
    assert changed.dropped == (*usual.decision.dropped, cooling)
    refused = make_refused()
    assert refused.dropped == refused.decision.dropped


def test_foreign_text_is_cut_visibly() -> None:
    """A record keeps the beginning of a long message and a mark."""
    assert shorten("short") == "short"
    cut = shorten("x" * 10_000)
    assert len(cut) == TEXT_LIMIT
    assert cut.endswith("…")
