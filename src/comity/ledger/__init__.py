"""The ledger: an append-only journal of what was asked, decided, tried and charged, and its store.

It records and sums; it decides nothing about requests and knows no wire format.
"""

from __future__ import annotations

from comity.ledger.entry import (
    Asked,
    Attempted,
    AttemptOutcome,
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
from comity.ledger.identity import format_entry_id, new_entry_id, parse_entry_id
from comity.ledger.journal import Journal, JournalOptions, open_journal
from comity.ledger.rating import NOT_CHARGED, Rating, Unrated, UnratedReason, rate
from comity.ledger.settlement import settle

__all__ = [
    "NOT_CHARGED",
    "Asked",
    "AttemptOutcome",
    "Attempted",
    "DroppedCandidate",
    "EntryOutcome",
    "Fact",
    "Journal",
    "JournalOptions",
    "Judged",
    "Rating",
    "Record",
    "Refused",
    "Reserved",
    "Settled",
    "Unrated",
    "UnratedReason",
    "decode_record",
    "encode_record",
    "format_entry_id",
    "new_entry_id",
    "open_journal",
    "parse_entry_id",
    "rate",
    "settle",
    "shorten",
]
