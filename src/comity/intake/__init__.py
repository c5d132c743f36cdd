"""Who calls and what they ask: callers by hashed key, facts they may state, the workload of a request.

Everything here is pure. Routing and clouds are not known to this room.
"""

from comity.intake.caller import Caller, SigningKey, hash_key
from comity.intake.classify import Operation, classify
from comity.intake.keyring import Keyring, is_signed, presented_key
from comity.intake.refusal import Refusal
from comity.intake.signature import Signed
from comity.intake.stated import parse_stated

__all__ = [
    "Caller",
    "Keyring",
    "Operation",
    "Refusal",
    "Signed",
    "SigningKey",
    "classify",
    "hash_key",
    "is_signed",
    "parse_stated",
    "presented_key",
]
