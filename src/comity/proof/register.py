"""The register of a log: which line stands where, with the secret that its salts come from.

It is the log's memory and private: unlike the ledger's store it cannot be made again, since secrets are
random, so it lies in a file of its own, synced, or in PostgreSQL beside the store. Whoever writes holds its
lock: there is one sequencer at a time, however many gateways share it.
"""
# ruff: noqa: S608 - statements are put together from our own column names and from places for values

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from comity.database import Database, Table, open_database, prepare
from comity.errors import StoreError

NAME = "proof register"
VERSION = 1
CHUNK = 500
"""Most values in one statement."""

Register: TypeAlias = Database
"""An open register; use it in one thread."""

LINES = Table(
    "proof_lines",
    {
        "position": "integer",
        "kind": "text",
        "subject": "bytes",
        "logged_at": "integer",
        "costs": "text",
        "secret": "bytes",
        "digests": "bytes",
        "data": "bytes",
    },
    ("position",),
    indexes=(("proof_lines_by_subject", "subject", ""),),
)
"""The lines in order; `secret` is erased by a redaction, which leaves `digests` in its place."""

CHECKPOINTS = Table("proof_checkpoints", {"size": "integer", "at": "integer", "note": "text"}, ("size",))
"""Every checkpoint that was signed."""

STATEMENTS = Table(
    "proof_statements", {"since": "integer", "until": "integer", "note": "text"}, ("since", "until")
)
"""Every statement that was signed."""

REDACTIONS = Table(
    "proof_redactions",
    {
        "id": "bytes",
        "entry": "bytes",
        "line": "integer",
        "at": "integer",
        "author": "text",
        "reason": "text",
    },
    ("id",),
    indexes=(("proof_redactions_by_entry", "entry", ""),),
)
"""What was erased, by whom and why."""

TABLES = (LINES, CHECKPOINTS, STATEMENTS, REDACTIONS)


class Line(NamedTuple):
    """One line, as it stands in the register."""

    position: int
    """Its index in the log, from 0."""
    kind: str
    """`entry`, `refusal`, `correction` or `redaction`."""
    subject: bytes
    """Id of the entry, correction or redaction, 16 bytes."""
    logged_at: int
    """When it was put into the log, unix nanoseconds; never earlier than the line before."""
    costs: str
    """What it charges by currency, as JSON: `{"USD":"0.0012"}`."""
    secret: bytes | None
    """What its salts come from; None once it is redacted."""
    digests: bytes | None
    """The digests of its fields, in a row, once it is redacted."""
    data: bytes
    """The data of its leaf, 32 bytes."""


def open_register(where: Path | str | None, *, create: bool = True) -> Register:
    """The register at a path or an address; None keeps it in memory. Raises StoreError."""
    register = open_database(where, NAME)
    try:
        if register.dialect.name == "sqlite":
            # What was signed must not be lost in a power cut, and what is erased must not stay in the file.
            register.execute("PRAGMA synchronous=FULL")
            list(register.rows("PRAGMA secure_delete=ON"))
        prepare(register, NAME, VERSION, TABLES, create=create)
    except StoreError:
        register.close()
        raise
    return register


def size_of(register: Register) -> int:
    """How many lines there are."""
    return _integer(register, "SELECT coalesce(max(position) + 1, 0) FROM proof_lines")


def earliest_time(register: Register) -> int:
    """Before which moment no line may be put in any more: that of the last line, or a stated period's end."""
    return _integer(
        register,
        "SELECT coalesce(max(moment), 0) FROM (SELECT max(until) AS moment FROM proof_statements"
        " UNION ALL SELECT max(logged_at) FROM proof_lines WHERE position ="
        " (SELECT max(position) FROM proof_lines)) AS moments",
    )


def lines_between(register: Register, start: int, end: int) -> Iterator[Line]:
    """The lines of a half-open range of positions, in order."""
    statement = f"SELECT {', '.join(LINES.columns)} FROM proof_lines WHERE position >= ? AND position < ?"
    for row in register.rows(statement + " ORDER BY position", (start, end)):
        yield Line(*row)  # type: ignore[arg-type]  # the tables hold what their columns say


def datas_between(register: Register, start: int, end: int) -> list[bytes]:
    """The data of the leaves of a half-open range; raises StoreError when one is missing."""
    statement = "SELECT data FROM proof_lines WHERE position >= ? AND position < ? ORDER BY position"
    found = [bytes(data) for (data,) in register.rows(statement, (start, end)) if isinstance(data, bytes)]
    if len(found) != end - start:
        raise StoreError(f"the register `{register.name}` lacks lines between {start} and {end}")
    return found


def lines_of(register: Register, subjects: Sequence[bytes]) -> Iterator[Line]:
    """The lines about some entries, corrections or redactions, in no order."""
    for start in range(0, len(subjects), CHUNK):
        part = subjects[start : start + CHUNK]
        places = ", ".join("?" * len(part))
        columns = ", ".join(LINES.columns)
        for row in register.rows(f"SELECT {columns} FROM proof_lines WHERE subject IN ({places})", part):
            yield Line(*row)  # type: ignore[arg-type]  # the tables hold what their columns say


def last_checkpoint(register: Register) -> tuple[int, int, str] | None:
    """Size, moment and note of the largest checkpoint; None when none was signed."""
    for size, at, note in register.rows(
        "SELECT size, at, note FROM proof_checkpoints ORDER BY size DESC LIMIT 1"
    ):
        assert isinstance(size, int), "sizes are integers"
        assert isinstance(at, int), "moments are integers"
        return size, at, str(note)
    return None


def checkpoints(register: Register) -> Iterator[tuple[int, int, str]]:
    """Size, moment and note of every checkpoint, by size."""
    for size, at, note in register.rows("SELECT size, at, note FROM proof_checkpoints ORDER BY size"):
        yield int(str(size)), int(str(at)), str(note)


def _integer(register: Register, statement: str) -> int:
    ((value,),) = register.rows(statement)
    assert isinstance(value, int), "the statement answers an integer"
    return value
