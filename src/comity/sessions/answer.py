"""Answers of turns that are kept, on their way to the client: stamped with our id, and remembered.

Only events that hold a whole response object are opened; all others pass as they came.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from comity.dialects import Tap
from comity.errors import ResponseError
from comity.exchange import ProviderFailure, Usage
from comity.sessions.turn import Turn

_OBJECT = msgspec.json.Decoder(dict[str, Any])
_ENCODER = msgspec.json.Encoder()
_RESPONSE = re.compile(rb'"response"\s*:\s*\{')
_DATA = re.compile(rb"^data: ?(\{.*\})\r?$", re.MULTILINE)
_ENDS = frozenset({"response.completed", "response.incomplete"})


class KeptAnswer:
    """The answer of one turn, as far as it has come."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self.response: dict[str, Any] | None = None
        """The whole response object; None until it is there."""

    def whole(self, body: bytes) -> bytes:
        """A whole answer for the client."""
        try:
            response = self._turn.stamp(_OBJECT.decode(body))
        except (msgspec.DecodeError, RecursionError) as error:
            raise ResponseError(f"the answer cannot be read: {error}") from error
        self.response = response
        return _ENCODER.encode(response)

    def events(self, data: bytes) -> bytes:
        """Whole events of a streamed answer for the client."""
        if _RESPONSE.search(data) is None:
            return data
        return _DATA.sub(self._event, data)

    def _event(self, match: re.Match[bytes]) -> bytes:
        if _RESPONSE.search(match[1]) is None:
            return match[0]
        try:
            event = _OBJECT.decode(match[1])
        except (msgspec.DecodeError, RecursionError) as error:
            raise ResponseError(f"an event of the stream cannot be read: {error}") from error
        response = event.get("response")
        if not isinstance(response, dict):
            return match[0]
        event["response"] = self._turn.stamp(response)
        if event.get("type") in _ENDS:
            self.response = event["response"]
        return b"data: " + _ENCODER.encode(event)


class KeptTap:
    """A tap whose events are stamped on their way; it watches as the one inside does."""

    def __init__(self, inner: Tap, answer: KeptAnswer) -> None:
        self._inner = inner
        self._answer = answer

    @property
    def started(self) -> bool:
        """As in `Tap`."""
        return self._inner.started

    @property
    def done(self) -> bool:
        """As in `Tap`."""
        return self._inner.done

    @property
    def finished(self) -> bool:
        """As in `Tap`."""
        return self._inner.finished

    @property
    def failure(self) -> ProviderFailure | None:
        """As in `Tap`."""
        return self._inner.failure

    @property
    def usage(self) -> Usage | None:
        """As in `Tap`."""
        return self._inner.usage

    @property
    def model(self) -> str:
        """As in `Tap`."""
        return self._inner.model

    @property
    def tier(self) -> str:
        """As in `Tap`."""
        return self._inner.tier

    @property
    def place(self) -> str:
        """As in `Tap`."""
        return self._inner.place

    def feed(self, data: bytes) -> bytes:
        """As in `Tap`, stamped; taps of this dialect give whole events."""
        return self._answer.events(self._inner.feed(data))

    def flush(self) -> bytes:
        """As in `Tap`, stamped."""
        return self._answer.events(self._inner.flush())

    def complete(self) -> bytes:
        """As in `Tap`, stamped."""
        return self._answer.events(self._inner.complete())
