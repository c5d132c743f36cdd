"""A packed record is the same record on disk."""

from __future__ import annotations

import msgspec
import pytest
from tests.ledger.samples import make_attempt, make_decision, make_entry, make_refused, make_reserved

from comity.ledger import (
    DroppedCandidate,
    PackedRefused,
    PackedReserved,
    Refused,
    Reserved,
    encode_record,
    pack,
)
from comity.ledger.packed import decode_packed, unpack


def test_packed_records_have_the_bytes_of_whole_ones() -> None:
    """Whoever reads a journal cannot tell which of the two was written."""
    skipped = (DroppedCandidate("azure-swe", "cooling"),)
    reserved = make_reserved(stream=True, order=("azure-fra",), skipped=skipped, request_hash=b"h" * 32)
    refused = make_refused(stream=True, output_limit=None)
    decision = pack(make_decision())
    for whole, packed in ((reserved, PackedReserved), (refused, PackedRefused)):
        values = dict(zip(whole.__struct_fields__, msgspec.structs.astuple(whole), strict=True))
        values["decision"] = pack(whole.decision)
        assert encode_record(packed(**values)) == encode_record(whole)
    assert unpack(decision) == make_decision()


@pytest.mark.parametrize(("whole", "packed"), [(Reserved, PackedReserved), (Refused, PackedRefused)])
def test_both_forms_have_the_same_fields(whole: type[msgspec.Struct], packed: type[msgspec.Struct]) -> None:
    """A field that is added to one must be added to the other."""
    assert packed.__struct_fields__ == whole.__struct_fields__
    assert packed.__struct_config__.tag == whole.__struct_config__.tag
    assert packed.__struct_defaults__ == whole.__struct_defaults__


def test_a_packed_decision_stays_unread() -> None:
    """Its bytes are those of the record; attempts and settlements hold none."""
    reserved = make_reserved()
    packed = decode_packed(encode_record(reserved))
    assert isinstance(packed, PackedReserved)
    assert unpack(packed.decision) == reserved.decision
    for record in (make_attempt(b"e" * 16), make_entry()[2]):
        assert decode_packed(encode_record(record)) == record
