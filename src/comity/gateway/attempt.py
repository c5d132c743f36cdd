"""One attempt: a call of one deployment, from the first byte sent to the last byte received.

It collects a whole answer or relays a stream, and tells its flight what came of it, once. Nothing of an
attempt reaches the client before its content has begun; a failure before that leaves the flight free to go
elsewhere.
"""

from __future__ import annotations

import time
import zlib
from datetime import datetime
from typing import Protocol

from comity.clouds import Answered, Purpose, mark
from comity.dialects import ERRORS, Tap
from comity.errors import WireError
from comity.exchange import FailureClass, ProviderFailure, Usage
from comity.gateway.inbound import Inbound
from comity.gateway.outbound import Answer, Keeping, Translation
from comity.gateway.targets import Target
from comity.http import Headers, Sending, TransportFailure
from comity.ledger import format_entry_id
from comity.prices import tier_of
from comity.routing import Candidate

MAX_ANSWER = 64 * 1024 * 1024
"""Largest whole answer, in bytes; a larger one is a failure of the provider."""

_NOBODY = Answered()
_NO_HEADERS = Headers.of(())


class Listener(Protocol):
    """The flight, as an attempt sees it."""

    def on_commit(self, attempt: Attempt, head: bytes) -> None:
        """Content has begun: `head` are the client's first bytes."""
        ...

    def on_piece(self, attempt: Attempt, data: bytes) -> None:
        """More bytes for the client."""
        ...

    def on_answer(self, attempt: Attempt, answer: Answer) -> None:
        """A whole answer has come."""
        ...

    def on_complete(self, attempt: Attempt, last: bytes) -> None:
        """The stream is complete; `last` are the client's last bytes, not yet sent."""
        ...

    def on_failed(self, attempt: Attempt, failure: ProviderFailure | TransportFailure) -> None:
        """The attempt has failed, before or after content."""
        ...

    def on_fault(self, error: Exception) -> None:
        """A bug of the gateway struck the attempt."""
        ...


