"""Every limit as it stands: what is spent, what is held, what is left, and until when."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from comity.budgets.amounts import shown, to_grains
from comity.budgets.limits import BudgetSettings, Limit
from comity.budgets.store import BudgetStore, Standing
from comity.budgets.windows import Window, told, window_at


class Listed(msgspec.Struct, frozen=True):
    """One account in the window that is now."""

    name: str
    """The limit, with the values that it is divided by."""
    every: str
    """When it begins anew; `wallet` for a wallet."""
    cap: str | None
    """How much there is in a window; None for a wallet."""
    spent: str
    """Captured."""
    held: str
    """Held for requests under way, or lent to workers for the next ones."""
    left: str
    """Neither spent nor held."""
    until: str | None
    """End of the window; None for never."""


def list_budgets(settings: BudgetSettings, store: BudgetStore, now: float) -> Iterator[Listed]:
    """The limits and wallets in the order of the configuration, each with its accounts that were used."""
    standings = list(store.standings())
    balances = dict(store.wallets.balances())
    for limit in settings.limits:
        window = window_at(limit.every, limit.zone, now)
        mine = [one for one in standings if _belongs(one.name, limit)]
        if limit.is_wallet:
            names = {name for name in balances if _belongs(name, limit)} | {one.name for one in mine}
            for name in sorted(names if limit.per else {limit.id}):
                standing = next((one for one in mine if one.name == name), None)
                balance = to_grains(balances[name]) if name in balances else 0
                yield _listed(limit, standing or Standing(name, window, limit.unit, 0, 0), balance)
            continue
        current = [one for one in mine if one.window.starts == window.starts]
        if not current and not limit.per:
            current = [Standing(limit.id, window, limit.unit, 0, 0)]
        for standing in current:
            assert limit.amount is not None, "what is no wallet has an amount"
            yield _listed(limit, standing, limit.amount - standing.spent)


def _listed(limit: Limit, standing: Standing, rest: int) -> Listed:
    return Listed(
        standing.name,
        "wallet" if limit.is_wallet else limit.every,
        None if limit.amount is None else shown(limit.amount, limit.unit),
        shown(standing.spent, limit.unit),
        shown(standing.lent, limit.unit),
        shown(max(rest - standing.lent, 0), limit.unit),
        _until(limit, standing.window),
    )


def _until(limit: Limit, window: Window) -> str | None:
    return None if window.ends is None else told(window.ends, limit.zone)


def _belongs(name: str, limit: Limit) -> bool:
    return name.partition("/")[0] == limit.id
