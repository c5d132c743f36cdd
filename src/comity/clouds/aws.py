"""Amazon Bedrock: Converse paths, signed requests or a Bedrock API key, and the region that signs.

The signing region comes from the deployment or its address, never from an environment or a default: a request
signed for the wrong region would be served there.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from comity.clouds.address import Address
from comity.clouds.deployment import Deployment
from comity.clouds.route import Answered, Route, text_of
from comity.exchange import Usage
from comity.http import Headers

_ENDPOINT = re.compile(
    r"bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)"
    r"|vpce-[a-z0-9-]+\.bedrock-runtime\.([a-z0-9-]+)\.vpce\.amazonaws\.com"
)
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")


def converse(deployment: Deployment, address: Address) -> Route:
    """How Bedrock's Converse is spoken to at `address`."""
    return _runtime(deployment, address, "converse", "converse-stream")


def invoke(deployment: Deployment, address: Address) -> Route:
    """How Bedrock's InvokeModel is spoken to at `address`."""
    return _runtime(deployment, address, "invoke", "invoke-with-response-stream")


def endpoint_region(host: str) -> str | None:
    """The region that one of Bedrock's own host names says; None for any other host."""
    match = _ENDPOINT.fullmatch(host)
    return None if match is None else match[1] or match[2]


def signing_region(deployment: Deployment, address: Address) -> str:
    """The region whose endpoint is called; raises ValueError where nothing says it or two places disagree."""
    told = {deployment.signing_region, endpoint_region(address.host)} - {None}
    if len(told) > 1:
        raise ValueError(f"`signing_region` and the address `{address.host}` name different regions")
    named = {region for region in deployment.region if _REGION.fullmatch(region)}
    region = told.pop() if told else None
    if region is None:
        if len(deployment.region) != 1 or not named:
            raise ValueError(
                f"deployment `{deployment.id}` needs `signing_region`: its endpoint does not say it"
            )
        return named.pop()
    if not _REGION.fullmatch(region):
        raise ValueError(f"`{region}` is no AWS region; write it like `eu-central-1`")
    if named and region not in named:
        raise ValueError(
            f"deployment `{deployment.id}` is called in `{region}`, which its `region` does not hold"
        )
    return region


def answered(headers: Headers) -> Answered:
    """Bedrock says its request id and nothing of where a cross-region profile ran.

    InvokeModel counts tokens in headers, for some models nowhere else, and tells the tier in another.
    """
    count = text_of(headers, b"x-amzn-bedrock-input-token-count") or ""
    usage = Usage(int(count)) if count.isdecimal() else None
    tier = text_of(headers, b"x-amzn-bedrock-service-tier")
    return Answered(request_id=text_of(headers, b"x-amzn-requestid"), usage=usage, tier=tier)


def _runtime(deployment: Deployment, address: Address, whole: str, stream: str) -> Route:
    """The route of one operation of Bedrock's runtime."""
    if address.query:
        raise ValueError("the address of a Bedrock endpoint carries no query")
    # One segment, colon and slash encoded, as AWS's own SDK does: `/model/arn%3Aaws%3A...%2F.../converse`.
    base = f"{address.path}/model/{quote(deployment.served_model, safe='')}"
    return Route(
        path=f"{base}/{whole}",
        stream_path=f"{base}/{stream}",
        count_path=f"{base}/count-tokens",
        answered=answered,
        signing_region=signing_region(deployment, address),
    )
