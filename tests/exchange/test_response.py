"""Token classes of the hub."""

from __future__ import annotations

from comity.exchange import Usage

SPENT = Usage(1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


def test_sums_count_each_class_once() -> None:
    """Prompt and completion share no class, and the total is both."""
    assert SPENT.prompt == 1 + 2 + 4 + 32 + 128 + 256
    assert SPENT.completion == 8 + 16 + 64 + 512
    assert SPENT.total == 1023


def test_classes_have_the_names_that_prices_use() -> None:
    """Rating goes by field name; every class is in it."""
    assert SPENT.by_class() == {
        "input": 1,
        "cached_read": 2,
        "cache_write": 4,
        "output": 8,
        "reasoning": 16,
        "audio_input": 32,
        "audio_output": 64,
        "cache_write_1h": 128,
        "image_input": 256,
        "image_output": 512,
    }
