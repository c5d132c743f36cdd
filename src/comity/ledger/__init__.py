"""The ledger: an append-only journal of what was asked, decided, tried and charged, and its store.

It records and sums; it decides nothing about requests and knows no wire format.
"""

from __future__ import annotations

from comity.ledger.calls import (
    Call,
    count_calls,
    count_undecided,
    read_calls,
    read_decision,
    read_refusals,
)
from comity.ledger.charges import Charge, read_charges
from comity.ledger.correcting import Change, check_change, write_correction, write_corrections
from comity.ledger.entry import (
    Asked,
    Attempted,
    AttemptOutcome,
    Corrected,
    Decision,
    DroppedCandidate,
    EntryOutcome,
    Fact,
    Judged,
    Record,
    Refused,
    Reserved,
    Settled,
    decode_record,
    encode_record,
    shorten,
)
from comity.ledger.estimate import estimate_usage, input_tokens, output_tokens
from comity.ledger.folding import Folded, fold
from comity.ledger.identity import format_entry_id, new_entry_id, parse_entry_id
from comity.ledger.journal import Journal, JournalOptions, open_journal
from comity.ledger.lines import Line, lines
from comity.ledger.packed import Packed, PackedRefused, PackedReserved, pack
from comity.ledger.query import Group, Totals, check_facts, groups, totals
from comity.ledger.reading import read_records
from comity.ledger.recovery import Target, recover
from comity.ledger.segments import holds_segments
from comity.ledger.selection import Filter
from comity.ledger.settlement import settle
from comity.ledger.store import STORE_NAME, Store, open_store
from comity.ledger.verification import Discrepancy, Verification, verify

__all__ = [
    "STORE_NAME",
    "Asked",
    "AttemptOutcome",
    "Attempted",
    "Call",
    "Change",
    "Charge",
    "Corrected",
    "Decision",
    "Discrepancy",
    "DroppedCandidate",
    "EntryOutcome",
    "Fact",
    "Filter",
    "Folded",
    "Group",
    "Journal",
    "JournalOptions",
    "Judged",
    "Line",
    "Packed",
    "PackedRefused",
    "PackedReserved",
    "Record",
    "Refused",
    "Reserved",
    "Settled",
    "Store",
    "Target",
    "Totals",
    "Verification",
    "check_change",
    "check_facts",
    "count_calls",
    "count_undecided",
    "decode_record",
    "encode_record",
    "estimate_usage",
    "fold",
    "format_entry_id",
    "groups",
    "holds_segments",
    "input_tokens",
    "lines",
    "new_entry_id",
    "open_journal",
    "open_store",
    "output_tokens",
    "pack",
    "parse_entry_id",
    "read_calls",
    "read_charges",
    "read_decision",
    "read_records",
    "read_refusals",
    "recover",
    "settle",
    "shorten",
    "totals",
    "verify",
    "write_correction",
    "write_corrections",
]
