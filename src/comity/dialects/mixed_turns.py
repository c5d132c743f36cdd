"""Turns that hold tool results and words, for models that refuse both in one (T3)."""

from __future__ import annotations

import msgspec

from comity.exchange import ModelTraits, ToolResult, Turn


def pieces(turn: Turn, traits: ModelTraits) -> tuple[Turn, ...]:
    """The turn itself, or its results and then the rest, where the model wants them apart."""
    results = tuple(part for part in turn.parts if isinstance(part, ToolResult))
    if traits.tool_result_with_text or turn.role == "assistant" or len(results) in {0, len(turn.parts)}:
        return (turn,)
    rest = tuple(part for part in turn.parts if not isinstance(part, ToolResult))
    first = msgspec.structs.replace(turn, parts=results, extra={}, name=None)
    return first, msgspec.structs.replace(turn, parts=rest)
