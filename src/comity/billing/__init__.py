"""What goes out of the house: invoices for customers, FOCUS files, usage events for billing systems.

Everything here is made from the ledger's charges and the price terms behind them; nothing is recorded, and
nothing is ever edited: what changes later is a line of its own.
"""

from __future__ import annotations

from comity.billing.billing_period import BillingPeriod, nanoseconds, parse_billing_period
from comity.billing.delivery import Delivered, Receiver, deliver
from comity.billing.events import EVENT_TYPE, WIRES, Event, Source, Wire
from comity.billing.focus_checks import Finding
from comity.billing.focus_columns import CONTRACT_COMMITMENT, COST_AND_USAGE, Column
from comity.billing.focus_commitments import commitment_rows
from comity.billing.focus_file import Checked, Watched, check_file, write_rows
from comity.billing.focus_rows import Export, View
from comity.billing.focus_shortfalls import shortfall_rows
from comity.billing.invoice import Bill, Invoice, Line, make_invoices
from comity.billing.invoice_page import amount_text, page
from comity.billing.metering import Meter, Metered, meter_of
from comity.billing.recheck import Difference, differences, sum_corrections
from comity.billing.repricing import reprice
from comity.billing.terms_note import TermsNote, note_terms

__all__ = [
    "CONTRACT_COMMITMENT",
    "COST_AND_USAGE",
    "EVENT_TYPE",
    "WIRES",
    "Bill",
    "BillingPeriod",
    "Checked",
    "Column",
    "Delivered",
    "Difference",
    "Event",
    "Export",
    "Finding",
    "Invoice",
    "Line",
    "Meter",
    "Metered",
    "Receiver",
    "Source",
    "TermsNote",
    "View",
    "Watched",
    "Wire",
    "amount_text",
    "check_file",
    "commitment_rows",
    "deliver",
    "differences",
    "make_invoices",
    "meter_of",
    "nanoseconds",
    "note_terms",
    "page",
    "parse_billing_period",
    "reprice",
    "shortfall_rows",
    "sum_corrections",
    "write_rows",
]
