"""Where models run: addresses, credentials and the few quirks of each cloud; no sockets, no wire formats."""

from __future__ import annotations

from comity.clouds.address import Address, parse_address
from comity.clouds.connect import connect
from comity.clouds.connection import Connection
from comity.clouds.deployment import Auth, Deployment, Limits
from comity.clouds.route import Answered, Purpose, Route
from comity.clouds.secrets import Secret, Secrets

__all__ = [
    "Address",
    "Answered",
    "Auth",
    "Connection",
    "Deployment",
    "Limits",
    "Purpose",
    "Route",
    "Secret",
    "Secrets",
    "connect",
    "parse_address",
]
