"""The wire of a simulated cloud: what differs between Azure, Bedrock and the others, and nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec

from comity.exchange import Request
from comity.http import Headers
from comity.simulator.answer import Composition
from comity.simulator.quota import Admission
from comity.simulator.reply import HeaderPairs, Refusal, Step
from comity.simulator.spec import Pace, SimulatedModel


class Asked(msgspec.Struct, frozen=True):
    """One HTTP request."""

    method: str
    """HTTP method."""
    path: str
    """Path as it came, encoded."""
    query: str
    """Query as it came; empty without one."""
    headers: Headers
    """Headers."""
    body: bytes
    """Whole body."""
    at: datetime
    """When it came, aware."""


class Target(msgspec.Struct, frozen=True):
    """What a request addresses."""

    model: SimulatedModel
    """The model or deployment."""
    operation: str
    """The cloud's word for what is asked."""
    free: bool = False
    """Whether nothing is generated, and so nothing billed: a count of tokens."""


class Serving(msgspec.Struct, frozen=True):
    """Everything an answer is written from."""

    target: Target
    """What was addressed."""
    answering: SimulatedModel
    """What answers: another deployment after a spillover."""
    request: Request
    """The request, decoded."""
    composition: Composition
    """What the model says."""
    admission: Admission
    """What is left of its limits."""
    answer_id: str
    """Unique id, without the cloud's prefix."""
    created: int
    """Unix seconds."""
    pace: Pace
    """How fast it comes."""


class Wire(Protocol):
    """One API of one cloud."""

    def serves(self, asked: Asked) -> bool:
        """Whether the request is one for this API, by its path; asked where a cloud has several."""
        ...

    def authenticate(self, asked: Asked) -> Refusal | None:
        """The refusal of a request without a right key or signature."""
        ...

    def locate(self, asked: Asked) -> Target | Refusal:
        """What the request addresses."""
        ...

    def read(self, asked: Asked, target: Target) -> Request | Refusal:
        """The request, validated as the cloud does."""
        ...

    def headers(self, serving: Serving) -> HeaderPairs:
        """Headers of an answer."""
        ...

    def whole(self, serving: Serving) -> bytes:
        """Body of a whole answer."""
        ...

    def stream(self, serving: Serving) -> tuple[Step, ...]:
        """Body of a streamed answer."""
        ...

    def fail(self, status: int) -> Refusal:
        """The cloud's own error of a status, for faults."""
        ...

    def throttle(self, admission: Admission, target: Target) -> Refusal:
        """The answer to a request beyond the limits."""
        ...

    def overflow(self, prompt: int, target: Target) -> Refusal:
        """The answer to a prompt beyond the context window."""
        ...

    def filtered(self) -> Refusal:
        """The answer to a prompt that the content filter refuses."""
        ...

    def exception(self, status: int) -> bytes:
        """The cloud's own error inside a stream that began with 200."""
        ...

    def malformed(self) -> bytes:
        """Bytes that mean nothing in this cloud's streams."""
        ...
