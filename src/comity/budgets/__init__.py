"""Budgets: limits that no number of concurrent requests exceeds, and prepaid wallets.

What a request may cost is put aside before anything is called, and captured or given back when it is over. It
knows no request, no price and no ledger: it is told amounts and facts.
"""

from __future__ import annotations

from comity.budgets.amounts import Measure, Unit, from_grains, shown, to_grains
from comity.budgets.clerk import open_budgets, recover, settle_lost
from comity.budgets.desk import Budgets, open_desk
from comity.budgets.hold import NOTHING, Amounts, Denial, Hold
from comity.budgets.leases import home_of
from comity.budgets.limits import (
    CALLER,
    CONTRACT,
    MODEL,
    UNKNOWN,
    Account,
    BudgetSettings,
    Facts,
    Limit,
    account_of,
    accounts_of,
)
from comity.budgets.listing import Listed, list_budgets
from comity.budgets.store import BudgetStore, Standing
from comity.budgets.wallets import PAYMENTS, REVENUE, UNCOVERED, Transfer, Wallets
from comity.budgets.windows import FOR_EVER, Every, Window, told, window_at

__all__ = [
    "CALLER",
    "CONTRACT",
    "FOR_EVER",
    "MODEL",
    "NOTHING",
    "PAYMENTS",
    "REVENUE",
    "UNCOVERED",
    "UNKNOWN",
    "Account",
    "Amounts",
    "BudgetSettings",
    "BudgetStore",
    "Budgets",
    "Denial",
    "Every",
    "Facts",
    "Hold",
    "Limit",
    "Listed",
    "Measure",
    "Standing",
    "Transfer",
    "Unit",
    "Wallets",
    "Window",
    "account_of",
    "accounts_of",
    "from_grains",
    "home_of",
    "list_budgets",
    "open_budgets",
    "open_desk",
    "recover",
    "settle_lost",
    "shown",
    "to_grains",
    "told",
    "window_at",
]
