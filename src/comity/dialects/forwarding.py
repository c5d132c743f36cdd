"""A same-dialect stream whose bytes pass through untouched while its events are watched."""

from __future__ import annotations

from comity.dialects.dialect import DecodesEvents
from comity.exchange import (
    Event,
    Finished,
    ProviderFailure,
    Started,
    StreamEnd,
    StreamFailure,
    Usage,
    UsageReport,
)


class StreamWatch:
    """What the events of one stream say about its course."""

    def __init__(self, stand_in: str = "") -> None:
        self._stand_in = stand_in
        self.started = False
        """Whether content has come: from then on the answer is committed."""
        self.done = False
        """Whether the stream's own end mark has come."""
        self.finished = False
        """Whether the answer is whole, even if the end mark is missing."""
        self.failure: ProviderFailure | None = None
        """The error that the provider reported inside the stream."""
        self.usage: Usage | None = None
        """The provider's count, as far as it has come."""
        self.model = ""
        """The model that served, as the provider names it."""
        self.tier = ""
        """The tier that served, in the provider's word."""
        self.place = ""
        """Where it was served, as books of contracts call it."""

    def see(self, event: Event) -> None:
        """Takes one event into account."""
        match event:
            case StreamFailure():
                self.failure = event.failure
            case UsageReport():
                self.usage = event.usage
                self.tier = event.tier or self.tier
                self.place = event.place or self.place
            case StreamEnd():
                self.done = self.finished = True
            case Finished():
                self.finished = True
            case Started():
                # Where a provider names no model, its decoder puts in the one that was asked for.
                self.model = "" if event.model == self._stand_in else event.model
                self.tier = event.tier or self.tier
                self.place = event.place or self.place
            case _:
                self.started = True


class ForwardingTap(StreamWatch):
    """Gives a stream's bytes back as they came; its decoder only watches."""

    def __init__(self, decoder: DecodesEvents, end_mark: bytes = b"") -> None:
        super().__init__()
        self._decoder = decoder
        self._end_mark = end_mark

    def feed(self, data: bytes) -> bytes:
        """`data` itself; raises ResponseError when it is no such stream."""
        for event in self._decoder.feed(data):
            self.see(event)
        return data

    def flush(self) -> bytes:
        """Nothing: all bytes have been given back."""
        for event in self._decoder.flush():
            self.see(event)
        return b""

    def complete(self) -> bytes:
        """The dialect's end mark."""
        return self._end_mark
