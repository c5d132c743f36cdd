"""From a deployment to a connection: one table of which cloud is spoken to how.

Secrets are resolved here and nowhere else. A missing one is an error, never another account.
"""

from __future__ import annotations

from collections.abc import Mapping

from comity.clouds import aws, azure, compatible
from comity.clouds.address import parse_address
from comity.clouds.connection import Connection
from comity.clouds.credential import Anonymous, ApiKey, Credential
from comity.clouds.deployment import Deployment
from comity.clouds.route import Route, RouteOf
from comity.clouds.secrets import Secrets
from comity.clouds.sigv4 import AwsKeys, Signer

_ANY = "*"

ROUTES: Mapping[tuple[str, str], RouteOf] = {
    ("azure", "openai.chat"): azure.chat,
    ("aws", "bedrock.converse"): aws.converse,
    (_ANY, "openai.chat"): compatible.chat,
}
"""How a dialect is spoken on a cloud; a new pair is one line here and its function in the cloud's module.

`*` is any other cloud: a server of one's own, which may stand anywhere.
"""


def connect(deployment: Deployment, secrets: Secrets) -> Connection:
    """The connection of `deployment`; raises ValueError where a secret is missing or the address odd."""
    address = parse_address(deployment.url)
    route = _route_of(deployment)(deployment, address)
    return Connection(deployment, address, route, _credential(deployment, address.authority, route, secrets))


def _route_of(deployment: Deployment) -> RouteOf:
    found = ROUTES.get((deployment.cloud, deployment.dialect)) or ROUTES.get((_ANY, deployment.dialect))
    if found is not None:
        return found
    clouds = sorted(cloud for cloud, dialect in ROUTES if dialect == deployment.dialect)
    if not clouds:
        raise ValueError(f"no cloud is known that speaks `{deployment.dialect}`")
    raise ValueError(
        f"`{deployment.dialect}` runs on `{'`, `'.join(clouds)}`; deployment `{deployment.id}` says"
        f" `{deployment.cloud}`"
    )


def _credential(deployment: Deployment, host: str, route: Route, secrets: Secrets) -> Credential:
    auth = deployment.auth
    if auth.access_key_id is not None and auth.secret_access_key is not None:
        if route.signing_region is None:
            raise ValueError(f"deployment `{deployment.id}` takes `api_key`; AWS keys sign only Bedrock")
        token = None if auth.session_token is None else secrets.resolve(auth.session_token)
        keys = AwsKeys(secrets.resolve(auth.access_key_id), secrets.resolve(auth.secret_access_key), token)
        return Signer(keys, route.signing_region, host)
    if auth.api_key is not None:
        return ApiKey(route.key_header, secrets.resolve(auth.api_key))
    if route.signing_region is not None:
        raise ValueError(
            f"deployment `{deployment.id}` needs AWS keys or an `api_key`: Bedrock answers nobody else"
        )
    return Anonymous()
