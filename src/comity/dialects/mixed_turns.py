"""Turns that hold tool results and words, for models that refuse both in one (T3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import msgspec

from comity.exchange import ModelTraits, Part, ToolResult, Turn

PlacedPart: TypeAlias = tuple[str, Part]
"""A part and its place among the hub's turns, which it keeps however turns are split and joined."""


class Piece(msgspec.Struct, frozen=True):
    """A turn, or some of its parts."""

    index: int
    """Which turn it is, or is a part of."""
    turn: Turn
    """What is written."""
    parts: tuple[PlacedPart, ...]
    """Its parts with their places."""

    @property
    def path(self) -> str:
        """The place of the whole turn."""
        return f"messages[{self.index}]"


def in_pieces(turns: Iterable[Turn], traits: ModelTraits) -> Iterator[Piece]:
    """Each turn, or its results and then the rest, where the model wants them apart."""
    for index, turn in enumerate(turns):
        parts = placed(turn, index)
        results = tuple(one for one in parts if isinstance(one[1], ToolResult))
        if traits.tool_result_with_text or turn.role == "assistant" or len(results) in {0, len(parts)}:
            yield Piece(index, turn, parts)
            continue
        rest = tuple(one for one in parts if not isinstance(one[1], ToolResult))
        alone = msgspec.structs.replace(turn, parts=tuple(part for _, part in results), extra={}, name=None)
        yield Piece(index, alone, results)
        yield Piece(index, msgspec.structs.replace(turn, parts=tuple(part for _, part in rest)), rest)


def placed(turn: Turn, index: int) -> tuple[PlacedPart, ...]:
    """The parts of a turn with their places."""
    return tuple([(f"messages[{index}].content[{at}]", part) for at, part in enumerate(turn.parts)])