class Attempt:
    """The receiver of one deployment's answer."""

    __slots__ = (
        "_chunks",
        "_headers",
        "_inflate",
        "_listener",
        "_relay",
        "_size",
        "_stream",
        "_told",
        "_translation",
        "admitted",
        "answered",
        "asked_tier",
        "candidate",
        "committed",
        "done",
        "first_byte",
        "forwarded",
        "number",
        "sending",
        "started",
        "status",
        "target",
        "unshown",
        "usage",
    )

    def __init__(
        self,
        listener: Listener,
        number: int,
        candidate: Candidate,
        target: Target,
        translation: Translation,
        *,
        stream: bool,
        admitted: int,
        tier: str = "",
    ) -> None:
        self._listener = listener
        self._translation = translation
        self._stream = stream
        self._relay: Tap | None = None
        self._headers = _NO_HEADERS
        self._inflate: zlib._Decompress | None = None
        self._chunks: list[bytes] = []
        self._size = 0
        self._told: Tap | Answer | None = None
        self.number = number
        self.candidate = candidate
        self.target = target
        self.admitted = admitted
        self.asked_tier = tier
        self.sending: Sending | None = None
        self.started = time.time_ns()
        self.first_byte: int | None = None
        self.status = 0
        self.answered = _NOBODY
        self.committed = False
        self.done = False
        self.forwarded = 0
        self.usage: Usage | None = None
        self.unshown: tuple[str, ...] = ()

    @property
    def dropped(self) -> tuple[str, ...]:
        """Names of the parameters that the target did not get, and of what the client is not shown."""
        dropped = self._translation.dropped
        return (*(one.parameter for one in dropped), *self.unshown) if dropped else self.unshown

    @property
    def model(self) -> str:
        """The model that served, as the answer names it; empty when it does not."""
        told = None if self._told is None else self._told.model
        return told or self.answered.model or ""

    @property
    def place(self) -> str:
        """Where it was served, as the answer says; empty when it does not."""
        told = None if self._told is None else self._told.place
        return self.answered.region or told or ""

    @property
    def tier(self) -> str:
        """The tier that served, as the answer says; empty when it does not.

        A header goes first: it says what throughput was drawn, where the body tells the tier of the model.
        """
        told = None if self._told is None else self._told.tier
        return tier_of(self.answered.tier or told)

    @property
    def keeping(self) -> Keeping | None:
        """What keeps the answer before it is delivered; None where nothing is kept."""
        return self._translation.keeping

    # --- the http room's receiver ---------------------------------------------------------------------------

    def on_response(self, status: int, headers: Headers) -> None:
        """The head of the answer has come."""
        if self.done:
            return
        self.first_byte = time.time_ns()
        self.status = status
        self.answered = self.target.connection.answered(headers)
        encoding = headers.get(b"content-encoding")
        if encoding is not None and encoding.lower() != b"identity":
            self._open_encoding(encoding.lower())
        if self._stream and status == 200:
            self._relay = self._told = self._translation.relay()
        else:
            self._headers = headers

    def on_data(self, data: bytes) -> None:
        """A piece of the answer's body has come."""
        if self.done:
            return
        try:
            plain = data if self._inflate is None else self._inflate.decompress(data)
            if self._relay is not None:
                self._step(self._relay, self._relay.feed(plain))
                return
        except (WireError, zlib.error) as error:
            self._fail(_unreadable(str(error)))
            return
        self._size += len(plain)
        if self._size > MAX_ANSWER:
            self._fail(_unreadable(f"the answer is longer than {MAX_ANSWER} bytes"))
            return
        self._chunks.append(plain)

    def on_end(self) -> None:
        """The answer is complete on the wire."""
        if self.done:
            return
        try:
            if self._relay is not None:
                self._end_stream(self._relay)
            elif self.status == 200:
                answer = self._translation.answer(b"".join(self._chunks), self.answered.usage)
                self._told = answer
                self.usage = answer.usage
                self.unshown = answer.dropped
                self._end()
                self._listener.on_answer(self, answer)
            else:
                self._fail(self._provider_failure())
        except WireError as error:
            self._fail(_unreadable(str(error)))
        except Exception as error:  # noqa: BLE001 - a fault of ours must not leave a client waiting
            self.done = True
            self._listener.on_fault(error)

    def on_failure(self, failure: TransportFailure) -> None:
        """The connection failed before the answer was complete."""
        if not self.done:
            self._fail(failure)

    # --- what its flight asks of it -------------------------------------------------------------------------

    def send(self, now: datetime, inbound: Inbound) -> None:
        """Makes the call; `now` dates a signature. A failure may be told before this returns."""
        body, headers = self._translation.body, self._translation.headers
        if self.target.deployment.mark_requests:
            entry, caller = format_entry_id(inbound.entry), inbound.caller.id
            marked = mark(self.target.deployment, body, headers, entry=entry, caller=caller)
            body, headers = marked.body, marked.headers
        purpose: Purpose = "stream" if self._stream else "whole"
        if inbound.operation.kind == "count":
            purpose = "count"
        head = self.target.connection.request_head(body, purpose=purpose, now=now, headers=headers)
        if isinstance(head, ProviderFailure):
            self._fail(head)
            return
        self.sending = self.target.pool.send(head, body, self)

    def pause(self) -> None:
        """The client takes no more for now."""
        if self.sending is not None and not self.done:
            self.sending.pause()

    def resume(self) -> None:
        """The client takes more again."""
        if self.sending is not None and not self.done:
            self.sending.resume()

    def cancel(self) -> None:
        """Gives the attempt up; nothing more is heard of it."""
        self.done = True
        if self.sending is not None:
            self.sending.cancel()

    # --- steps ----------------------------------------------------------------------------------------------

    def _step(self, relay: Tap, out: bytes) -> None:
        self.usage = relay.usage
        if relay.failure is not None:
            self._fail(relay.failure)
        elif relay.done:
            self._end()
            self._listener.on_complete(self, b"".join([*self._chunks, out]))
        elif self.committed:
            if out:
                self.forwarded += len(out)
                self._listener.on_piece(self, out)
        else:
            self._chunks.append(out)
            if relay.started:
                self.committed = True
                head, self._chunks = b"".join(self._chunks), []
                self.forwarded = len(head)
                self._listener.on_commit(self, head)

    def _end_stream(self, relay: Tap) -> None:
        last = relay.flush()
        if relay.finished and relay.failure is None and not relay.done:
            # Some servers end a whole answer without the end mark; the client gets one all the same.
            self.usage = relay.usage
            self._end()
            self._listener.on_complete(self, b"".join([*self._chunks, last, relay.complete()]))
            return
        self._step(relay, last)
        if not self.done:
            self._fail(_unreadable("the stream ended before the answer was complete"))

    def _end(self) -> None:
        self.done = True
        self.sending = None

    def _fail(self, failure: ProviderFailure | TransportFailure) -> None:
        self.done = True
        if self.sending is not None:
            self.sending.cancel()
        self._listener.on_failed(self, failure)

    def _open_encoding(self, encoding: bytes) -> None:
        if encoding not in {b"gzip", b"deflate", b"x-gzip"}:
            self._fail(_unreadable(f"the answer has the encoding `{encoding.decode('latin-1')}`"))
            return
        # 32 tells zlib to recognise gzip and zlib headers alike.
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def _provider_failure(self) -> ProviderFailure:
        spoken = ERRORS[self.target.deployment.dialect]
        failure = spoken.decode_failure(self.status, self._headers.get, b"".join(self._chunks))
        if failure.kind is FailureClass.AUTHENTICATION:
            self.target.connection.refused()
        return failure


def _unreadable(why: str) -> ProviderFailure:
    return ProviderFailure(FailureClass.SERVER, 502, why, code="unreadable_answer")
