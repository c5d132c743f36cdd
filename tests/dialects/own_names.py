"""What tests of the names that clients read share."""

from __future__ import annotations

import msgspec

from comity.exchange import Names, Places, Request


def nameless(request: Request) -> Request:
    """The request without where in a body it stood, to compare what was said."""
    return msgspec.structs.replace(request, names=Names(), places=Places())
