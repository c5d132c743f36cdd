"""Azure OpenAI: both URL forms, its key header, and who really answered.

A provisioned deployment may spill over to a standard one on Azure's side (T29); only the answer's headers say
so. Data zones and residency are facts of the deployment, not of this module.
"""

from __future__ import annotations

import re
from functools import partial

from comity.clouds import compatible
from comity.clouds.address import Address
from comity.clouds.deployment import Deployment
from comity.clouds.route import Answered, Route, text_of
from comity.http import Headers
from comity.prices import RESERVED

API_VERSION = "2024-10-21"
"""The last dated version of the inference API that is generally available; the v1 form needs none."""

_CLASSIC = re.compile(r"/openai/deployments/([A-Za-z0-9._-]+)")
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?|preview|latest|v1")
_SPILLED = b"\r\nx-ms-spillover-from-"


def speaks(address: Address) -> bool:
    """Whether the address is one of Azure OpenAI's forms, rather than a server of one's own on Azure."""
    return address.path in {"", "/openai", "/openai/v1"} or _CLASSIC.fullmatch(address.path) is not None


def chat(deployment: Deployment, address: Address) -> Route:
    """How chat completions are spoken to at `address`; a server of one's own on Azure is as anywhere."""
    if not speaks(address):
        return compatible.chat(deployment, address)
    return _route(deployment, address, _target(deployment, address, api_version(address)))


def embeddings(deployment: Deployment, address: Address) -> Route:
    """How embeddings are asked for at `address`, as chat completions are."""
    if not speaks(address):
        return compatible.embeddings(deployment, address)
    return _route(deployment, address, _target(deployment, address, api_version(address), "embeddings"))


def responses(deployment: Deployment, address: Address) -> Route:
    """How the Responses API is spoken to at `address`: the deployment stands in the body, not in the path."""
    if not speaks(address):
        return compatible.responses(deployment, address)
    if _CLASSIC.fullmatch(address.path):
        raise ValueError("the Responses API has no deployment in its path: end the address in `/openai/v1`")
    version = api_version(address)
    query = "" if version is None else f"?api-version={version}"
    if address.path != "/openai/v1" and version is None:
        raise ValueError(
            "this form of the address needs `?api-version=`; the one that ends in `/openai/v1` does not"
        )
    target = f"{'/openai/v1' if address.path == '/openai/v1' else '/openai'}/responses{query}"
    return _route(deployment, address, target)


def api_version(address: Address) -> str | None:
    """The dated version that the address asks for; raises ValueError for any other parameter."""
    unknown = sorted(address.query.keys() - {"api-version"})
    if unknown:
        raise ValueError(
            f"the query parameter `{unknown[0]}` means nothing to Azure; only `api-version` does"
        )
    version = address.query.get("api-version")
    if version is not None and not _VERSION.fullmatch(version):
        raise ValueError(f"`api-version` must be like `{API_VERSION}`, found `{version}`")
    return version


def answered(headers: Headers, *, provisioned: bool = False) -> Answered:
    """Who answered, by Azure's headers: the served deployment is the standard one after a spillover.

    A `provisioned` deployment draws its own throughput unless it spills, whatever tier its body tells.
    """
    region = text_of(headers, b"x-ms-region")
    spilled = _SPILLED in headers.lower or headers.get(b"x-ms-is-spilled-over") == b"true"
    return Answered(
        deployment=text_of(headers, b"x-ms-deployment-name"),
        model=text_of(headers, b"openai-model"),
        region=None if region is None else region.lower().replace(" ", ""),
        request_id=text_of(headers, b"apim-request-id", b"x-request-id"),
        spilled=spilled,
        tier=RESERVED if provisioned and not spilled else None,
    )


def _route(deployment: Deployment, address: Address, target: str) -> Route:
    name = _name(deployment, address)
    reads = partial(answered, provisioned=True) if deployment.tariff.tier == RESERVED else answered
    return Route(path=target, stream_path=target, answered=reads, key_header="api-key", name=name)


def _name(deployment: Deployment, address: Address) -> str:
    """Azure's own name of the deployment."""
    classic = _CLASSIC.fullmatch(address.path)
    return classic[1] if classic else deployment.served_model


def _target(
    deployment: Deployment, address: Address, version: str | None, verb: str = "chat/completions"
) -> str:
    if address.path == "/openai/v1":
        query = "" if version is None else f"?api-version={version}"
        return f"/openai/v1/{verb}{query}"
    name = _name(deployment, address)
    if not _NAME.fullmatch(name):
        raise ValueError(f"`{name}` is no name of an Azure deployment: letters, digits and `._-` only")
    return f"/openai/deployments/{name}/{verb}?api-version={version or API_VERSION}"
