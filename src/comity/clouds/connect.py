"""From a deployment to a connection: one table of which cloud is spoken to how.

Secrets are resolved here and nowhere else. A missing one is an error, never another account.
"""

from __future__ import annotations

from comity.clouds import aws, azure, compatible
from comity.clouds.address import Address, parse_address
from comity.clouds.connection import Connection, Route
from comity.clouds.deployment import Deployment
from comity.clouds.secrets import Secret, Secrets
from comity.clouds.sigv4 import AwsKeys


def connect(deployment: Deployment, secrets: Secrets) -> Connection:
    """The connection of `deployment`; raises ValueError where a secret is missing or the address odd."""
    address = parse_address(deployment.url)
    if deployment.dialect == "bedrock.converse":
        return Connection(deployment, address, _bedrock(deployment, address, secrets))
    if deployment.dialect != "openai.chat":
        raise ValueError(f"no cloud is known that speaks `{deployment.dialect}`")
    if deployment.auth.access_key_id is not None:
        raise ValueError(
            f"deployment `{deployment.id}` takes `api_key`; AWS keys sign only `bedrock.converse`"
        )
    key = _key(deployment, secrets)
    if deployment.cloud == "azure" and azure.speaks(address):
        return Connection(deployment, address, azure.route(deployment, address, key))
    return Connection(deployment, address, compatible.route(address, key))


def _bedrock(deployment: Deployment, address: Address, secrets: Secrets) -> Route:
    if deployment.cloud != "aws":
        raise ValueError(
            f"`bedrock.converse` runs on `aws`; deployment `{deployment.id}` says `{deployment.cloud}`"
        )
    auth = deployment.auth
    if auth.access_key_id is not None and auth.secret_access_key is not None:
        token = None if auth.session_token is None else secrets.resolve(auth.session_token)
        keys = AwsKeys(secrets.resolve(auth.access_key_id), secrets.resolve(auth.secret_access_key), token)
        return aws.route(deployment, address, keys)
    key = _key(deployment, secrets)
    if key is None:
        raise ValueError(
            f"deployment `{deployment.id}` needs AWS keys or an `api_key`: Bedrock answers nobody else"
        )
    return aws.route(deployment, address, key)


def _key(deployment: Deployment, secrets: Secrets) -> Secret | None:
    reference = deployment.auth.api_key
    return None if reference is None else secrets.resolve(reference)
