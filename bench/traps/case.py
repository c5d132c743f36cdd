"""What a case is, how it asks, and the words in which it judges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from bench.traps.subjects import Client
from bench.traps.upstream import Upstream
from bench.traps.values import Answer, Provider, Received, Reply, Verdict

USER = {"role": "user", "content": "ping"}
"""The shortest question."""


class Ask:
    """One gateway and the providers behind it, for the time of one case."""

    def __init__(self, client: Client, upstream: Upstream) -> None:
        self.client = client
        self.upstream = upstream

    def chat(self, route: str, **members: Any) -> Exchange:
        """Asks as a client of chat completions."""
        body = {"messages": [USER], "max_tokens": 64, **members}
        return self._ask(route, body, "/v1/chat/completions", {})

    def messages(self, route: str, headers: Mapping[str, str] | None = None, **members: Any) -> Exchange:
        """Asks as a client of Anthropic's Messages."""
        body = {"messages": [USER], "max_tokens": 64, **members}
        return self._ask(route, body, "/v1/messages", {"anthropic-version": "2023-06-01", **(headers or {})})

    def reply(self, provider: Provider, *replies: Reply) -> None:
        """Lays out what a provider answers next."""
        self.upstream.script(provider, *replies)

    def fresh(self, route: str) -> str:
        """A copy of a route of which no provider has failed yet."""
        return self.client.fresh(route)

    def _ask(self, route: str, body: dict[str, Any], path: str, headers: dict[str, str]) -> Exchange:
        before = len(self.upstream.received)
        answer = self.client.ask(route, body, path=path, headers=headers)
        return Exchange(answer, tuple(self.upstream.received[before:]))


class Exchange(msgspec.Struct, frozen=True):
    """A question with its answer, and what the providers got for it."""

    answer: Answer
    """What the client got."""
    sent: tuple[Received, ...]
    """What the providers got."""

    @property
    def body(self) -> dict[str, Any]:
        """The JSON body that the last provider got; empty when none got any."""
        return self.sent[-1].body or {} if self.sent else {}

    @property
    def refused(self) -> bool:
        """Whether the gateway said no with a clear client error, before or after a provider was asked."""
        return self.answer.status in {400, 404, 413, 415, 422}

    @property
    def choice(self) -> dict[str, Any]:
        """The first choice of a whole chat completion; empty when there is none."""
        value = self.answer.json
        choices = value.get("choices") if isinstance(value, dict) else None
        return choices[0] if choices else {}

    @property
    def chunks(self) -> list[dict[str, Any]]:
        """The JSON events of a stream."""
        return [event for event in self.answer.events if isinstance(event, dict)]

    @property
    def finish(self) -> str | None:
        """The finish reason of a streamed chat completion."""
        found = [c.get("finish_reason") for e in self.chunks for c in e.get("choices") or ()]
        return next((word for word in reversed(found) if word), None)

    @property
    def text(self) -> str:
        """The text of a streamed chat completion."""
        deltas = [c.get("delta") or {} for e in self.chunks for c in e.get("choices") or ()]
        return "".join(delta.get("content") or "" for delta in deltas)


Judge: TypeAlias = Callable[[Ask], Verdict]


class Case(msgspec.Struct, frozen=True):
    """One trap."""

    trap: str
    """Its number."""
    demand: str
    """What must be so, in one sentence."""
    source: str
    """The schema or documentation that demands it."""
    judge: Judge
    """Puts it to a gateway."""


CASES: list[Case] = []
"""Every case, in the order of definition."""


def case(trap: str, demand: str, source: str) -> Callable[[Judge], Judge]:
    """Registers a judge."""

    def register(judge: Judge) -> Judge:
        CASES.append(Case(trap, demand, source, judge))
        return judge

    return register


def passed(evidence: str) -> Verdict:
    """The demand was met."""
    return Verdict("pass", evidence)


def failed(evidence: str) -> Verdict:
    """The demand was not met."""
    return Verdict("fail", evidence)


def skipped(evidence: str) -> Verdict:
    """The gateway has no such feature, or cannot be put to it."""
    return Verdict("not applicable", evidence)


def expect(met: bool, good: str, bad: str) -> Verdict:  # noqa: FBT001 - a condition, not a switch
    """`good` where the demand is met, else `bad`."""
    return passed(good) if met else failed(bad)


def unserved(exchange: Exchange) -> Verdict:
    """A request that had to be served was not."""
    return failed(f"status {exchange.answer.status}: {exchange.answer.raw[:120].decode('utf-8', 'replace')}")
