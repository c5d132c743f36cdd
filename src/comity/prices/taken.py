"""What an importer took from other people's prices, and what it could not take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase

import msgspec

from comity.prices.sections import BandSection, RowSection, TierSection

CHARGED_AS = {"reasoning": "output", "image_input": "input"}
"""Classes that the sources charge as another where they give them no rate of their own."""

Rates = Mapping[int, Mapping[str, Decimal]]
"""Rates by token class, by the size of request that they begin above."""


class Left(msgspec.Struct, frozen=True, order=True):
    """Something that could not be taken."""

    why: str
    """The reason, in words."""
    what: str
    """The name of the model or of the field."""


class Taken(msgspec.Struct, frozen=True):
    """The outcome of an import."""

    rows: tuple[RowSection, ...]
    """Rows of a price file."""
    left: tuple[Left, ...]
    """What could not be taken, each with its reason."""

    def reasons(self) -> list[tuple[str, int, str]]:
        """Each reason, how often it applied, and a first example; the most frequent first."""
        counted = Counter(one.why for one in self.left)
        first = {one.why: one.what for one in sorted(self.left, reverse=True)}
        return [(why, count, first[why]) for why, count in counted.most_common()]


class Wanted(msgspec.Struct, frozen=True):
    """Which prices are to be taken."""

    clouds: tuple[str, ...] = ()
    """Sellers; empty takes all."""
    models: tuple[str, ...] = ()
    """Patterns of model names such as `gpt-5*`; empty takes all."""

    def cloud(self, name: str) -> bool:
        """Whether a seller is wanted."""
        return not self.clouds or name in self.clouds

    def model(self, names: Iterable[str]) -> bool:
        """Whether a model of these names is wanted."""
        return not self.models or any(fnmatchcase(name, mask) for name in names for mask in self.models)


class Names:
    """Model names that are taken, so that no two rows compete for a deployment."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, str, tuple[str, ...]], str] = {}

    def free(self, cloud: str, owner: str, names: Iterable[str], places: tuple[str, ...] = ()) -> list[str]:
        """Those of the names that no other owner has at that seller and in those places."""
        listed = dict.fromkeys(names)
        return [name for name in listed if self._taken.setdefault((cloud, name, places), owner) == owner]


def tier_section(rates: Rates) -> TierSection:
    """The section of one tier."""
    first, *further = sorted(rates)
    bands = [BandSection(over=over, **rates[over]) for over in further]
    return TierSection(**rates[first], bands=bands)


def merge(rows: Iterable[RowSection]) -> tuple[RowSection, ...]:
    """The rows with those put together that differ in nothing but their tiers."""
    merged: dict[object, RowSection] = {}
    for row in rows:
        key = msgspec.to_builtins(msgspec.structs.replace(row, tiers={}))
        name = msgspec.json.encode(key)
        known = merged.get(name)
        merged[name] = (
            row if known is None else msgspec.structs.replace(known, tiers={**known.tiers, **row.tiers})
        )
    return tuple(merged.values())


def period_text(start: date | None, end: date | None) -> str:
    """A period as price files write it."""
    return f"{start or ''} .. {end or ''}".strip()
