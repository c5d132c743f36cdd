"""What simulated models say: seeded words, and the simple count of tokens that everything here agrees on.

A generated piece is one token; a text that somebody else wrote counts one token per four characters, begun.
Neither is a tokenizer: the counts are deterministic, so that a ledger can be held against them.
"""

from __future__ import annotations

import hashlib

_TEXT = (
    "a about after all also an and any are as at be because before between both but by can clear cloud come"
    " could day do each early east every fair far few find first for from give go good half hand have here"
    " high hold how if in into is it just keep kind land large last later left light like line long look made"
    " make many may mean month more most move much near need never new next north not now of off often old on"
    " one open or order other our out over own part place plain point quite rain read rest right river road"
    " same sea see set short side small so some sound south still stone such take than that the their then"
    " there these they thing this time to town true two under up us very walk water way we"
)
VOCABULARY = tuple(_TEXT.split())
"""The words that are said, most of them short and common."""
_SENTENCE = 11
"""Words in a sentence."""


def count_tokens(text: str) -> int:
    """Tokens of a text that was not generated here: one per four characters, the last one begun."""
    return (len(text) + 3) // 4


def generate(seed: str, count: int) -> tuple[str, ...]:
    """`count` pieces of text, one token each; the same for the same seed, and a prefix of any longer run."""
    numbers = hashlib.shake_128(seed.encode()).digest(count)
    pieces = []
    for position, number in enumerate(numbers):
        word = VOCABULARY[number % len(VOCABULARY)]
        begins = position % _SENTENCE == 0
        ends = position % _SENTENCE == _SENTENCE - 1
        space = " " if position else ""
        pieces.append(f"{space}{word.capitalize() if begins else word}{'.' if ends else ''}")
    return tuple(pieces)


def pick(seed: str, low: int, high: int) -> int:
    """A number from `low` to `high`, both inclusive, that depends on nothing but the seed."""
    number = int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=8).digest(), "big")
    return low + number % (high - low + 1)


def split_pieces(text: str) -> tuple[str, ...]:
    """A text in pieces of four characters, as a model would stream it."""
    return tuple(text[start : start + 4] for start in range(0, len(text), 4))
