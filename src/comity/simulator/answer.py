"""What a simulated model says, before any dialect: its pieces, and how they are told whole or as a stream."""

from __future__ import annotations

import msgspec

from comity.exchange import (
    Choice,
    Event,
    Finish,
    Finished,
    Response,
    Started,
    StreamEnd,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStart,
    Usage,
    UsageReport,
)
from comity.simulator.words import count_tokens, split_pieces


class Composed(msgspec.Struct, frozen=True):
    """One answer before it is written in any dialect."""

    pieces: tuple[str, ...]
    """The text, one token each; empty for tool calls."""
    calls: tuple[ToolCall, ...]
    """Tool calls; empty for text."""
    finish: Finish
    """Why it ends."""
    stop_sequence: str | None = None
    """The stop sequence that ended it."""

    @property
    def tokens(self) -> int:
        """Tokens of the answer."""
        return len(self.pieces) + sum(count_tokens(call.name + call.arguments) for call in self.calls)


class Composition(msgspec.Struct, frozen=True):
    """Everything a simulated model has to say to one request."""

    answers: tuple[Composed, ...]
    """One per candidate that was asked for."""
    prompt: int
    """Tokens of the prompt."""
    reasoning: int
    """Reasoning tokens."""
    cached: int = 0
    """Prompt tokens read from the cache; part of `prompt`."""
    cache_write: int = 0
    """Prompt tokens written to the cache; part of `prompt`."""
    cache_write_1h: int = 0
    """Prompt tokens written to the cache for an hour; part of `prompt`."""

    def usage(self, sent: int | None = None) -> Usage:
        """The cloud's count once `sent` output tokens, reasoning included, have left; None is all."""
        total = self.reasoning + sum(answer.tokens for answer in self.answers)
        spent = total if sent is None else max(sent, self.reasoning)
        return Usage(
            input=self.prompt - self.cached - self.cache_write - self.cache_write_1h,
            cached_read=self.cached,
            cache_write=self.cache_write,
            output=spent - self.reasoning,
            reasoning=self.reasoning,
            cache_write_1h=self.cache_write_1h,
        )


def narrate(composition: Composition, answer_id: str, model: str, created: int) -> list[tuple[Event, int]]:
    """The answer as events of the hub, each with the output tokens that have been said once it is sent."""
    said = composition.reasoning
    events: list[tuple[Event, int]] = [(Started(answer_id, model, created), said)]
    for choice, answer in enumerate(composition.answers):
        for piece in answer.pieces:
            said += 1
            events.append((TextDelta(piece, choice), said))
        for index, call in enumerate(answer.calls):
            events.append((ToolCallStart(index, call.id, call.name, choice), said))
            fragments = split_pieces(call.arguments)
            events.extend((ToolCallDelta(index, fragment, choice), said) for fragment in fragments)
            said += count_tokens(call.name + call.arguments)
        events.append((Finished(answer.finish, choice=choice), said))
    events += [(UsageReport(composition.usage()), said), (StreamEnd(), said)]
    return events


def respond(composition: Composition, answer_id: str, model: str, created: int) -> Response:
    """The whole answer as a value of the hub."""
    choices = tuple(
        Choice(
            parts=answer.calls or (Text("".join(answer.pieces)),),
            finish=answer.finish,
            stop_sequence=answer.stop_sequence,
        )
        for answer in composition.answers
    )
    return Response(id=answer_id, model=model, choices=choices, usage=composition.usage(), created=created)
