"""How a simulated model answers a request: with text, tool calls or JSON, and what it counts.

The answer depends on the request and the cloud's seed alone. A cue in the last user text steers it:
`simulate: echo TEXT`, `simulate: tokens N`, `simulate: filter`. It does not read images or remember anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from comity.exchange import Finish, Request, Text, Tool, ToolCall, ToolResult
from comity.simulator.answer import Composed, Composition
from comity.simulator.instance import instance_of
from comity.simulator.spec import SimulatedModel
from comity.simulator.words import count_tokens, generate, pick, split_pieces

_CUE = re.compile(r"simulate: (?:(echo|filter)\b ?(.*)|(tokens) (\d{1,5}))", re.DOTALL)
_EFFORT = {"none": 0, "minimal": 0, "low": 8, "medium": 16, "high": 32}
_TURN_TOKENS = 3
_MEDIA_TOKENS = 85
_LENGTH = (12, 72)
"""Least and most tokens of an answer whose length nobody asked for."""


def compose(request: Request, model: SimulatedModel, seed: str, call_prefix: str) -> Composition:
    """What `model` says to `request`; `call_prefix` begins the ids of its tool calls."""
    effort = request.sampling.reasoning_effort or "medium"
    thinks = model.reasoning or request.sampling.thinking in {"on", "adaptive"}
    return Composition(
        answers=tuple(
            _compose_one(request, model, f"{seed}/{index}", call_prefix)
            for index in range(request.sampling.candidates or 1)
        ),
        prompt=count_prompt(request),
        reasoning=_EFFORT.get(effort, 16) if thinks else 0,
    )


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


def _compose_one(request: Request, model: SimulatedModel, seed: str, call_prefix: str) -> Composed:
    called = _called_tools(request)
    if called:
        place = f"{seed}/{len(request.turns)}/{last_user_text(request)}"
        calls = tuple(_call(tool, f"{place}/{number}", call_prefix) for number, tool in enumerate(called))
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
    if cue is not None and cue[3] == "tokens":
        return generate(f"{seed}/{model.name}/{text}", int(cue[4]))
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


def _call(tool: Tool, seed: str, prefix: str) -> ToolCall:
    number = pick(seed, 0, 16**12 - 1)
    return ToolCall(f"{prefix}{number:012x}", tool.name, json.dumps(instance_of(tool.parameters or {})))


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
