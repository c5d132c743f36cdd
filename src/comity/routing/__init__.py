"""From verdicts to attempts: which deployments may serve, in which order, and what follows a failure.

Pure but for `Health` and `Limiter`, which remember what happened; time is always an argument. The legal
mask comes first: health, price and limits choose among permitted candidates and never add one.
"""

from comity.routing.candidate import Candidate, Cause, DroppedCandidate
from comity.routing.failover import Consequence, after_answer, after_transport, pause_before
from comity.routing.health import Health
from comity.routing.limiter import Limiter
from comity.routing.plan import Demand, Plan, Shortlist, plan, shortlist, with_store
from comity.routing.retry_budget import RetryBudget
from comity.routing.route import Route

__all__ = [
    "Candidate",
    "Cause",
    "Consequence",
    "Demand",
    "DroppedCandidate",
    "Health",
    "Limiter",
    "Plan",
    "RetryBudget",
    "Route",
    "Shortlist",
    "after_answer",
    "after_transport",
    "pause_before",
    "plan",
    "shortlist",
    "with_store",
]
