"""Where models run: addresses, credentials and the few quirks of each cloud; no sockets, no wire formats."""

from __future__ import annotations

from comity.clouds.address import Address, parse_address
from comity.clouds.auth import AssumedRole, Auth, AwsLogin, EntraLogin, GoogleLogin
from comity.clouds.connect import connect
from comity.clouds.connection import Connection
from comity.clouds.deployment import Deployment, Limits
from comity.clouds.marks import mark
from comity.clouds.places import Addressed, places_of, resolve_places
from comity.clouds.renewal import Renewals
from comity.clouds.route import Answered, Purpose, Route
from comity.clouds.secrets import Secret, Secrets

__all__ = [
    "Address",
    "Addressed",
    "Answered",
    "AssumedRole",
    "Auth",
    "AwsLogin",
    "Connection",
    "Deployment",
    "EntraLogin",
    "GoogleLogin",
    "Limits",
    "Purpose",
    "Renewals",
    "Route",
    "Secret",
    "Secrets",
    "connect",
    "mark",
    "parse_address",
    "places_of",
    "resolve_places",
]
