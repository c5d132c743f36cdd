"""Sending events to a billing system: batches over HTTP, tried again with patience, never twice in effect.

A batch is sent again after a failure that may pass (no connection, 429, 5xx). Anything else stops, with what
the receiver said: events that were accepted before are recognised by their ids when all is sent again. So
does a redirection, after which a request would go on without its events.
"""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable

import msgspec

from comity.billing.events import Event, Wire, batches
from comity.errors import DeliveryError

_PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds before each further try."""
_TIMEOUT = 30.0
_PASSING = {408, 425, 429, 500, 502, 503, 504}
_SAID_LIMIT = 500


class _NoRedirection(urllib.request.HTTPRedirectHandler):
    """Leaves a redirection what it is: an answer that took nothing."""

    def redirect_request(self, *_: object) -> None:
        """Follows nothing."""


_OPENER = urllib.request.build_opener(_NoRedirection)


class Receiver(msgspec.Struct, frozen=True):
    """Where events go."""

    url: str
    """Address that takes them by POST."""
    wire: Wire
    """How it wants them."""
    token: str | None = None
    """Bearer token; None for a receiver without one."""

    def __repr__(self) -> str:
        return f"Receiver({self.url})"


class Delivered(msgspec.Struct, frozen=True):
    """What was handed over."""

    events: int
    """Events that the receiver accepted."""
    requests: int
    """Requests that it took, without those that failed."""


def deliver(
    events: Iterable[Event], receiver: Receiver, pause: Callable[[float], None] = time.sleep
) -> Delivered:
    """Sends all events in order; raises DeliveryError where the receiver refuses or stays away."""
    sent = requests = 0
    for batch in batches(events, receiver.wire.batch):
        _send(receiver.wire.body(batch), receiver, sent, pause)
        sent += len(batch)
        requests += 1
    return Delivered(sent, requests)


def _send(body: bytes, receiver: Receiver, before: int, pause: Callable[[float], None]) -> None:
    for wait in (*_PAUSES, None):
        why = _post(body, receiver, before)
        if why is None:
            return
        if wait is None:
            raise DeliveryError(
                f"`{receiver.url}` did not take events after {before}: {why}; send them again later"
            )
        pause(wait)


def _post(body: bytes, receiver: Receiver, before: int) -> str | None:
    """None when the batch was taken, else why a later try may help; raises DeliveryError when none will."""
    headers = {"content-type": receiver.wire.content_type}
    if receiver.token is not None:
        headers["authorization"] = f"Bearer {receiver.token}"
    request = urllib.request.Request(receiver.url, body, headers, method="POST")  # noqa: S310 - the operator names the address
    try:
        with _OPENER.open(request, timeout=_TIMEOUT) as answer:
            answer.read()
            return None
    except urllib.error.HTTPError as error:
        said = error.read(_SAID_LIMIT).decode("utf-8", "replace").strip()
        if error.code in _PASSING:
            return f"it answers {error.code}"
        raise DeliveryError(
            f"`{receiver.url}` refused events after {before} with {error.code}: {said or error.reason}"
        ) from error
    except (OSError, http.client.HTTPException) as error:
        return str(getattr(error, "reason", error))
