"""Writes price files: one row per model, seller and time, a line per tier, every rate in quotes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from comity.money import plain
from comity.prices.sections import RatesSection, RowSection, TierSection
from comity.prices.terms import CLASSES

_PLAIN = re.compile(r"[a-z][A-Za-z0-9._@-]*")
_WORDS = {"null", "true", "false"}


def write_prices(
    rows: Iterable[RowSection], *, about: str, retrieved: str, charged_as: Mapping[str, str]
) -> str:
    """The text of a price file."""
    lines = [f"about: {_scalar(about)}", f"retrieved: {retrieved}", f"as: {_mapping(charged_as)}", "prices:"]
    for row in rows:
        lines += _row(row)
    return "\n".join(lines) + "\n"


def _row(row: RowSection) -> Iterable[str]:
    yield f"  - cloud: {_scalar(row.cloud)}"
    if row.provider:
        yield f"    provider: {_scalar(row.provider)}"
    yield f"    models: {_list(row.models)}"
    if row.places:
        yield f"    places: {_list(row.places)}"
    if row.answered:
        yield f"    answered: {_scalar(row.answered)}"
    if row.period != "..":
        yield f"    period: {row.period}"
    if row.currency is not None:
        yield f"    currency: {row.currency}"
    if row.contract:
        yield f"    contract: {_scalar(row.contract)}"
    if row.source is not None:
        yield f"    source: {_scalar(row.source)}"
    yield "    tiers:"
    for tier, section in row.tiers.items():
        yield from _tier(tier, section)


def _tier(name: str, section: TierSection) -> Iterable[str]:
    if not section.bands:
        yield f"      {name}: {{{_rates(section)}}}"
        return
    bands = [f"{{over: {band.over}, {_rates(band)}}}" for band in section.bands]
    yield f"      {name}: {{{_rates(section)},"
    for number, band in enumerate(bands):
        opened = "bands: [" if number == 0 else " " * len("bands: [")
        yield f"        {opened}{band}{']}' if number == len(bands) - 1 else ','}"


def _rates(section: RatesSection) -> str:
    return ", ".join(f"{name}: {_rate(rate)}" for name, rate in _priced(section))


def _priced(section: RatesSection) -> Iterable[tuple[str, Decimal]]:
    for name in CLASSES:
        rate = getattr(section, name)
        if rate is not None:
            yield name, rate


def _rate(rate: Decimal) -> str:
    return f'"{plain(rate)}"'


def _list(words: Iterable[str]) -> str:
    return f"[{', '.join(map(_scalar, words))}]"


def _mapping(words: Mapping[str, str]) -> str:
    return f"{{{', '.join(f'{_scalar(name)}: {_scalar(word)}' for name, word in words.items())}}}"


def _scalar(text: str) -> str:
    plainly = _PLAIN.fullmatch(text) is not None and text not in _WORDS
    return text if plainly else json.dumps(text, ensure_ascii=False)
