"""Which paths name something that is kept: responses and conversations, under every root that clients use."""

from __future__ import annotations

import re

import msgspec

from comity.sessions import Kind

_ROOT = rb"(?:/v1|/openai/v1|/openai)"
_ID = rb"[A-Za-z0-9_-]{1,128}"
_PATHS: tuple[tuple[re.Pattern[bytes], Kind], ...] = (
    (re.compile(_ROOT + rb"/responses/(resp_" + _ID + rb")"), "response"),
    (re.compile(_ROOT + rb"/responses/(resp_" + _ID + rb")/input_items"), "input_items"),
    (re.compile(_ROOT + rb"/responses/(resp_" + _ID + rb")/cancel"), "cancel"),
    (re.compile(_ROOT + rb"/conversations"), "conversations"),
    (re.compile(_ROOT + rb"/conversations/(" + _ID + rb")"), "conversation"),
    (re.compile(_ROOT + rb"/conversations/(" + _ID + rb")/items"), "conversation_items"),
    (re.compile(_ROOT + rb"/conversations/(" + _ID + rb")/items/(" + _ID + rb")"), "conversation_item"),
)


class KeptPath(msgspec.Struct, frozen=True):
    """A path that names something kept."""

    kind: Kind
    """What it names."""
    ids: tuple[str, ...]
    """The ids in it."""


def find_kept(path: bytes) -> KeptPath | None:
    """What `path` names, if it names something kept."""
    for pattern, kind in _PATHS:
        match = pattern.fullmatch(path)
        if match is not None:
            return KeptPath(kind, tuple(part.decode() for part in match.groups()))
    return None
