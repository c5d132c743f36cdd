"""What a gateway is assembled from: values that the configuration has checked against each other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from comity.budgets import BudgetSettings
from comity.clouds import Deployment
from comity.contracts import Book, Workload
from comity.intake import Caller
from comity.proof import ProofSettings
from comity.routing import Route
from comity.sessions import SessionSettings


class LedgerSettings(msgspec.Struct, frozen=True):
    """Where requests are recorded."""

    journal: Path
    """Folder of the append-only journal."""
    store: Path | str
    """SQLite file, or address of the PostgreSQL database, that the journal is folded into."""
    durability: Literal["normal", "strict"] = "normal"
    """Whether an answer waits for the write, or also for the disk."""
    fold_every: float = 5.0
    """Seconds between two folds; 0 for none."""


class Listen(msgspec.Struct, frozen=True):
    """Where the gateway listens, and how much it takes."""

    host: str = "127.0.0.1"
    """Address to bind."""
    port: int = 8080
    """Port to bind; 0 takes a free one."""
    workers: int = 1
    """Processes that share the port."""
    max_body: int = 32 * 1024 * 1024
    """Largest request body, in bytes, inclusive."""
    drain: float = 30.0
    """Seconds that requests in flight are given when the gateway stops."""
    certificate: Path | None = None
    """PEM certificate chain; None for plain HTTP."""
    key: Path | None = None
    """PEM private key."""


class Settings(msgspec.Struct, frozen=True):
    """Everything one gateway needs."""

    book: Book
    """The contracts."""
    deployments: Mapping[str, Deployment]
    """Deployments by id."""
    targets: Mapping[str, Workload]
    """The facts of each deployment, by its id, checked against the book's vocabulary."""
    routes: Mapping[str, Route]
    """Routes by model name."""
    callers: tuple[Caller, ...]
    """Who may call."""
    ledger: LedgerSettings
    """Where requests are recorded."""
    listen: Listen
    """Where the gateway listens."""
    sessions: SessionSettings | None = None
    """Where conversations are kept; None keeps none."""
    budgets: BudgetSettings | None = None
    """What callers may spend; None limits nothing."""
    proof: ProofSettings | None = None
    """How what is recorded is proved; None keeps no log."""
