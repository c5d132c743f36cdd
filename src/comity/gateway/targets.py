"""Deployments at run time: each with its connection, the pool of its origin and the state of its limits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from comity.clouds import Connection, Deployment, Renewals, Secrets, connect
from comity.http import ClientOptions, Origin, Pool
from comity.prices import RESERVED, Tariff
from comity.routing import Limiter


class Target:
    """One deployment of a running gateway."""

    __slots__ = ("connection", "deployment", "limiter", "pool", "siblings")

    def __init__(
        self,
        deployment: Deployment,
        connection: Connection,
        pool: Pool,
        limiter: Limiter,
        siblings: Mapping[str, Deployment],
    ) -> None:
        self.deployment = deployment
        self.connection = connection
        self.pool = pool
        self.limiter = limiter
        self.siblings = siblings
        """Deployments at the same origin by the cloud's own names: one of them may answer in its place."""

    def tariffs(self) -> tuple[Tariff, ...]:
        """What an answer may be charged by: the deployment's own tariff, and those of what takes over.

        Provisioned throughput spills over to a deployment of the same model, where the cloud is told to.
        """
        own = self.deployment
        if own.tariff.tier != RESERVED:
            return (own.tariff,)
        others = (one for one in self.siblings.values() if one is not own and one.model == own.model)
        return (own.tariff, *(one.tariff for one in others if one.tariff.tiers))


def open_targets(
    deployments: Mapping[str, Deployment],
    secrets: Secrets,
    renewals: Renewals,
    loop: asyncio.AbstractEventLoop,
) -> dict[str, Target]:
    """The targets by deployment id; deployments at one origin share its connections.

    Logins that have to be fetched are put into `renewals`. Raises ValueError when a secret is missing: never
    another account.
    """
    pools: dict[Origin, Pool] = {}
    named: dict[Origin, dict[str, Deployment]] = {}
    targets: dict[str, Target] = {}
    for name, deployment in deployments.items():
        connection = connect(deployment, secrets, renewals)
        pool = pools.get(connection.origin)
        if pool is None:
            pool = pools[connection.origin] = Pool(connection.origin, ClientOptions(), loop)
        limits = deployment.limits
        limiter = Limiter(time.monotonic(), rpm=limits.rpm, tpm=limits.tpm, concurrency=limits.concurrency)
        siblings = named.setdefault(connection.origin, {})
        if connection.name:
            siblings.setdefault(connection.name, deployment)
        targets[name] = Target(deployment, connection, pool, limiter, siblings)
    return targets
