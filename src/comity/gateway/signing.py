"""The secrets of callers that sign: resolved when a worker starts, since verifying takes them themselves."""

from __future__ import annotations

import msgspec

from comity.clouds import Secrets
from comity.gateway.settings import Settings
from comity.intake import Caller


def with_signing_secrets(settings: Settings, secrets: Secrets) -> Settings:
    """The settings with every caller's signing secret in place; raises ValueError when one is missing."""
    callers = tuple(_resolved(caller, secrets) for caller in settings.callers)
    return msgspec.structs.replace(settings, callers=callers)


def _resolved(caller: Caller, secrets: Secrets) -> Caller:
    pair = caller.signing
    if pair is None:
        return caller
    secret = secrets.resolve(pair.reference).reveal().encode("ascii")
    return msgspec.structs.replace(caller, signing=msgspec.structs.replace(pair, secret=secret))
