"""Who plays in the demo: products with their facts, deployments with illustrative prices, three dates.

The facts follow the clauses of the two books that ship with Comity. Prices are list prices per million tokens
as OpenAI published them for its GPT-5 family, with invented regional surcharges and discounts: they show how
money is counted, not what anybody pays.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

DATES = ("2025-12-01", "2026-03-18", "2026-05-15")
"""Before the joint statement, under it, and after the amendment that ended it."""

MODEL = "gpt-5.5"
"""The closed model that contracts fight over."""

AGENTS, FRONTIER = "agents", "frontier"
"""Names under which two products ask for it: their operators prefer Bedrock, whatever it costs."""

OPEN_MODEL = "gpt-oss-20b"
"""The open-weight model; a llama.cpp server with tiny random weights answers for it."""

Server = Literal["azure", "aws", "aws-eu", "google", "llama"]
"""Which server of the demo answers for a deployment."""


class Product(msgspec.Struct, frozen=True):
    """A caller of the gateway: one line of business with its own key and facts."""

    id: str
    """Caller id in the configuration and in the ledger."""
    title: str
    """What a reader is told it is."""
    facts: dict[str, str | bool]
    """Facts of all its requests."""
    share: int
    """Its share of the traffic, relative to the others."""
    model: str = MODEL
    """The model name it asks for."""


class Place(msgspec.Struct, frozen=True):
    """A deployment of the demo."""

    id: str
    """Deployment id."""
    server: Server
    """Which server process answers."""
    cloud: str
    """The fact `cloud`."""
    region: tuple[str, ...]
    """Every region that may process."""
    model: str
    """The fact `model`."""
    input: str
    """USD per million input tokens."""
    output: str
    """USD per million output tokens."""
    facts: dict[str, str]
    """Further facts of the target."""

    @property
    def cached(self) -> str:
        """USD per million tokens read from the prompt cache: a tenth, as OpenAI lists it for GPT-5."""
        return f"{Decimal(self.input) / 10}"


_OPENAI: dict[str, str | bool] = {"actor": "oai", "provider": "oai", "weights": "closed"}
_DIRECT: dict[str, str | bool] = {**_OPENAI, "product": "api", "with": "none", "seller": "oai"}
_WITH_AMAZON: dict[str, str | bool] = {**_OPENAI, "with": "third_party", "seller": "amzn", "host": "aws"}
_ACME: dict[str, str | bool] = {"actor": "acme", "provider": "oai"}

PRODUCTS = (
    Product("gpt-api", "OpenAI's own stateless API", {**_DIRECT, "customer": "enterprise"}, 24),
    Product(
        "amazon-api",
        "stateless API sold with Amazon",
        {**_WITH_AMAZON, "product": "api", "customer": "enterprise"},
        18,
    ),
    Product(
        "agent-runtime",
        "stateful runtime on Bedrock",
        {
            **_WITH_AMAZON,
            "product": "sre",
            "surface": "runtime",
            "state": "stateful",
            "customer": "enterprise",
        },
        16,
        model=AGENTS,
    ),
    Product(
        "frontier",
        "Frontier, sold by Amazon",
        {
            **_WITH_AMAZON,
            "product": "frontier",
            "surface": "platform",
            "state": "stateful",
            "customer": "enterprise",
        },
        10,
        model=FRONTIER,
    ),
    Product(
        "security-agency",
        "API, national security agency",
        {**_WITH_AMAZON, "product": "api", "customer": "national_security"},
        8,
    ),
    Product(
        "civilian-agency",
        "API, civilian agency",
        {**_WITH_AMAZON, "product": "api", "customer": "civilian_agency"},
        8,
    ),
    Product(
        "eu-support",
        "Acme's EU personal data",
        {**_ACME, "product": "support_bot", "data": "personal", "subject": "eu", "weights": "closed"},
        12,
    ),
    Product(
        "open-notes",
        "open weights, real server",
        {**_ACME, "product": "code_assistant", "weights": "open"},
        4,
        model=OPEN_MODEL,
    ),
)
"""Everybody who calls."""

_CLOSED = {"provider": "oai", "weights": "closed"}
_OPEN = {"provider": "oai", "weights": "open"}
_GLOBAL = ("eastus2", "swedencentral", "japaneast")

PLACES = (
    Place("azure-global", "azure", "azure", _GLOBAL, MODEL, "1.15", "9.20", _CLOSED),
    Place("bedrock-us", "aws", "aws", ("us-east-1",), MODEL, "1.25", "10", _CLOSED),
    Place("azure-sweden", "azure", "azure", ("swedencentral",), MODEL, "1.26", "10.10", _CLOSED),
    Place("bedrock-frankfurt", "aws-eu", "aws", ("eu-central-1",), MODEL, "1.38", "11", _CLOSED),
    Place("llama-own", "llama", "own", ("de",), OPEN_MODEL, "0.02", "0.08", _OPEN),
    Place("google-open", "google", "google", ("europe-west4",), OPEN_MODEL, "0.07", "0.25", _OPEN),
)
"""Everywhere that models run, cheapest first."""

ROUTES = {
    MODEL: ("azure-global", "bedrock-us", "azure-sweden", "bedrock-frankfurt"),
    AGENTS: ("bedrock-us", "azure-global"),
    FRONTIER: ("bedrock-us", "azure-global"),
    OPEN_MODEL: ("llama-own", "google-open"),
}
"""Model name to the deployments behind it."""

RECORDED = FRONTIER
"""The route whose operator chose to serve disputed requests and record them; the others refuse them."""

FAILING: Server = "azure"
"""The cloud that fails half-way through each date."""


def place(deployment: str) -> Place:
    """The deployment of that id."""
    return next(place for place in PLACES if place.id == deployment)


def product(caller: str) -> Product:
    """The product of that caller id."""
    return next(product for product in PRODUCTS if product.id == caller)
