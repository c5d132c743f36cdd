"""FOCUS files on disk: CSV with a header, empty cells for nulls, UTF-8."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

import msgspec

from comity.billing.focus_checks import FINDING_LIMIT, Finding, Row, check
from comity.billing.focus_columns import CONTRACT_COMMITMENT, COST_AND_USAGE, Column

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


class Checked(msgspec.Struct, frozen=True):
    """What a check of a file found."""

    dataset: str
    """`CostAndUsage` or `ContractCommitment`."""
    rows: int
    """Rows in the file."""
    findings: tuple[Finding, ...]
    """What is not allowed, at most `FINDING_LIMIT` of it."""

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


class Watched:
    """Rows on their way into a file, and how many of their texts a spreadsheet would take for formulas.

    They are written as they are all the same: FOCUS wants texts as their producers have them.
    """

    def __init__(self, rows: Iterable[Row], columns: tuple[Column, ...]) -> None:
        self._rows = rows
        self._texts = [column.name for column in columns if column.kind == "text"]
        self.formulas = 0
        """Texts that begin with a sign of formulas, so far."""

    def __iter__(self) -> Iterator[Row]:
        """The rows, once."""
        for row in self._rows:
            self.formulas += sum((row.get(name) or "").startswith(_FORMULA_SIGNS) for name in self._texts)
            yield row


def write_rows(out: TextIO, rows: Iterable[Row], columns: tuple[Column, ...]) -> int:
    """Writes a dataset and returns the number of its rows."""
    names = [column.name for column in columns]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    count = 0
    for row in rows:
        writer.writerow(["" if (cell := row.get(name)) is None else cell for name in names])
        count += 1
    return count


def check_file(path: Path) -> Checked:
    """Checks a CSV file; which dataset it is follows from its columns.

    Raises OSError when it cannot be read, ValueError when it is no CSV in UTF-8. A mark of the byte order, as
    spreadsheets write it, is passed over.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = _records(file)
        header = next(reader, [])
        commitments = "ContractCommitmentId" in header
        columns = CONTRACT_COMMITMENT if commitments else COST_AND_USAGE
        counted = _Counted(header, reader)
        findings = tuple(islice(check(header, counted, columns), FINDING_LIMIT))
        for _ in counted:
            pass  # The rows after the last finding that is listed are counted all the same.
        return Checked("ContractCommitment" if commitments else "CostAndUsage", counted.count, findings)


def _records(file: TextIO) -> Iterator[list[str]]:
    try:
        yield from csv.reader(file)
    except csv.Error as error:
        raise ValueError(f"it is no CSV: {error}") from error


class _Counted:
    """The rows of a reader as mappings, counted while they pass."""

    def __init__(self, header: list[str], reader: Iterator[list[str]]) -> None:
        self._header = header
        self._reader = reader
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        for cells in self._reader:
            self.count += 1
            if len(cells) != len(self._header):
                raise ValueError(
                    f"row {self.count} has {len(cells)} cells, and the header names {len(self._header)}"
                )
            yield {name: cell or None for name, cell in zip(self._header, cells, strict=True)}
