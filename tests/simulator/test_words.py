"""Generated words and counted tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.simulator.words import count_tokens, generate, pick, split_pieces


@given(st.text(max_size=40), st.integers(0, 200), st.integers(0, 200))
def test_a_longer_answer_begins_like_a_shorter_one(seed: str, first: int, more: int) -> None:
    """The same seed says the same words, so a limit only cuts."""
    assert generate(seed, first + more)[:first] == generate(seed, first)


def test_two_seeds_say_different_things() -> None:
    """The seed matters."""
    assert generate("a", 30) != generate("b", 30)


def test_text_reads_like_sentences() -> None:
    """Sentences begin with a capital and end with a full stop."""
    text = "".join(generate("seed", 33))
    assert text[0].isupper()
    assert text.count(".") == 3
    assert text.endswith(".")
    assert len(text.split(" ")) == 33


@given(st.text())
def test_pieces_are_the_text_and_its_tokens(text: str) -> None:
    """Splitting loses nothing, and the count of pieces is the count of tokens."""
    pieces = split_pieces(text)
    assert "".join(pieces) == text
    assert len(pieces) == count_tokens(text)


@pytest.mark.parametrize(("low", "high"), [(0, 0), (3, 4), (12, 72)])
def test_picks_stay_in_bounds(low: int, high: int) -> None:
    """Both bounds are inclusive and reached."""
    assert {pick(str(number), low, high) for number in range(2000)} == set(range(low, high + 1))
