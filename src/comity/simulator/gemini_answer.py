"""What a simulated Gemini model says, in Google's own shape: whole, as events, with counts in every chunk."""

from __future__ import annotations

import json
from typing import Any

from comity.exchange import Finish, Usage
from comity.simulator.answer import Composed
from comity.simulator.gemini_rules import sign
from comity.simulator.gemini_shape import Surface
from comity.simulator.wire import Serving
from comity.simulator.words import count_tokens

_FINISH = {Finish.STOP: "STOP", Finish.TOOL_CALLS: "STOP", Finish.LENGTH: "MAX_TOKENS"}
_THOUGHT = "**Thinking it over**\n\nThe question asks for an answer, and here it comes.\n"


class Telling:
    """One answer's way into JSON."""

    def __init__(self, serving: Serving, surface: Surface, seed: str) -> None:
        self._serving = serving
        self._surface = surface
        self._seed = seed
        self._signs = serving.composition.reasoning > 0

    def whole(self) -> dict[str, Any]:
        """The whole answer."""
        candidates = []
        for index, answer in enumerate(self._serving.composition.answers):
            parts = self._calls(answer) if answer.calls else [self._signed({"text": "".join(answer.pieces)})]
            content = {"parts": [*self._thoughts(), *parts], "role": "model"}
            candidates.append({"content": content, "finishReason": _FINISH[answer.finish], "index": index})
        return self._chunk(candidates, self._serving.composition.usage())

    def chunks(self) -> list[tuple[dict[str, Any], int]]:
        """The answer in chunks, each with the output tokens that have been said once it is sent."""
        composition = self._serving.composition
        said = composition.reasoning
        told: list[tuple[dict[str, Any], int]] = []
        for index, answer in enumerate(composition.answers):
            told.extend((self._piece(index, [part], said), said) for part in self._thoughts())
            for piece in answer.pieces:
                said += 1
                told.append((self._piece(index, [{"text": piece}], said), said))
            for part, call in zip(self._calls(answer), answer.calls, strict=True):
                said += count_tokens(call.name + call.arguments)
                told.append((self._piece(index, [part], said), said))
            last = self._signed({"text": ""}) if answer.pieces else {"text": ""}
            told.append((self._piece(index, [last], said, finishReason=_FINISH[answer.finish]), said))
        return told

    def _piece(self, index: int, parts: list[dict[str, Any]], said: int, **ending: str) -> dict[str, Any]:
        content = {"parts": parts, "role": "model"}
        candidate = {"content": content, **ending, "index": index}
        return self._chunk([candidate], self._serving.composition.usage(said))

    def _chunk(self, candidates: list[dict[str, Any]], usage: Usage) -> dict[str, Any]:
        return {
            "candidates": candidates,
            "usageMetadata": self._usage(usage),
            "modelVersion": self._serving.answering.answers_as,
            "responseId": self._serving.answer_id[:22],
        }

    def _usage(self, usage: Usage) -> dict[str, Any]:
        counted: dict[str, Any] = {
            "promptTokenCount": usage.prompt,
            "candidatesTokenCount": usage.output,
            "totalTokenCount": usage.total,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": usage.prompt}],
        }
        if usage.reasoning:
            counted["thoughtsTokenCount"] = usage.reasoning
        if usage.cached_read:
            counted["cachedContentTokenCount"] = usage.cached_read
            counted["cacheTokensDetails"] = [{"modality": "TEXT", "tokenCount": usage.cached_read}]
        return counted | ({"trafficType": "ON_DEMAND"} if self._surface == "vertex" else {})

    def _thoughts(self) -> list[dict[str, Any]]:
        shown = self._signs and self._serving.request.sampling.thoughts == "summary"
        return [{"text": _THOUGHT, "thought": True}] if shown else []

    def _calls(self, answer: Composed) -> list[dict[str, Any]]:
        parts = []
        for place, call in enumerate(answer.calls):
            made: dict[str, Any] = {"name": call.name, "args": json.loads(call.arguments)}
            if self._surface == "ai-studio":
                made["id"] = call.id
            part = {"functionCall": made}
            parts.append(self._signed(part, call.name) if place == 0 else part)
        return parts

    def _signed(self, part: dict[str, Any], name: str = "text") -> dict[str, Any]:
        return part | ({"thoughtSignature": sign(self._seed, name)} if self._signs else {})
