"""Tool names, ids and document names that Bedrock's patterns allow.

A name that fits is kept. Another becomes its readable part with a digest of the whole, so the same name is
the same on every turn (prompt caches stay warm) and two never meet; the way back travels in `AnswerKey`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256

_TOOL = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_NOT_TOOL = re.compile(r"[^A-Za-z0-9_-]+")
_NOT_ID = re.compile(r"[^A-Za-z0-9_.:-]+")
_NOT_DOCUMENT = re.compile(r"[^A-Za-z0-9 ()\[\]-]+")
_LONGEST = 64
_DIGEST = 10
_DOCUMENT = 200


class ToolNames:
    """The client's tool names and the ones on the wire, one to one."""

    def __init__(self, names: Iterable[str]) -> None:
        wanted = list(dict.fromkeys(names))
        self._wire = {name: name for name in wanted if _TOOL.fullmatch(name)}
        taken = set(self._wire)
        for name in wanted:
            if name not in self._wire:
                self._wire[name] = _unused(name, taken)
                taken.add(self._wire[name])

    def wire(self, name: str) -> str:
        """The name on the wire for a client's name."""
        return self._wire[name]

    def renamed(self) -> dict[str, str]:
        """Wire name to client's name, for those that differ."""
        return {wire: name for name, wire in self._wire.items() if wire != name}


def wire_id(identity: str) -> str:
    """The id on the wire for a tool call's id; the same for the call and its result."""
    return identity if _ID.fullmatch(identity) else _digested(identity, _NOT_ID, _DIGEST)


class DocumentNames:
    """Document names within one request: allowed characters, each name once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def wire(self, name: str | None) -> str:
        """An unused allowed name made from a file name."""
        stem = (name or "document").rsplit(".", 1)[0]
        clean = (
            re.sub(r" +", " ", _NOT_DOCUMENT.sub(" ", stem)).strip()[: _DOCUMENT - 8].strip() or "document"
        )
        unused, count = clean, 1
        while unused in self._taken:
            count += 1
            unused = f"{clean}-{count}"
        self._taken.add(unused)
        return unused


def _unused(name: str, taken: set[str]) -> str:
    length = _DIGEST
    while (wire := _digested(name, _NOT_TOOL, length)) in taken:
        length += 1
        assert length < _LONGEST, "a whole digest does not collide"
    return wire


def _digested(text: str, unwanted: re.Pattern[str], length: int) -> str:
    readable = unwanted.sub("_", text)[: _LONGEST - length - 1]
    return f"{readable}_{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:length]}"
