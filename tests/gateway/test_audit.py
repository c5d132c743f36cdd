"""What a running gateway records is enough to decide again, without its configuration."""

from __future__ import annotations

from typing import Any

from tests.gateway.running import BOOK, Gateway

from comity.audit import Chosen, Rules, judge_lot, ledger_lots
from comity.contracts import load_book
from comity.ledger import Reserved, fold, open_store, read_records

QUESTION: Any = [{"role": "user", "content": "Hello"}]


def test_every_call_is_decided_again_from_the_ledger_alone(gateway: Gateway) -> None:
    """Each attempt gets the verdict that the gateway recorded, on the facts of its target."""
    answer = gateway.sdk().chat.completions.with_raw_response.create(model="gpt-5.5", messages=QUESTION)
    assert answer.status_code == 200
    reserved = [one for one in read_records(gateway.ledger) if isinstance(one, Reserved)]
    assert reserved
    for record in reserved:
        assert set(record.planned) <= set(record.decision.targets)
        assert all({"cloud", "region", "model"} <= set(facts) for facts in record.decision.targets.values())
    rules = Rules(load_book(BOOK))
    with open_store(None) as store:
        fold(gateway.ledger, store)
        judged = [judge_lot(lot, rules) for lot in ledger_lots(store, rules.bounds, Chosen())]
    served = [one for one in judged if one.lot.act == "served"]
    assert served
    assert [one.outcome for one in served] == [one.lot.recorded for one in served]
