"""Proof: a transparency log over settled entries, receipts that disclose what is chosen, and statements.

It proves what the ledger holds and decides nothing about it. What others run to verify is `verify`, alone.
"""

from __future__ import annotations

from comity.proof.keys import Signer, new_key
from comity.proof.log import publish
from comity.proof.register import Register, open_register
from comity.proof.sequence import sequence

__all__ = ["Register", "Signer", "new_key", "open_register", "publish", "sequence"]
