"""The keys of a price file."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class RatesSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rates per million tokens, by class. A class without a rate is unknown, not free."""

    input: Decimal | None = None
    """Text tokens read afresh."""
    cached_read: Decimal | None = None
    """Tokens read from the prompt cache."""
    cache_write: Decimal | None = None
    """Tokens written to the prompt cache for its usual lifetime."""
    output: Decimal | None = None
    """Text tokens generated."""
    reasoning: Decimal | None = None
    """Reasoning tokens generated."""
    audio_input: Decimal | None = None
    """Audio tokens read."""
    audio_output: Decimal | None = None
    """Audio tokens generated."""
    cache_write_1h: Decimal | None = None
    """Tokens written to the prompt cache for one hour."""
    image_input: Decimal | None = None
    """Image tokens read, where the provider counts them apart."""
    image_output: Decimal | None = None
    """Image tokens generated."""


class BandSection(RatesSection, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Rates of larger requests (`bands`): every token of such a request is charged by them."""

    over: int
    """The band begins above so many tokens read, cached ones included."""


class TierSection(RatesSection, frozen=True, forbid_unknown_fields=True):
    """What one tier charges (`tiers`)."""

    bands: list[BandSection] = []
    """Rates of larger requests, from the smallest size to the largest."""


class RowSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one model costs at one seller for a time (`prices`)."""

    cloud: str
    """Who charges: the `cloud` of deployments."""
    models: list[str]
    """Public names of the model, the usual one first: the `model` of deployments."""
    tiers: dict[str, TierSection]
    """Rates of `standard`, `batch`, `flex`, `priority`, `reserved`; a tier that is left out has no price."""
    provider: str = ""
    """Whose model it is."""
    places: list[str] = []
    """Regions that the price covers, in the cloud's own words (`global`, `eu`, `us-east-1`). It fits a
    deployment that may process in no other place; without it, one that no narrower price fits."""
    answered: str = ""
    """Only for answers that say they were made in this place, where the seller charges by that: `us` of
    Anthropic's `inference_geo`."""
    period: str = ".."
    """Days on which it is in force, `FIRST .. FIRST DAY AFTER`; either may be left out. Days are UTC's."""
    currency: str | None = None
    """ISO 4217 code; by default the file's."""
    charged_as: dict[str, str] | None = msgspec.field(name="as", default=None)
    """Classes that are charged as another, such as `reasoning: output`; by default the file's."""
    source: str | None = None
    """Where the price is published; by default the file's."""
    retrieved: str | None = None
    """Day on which it was read there; by default the file's."""
    contract: str = ""
    """The contract or clause that agrees a negotiated price; it goes before list prices."""


class DiscountSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a contract takes off list prices (`discounts`), of all price files that are loaded together.

    Negotiated rates of the same model go before it.
    """

    cloud: str
    """Who grants it."""
    contract: str
    """The contract or clause that agrees it."""
    off: Decimal
    """The part of list prices that is taken off: `0.09` for nine per cent."""
    models: list[str] = []
    """Patterns of model names, such as `claude-*`; by default all."""
    tiers: list[str] = []
    """Tiers; by default all."""
    period: str = ".."
    """Days on which it is granted."""


class PriceFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of a price file."""

    prices: list[RowSection] = []
    """One row per model, seller and time."""
    discounts: list[DiscountSection] = []
    """What contracts take off list prices."""
    currency: str = "USD"
    """ISO 4217 code of rows that say none."""
    charged_as: dict[str, str] = msgspec.field(name="as", default={})
    """Classes that are charged as another, for rows that do not say."""
    source: str = ""
    """Where the prices are published, for rows that do not say."""
    retrieved: str = ""
    """Day on which they were read, for rows that do not say."""
    about: str = ""
    """What the file is, for its readers."""
