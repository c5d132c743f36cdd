"""A streamed answer on its way through: bytes in from the cloud, bytes out to the client, in any splitting.

Where both sides speak one dialect its own tap passes the bytes on. Where they do not, events are decoded
and encoded one by one. Either way a relay watches for the first content, the end, the usage and an error in
the stream.
"""

from __future__ import annotations

from typing import Protocol

from comity.dialects import DecodesEvents, EncodesEvents
from comity.exchange import (
    Event,
    Finished,
    ProviderFailure,
    Started,
    StreamEnd,
    StreamFailure,
    TextDelta,
    Usage,
    UsageReport,
)


class Relay(Protocol):
    """One stream on its way through."""

    @property
    def started(self) -> bool:
        """Whether content has come: from then on the answer is committed to this attempt."""

    @property
    def done(self) -> bool:
        """Whether the stream's own end mark has come."""

    @property
    def finished(self) -> bool:
        """Whether the answer is whole, even if the end mark is missing."""

    @property
    def failure(self) -> ProviderFailure | None:
        """The error that the provider reported inside the stream."""

    @property
    def usage(self) -> Usage | None:
        """The provider's count, as far as it has come."""

    def feed(self, data: bytes) -> bytes:
        """The client's bytes for the next piece of the cloud's stream."""
        ...

    def flush(self) -> bytes:
        """The client's last bytes, once the cloud's stream has ended."""
        ...


class TranslatedRelay:
    """A stream between two dialects, event by event."""

    def __init__(self, decoder: DecodesEvents, encoder: EncodesEvents) -> None:
        self._decoder = decoder
        self._encoder = encoder
        self.started = False
        self.done = False
        self.finished = False
        self.failure: ProviderFailure | None = None
        self.usage: Usage | None = None

    def feed(self, data: bytes) -> bytes:
        """The client's bytes for the next piece of the cloud's stream."""
        return self._encode(self._decoder.feed(data))

    def flush(self) -> bytes:
        """The client's last bytes, once the cloud's stream has ended."""
        return self._encode(self._decoder.flush())

    def _encode(self, events: list[Event]) -> bytes:
        return b"".join([self._step(event) for event in events])

    def _step(self, event: Event) -> bytes:
        if isinstance(event, TextDelta):
            # Nearly all events are text.
            self.started = True
        elif isinstance(event, StreamFailure):
            self.failure = event.failure
            return b""
        elif isinstance(event, UsageReport):
            self.usage = event.usage
        elif isinstance(event, StreamEnd):
            self.done = self.finished = True
        elif isinstance(event, Finished):
            self.finished = True
        elif not isinstance(event, Started):
            self.started = True
        return self._encoder.encode(event)
