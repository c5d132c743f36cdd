"""What a translation leaves out."""

from __future__ import annotations

from typing import Any

from comity.dialects.losses import Losses
from comity.exchange import AnswerKey, Dropped, Inexpressible, WireRequest


def test_hints_never_refuse_and_losses_do_unless_allowed() -> None:
    """A hint is told, a loss needs the route's permission, the impossible has none."""
    losses = Losses()
    losses.hint("user", "no place")
    assert losses.request({}, AnswerKey(), lossy=False) == WireRequest(b"{}", (Dropped("user", "no place"),))
    losses.loss("seed", "no seed")
    assert losses.request({}, AnswerKey(), lossy=False) == Inexpressible((Dropped("seed", "no seed"),))
    allowed = losses.request({}, AnswerKey(), lossy=True)
    assert isinstance(allowed, WireRequest)
    assert [item.parameter for item in allowed.dropped] == ["seed", "user"]
    losses.impossible("messages", "none")
    refused = losses.request({}, AnswerKey(), lossy=True)
    assert isinstance(refused, Inexpressible)
    assert [item.parameter for item in refused.missing] == ["messages", "seed"]


def test_a_body_that_nests_too_deeply_is_inexpressible() -> None:
    """What could just be read may be too deep to be written: a refusal, no crash."""
    deep: dict[str, Any] = {}
    for _ in range(20_000):
        deep = {"a": deep}
    refused = Losses().request(deep, AnswerKey(), lossy=True)
    assert refused == Inexpressible((Dropped("", "the request nests too deeply"),))
