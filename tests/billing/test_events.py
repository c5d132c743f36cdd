"""Usage events, taken by a real server that keeps ids as the receivers do."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import pytest
from tests.billing.receivers import receiver
from tests.billing.samples import charge, usd

from comity.billing import WIRES, Receiver, Source, deliver
from comity.errors import DeliveryError
from comity.ledger import Charge

SOURCE = Source("acme-eu")


def send(kind: str, url: str, *charges: Charge, token: str | None = None) -> int:
    """Hands charges to a receiver of one kind; returns how many events it took."""
    wire = WIRES[kind]
    sent = deliver(
        (wire.event(one, SOURCE) for one in charges), Receiver(url, wire, token), pause=lambda _: None
    )
    return sent.events


def test_cloud_events_name_customer_and_ledger_line() -> None:
    """CloudEvents 1.0: the source and the id tell an event from every other."""
    event = WIRES["cloudevents"].event(charge(7), SOURCE)
    assert event["id"] == "01a10b81-8500-0000-0000-000000000007-1"
    assert (event["source"], event["subject"], event["type"]) == ("acme-eu", "globex", "ai.usage")
    assert event["time"] == "2026-10-05T10:00:00.000Z"
    data = event["data"]
    assert (data["input_tokens"], data["output_tokens"], data["cost"]) == (1000, 500, "0.0056")
    assert "correction" not in data


def test_no_fact_takes_the_place_of_what_is_on_record() -> None:
    """Callers' facts have free names."""
    facts = {"caller": "somebody else", "cost": "0", "tier": "free"}
    event = WIRES["cloudevents"].event
    data = event(charge(1, facts=facts), SOURCE)["data"]
    assert (data["caller"], data["cost"], data["tier"]) == ("bot", "0.0056", "standard")
    assert "cost" not in event(charge(1, facts=facts, unrated="unpriced"), SOURCE)["data"]


def test_what_is_unknown_is_absent() -> None:
    """A meter must not count zero for what nobody knows."""
    data = WIRES["cloudevents"].event(charge(1, unrated="unknown_usage", usage=None), SOURCE)["data"]
    assert not {"cost", "input_tokens", "total_tokens"} & data.keys()


def test_corrections_are_events_of_their_own() -> None:
    """A correction never reuses the id of what it corrects."""
    event = WIRES["lago"].event(charge(1, correction="credit", cost=usd("-1")), SOURCE)
    assert event["transaction_id"] == "correction-" + "0" * 31 + "1"
    assert event["properties"]["cost"] == "-1"


def test_batches_of_each_receiver() -> None:
    """CloudEvents and Lago take a hundred at once, Stripe one, each in its own form."""
    charges = [charge(n) for n in range(101)]
    with receiver() as (url, inbox):
        assert send("lago", url, *charges, token="key") == 101
        assert [len(json.loads(body)["events"]) for _, _, body in inbox.bodies] == [100, 1]
        assert inbox.bodies[0][1] == "Bearer key"
    with receiver() as (url, inbox):
        send("cloudevents", url, *charges)
        assert {kind for kind, _, _ in inbox.bodies} == {"application/cloudevents-batch+json"}
    with receiver() as (url, inbox):
        send("stripe", url, charge(1))
        form = parse_qs(inbox.bodies[0][2].decode())
        assert form["payload[value]"] == ["1500"]
        assert form["payload[stripe_customer_id]"] == ["globex"]
        assert form["identifier"] == [WIRES["cloudevents"].event(charge(1), SOURCE)["id"]]


def test_stripe_counts_tokens_that_are_known() -> None:
    """A meter event is a number; without tokens there is none."""
    with pytest.raises(ValueError, match="no tokens to count"):
        WIRES["stripe"].event(charge(1, usage=None, unrated="unknown_usage"), SOURCE)


def test_failures_that_pass_are_tried_again() -> None:
    """429 and 503 are not the end; the same batch is sent again."""
    with receiver() as (url, inbox):
        inbox.answers = [429, 503]
        assert send("cloudevents", url, charge(1)) == 1
        assert len(inbox.bodies) == 1


def test_sending_again_changes_nothing_for_who_keeps_ids() -> None:
    """The same ledger gives the same ids, however often it is sent."""
    with receiver() as (url, inbox):
        for _ in range(2):
            send("cloudevents", url, charge(1), charge(2))
        ids = {(event["source"], event["id"]) for _, _, body in inbox.bodies for event in json.loads(body)}
        assert len(ids) == 2


def test_a_refusal_says_what_the_receiver_said() -> None:
    """What will never be taken is not tried again, and the secret is not in the message."""
    with receiver() as (url, inbox):
        inbox.answers = [422]
        with pytest.raises(DeliveryError, match="with 422: no such subscription") as caught:
            send("lago", url, charge(1), token="secret-key")
        assert "secret-key" not in str(caught.value)
        assert inbox.answers == []


def test_a_redirection_takes_nothing() -> None:
    """Following it would ask for a page instead of handing events over, and count them as taken."""
    with receiver() as (url, inbox):
        inbox.answers = [302]
        with pytest.raises(DeliveryError, match="refused events after 0 with 302"):
            send("cloudevents", url, charge(1))


def test_nobody_there() -> None:
    """A receiver that stays away is said with what was taken before."""
    with receiver() as (url, _):
        pass
    with pytest.raises(DeliveryError, match=r"did not take events after 0: .+send them again later"):
        send("cloudevents", url, charge(1))
    assert "secret" not in repr(Receiver(url, WIRES["lago"], "secret"))
