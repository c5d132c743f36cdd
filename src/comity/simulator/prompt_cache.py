"""Prompt caching as clouds bill it: OpenAI's by prefix, Bedrock's by mark.

A prefix counts from 1,024 tokens in steps of 128. Entries leave by age of use, not by time.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from comity.exchange import Request, Text
from comity.simulator.words import count_tokens

_STEP = 128
_LEAST = 1024
_ENTRIES = 4096
_CHARACTERS_PER_TOKEN = 4


class PromptCache:
    """The prompts that one deployment has seen lately."""

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def by_prefix(self, request: Request) -> int:
        """Tokens at the head of the prompt that were seen before; remembers the prompt."""
        text = _text(request).encode()
        digest = hashlib.blake2b(digest_size=16)
        cached = 0
        step = _STEP * _CHARACTERS_PER_TOKEN
        for end in range(step, len(text) + 1, step):
            digest.update(text[end - step : end])
            tokens = end // _CHARACTERS_PER_TOKEN
            if tokens >= _LEAST and self._remember(digest.copy().digest()):
                cached = tokens
        return cached

    def by_mark(self, request: Request) -> tuple[int, int]:
        """Tokens read from and written to the cache, up to the last cache mark; remembers the prompt."""
        marked = _text_to_mark(request)
        tokens = count_tokens(marked)
        if tokens < _LEAST:
            return 0, 0
        known = self._remember(hashlib.blake2b(marked.encode(), digest_size=16).digest())
        return (tokens, 0) if known else (0, tokens)

    def _remember(self, key: bytes) -> bool:
        """Whether the key was there; it is afterwards."""
        known = key in self._seen
        self._seen[key] = None
        self._seen.move_to_end(key)
        if len(self._seen) > _ENTRIES:
            self._seen.popitem(last=False)
        return known


def last_lifetime(request: Request) -> str | None:
    """The lifetime that the last cache mark asks for; None without one."""
    marks = [mark for turn in request.turns for part in turn.parts if (mark := getattr(part, "cache", None))]
    return marks[-1].lifetime if marks else None


def _text(request: Request) -> str:
    return "\n".join(part.text for turn in request.turns for part in turn.parts if isinstance(part, Text))


def _text_to_mark(request: Request) -> str:
    """The text up to and including the last block with a cache mark; empty without one."""
    texts: list[str] = []
    upto = 0
    for turn in request.turns:
        for part in turn.parts:
            if isinstance(part, Text):
                texts.append(part.text)
            if getattr(part, "cache", None) is not None:
                upto = len(texts)
    return "\n".join(texts[:upto])
