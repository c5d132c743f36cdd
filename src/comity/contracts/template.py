"""A contract to begin with: it loads, its examples hold, and it shows one of most things."""

from __future__ import annotations

import json
import re
from datetime import date
from importlib.resources import files

_SLOT = re.compile(r"@([a-z_]+)@")


def contract_template(name: str, ours: tuple[str, str], theirs: tuple[str, str], start: date) -> str:
    """The file of the contract `name` between two parties, each an id and a name, from the day `start`.

    >>> print(contract_template("hosting", ("acme", "Acme"), ("host", "Hosting"), date(2026, 1, 1))[:21])
    ---
    contract: hosting
    """
    words = {
        "name": name,
        "ours": ours[0],
        "theirs": theirs[0],
        "our_name": _plain(ours[1]),
        "their_name": _plain(theirs[1]),
        "our_quoted": json.dumps(ours[1], ensure_ascii=False),
        "their_quoted": json.dumps(theirs[1], ensure_ascii=False),
        "start": start.isoformat(),
    }
    text = files("comity.contracts").joinpath("template.md").read_text(encoding="utf-8")
    return _SLOT.sub(lambda match: words[match[1]], text)


def _plain(name: str) -> str:
    """A name that is safe in prose, in a heading and in an unquoted title."""
    return " ".join(re.sub(r"[^\w .&-]+", " ", name).split()) or "the other side"
