"""What Bedrock's patterns allow in tool names, ids and document names."""

from __future__ import annotations

import re

from comity.dialects.tool_names import NameRule, digested

TOOL_RULE = NameRule(re.compile(r"[A-Za-z0-9_-]{1,64}"), re.compile(r"[^A-Za-z0-9_-]+"), 64)
"""What Bedrock allows in a tool's name."""

_ID_RULE = NameRule(re.compile(r"[A-Za-z0-9_.:-]{1,64}"), re.compile(r"[^A-Za-z0-9_.:-]+"), 64)
_NOT_DOCUMENT = re.compile(r"[^A-Za-z0-9 ()\[\]-]+")
_DOCUMENT = 200


def wire_id(identity: str) -> str:
    """The id on the wire for a tool call's id; the same for the call and its result."""
    return identity if _ID_RULE.allowed.fullmatch(identity) else digested(identity, _ID_RULE)


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
