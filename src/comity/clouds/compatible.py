"""Any server that speaks OpenAI's chat completions: a base address and perhaps a bearer key.

No quirks live here: what a server's model does not take stands in the deployment's traits.
"""

from __future__ import annotations

from comity.clouds.address import Address
from comity.clouds.connection import Answered, Route, text_of
from comity.clouds.secrets import Secret
from comity.http import Headers


def route(address: Address, key: Secret | None) -> Route:
    """How the server at `address` is spoken to; its path is the one that ends before `/chat/completions`."""
    if address.query:
        raise ValueError("the address of an OpenAI-compatible server carries no query")
    target = f"{address.path}/chat/completions"
    headers = () if key is None else (("authorization", f"Bearer {key.reveal()}"),)
    return Route(path=target, stream_path=target, headers=headers, answered=answered)


def answered(headers: Headers) -> Answered:
    """Who answered, as far as such servers say."""
    return Answered(
        model=text_of(headers, b"openai-model"),
        request_id=text_of(headers, b"x-request-id", b"request-id"),
    )
