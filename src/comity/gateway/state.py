"""What one running gateway process holds: its settings, its decisions, its targets and its journal."""

from __future__ import annotations

import time
from collections.abc import Mapping

from comity.budgets import Budgets
from comity.gateway.clock import Clock
from comity.gateway.decisions import Decisions
from comity.gateway.settings import Settings
from comity.gateway.targets import Target
from comity.intake import Keyring
from comity.ledger import Journal
from comity.routing import Health, RetryBudget
from comity.sessions import Sessions


class State:
    """The parts of one gateway process, assembled once."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        targets: Mapping[str, Target],
        journal: Journal,
        sessions: Sessions | None = None,
        *,
        budgets: Budgets | None = None,
    ) -> None:
        self.settings = settings
        self.keyring = Keyring(settings.callers)
        self.decisions = Decisions(settings, clock)
        self.targets = targets
        self.journal = journal
        self.sessions = sessions
        self.budgets = budgets
        self.health = Health()
        self.retry_budget = RetryBudget(time.monotonic())
