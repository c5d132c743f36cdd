"""Who calls and what they ask: callers by hashed key, facts they may state, the workload of a request.

Everything here is pure. Routing and clouds are not known to this room.
"""

from comity.intake.caller import Caller, hash_key
from comity.intake.classify import Operation, classify
from comity.intake.keyring import Keyring, presented_key
from comity.intake.refusal import Refusal
from comity.intake.stated import parse_stated

__all__ = [
    "Caller",
    "Keyring",
    "Operation",
    "Refusal",
    "classify",
    "hash_key",
    "parse_stated",
    "presented_key",
]
