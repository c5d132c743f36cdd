"""The tables in which limits and wallets are kept, and the numbers of their shapes."""

from __future__ import annotations

from comity.database import Table

ACCOUNTS = Table(
    name="budget_accounts",
    columns={
        "name": "text",
        "starts": "integer",
        "ends": "integer",
        "unit": "text",
        "wallet": "integer",
        "spent": "amount",
        "told": "integer",
        "wants": "integer",
    },
    key=("name", "starts"),
    indexes=(("budget_accounts_by_wants", "wants", ""),),
)
"""One row for each account and window: what was captured, how many shares were warned of, and the number of
the last time when somebody found nothing left; these numbers rise over all accounts."""

LEASES = Table(
    name="budget_leases",
    columns={
        "name": "text",
        "starts": "integer",
        "worker": "text",
        "slot": "integer",
        "home": "text",
        "granted": "amount",
        "reported": "amount",
        "near": "integer",
    },
    key=("name", "starts", "worker", "slot"),
    indexes=(("budget_leases_by_home", "home, worker", ""),),
)
"""What each worker was lent of each account, and how much of that it reported as captured."""

TRANSFERS = Table(
    name="wallet_transfers",
    columns={
        "id": "text",
        "at": "integer",
        "debit": "text",
        "credit": "text",
        "amount": "amount",
        "currency": "text",
        "entry": "text",
        "note": "text",
    },
    key=("id",),
    indexes=(
        ("wallet_transfers_by_debit", "debit, at", ""),
        ("wallet_transfers_by_credit", "credit, at", ""),
    ),
)
"""The journal of wallets: every movement once, from one account to another, never changed."""

BALANCES = Table(
    name="wallet_balances",
    columns={"account": "text", "currency": "text", "balance": "amount"},
    key=("account", "currency"),
)
"""What the transfers of each account come to, credits less debits."""

TABLES = (ACCOUNTS, LEASES, TRANSFERS, BALANCES)
