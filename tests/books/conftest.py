"""The shipped books, loaded once: loading reads and checks every file, deciding does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from comity.contracts import Book, load_book

BOOKS = Path(__file__).parents[2] / "books"


@pytest.fixture(scope="session")
def openai() -> Book:
    """The published agreements of OpenAI, Microsoft, Amazon and others."""
    return load_book(BOOKS / "openai")


@pytest.fixture(scope="session")
def acme() -> Book:
    """The invented agreements of one enterprise, and the Data Act."""
    return load_book(BOOKS / "acme")
