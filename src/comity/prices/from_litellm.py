"""Takes prices from litellm's file `model_prices_and_context_window.json`, which is under the MIT licence.

The file has no dates: its prices are in force from the day on which they are read. A rate of zero is left
out, since it may stand for a price that nobody knew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from comity.errors import Place, Problem, SourceError
from comity.prices.sections import RowSection
from comity.prices.taken import Left, Names, Rates, Taken, Wanted, merge, period_text, tier_section
from comity.prices.tiers import STANDARD

_CLASSES = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cached_read",
    "cache_creation_input_token_cost": "cache_write",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h",
    "input_cost_per_audio_token": "audio_input",
    "output_cost_per_audio_token": "audio_output",
    "input_cost_per_image_token": "image_input",
    "output_cost_per_image_token": "image_output",
    "output_cost_per_reasoning_token": "reasoning",
}
_FIELD = re.compile(
    rf"(?P<name>{'|'.join(sorted(_CLASSES, key=len, reverse=True))})"
    r"(?:_above_(?P<over>\d+)k_tokens)?(?:_(?P<tier>batches|flex|priority))?"
)
_COST = re.compile(r".*_cost(_.*)?|.*_cost_per_.*")
_TIERS = {"batches": "batch", "flex": "flex", "priority": "priority", None: STANDARD}
_CLOUDS = {"bedrock": "aws", "bedrock_converse": "aws", "gemini": "google"}
_FEES = {"input_cost_per_request", "input_cost_per_query"}
"""What is charged for every request beside its tokens: without it a price would say too little."""
_MODES = {"chat", "responses", "completion", "embedding"}
_AREA = re.compile(r"(?:azure|bedrock)/(?P<place>[a-z0-9-]+)/(?P<model>[^/]+)")
_PROFILE = re.compile(r"(?P<place>global|us|eu|apac|jp|au|us-gov)\.(?P<model>[a-z0-9]+\..+)")
_MILLION = Decimal(1_000_000)


def take_litellm(path: Path, wanted: Wanted, retrieved: date) -> Taken:
    """The prices of a file; raises SourceError when it is not such a file."""
    try:
        entries = msgspec.json.Decoder(dict[str, dict[str, Any]], float_hook=Decimal).decode(
            path.read_bytes()
        )
    except (OSError, msgspec.DecodeError) as error:
        problem = Problem(
            Place(str(path), 1, 1),
            f"this is no price file of litellm: {error}",
            "give `model_prices_and_context_window.json`",
        )
        raise SourceError([problem]) from error
    rows: list[RowSection] = []
    left: list[Left] = []
    names = Names()
    for key, entry in entries.items():
        if key != "sample_spec":
            found, missing = _entry(key, entry, wanted, names, retrieved)
            rows += found
            left += missing
    return Taken(merge(rows), tuple(left))


def _entry(
    key: str, entry: Mapping[str, Any], wanted: Wanted, names: Names, retrieved: date
) -> tuple[list[RowSection], list[Left]]:
    cloud = _cloud(str(entry.get("litellm_provider") or ""))
    model, places = _model(key, cloud)
    if not wanted.cloud(cloud) or not wanted.model((key, model)):
        return [], []
    if entry.get("mode") not in _MODES:
        return [], [Left(f"its mode `{entry.get('mode')}` is not charged by the token alone", key)]
    tiers, left = _tiers(key, entry)
    uplift = entry.get("regional_endpoint_uplift_multiplier")
    if uplift is not None:
        places = ("global",)
    fees = sorted(_FEES & entry.keys())
    if fees or not tiers:
        why = f"it charges by `{fees[0]}` as well" if fees else "it has no rate for tokens"
        return [], [*left, Left(why, key)]
    row = RowSection(
        cloud=cloud,
        models=[model],
        tiers={tier: tier_section(rates) for tier, rates in tiers.items()},
        places=list(places),
        period=period_text(retrieved, None),
        source=f"litellm: {entry.get('source') or 'it names none'}",
    )
    rows = [row]
    if uplift is not None:
        raised = {tier: tier_section(_raised(rates, Decimal(uplift))) for tier, rates in tiers.items()}
        rows.append(msgspec.structs.replace(row, places=[], tiers=raised))
    told = entry.get("provider_specific_entry")
    for word, factor in told.items() if isinstance(told, dict) and cloud == "anthropic" else ():
        if word == "us":
            raised = {tier: tier_section(_raised(rates, Decimal(factor))) for tier, rates in tiers.items()}
            rows.append(msgspec.structs.replace(row, answered=word, tiers=raised))
        else:
            left.append(Left(f"its `{word}` is no tier", key))
    free = [row for row in rows if names.free(cloud, key, (model,), (*row.places, row.answered))]
    if len(free) < len(rows):
        left.append(Left("another entry prices the same model at the same seller", key))
    return free, left


def _tiers(key: str, entry: Mapping[str, Any]) -> tuple[dict[str, Rates], list[Left]]:
    found: dict[str, dict[int, dict[str, Decimal]]] = {}
    left: list[Left] = []
    for field, rate in entry.items():
        match = _FIELD.fullmatch(field)
        if match is not None and isinstance(rate, Decimal | int):
            if rate:
                over = int(match["over"] or 0) * 1000
                tier = found.setdefault(_TIERS[match["tier"]], {})
                tier.setdefault(over, {})[_CLASSES[match["name"]]] = rate * _MILLION
            else:
                left.append(Left("a rate is 0, which may mean that nobody knew it", key))
        elif match is None and _COST.fullmatch(field) and rate:
            left.append(Left(f"`{field}` has no place in a price by token class, tier and size", key))
    whole: dict[str, Rates] = {}
    for name, bands in found.items():
        if 0 in bands:
            # A class without a rate above a size keeps the one that it had below it.
            whole[name] = {over: bands[0] | rates for over, rates in bands.items()}
        else:
            left.append(Left(f"its tier `{name}` has rates for large requests only", key))
    return whole, left


def _raised(rates: Rates, factor: Decimal) -> Rates:
    return {over: {name: rate * factor for name, rate in band.items()} for over, band in rates.items()}


def _cloud(provider: str) -> str:
    if provider.startswith("vertex_ai"):
        return "google"
    return _CLOUDS.get(provider, provider)


def _model(key: str, cloud: str) -> tuple[str, tuple[str, ...]]:
    """The model's name and the places that its price covers, in the cloud's own words."""
    area = _AREA.fullmatch(key)
    if area is not None:
        place = "global" if area["place"] == "global-standard" else area["place"]
        return area["model"], (place,)
    name = key.rpartition("/")[2]
    profile = _PROFILE.fullmatch(name) if cloud == "aws" else None
    if profile is not None:
        return profile["model"], (profile["place"],)
    return name, ("global",) if cloud == "azure" else ()
