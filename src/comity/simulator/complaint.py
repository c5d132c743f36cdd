"""A complaint about a request, in the words of the API that was asked."""

from __future__ import annotations

import msgspec


class Complaint(msgspec.Struct, frozen=True):
    """One thing wrong with a request, as OpenAI says it."""

    message: str
    """For people."""
    param: str | None
    """The parameter at fault."""
    code: str | None
    """OpenAI's code."""
