"""A route: what stands behind a model name that clients ask for."""

from __future__ import annotations

from typing import Literal

import msgspec

from comity.contracts import Posture


class Route(msgspec.Struct, frozen=True):
    """One public model name and how requests for it are placed."""

    model: str
    """The name clients ask for."""
    deployments: tuple[str, ...]
    """Candidate deployment ids, in the operator's order."""
    posture: Posture
    """Whose readings count, and what to do when a verdict is disputed, unknown or conditional."""
    otherwise: tuple[str, ...] = ()
    """Candidates for when the posture says `re-route` and none above is left; decided like the rest."""
    choose: Literal["in-order", "cheapest"] = "in-order"
    """The operator's order, or by price for this request's size."""
    attempts: int = 3
    """At most so many attempts for one request, the first included."""
    after_ambiguous: Literal["stop", "next"] = "stop"
    """Whether to try on after a failure that the provider may have charged for (502, 504, a lost answer)."""
    unpriced: Literal["refuse", "allow"] = "refuse"
    """Whether a deployment without a price may serve; a cost that is unknown is never zero."""
    inexpressible: Literal["refuse", "drop"] = "refuse"
    """Whether parameters the target cannot express refuse it, or are dropped visibly."""
    moves: Literal["none", "lossless", "lossy"] = "lossless"
    """Whether a kept conversation may go on elsewhere: never, with nothing left out, or without what only the
    deployment before could read."""
