"""From a deployment to a connection: one table of which cloud is spoken to how.

Secrets are resolved here and nowhere else. A missing one is an error, never another account.
"""

from __future__ import annotations

from collections.abc import Mapping

from comity.clouds import anthropic, aws, azure, compatible, google
from comity.clouds.account import open_credential
from comity.clouds.address import parse_address
from comity.clouds.connection import Connection
from comity.clouds.deployment import Deployment
from comity.clouds.marks import check_marks
from comity.clouds.renewal import Renewals
from comity.clouds.route import RouteOf
from comity.clouds.secrets import Secrets

_ANY = "*"

ROUTES: Mapping[tuple[str, str], RouteOf] = {
    ("azure", "openai.chat"): azure.chat,
    ("aws", "bedrock.converse"): aws.converse,
    ("aws", "bedrock.invoke"): aws.invoke,
    ("azure", "openai.responses"): azure.responses,
    (_ANY, "openai.chat"): compatible.chat,
    (_ANY, "openai.responses"): compatible.responses,
    ("google", "vertex.messages"): anthropic.vertex,
    (_ANY, "anthropic.messages"): anthropic.messages,
    ("google", "gemini.generate"): google.generate,
    ("azure", "openai.embeddings"): azure.embeddings,
    (_ANY, "openai.embeddings"): compatible.embeddings,
    ("aws", "bedrock.embeddings"): aws.invoke,
    ("google", "gemini.embeddings"): google.embed,
    ("google", "vertex.embeddings"): google.predict,
}
"""How a dialect is spoken on a cloud; a new pair is one line here and its function in the cloud's module.

`*` is any other cloud: a server of one's own, which may stand anywhere.
"""


def connect(deployment: Deployment, secrets: Secrets, renewals: Renewals | None = None) -> Connection:
    """The connection of `deployment`; raises ValueError where a secret is missing or the address odd.

    Logins that have to be fetched are put into `renewals`, and serve from its start on.
    """
    check_marks(deployment)
    address = parse_address(deployment.url)
    route = _route_of(deployment)(deployment, address)
    credential = open_credential(deployment, address.authority, route, secrets, renewals or Renewals())
    return Connection(deployment, address, route, credential)


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
