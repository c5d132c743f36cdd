"""Usage events for billing systems: each charge as one event, in the words of their receivers.

An event's id is its ledger line, so that sending it again changes nothing where the receiver keeps ids: by
(source, id) in CloudEvents 1.0 and OpenMeter, by `transaction_id` in Lago, by `identifier` in Stripe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias
from urllib.parse import urlencode

import msgspec

from comity.billing.billing_period import moment_of
from comity.ledger import Charge, format_entry_id
from comity.money import plain

EVENT_TYPE = "ai.usage"
"""Type of the CloudEvents, code of Lago's metric and name of Stripe's meter, unless told otherwise."""

Event: TypeAlias = dict[str, Any]
"""One event as JSON members."""


class Source(msgspec.Struct, frozen=True):
    """Who sends events, and what about."""

    name: str = "comity"
    """CloudEvents `source`: one name per ledger."""
    type: str = EVENT_TYPE
    """CloudEvents `type`, Lago's `code`, Stripe's `event_name`."""
    subject: str = "customer"
    """The fact of callers that says who is billed; the caller itself where it has none."""


class Wire(msgspec.Struct, frozen=True):
    """How one kind of receiver wants events."""

    event: Callable[[Charge, Source], Event]
    """The event of a charge."""
    body: Callable[[list[Event]], bytes]
    """The body of a request that carries some of them."""
    content_type: str
    """Its type."""
    batch: int
    """Most events in one request."""


def event_id(charge: Charge) -> str:
    """The id of a charge's event: its entry and attempt, or its correction."""
    if charge.correction:
        return f"correction-{charge.correction_id.hex()}"
    return f"{format_entry_id(charge.entry)}-{charge.number}"


def subject(charge: Charge, source: Source) -> str:
    """Who is billed for a charge."""
    return charge.facts.get(source.subject) or charge.caller


def plain_amount(charge: Charge) -> str | None:
    """What a charge costs as plain text; None when unknown."""
    return None if charge.cost is None else plain(charge.cost.amount)


def usage_data(charge: Charge) -> dict[str, Any]:
    """What a meter can group by and sum; unknown tokens and amounts are absent, not zero."""
    tokens = (
        {} if charge.usage is None else {f"{name}_tokens": n for name, n in charge.usage.by_class().items()}
    )
    data: dict[str, Any] = {
        **charge.facts,
        "caller": charge.caller,
        "model": charge.model or charge.route,
        "provider": charge.provider or None,
        "deployment": charge.answered_by,
        "cloud": charge.cloud or None,
        "regions": list(charge.region),
        "tier": charge.tier or None,
        **tokens,
        "total_tokens": None if charge.usage is None else charge.usage.total,
        "cost": plain_amount(charge),
        "currency": None if charge.cost is None else charge.cost.currency,
        "price": charge.price or None,
        "estimated": charge.estimated or None,
        "correction": charge.correction or None,
    }
    return {name: value for name, value in data.items() if value is not None}


def cloud_event(charge: Charge, source: Source) -> Event:
    """CloudEvents 1.0 in JSON, as OpenMeter takes them: deduplicated by `source` and `id`."""
    return {
        "specversion": "1.0",
        "id": event_id(charge),
        "source": source.name,
        "type": source.type,
        "subject": subject(charge, source),
        "time": moment_of(charge.at).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": usage_data(charge),
    }


def lago_event(charge: Charge, source: Source) -> Event:
    """Lago's event; the subject is the subscription's external id, and the timestamp is in unix seconds."""
    return {
        "transaction_id": event_id(charge),
        "external_subscription_id": subject(charge, source),
        "code": source.type,
        "timestamp": charge.at // 1_000_000_000,
        "properties": usage_data(charge),
    }


def stripe_event(charge: Charge, source: Source) -> Event:
    """Stripe's meter event: one number per event, here all tokens; the subject is the customer's id there.

    A charge whose tokens are unknown cannot be said in it and raises ValueError.
    """
    if charge.usage is None:
        raise ValueError(f"`{event_id(charge)}` has no tokens to count, and a meter event is a number")
    return {
        "event_name": source.type,
        "identifier": event_id(charge),
        "timestamp": charge.at // 1_000_000_000,
        "payload[stripe_customer_id]": subject(charge, source),
        "payload[value]": str(charge.usage.total),
    }


def _json_list(events: list[Event]) -> bytes:
    return msgspec.json.encode(events)


def _lago_batch(events: list[Event]) -> bytes:
    return msgspec.json.encode({"events": events})


def _form(events: list[Event]) -> bytes:
    (event,) = events
    return urlencode(event).encode()


WIRES: dict[str, Wire] = {
    "cloudevents": Wire(cloud_event, _json_list, "application/cloudevents-batch+json", 100),
    "lago": Wire(lago_event, _lago_batch, "application/json", 100),
    "stripe": Wire(stripe_event, _form, "application/x-www-form-urlencoded", 1),
}
"""Receivers by name; OpenMeter takes CloudEvents. Lago takes a batch of at most 100, all or nothing; Stripe
takes one event at a time."""


def batches(events: Iterable[Event], size: int) -> Iterator[list[Event]]:
    """The events in lists of at most `size`, in order."""
    held: list[Event] = []
    for event in events:
        held.append(event)
        if len(held) == size:
            yield held
            held = []
    if held:
        yield held
