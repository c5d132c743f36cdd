"""Records survive their bytes, and old bytes stay readable."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.ledger.samples import make_asked, make_attempt, make_entry

from comity.ledger import Record, Refused, decode_record, encode_record, shorten
from comity.ledger.entry import TEXT_LIMIT


@given(st.text(), st.dictionaries(st.text(), st.text()), st.integers(0, 2**63 - 1), st.booleans())
def test_records_are_decoded_as_encoded(text: str, facts: dict[str, str], number: int, flag: bool) -> None:  # noqa: FBT001 - hypothesis gives values by position
    """Whatever a client names its model, the record comes back equal."""
    records: list[Record] = [
        *make_entry(route=text, facts=facts, at=number, stream=flag, output_limit=None),
        Refused(make_asked(caller=text), 451, "contract", ("a.b",), text),
        make_attempt(b"e" * 16, message=text, cost=None, usage=None, unrated="unknown_usage"),
    ]
    for record in records:
        assert decode_record(encode_record(record)) == record


def test_masks_hold_64_worlds() -> None:
    """A verdict over 64 worlds keeps its highest bit."""
    reserved = make_entry()[0]
    verdict = msgspec.structs.replace(reserved.verdicts[0], f_may=2**64 - 1)  # type: ignore[union-attr]  # the first is the reservation
    record = msgspec.structs.replace(reserved, verdicts=(verdict,))
    assert decode_record(encode_record(record)) == record


def test_shorter_and_longer_records_are_read() -> None:
    """A record of an older version lacks the last fields; one of a newer version has more."""
    asked = msgspec.msgpack.decode(encode_record(Refused(make_asked(), 451, "contract")))[1]
    older = msgspec.msgpack.encode([4, asked[:5], 451, "contract"])
    newer = msgspec.msgpack.encode([4, asked, 451, "contract", [], "", "a field of tomorrow"])
    for payload in (older, newer):
        record = decode_record(payload)
        assert isinstance(record, Refused)
        assert record.asked.caller == "support-bot"


def test_foreign_text_is_cut_visibly() -> None:
    """A record keeps the beginning of a long message and a mark."""
    assert shorten("short") == "short"
    cut = shorten("x" * 10_000)
    assert len(cut) == TEXT_LIMIT
    assert cut.endswith("…")
