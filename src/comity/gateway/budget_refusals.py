"""What a client reads when a limit refuses it: which one, what is left, and until when. Pure.

Money is 402, like a price that nobody knows. Tokens and requests are 429, with the seconds until the window
ends where waiting helps. A store that cannot be asked is 503: a limit never fails open.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from comity.budgets import Account, Denial, shown, told
from comity.intake import Refusal

RETRY_SECONDS = 1.0
"""When to come back where the store did not answer."""


def over_budget(denial: Denial) -> Refusal:
    """The refusal of a request for which nothing could be put aside."""
    limit, name = denial.account.limit, denial.account.name
    if denial.unavailable:
        return unavailable(denial.unavailable)
    told_more = _told(denial)
    left, need = shown(denial.left, limit.unit), shown(denial.amount, limit.unit)
    if limit.amount is None:
        message = f"the wallet `{name}` has {left} left, and this request may cost {need}"
        return Refusal(402, "budget_exhausted", message, budget=told_more)
    until = f" until {told_more['until']}" if "until" in told_more else ""
    cap = shown(limit.amount, limit.unit)
    message = f"the limit `{name}` has {left} of {cap} left{until}, and this request may come to {need}"
    if limit.measure == "money":
        return Refusal(402, "budget_exhausted", message, budget=told_more)
    ends = denial.window.ends
    wait = None if ends is None or denial.amount > limit.amount else max(ends - time.time(), 1.0)
    return Refusal(429, "limit_exhausted", message, retry_after=wait, budget=told_more)


def unavailable(why: str) -> Refusal:
    """The refusal of a request whose limits cannot be checked."""
    message = f"the limits cannot be checked, so the request is not served: {why}"
    return Refusal(503, "budget_unavailable", message, retry_after=RETRY_SECONDS)


def unpriced(model: str, each: Mapping[str, object]) -> Refusal:
    """The refusal of a request under a limit in money, where no deployment has a price in its currency."""
    reasons = "; ".join(f"`{name}`: {why}" for name, why in each.items())
    return Refusal(402, "unpriced", f"no deployment of `{model}` may serve under the limits: {reasons}")


def warned_of(accounts: tuple[Account, ...]) -> bytes:
    """The value of the `comity-budget` header: the limits that have reached a share to warn of."""
    return ", ".join(one.name for one in accounts).encode("ascii", "backslashreplace")


def _told(denial: Denial) -> dict[str, str]:
    limit = denial.account.limit
    found = {"limit": denial.account.name, "left": shown(denial.left, limit.unit)}
    if limit.amount is not None:
        found["of"] = shown(limit.amount, limit.unit)
        found["every"] = limit.every
    if denial.window.ends is not None:
        found["until"] = told(denial.window.ends, limit.zone)
    return found
