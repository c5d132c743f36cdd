"""Google's two surfaces for Gemini: AI Studio and Vertex AI, and where Vertex may process.

A location is never a default (T24): it stands in the address, its host must be the one that Google names for
it, and a single region must be among the deployment's. What `eu`, `us` and `global` mean is the operator's
`region`.
"""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import quote

import msgspec

from comity.clouds.address import Address, parse_address
from comity.clouds.deployment import Deployment
from comity.clouds.route import Answered, Route, text_of
from comity.http import Headers

AI_STUDIO = "generativelanguage.googleapis.com"
"""Host of AI Studio, which names no place where it processes."""

TRAFFIC = b"x-vertex-ai-llm-request-type"
"""Header in which Vertex AI says `dedicated` (provisioned throughput) or `shared`."""

_API = r"(?:/v1(?:beta1?)?)"
_PROJECT = re.compile(rf"{_API}/projects/[A-Za-z0-9._:-]+/locations/(?P<location>[a-z0-9-]+)")
_EXPRESS = re.compile(rf"{_API}/publishers/google")
_PLAIN = re.compile(rf"{_API}?")
_REGION = re.compile(r"[a-z]+(?:-[a-z]+)+\d{1,2}")
_WIDE = {"global", "eu", "us"}
_HOSTS = (
    re.compile(r"(?P<location>aiplatform)\.googleapis\.com"),
    re.compile(r"(?P<location>[a-z0-9-]+)-aiplatform\.googleapis\.com"),
    re.compile(r"aiplatform\.(?P<location>[a-z0-9-]+)\.rep\.googleapis\.com"),
)


def generate(deployment: Deployment, address: Address) -> Route:
    """How generateContent is spoken to at `address`."""
    base = _base(deployment, address)
    return Route(
        path=f"{base}:generateContent",
        stream_path=f"{base}:streamGenerateContent?alt=sse",
        count_path=f"{base}:countTokens",
        answered=answered,
        key_header=_key_header(address),
    )


def embed(deployment: Deployment, address: Address) -> Route:
    """How AI Studio is asked for embeddings, always as a batch."""
    if surface_of(address) == "vertex":
        raise ValueError("`gemini.embeddings` is AI Studio's; Vertex AI speaks `vertex.embeddings`")
    target = f"{_base(deployment, address)}:batchEmbedContents"
    return Route(path=target, stream_path=target, answered=answered, key_header=_key_header(address))


def predict(deployment: Deployment, address: Address) -> Route:
    """How Vertex AI is asked for embeddings of text."""
    if surface_of(address) != "vertex":
        raise ValueError("`vertex.embeddings` is Vertex AI's; AI Studio speaks `gemini.embeddings`")
    target = f"{_base(deployment, address)}:predict"
    return Route(path=target, stream_path=target, answered=answered, key_header=_key_header(address))


def _base(deployment: Deployment, address: Address) -> str:
    """The path of the deployment's model."""
    if address.query:
        raise ValueError("the address of a Google endpoint carries no query")
    surface = surface_of(address)
    path = address.path
    if surface == "vertex":
        vertex_location(deployment, address)
        if not _EXPRESS.fullmatch(path):
            path += "/publishers/google"
    return f"{path}/models/{quote(deployment.served_model.removeprefix('models/'), safe='')}"


def _key_header(address: Address) -> str:
    return "authorization" if _PROJECT.fullmatch(address.path) else "x-goog-api-key"


def surface_of(address: Address) -> Literal["ai-studio", "vertex"]:
    """Which of Google's surfaces stands at `address`; raises ValueError where it is neither."""
    if _PROJECT.fullmatch(address.path) or _EXPRESS.fullmatch(address.path):
        return "vertex"
    if _PLAIN.fullmatch(address.path) and _host_location(address) is None:
        return "ai-studio"
    raise ValueError(
        f"the address of a Google endpoint ends in `/v1beta` on `{AI_STUDIO}`, or in"
        " `/v1/projects/PROJECT/locations/LOCATION` on Vertex AI"
    )


def with_surface(deployment: Deployment) -> Deployment:
    """The deployment with the surface that its address says among its traits; raises ValueError."""
    surface = surface_of(parse_address(deployment.url))
    return msgspec.structs.replace(
        deployment, traits=msgspec.structs.replace(deployment.traits, surface=surface)
    )


def vertex_location(deployment: Deployment, address: Address) -> str:
    """The location that Vertex is called in; raises ValueError where the places that say it disagree."""
    match = _PROJECT.fullmatch(address.path)
    location = "global" if match is None else match["location"]
    if location not in _WIDE and not _REGION.fullmatch(location):
        raise ValueError(
            f"`{location}` is no location of Vertex AI; it is like `europe-west4`, `eu`, `global`"
        )
    told = _host_location(address)
    if told is not None and told != location:
        raise ValueError(f"the host `{address.host}` serves `{told}`, and the path says `{location}`")
    if told is None and address.host.endswith(".googleapis.com"):
        raise ValueError(f"`{address.host}` does not serve `{location}`; `{host_of(location)}` does")
    if location not in _WIDE and location not in deployment.region:
        raise ValueError(
            f"deployment `{deployment.id}` is called in `{location}`, which its `region` does not hold"
        )
    return location


def host_of(location: str) -> str:
    """The public host of a location."""
    if location == "global":
        return "aiplatform.googleapis.com"
    if location in _WIDE:
        return f"aiplatform.{location}.rep.googleapis.com"
    return f"{location}-aiplatform.googleapis.com"


def answered(headers: Headers) -> Answered:
    """Google says its request id, and on Vertex AI whether provisioned throughput served."""
    return Answered(
        request_id=text_of(headers, b"x-goog-request-id", b"x-cloud-trace-context"),
        tier=text_of(headers, TRAFFIC),
    )


def _host_location(address: Address) -> str | None:
    """The location that a public host of Vertex serves; None for any other host."""
    for pattern in _HOSTS:
        match = pattern.fullmatch(address.host)
        if match is not None:
            location = match["location"]
            return "global" if location == "aiplatform" else location
    return None
