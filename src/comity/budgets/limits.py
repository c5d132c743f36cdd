"""Limits as data: whose requests are counted, how much they may come to, and in which windows.

A limit names the facts that its requests have (`where`), and the facts by whose values it is divided (`per`):
each combination has an account of its own. A request without such a fact is counted as `-` with all others
like it, so nobody escapes a limit by leaving something unsaid. A wallet is a limit without windows whose
amount is what was paid in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from comity.budgets.amounts import Measure, Unit
from comity.budgets.windows import Every

Facts = Mapping[str, tuple[str, ...]]
"""What is known of a kind of request, in words; a fact may have several values at once."""

UNKNOWN = "-"
"""The value of a fact that a request does not have."""

CALLER, MODEL, CONTRACT = "caller", "model", "contract"
"""Facts that every request has beside those of the vocabulary: the caller's id, the model name it asked for,
and the contracts whose clauses decided."""


class Limit(msgspec.Struct, frozen=True):
    """One limit."""

    id: str
    """Name, in messages and lists."""
    unit: Unit
    """What it counts."""
    amount: int | None
    """How much may come together in a window, in `amounts`; None for a wallet, which has what was paid in."""
    every: Every = "total"
    """Its windows."""
    zone: ZoneInfo = ZoneInfo("UTC")
    """Where its days and months begin."""
    where: tuple[tuple[str, frozenset[str]], ...] = ()
    """Facts that its requests have, each with the values that count; none for all requests."""
    per: tuple[str, ...] = ()
    """Facts by whose values it is divided."""
    warn: tuple[float, ...] = ()
    """Shares of the amount, 0 to 1, at which it warns, in rising order."""

    @property
    def measure(self) -> Measure:
        """What kind of thing it counts."""
        if self.unit == "tokens":
            return "tokens"
        return "requests" if self.unit == "requests" else "money"

    @property
    def is_wallet(self) -> bool:
        """Whether it is filled by payments."""
        return self.amount is None


class Account(msgspec.Struct, frozen=True):
    """What a limit counts for one combination of the facts it is divided by."""

    limit: Limit
    """The limit."""
    name: str
    """How it is called everywhere: `team-month/initech`."""
    kind: int = 0
    """Which of the `hold.Amounts` it counts, by position."""


def account_of(limit: Limit, values: Sequence[str] = ()) -> Account:
    """The account of a limit for the values of `limit.per`."""
    name = "/".join((limit.id, *(value.replace("/", "%2F") for value in values)))
    return Account(limit, name, ("money", "tokens", "requests").index(limit.measure))


class BudgetSettings(msgspec.Struct, frozen=True):
    """The limits of a gateway, and where they are kept."""

    limits: tuple[Limit, ...]
    """Limits and wallets."""
    store: Path | str
    """SQLite file, or address of a PostgreSQL server, that all workers share."""
    leases: Path
    """Folder in which each worker keeps what it has put aside."""
    bytes_per_token: float = 1.0
    """Bytes of a request that are held as one input token; 1 is never too little for text."""
    output_tokens: int = 8192
    """Output tokens that are held where neither the client nor the deployment bounds them."""


def accounts_of(limits: Sequence[Limit], facts: Facts) -> tuple[Account, ...]:
    """The accounts that a request with these facts is counted in."""
    found: list[Account] = []
    for limit in limits:
        if all(wanted.intersection(facts.get(name, ())) for name, wanted in limit.where):
            divided = (facts.get(name) or (UNKNOWN,) for name in limit.per)
            found += [account_of(limit, values) for values in product(*divided)]
    return tuple(found)
