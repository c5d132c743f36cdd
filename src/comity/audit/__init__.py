"""Audit: every recorded act decided once more, from nothing but a ledger and a book.

It judges and sums; it records nothing, and it decides by the same engine as the gateway. What was done comes
as lots, from the gateway's own ledger or from any table with a column per fact.
"""

from __future__ import annotations

from comity.audit.compare import Answer, Comparison, Move, answer, compare
from comity.audit.export import FORMATS, export_columns, open_export
from comity.audit.facts import facts_of_call
from comity.audit.ledger_lots import COLUMNS, Chosen, ledger_lots
from comity.audit.lot import Facts, Lot, Weight
from comity.audit.report import (
    ChangeLine,
    ClauseLine,
    GroupLine,
    NeedLine,
    OutcomeLine,
    ReadingLine,
    Report,
)
from comity.audit.rules import AsOf, Rules, read_facts
from comity.audit.table_lots import LARGE, SUFFIXES, asked_by, table_files, table_lots
from comity.audit.table_sql import Asked
from comity.audit.tally import GRAVEST, UNREADABLE, Judged, Tally, group_of, judge_lot, judge_lots

__all__ = [
    "COLUMNS",
    "FORMATS",
    "GRAVEST",
    "LARGE",
    "SUFFIXES",
    "UNREADABLE",
    "Answer",
    "AsOf",
    "Asked",
    "ChangeLine",
    "Chosen",
    "ClauseLine",
    "Comparison",
    "Facts",
    "GroupLine",
    "Judged",
    "Lot",
    "Move",
    "NeedLine",
    "OutcomeLine",
    "ReadingLine",
    "Report",
    "Rules",
    "Tally",
    "Weight",
    "answer",
    "asked_by",
    "compare",
    "export_columns",
    "facts_of_call",
    "group_of",
    "judge_lot",
    "judge_lots",
    "ledger_lots",
    "open_export",
    "read_facts",
    "table_files",
    "table_lots",
]
