"""What a simulated model answers to a request: text, tool calls or JSON, and what it counts.

The answer depends on the request and the cloud's seed alone. A cue in the last user text steers it:
`simulate: echo TEXT`, `simulate: tokens N`, `simulate: filter`. It does not read images or remember anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import msgspec

from comity.exchange import (
    Choice,
    Event,
    Finish,
    Finished,
    Request,
    Response,
    Started,
    StreamEnd,
    Text,
    TextDelta,
    Tool,
    ToolCall,
    ToolCallDelta,
    ToolCallStart,
    ToolResult,
    Usage,
    UsageReport,
)
from comity.simulator.instance import instance_of
from comity.simulator.spec import SimulatedModel
from comity.simulator.words import count_tokens, generate, pick, split_pieces

_CUE = re.compile(r"simulate: (echo|tokens|filter)(?: (.*))?", re.DOTALL)
_EFFORT = {"none": 0, "minimal": 0, "low": 8, "medium": 16, "high": 32}
_TURN_TOKENS = 3
_MEDIA_TOKENS = 85
_LENGTH = (12, 72)
"""Least and most tokens of an answer whose length nobody asked for."""


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

    def usage(self, sent: int | None = None) -> Usage:
        """The cloud's count once `sent` output tokens, reasoning included, have left; None is all."""
        total = self.reasoning + sum(answer.tokens for answer in self.answers)
        spent = total if sent is None else max(sent, self.reasoning)
        return Usage(
            input=self.prompt - self.cached - self.cache_write,
            cached_read=self.cached,
            cache_write=self.cache_write,
            output=spent - self.reasoning,
            reasoning=self.reasoning,
        )


def compose(request: Request, model: SimulatedModel, seed: str) -> Composition:
    """What `model` says to `request`."""
    effort = request.sampling.reasoning_effort or "medium"
    return Composition(
        answers=tuple(
            _compose_one(request, model, f"{seed}/{index}")
            for index in range(request.sampling.candidates or 1)
        ),
        prompt=count_prompt(request),
        reasoning=_EFFORT.get(effort, 16) if model.reasoning else 0,
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


def count_prompt(request: Request) -> int:
    """Tokens of a prompt: text by length, a fixed amount for each medium, and three per turn."""
    total = _TURN_TOKENS * (len(request.turns) + 1)
    for turn in request.turns:
        for part in turn.parts:
            total += _count_part(part)
    for tool in request.tools:
        total += count_tokens(tool.name + (tool.description or "") + json.dumps(tool.parameters or {}))
    return total


def last_user_text(request: Request) -> str:
    """The text of the last user turn, or nothing when the conversation ends otherwise."""
    turn = request.turns[-1] if request.turns else None
    if turn is None or turn.role != "user":
        return ""
    return " ".join(part.text for part in turn.parts if isinstance(part, Text))


def is_filtered(request: Request) -> bool:
    """Whether the cue asks for a refusal by the content filter."""
    cue = _CUE.search(last_user_text(request))
    return cue is not None and cue[1] == "filter"


def _count_part(part: object) -> int:
    if isinstance(part, ToolCall):
        return count_tokens(part.name + part.arguments)
    if isinstance(part, ToolResult):
        return sum(_count_part(item) for item in part.content)
    text = getattr(part, "text", None)
    return count_tokens(text) if isinstance(text, str) else _MEDIA_TOKENS


def _compose_one(request: Request, model: SimulatedModel, seed: str) -> Composed:
    called = _called_tools(request)
    if called:
        place = f"{seed}/{len(request.turns)}/{last_user_text(request)}"
        calls = tuple(_call(tool, f"{place}/{number}") for number, tool in enumerate(called))
        return Composed((), calls, Finish.TOOL_CALLS)
    pieces = _pieces(request, model, seed)
    pieces, stop = _stop_at(pieces, request.sampling.stop)
    limit = request.sampling.max_output_tokens
    if limit is not None and len(pieces) > limit:
        return Composed(pieces[:limit], (), Finish.LENGTH)
    return Composed(pieces, (), Finish.STOP, stop)


def _pieces(request: Request, model: SimulatedModel, seed: str) -> tuple[str, ...]:
    text = last_user_text(request)
    cue = _CUE.search(text)
    if cue is not None and cue[1] == "echo":
        return split_pieces(cue[2] or "")
    if cue is not None and cue[1] == "tokens":
        return generate(f"{seed}/{model.name}/{text}", int(cue[2]))
    form = request.format
    if form is not None and form.kind != "text":
        wanted = instance_of(form.schema or {}) if form.kind == "json_schema" else {"answer": "yes"}
        return split_pieces(json.dumps(wanted))
    results = [part for turn in request.turns[-1:] for part in turn.parts if isinstance(part, ToolResult)]
    if results:
        return split_pieces(f"The tool said: {_result_text(results)}")
    return generate(f"{seed}/{model.name}/{text}", pick(f"{seed}/{text}", *_LENGTH))


def _result_text(results: Iterable[ToolResult]) -> str:
    return "; ".join(
        "".join(part.text for part in result.content if isinstance(part, Text)) for result in results
    )


def _called_tools(request: Request) -> tuple[Tool, ...]:
    """The tools that the model calls: the named one, or those that the last user text speaks of."""
    choice = request.tool_choice
    if not request.tools or (choice is not None and choice.mode == "none"):
        return ()
    if choice is not None and choice.mode == "named":
        return tuple(tool for tool in request.tools if tool.name == choice.name)
    text = last_user_text(request)
    spoken_of = tuple(tool for tool in request.tools if re.search(rf"\b{re.escape(tool.name)}\b", text))
    if not spoken_of and choice is not None and choice.mode == "required":
        spoken_of = request.tools[:1]
    return spoken_of[:1] if request.parallel_tool_calls is False else spoken_of


def _call(tool: Tool, seed: str) -> ToolCall:
    number = pick(seed, 0, 16**12 - 1)
    return ToolCall(f"call_{number:012x}", tool.name, json.dumps(instance_of(tool.parameters or {})))


def _stop_at(pieces: tuple[str, ...], stops: tuple[str, ...]) -> tuple[tuple[str, ...], str | None]:
    """The pieces up to the first stop sequence, and which one it was."""
    text = "".join(pieces)
    found = [(text.find(stop), stop) for stop in stops if stop and stop in text]
    if not found:
        return pieces, None
    end, stop = min(found)
    kept: list[str] = []
    length = 0
    for piece in pieces:
        if length >= end:
            break
        kept.append(piece[: end - length])
        length += len(piece)
    return tuple(kept), stop
