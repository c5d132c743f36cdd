"""Kinds of requests: who asks for what, with which facts.

They are few, so that facts are looked at here and not in SQL.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from comity.ledger.rows import json_text
from comity.ledger.store import Store
from comity.source import closest

_FACT = re.compile(r"[A-Za-z_][\w.-]*")

Plain: TypeAlias = str | int | bool | list[str]
"""A fact as JSON holds it."""


class Kind(msgspec.Struct, frozen=True):
    """One kind of request."""

    caller: str = ""
    """Caller id."""
    route: str = ""
    """Model that was asked for."""
    dialect: str = ""
    """Dialect of the client."""
    facts: dict[str, Plain] = {}
    """Facts of the caller."""
    workload: dict[str, Plain] = {}
    """The facts that were judged, without the target's."""

    def fact(self, name: str) -> Plain | None:
        """A fact's value: the caller's, else the workload's; None when neither has it."""
        found = self.facts.get(name)
        return self.workload.get(name) if found is None else found

    def holds(self, name: str, wanted: str) -> bool:
        """Whether the caller's or the workload's fact is `wanted`, written as text; of a set, one member."""
        found = (self.facts.get(name), self.workload.get(name))
        return any(wanted in _texts(value) for value in found if value is not None)


UNKNOWN_KIND = Kind()
"""The kind of an entry whose reservation is lost."""


def read_kinds(store: Store) -> dict[bytes, Kind]:
    """Every kind by its key."""
    kinds: dict[bytes, Kind] = {}
    for digest, caller, route, dialect, facts, workload in store.rows(
        "SELECT digest, caller, route, dialect, facts, workload FROM kinds"
    ):
        assert isinstance(digest, bytes), "keys are kept as bytes"
        kinds[digest] = Kind(str(caller), str(route), str(dialect), _facts(facts), _facts(workload))
    return kinds


def check_facts(store: Store, names: Sequence[str], columns: Sequence[str]) -> None:
    """Raises ValueError, with a suggestion, for a name that is neither a column nor a fact of any entry."""
    wanted = [name for name in names if name not in columns]
    if not wanted:
        return
    kinds = read_kinds(store).values()
    known = {name for kind in kinds for name in (*kind.facts, *kind.workload)}
    for name in wanted:
        check_name(name)
        if name not in known:
            raise ValueError(f"no entry has the fact `{name}`; {closest(name, [*columns, *sorted(known)])}")


def check_name(key: str) -> None:
    """Raises ValueError for what cannot be the name of a fact."""
    if not _FACT.fullmatch(key):
        raise ValueError(f"expected the name of a column or a fact, found `{key}`")


def fact_text(value: object) -> str:
    """A value of a fact or a column for a reader; empty for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return json_text(value) if isinstance(value, list) else str(value)


def _texts(value: Plain) -> list[str]:
    return value if isinstance(value, list) else [fact_text(value)]


def _facts(text: object) -> dict[str, Plain]:
    return msgspec.json.decode(str(text), type=dict[str, Plain])
