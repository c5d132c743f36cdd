"""A streamed answer between two dialects, event by event; where both are one, its own tap passes bytes on."""

from __future__ import annotations

from comity.dialects import DecodesEvents, EncodesEvents
from comity.dialects.forwarding import StreamWatch
from comity.exchange import Event, StreamEnd, StreamFailure, TextDelta


class TranslatedRelay(StreamWatch):
    """A stream between two dialects; it watches what it translates, as a dialect's tap does."""

    def __init__(self, decoder: DecodesEvents, encoder: EncodesEvents, stand_in: str) -> None:
        super().__init__(stand_in)
        self._decoder = decoder
        self._encoder = encoder

    def feed(self, data: bytes) -> bytes:
        """The client's bytes for the next piece of the cloud's stream."""
        return self._encode(self._decoder.feed(data))

    def flush(self) -> bytes:
        """The client's last bytes, once the cloud's stream has ended."""
        return self._encode(self._decoder.flush())

    def complete(self) -> bytes:
        """The end of the client's stream, where the cloud left its own out."""
        return self._encoder.encode(StreamEnd())

    def _encode(self, events: list[Event]) -> bytes:
        return b"".join([self._step(event) for event in events])

    def _step(self, event: Event) -> bytes:
        if isinstance(event, TextDelta):
            # Nearly all events are text.
            self.started = True
            return self._encoder.encode(event)
        self.see(event)
        if isinstance(event, StreamFailure):
            # The flight decides what a client hears of it: another cloud may still answer.
            return b""
        return self._encoder.encode(event)
