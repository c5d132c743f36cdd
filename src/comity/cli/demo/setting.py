"""The demo's comity.yaml, written out so that a reader can open, change and serve it.

Keys of callers are plain words and stand here: they open a gateway on this machine only, with clouds that do
not exist. In the file they are hashed, as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from comity.cli.demo.cast import MODEL, PLACES, PRODUCTS, RECORDED, ROUTES, Place, Product, Server
from comity.intake import hash_key

KEYS: Mapping[str, str] = {
    "COMITY_DEMO_AZURE_KEY": "demo-azure-key",
    "COMITY_DEMO_AWS_ID": "AKIACOMITYDEMO000000",
    "COMITY_DEMO_AWS_SECRET": "demo-aws-secret",
    "COMITY_DEMO_GOOGLE_KEY": "demo-google-key",
}
"""Environment of the gateway: what the simulated clouds accept."""

KEY = "ledger"
"""Names the key pair that signs the demo's log: `ledger.skey` and `ledger.vkey`."""

INSTANT = "gpt-5.5-instant"
"""A model that answers at once on every cloud, to measure what the gateway adds."""

_AUTH: Mapping[Server, str] = {
    "azure": '{api_key: "env:COMITY_DEMO_AZURE_KEY"}',
    "aws": '{access_key_id: "env:COMITY_DEMO_AWS_ID", secret_access_key: "env:COMITY_DEMO_AWS_SECRET"}',
    "aws-eu": '{access_key_id: "env:COMITY_DEMO_AWS_ID", secret_access_key: "env:COMITY_DEMO_AWS_SECRET"}',
    "google": '{api_key: "env:COMITY_DEMO_GOOGLE_KEY"}',
    "llama": "{}",
}

_HEAD = """\
# The demo's configuration. Clouds and prices are made up; contracts are as published. Try it with:
#   comity serve {path} --at 2026-03-18
"""


def caller_key(product: str) -> str:
    """The key of a product's caller."""
    return f"demo-{product}"


class Addresses(msgspec.Struct, frozen=True):
    """Where the demo's servers listen."""

    urls: Mapping[Server, str]
    """Base address of each server, without a trailing slash."""

    def of(self, deployment: Place) -> str:
        """The `url` of a deployment."""
        base = self.urls[deployment.server]
        if deployment.server == "azure":
            return f"{base}/openai/deployments/{deployment.id}"
        return base if deployment.server in {"aws", "aws-eu"} else f"{base}/v1"


def write_setting(folder: Path, books: Path, addresses: Addresses, ledger: str, port: int) -> Path:
    """Writes comity.yaml into `folder` and gives its path; `ledger` is a folder next to it."""
    path = folder / "comity.yaml"
    places = [*PLACES, *instant_places()]
    text = "\n".join(
        [
            _HEAD.format(path=path),
            f"book: [{_quoted(books / 'openai')}, {_quoted(books / 'acme')}]",
            "posture: {mode: safe, disputed: refuse, unknown: refuse}",
            f"ledger: {{journal: {_quoted(folder / ledger)}, fold_every: 0}}",
            f"proof: {{key: {_quoted(f'file:{folder / KEY}.skey')}}}",
            f"listen: {{host: 127.0.0.1, port: {port}, drain: 5}}",
            "\ndeployments:",
            *(_deployment(place, addresses) for place in places),
            "\nmodels:",
            *(_route(model, names) for model, names in (*ROUTES.items(), *instant_routes().items())),
            "\ncallers:",
            *(_caller(product) for product in PRODUCTS),
            "",
        ]
    )
    path.write_text(text, encoding="utf-8")
    return path


def instant_places() -> list[Place]:
    """The deployments of the model that answers at once, one per dialect."""
    chosen = [place for place in PLACES if place.id in {"azure-global", "bedrock-us"}]
    return [msgspec.structs.replace(place, id=f"{place.server}-instant", model=INSTANT) for place in chosen]


def instant_routes() -> dict[str, tuple[str, ...]]:
    """A route of its own to each of them."""
    return {f"{INSTANT}-{place.server}": (place.id,) for place in instant_places()}


def served_name(place: Place) -> str:
    """What a deployment's server calls the model."""
    return place.id if place.server == "azure" else place.model


def _deployment(place: Place, addresses: Addresses) -> str:
    dialect = "bedrock.converse" if place.server in {"aws", "aws-eu"} else "openai.chat"
    facts = ", ".join(f"{name}: {value}" for name, value in place.facts.items())
    lines = [
        f"  - id: {place.id}",
        f"    cloud: {place.cloud}",
        f"    region: [{', '.join(place.region)}]",
        f"    model: {place.model}",
        f"    served_model: {served_name(place)}",
        f"    dialect: {dialect}",
        f"    url: {_quoted(addresses.of(place))}",
        f"    auth: {_AUTH[place.server]}",
        f"    facts: {{{facts}}}",
        f"    price: {{{_price(place)}}}",
    ]
    if place.server == "llama":
        lines.append("    limits: {concurrency: 8}")
    return "\n".join(lines)


def _price(place: Place) -> str:
    rates = {
        "input": place.input,
        "cached_read": place.cached,
        "cache_write": place.input,
        "output": place.output,
    }
    return ", ".join(["currency: USD", *(f"{name}: {rate}" for name, rate in rates.items())])


def _route(model: str, names: tuple[str, ...]) -> str:
    choose = "cheapest" if model == MODEL else "in-order"
    posture = ", posture: {disputed: allow-and-record}" if model == RECORDED else ""
    return f"  {model}: {{from: [{', '.join(names)}], choose: {choose}{posture}}}"


def _caller(product: Product) -> str:
    facts = ", ".join(
        f"{name}: {str(value).lower() if isinstance(value, bool) else value}"
        for name, value in product.facts.items()
    )
    key = hash_key(caller_key(product.id))
    return f"  - id: {product.id}\n    key: sha256:{key}\n    facts: {{{facts}}}"


def _quoted(value: Path | str) -> str:
    return msgspec.json.encode(str(value)).decode()
