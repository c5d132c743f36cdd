"""Proof: a transparency log over settled entries, receipts that disclose what is chosen, and statements.

It proves what the ledger holds and decides nothing about it. What others run to verify is `verify`, alone.
"""

from __future__ import annotations

from comity.proof.checking import Difference, Examined, examine, signed_heads
from comity.proof.keys import Signer, new_key
from comity.proof.log import open_tiles, publish
from comity.proof.place import extend, opened_log
from comity.proof.receipts import Extension, Receipt, checkpoint_at, make_extension, make_receipt
from comity.proof.redaction import Redacted, entries_of, redact
from comity.proof.register import Register, open_register
from comity.proof.sequence import sequence
from comity.proof.settings import LOG_FOLDER, LogPlace, ProofSettings, place_of
from comity.proof.statement import state, statement_name
from comity.proof.tiles import write_file

__all__ = [
    "LOG_FOLDER",
    "Difference",
    "Examined",
    "Extension",
    "LogPlace",
    "ProofSettings",
    "Receipt",
    "Redacted",
    "Register",
    "Signer",
    "checkpoint_at",
    "entries_of",
    "examine",
    "extend",
    "make_extension",
    "make_receipt",
    "new_key",
    "open_register",
    "open_tiles",
    "opened_log",
    "place_of",
    "publish",
    "redact",
    "sequence",
    "signed_heads",
    "state",
    "statement_name",
    "write_file",
]
