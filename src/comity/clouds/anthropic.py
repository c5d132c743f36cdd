"""Anthropic's Messages: its own API, Microsoft Foundry, any server with the same paths, and Vertex AI.

Foundry's base address ends in `/anthropic`, Vertex AI's in the project's location, others at the root. The
version is the one that the dialect is written for, whatever version a client sends.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from comity.clouds.address import Address
from comity.clouds.deployment import Deployment
from comity.clouds.google import TRAFFIC, vertex_location
from comity.clouds.route import Answered, Route, text_of
from comity.http import Headers

VERSION = "2023-06-01"
"""Value of `anthropic-version`. The later one takes less from clients and answers alike."""

_PLACE = re.compile(r"/v1(?:beta1)?/projects/[^/]+/locations/[^/]+")


def messages(deployment: Deployment, address: Address) -> Route:
    """How the Messages API at `address` is spoken to; its path is the one that ends before `/v1/messages`."""
    if address.query:
        raise ValueError("the address of a Messages API carries no query")
    target = f"{address.path.removesuffix('/v1')}/v1/messages"
    return Route(
        path=target,
        stream_path=target,
        count_path=f"{target}/count_tokens",
        answered=answered,
        key_header="api-key" if deployment.cloud == "azure" else "x-api-key",
        headers=(("anthropic-version", VERSION),),
    )


def vertex(deployment: Deployment, address: Address) -> Route:
    """How Vertex AI serves Claude in the project and location that `address` names; there is no default."""
    if _PLACE.fullmatch(address.path) is None or address.query:
        raise ValueError(
            f"the address of deployment `{deployment.id}` must end in"
            " `/v1/projects/PROJECT/locations/LOCATION`: no location is the usual one"
        )
    vertex_location(deployment, address)
    models = f"{address.path}/publishers/anthropic/models"
    base = f"{models}/{quote(deployment.served_model, safe='@')}"
    return Route(
        path=f"{base}:rawPredict",
        stream_path=f"{base}:streamRawPredict",
        count_path=f"{models}/count-tokens:rawPredict",
        answered=answered,
    )


def answered(headers: Headers) -> Answered:
    """Anthropic says its request id and whose account it served; Vertex AI what throughput served."""
    return Answered(
        request_id=text_of(headers, b"request-id", b"apim-request-id", b"x-request-id"),
        account=text_of(headers, b"anthropic-organization-id"),
        tier=text_of(headers, TRAFFIC),
    )
