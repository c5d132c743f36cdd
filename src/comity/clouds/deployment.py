"""A deployment: one model that can be called at one place, with its address, keys, tariff and limits.

Values only: nothing here opens a connection, reads a secret or fills in a default. A region is never guessed:
a deployment that does not say where it may process is refused.
"""

from __future__ import annotations

import msgspec

from comity.clouds.address import check_model_name, parse_address
from comity.clouds.auth import Auth
from comity.exchange import ModelTraits
from comity.prices import Tariff


class Limits(msgspec.Struct, frozen=True):
    """What a deployment takes at once; None is "no limit is known"."""

    rpm: int | None = None
    """Requests per minute, inclusive."""
    tpm: int | None = None
    """Tokens per minute, input and requested output together, inclusive."""
    concurrency: int | None = None
    """Requests in flight, inclusive."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"`{name}` must be at least 1, found {value}")


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """One addressable model on one cloud."""

    id: str
    """The operator's name for it, unique in a configuration."""
    cloud: str
    """Whose cloud it runs on (`azure`, `aws`, ...): a fact for contracts, and how it is spoken to."""
    region: frozenset[str]
    """Every region in which it may process, in the cloud's own words; never empty."""
    model: str
    """The model by its public name, as clients ask for it."""
    served_model: str
    """What the target calls it: a model id, an ARN, or an Azure deployment name."""
    dialect: str
    """Wire format it speaks, for example `openai.chat` or `bedrock.converse`."""
    url: str
    """Base address; https, or http for a server in one's own network."""
    auth: Auth = Auth()
    """References to its secrets."""
    facts: dict[str, str | bool | int | list[str]] = {}
    """Further facts for contracts (weights, provider, hardware, ...)."""
    limits: Limits = Limits()
    """What it takes at once."""
    tariff: Tariff = Tariff()
    """What it charges, by tier and day; the empty tariff is an unknown price, which is not free."""
    traits: ModelTraits = ModelTraits()
    """What its base model takes."""
    ca_file: str | None = None
    """PEM file of the authorities to trust for `url`, where they are not the system's."""
    signing_region: str | None = None
    """AWS only: the region of the endpoint, where neither the address nor a single `region` says it."""
    mark_requests: bool = False
    """Whether each request tells the cloud which entry of the ledger it is, and whose."""

    def __post_init__(self) -> None:
        if not self.region or not all(self.region):
            raise ValueError(f"deployment `{self.id}` names no region; say every region where it may process")
        for name in ("id", "cloud", "model", "dialect"):
            if not getattr(self, name):
                raise ValueError(f"deployment `{self.id}` has an empty `{name}`")
        check_model_name(self.served_model)
        parse_address(self.url)
