"""A process that dies at a chosen step of its work: between statements, and between operations on files."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from comity.database import Database, Row, Table

_FILE_EVENTS = frozenset({"open", "os.rename", "os.mkdir", "os.rmdir", "os.remove"})


class Countdown:
    """Counts the steps of this process and kills it at the last one."""

    def __init__(self, steps: int) -> None:
        self._left = steps
        sys.addaudithook(self._event)  # stays for the life of the process, which is short

    def step(self) -> None:
        """Counts one step."""
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def _event(self, event: str, _: tuple[Any, ...]) -> None:
        if event in _FILE_EVENTS:
            self.step()


class Counted(Database):
    """A database whose statements are steps of a countdown."""

    def __init__(self, database: Database, countdown: Countdown) -> None:
        self._database = database
        self._countdown = countdown
        self.name = database.name
        self.dialect = database.dialect

    def rows(self, statement: str, values: Sequence[object] = ()) -> Iterator[Row]:
        """As in `Database`."""
        self._countdown.step()
        return self._database.rows(statement, values)

    def stream(self, statement: str, values: Sequence[object] = ()) -> Iterator[Row]:
        """As in `Database`."""
        return self._database.stream(statement, values)

    def execute(self, statement: str, values: Sequence[object] = ()) -> None:
        """As in `Database`."""
        self._countdown.step()
        self._database.execute(statement, values)

    def execute_many(self, statement: str, rows: Sequence[Row]) -> None:
        """As in `Database`."""
        self._countdown.step()
        self._database.execute_many(statement, rows)

    def add(self, table: Table, rows: Sequence[Row]) -> None:
        """As in `Database`."""
        self._countdown.step()
        self._database.add(table, rows)

    def transaction(self) -> AbstractContextManager[None]:
        """As in `Database`."""
        return self._database.transaction()

    def snapshot(self) -> AbstractContextManager[None]:
        """As in `Database`."""
        return self._database.snapshot()

    def close(self) -> None:
        """As in `Database`."""
        self._database.close()


def dies(steps: int, work: Callable[[Countdown], object]) -> bool:
    """Does the work in a child that is killed at that step; False when it was done before."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        sys.settrace(None)  # a child that is traced would save all that its parent has counted
        said = b"failed"
        try:
            work(Countdown(steps))
            said = b"done"
        finally:
            os.write(tell, said)
            os.kill(os.getpid(), signal.SIGKILL)
    os.close(tell)
    os.waitpid(child, 0)
    with os.fdopen(told, "rb") as pipe:
        said = pipe.read()
    assert said != b"failed", "the work ends or is killed, and raises nothing"
    return said != b"done"
