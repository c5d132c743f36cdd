"""What one connection offers, whichever database is behind it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Self, TypeAlias

from comity.database.dialect import Dialect
from comity.database.table import Table

Row: TypeAlias = tuple[object, ...]
"""Values in the order of the columns: bytes, int, str (amounts too) or None."""


class Database(ABC):
    """An open connection; use it in one thread. Everything here raises StoreError when it cannot be done."""

    name: str
    """What errors and logs call it; never holds a password."""
    dialect: Dialect
    """Its words."""

    @abstractmethod
    def rows(self, statement: str, values: Sequence[object] = ()) -> Iterator[Row]:
        """The rows of a query that answers few of them; `?` stands for a value."""

    @abstractmethod
    def stream(self, statement: str, values: Sequence[object] = ()) -> Iterator[Row]:
        """The rows of a query that answers any number, one by one, in constant memory."""

    @abstractmethod
    def execute(self, statement: str, values: Sequence[object] = ()) -> None:
        """Runs a statement that answers nothing."""

    @abstractmethod
    def execute_many(self, statement: str, rows: Sequence[Row]) -> None:
        """Runs a statement once per row."""

    @abstractmethod
    def add(self, table: Table, rows: Sequence[Row]) -> None:
        """Adds many rows at once; rows that are there already are merged as the table says."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing, and the only writer of this schema until it ends."""

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[None]:
        """Every query inside sees the same state, whatever others write; nothing is written in it."""

    @abstractmethod
    def close(self) -> None:
        """Lets go of it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
