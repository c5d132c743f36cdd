"""The error tree: what can go wrong before a value can be built.

    ComityError
    ├── SourceError          a file of the operator does not mean anything; has a place
    │   ├── BookError        a contract, a vocabulary or a clause
    │   └── ConfigError      comity.yaml
    ├── WireError            bytes that are not what their dialect or protocol says
    │   ├── RequestError     a client's request that cannot be read
    │   └── ResponseError    a provider's answer that cannot be read
    ├── StoreError           the journal or the ledger store cannot be read or written
    ├── DeliveryError        usage events could not be handed to a billing system
    └── MissingExtraError    an optional part of Comity is not installed

Refusals (451, 403, 402, 429) are no errors: they are values of the rooms that decide them.
Messages are lower case, name things in backticks, and say what was expected.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Place(msgspec.Struct, frozen=True, order=True):
    """A position in a file that an operator wrote."""

    file: str
    """Path as the operator named it."""
    line: int
    """1-based line."""
    column: int
    """1-based column, in characters."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong with a file, and what to write instead."""

    place: Place
    """Where it stands."""
    message: str
    """What is wrong, lower case, with names in backticks."""
    suggestion: str
    """What to write instead; empty only when the message already says it."""

    def __str__(self) -> str:
        hint = f"\n  help: {self.suggestion}" if self.suggestion else ""
        return f"{self.place}: {self.message}{hint}"


class ComityError(Exception):
    """The root of every error that Comity raises on purpose."""


class SourceError(ComityError):
    """A file of the operator cannot be understood; `problems` lists every finding, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        assert problems, "an error about a file names at least one problem"
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class BookError(SourceError):
    """A book of contracts cannot be loaded."""


class ConfigError(SourceError):
    """`comity.yaml` cannot be loaded."""


class WireError(ComityError):
    """Bytes that are not what their dialect or protocol says."""


class RequestError(WireError):
    """A client's request cannot be read; `param` is the JSON path of the field at fault, or empty."""

    def __init__(self, message: str, param: str = "") -> None:
        self.param = param
        super().__init__(message)


class ResponseError(WireError):
    """A provider's answer cannot be read."""


class StoreError(ComityError):
    """The journal or the ledger store cannot be read or written."""


class DeliveryError(ComityError):
    """Usage events could not be handed over; what was sent before is safe to send again."""


class MissingExtraError(ComityError):
    """An optional part of Comity is not installed; the message says how to install it."""

    def __init__(self, extra: str, why: str) -> None:
        self.extra = extra
        super().__init__(f"{why}; install it with `pip install 'comity[{extra}]'`")
