"""Any server that speaks OpenAI's chat completions or responses: a base address and perhaps a bearer key.

No quirks live here: what a server's model does not take stands in the deployment's traits.
"""

from __future__ import annotations

import msgspec

from comity.clouds.address import Address
from comity.clouds.deployment import Deployment
from comity.clouds.route import Answered, Route, text_of
from comity.http import Headers


def chat(_deployment: Deployment, address: Address) -> Route:
    """How the server at `address` is spoken to; its path is the one that ends before `/chat/completions`."""
    return _route(address, "chat/completions")


def responses(deployment: Deployment, address: Address) -> Route:
    """The same for the Responses API, whose path ends in `/responses`; Azure documents no count there."""
    route = _route(address, "responses")
    if deployment.cloud == "azure":
        return route
    return msgspec.structs.replace(route, count_path=f"{route.path}/input_tokens")


def embeddings(_deployment: Deployment, address: Address) -> Route:
    """The same for embeddings, whose path ends in `/embeddings`."""
    return _route(address, "embeddings")


def answered(headers: Headers) -> Answered:
    """Who answered, as far as such servers say."""
    return Answered(
        model=text_of(headers, b"openai-model"),
        request_id=text_of(headers, b"x-request-id", b"request-id"),
        account=text_of(headers, b"openai-organization"),
    )


def _route(address: Address, name: str) -> Route:
    if address.query:
        raise ValueError("the address of an OpenAI-compatible server carries no query")
    target = f"{address.path}/{name}"
    return Route(path=target, stream_path=target, answered=answered)
