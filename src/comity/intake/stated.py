"""Facts that a caller states about one request, in the `comity-facts` header.

The form is `name=value; name=value`. A caller states only the attributes its operator lists in `may_state`,
and never one that the operator fixed: a client cannot talk its way out of a contract.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from comity.contracts import Workload
from comity.intake.caller import Caller
from comity.intake.refusal import Refusal

HEADER = b"comity-facts"
"""Lower-case name of the header."""

_LIMIT = 4096


def parse_stated(
    header: bytes, caller: Caller, validate: Callable[[Mapping[str, str]], Workload]
) -> Workload | Refusal:
    """The stated facts, or the refusal of a header that is malformed or says what it may not.

    `validate` checks names and values against the book's vocabulary and raises ValueError.
    """
    try:
        text = header.decode("ascii")
    except UnicodeDecodeError:
        return _refuse("the `comity-facts` header must be ASCII")
    if len(text) > _LIMIT:
        return _refuse(f"the `comity-facts` header is longer than {_LIMIT} characters")
    stated = _pairs(text)
    if isinstance(stated, Refusal):
        return stated
    for name in stated:
        if name not in caller.may_state or name in caller.facts:
            return Refusal(403, "fact_not_allowed", f"the caller `{caller.id}` may not state `{name}` itself")
    try:
        return validate(stated)
    except ValueError as error:
        return _refuse(str(error))


def _pairs(text: str) -> dict[str, str] | Refusal:
    pairs: dict[str, str] = {}
    for item in filter(None, (item.strip() for item in text.split(";"))):
        name, equals, value = (part.strip() for part in item.partition("="))
        if not equals or not name or not value:
            return _refuse(f"expected `name=value; name=value` in `comity-facts`, found `{item}`")
        if name in pairs:
            return _refuse(f"`{name}` stands twice in `comity-facts`")
        pairs[name] = value
    return pairs


def _refuse(message: str) -> Refusal:
    return Refusal(400, "invalid_facts", message, param="comity-facts")
