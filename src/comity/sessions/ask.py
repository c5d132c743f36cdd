"""What a request of the Responses API says about state, and the same request with the state put in.

The expanded body holds its whole conversation and names nothing that is kept, so that from there on it is
like any other request: each target is sent all of it, and is asked to keep nothing.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.errors import RequestError
from comity.sessions.records import History, Item

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_INPUT = msgspec.json.Decoder(str | list[Item] | None)
_ENCODER = msgspec.json.Encoder()
_NAMES = ("previous_response_id", "conversation")


class _Conversation(msgspec.Struct):
    id: str


class _Fields(msgspec.Struct):
    store: bool | None = None
    previous_response_id: str | None = None
    conversation: str | _Conversation | None = None


_FIELDS = msgspec.json.Decoder(_Fields)


class Ask(msgspec.Struct, frozen=True):
    """What a request wants to be kept or continued."""

    store: bool | None
    """Whether the answer is to be kept; None when the client did not say, which means yes."""
    previous: str | None
    """The response to continue."""
    conversation: str | None
    """The conversation to continue."""

    @property
    def continues(self) -> bool:
        """Whether it names something that is kept."""
        return self.previous is not None or self.conversation is not None

    @property
    def stateful(self) -> bool:
        """Whether it is to be kept, said or not, or continues what was."""
        return self.store is not False or self.continues

    @property
    def explicit(self) -> bool:
        """Whether it cannot be served without a store: it says so, or needs what is kept."""
        return self.store is True or self.continues


def read_ask(body: bytes) -> Ask:
    """What a body says about state; raises RequestError when that makes no sense."""
    try:
        fields = _FIELDS.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise RequestError(f"the body cannot be read: {error}") from error
    conversation = fields.conversation
    named = conversation.id if isinstance(conversation, _Conversation) else conversation
    if named is not None and fields.previous_response_id is not None:
        raise RequestError("a turn continues a response or a conversation, not both", "conversation")
    return Ask(fields.store, fields.previous_response_id, named)


def expand(body: bytes, history: History, stem: str) -> tuple[bytes, list[Item]]:
    """The body with everything before it put in, and the items that this turn adds, each with an id."""
    members: dict[str, Any] = dict(_MEMBERS.decode(body))
    try:
        given = _INPUT.decode(members["input"]) if "input" in members else None
    except msgspec.ValidationError as error:
        raise RequestError("expected text or a list of items", "input") from error
    added = [{"type": "message", "role": "user", "content": given}] if isinstance(given, str) else given or []
    items = [*history.items, *added]
    members["input"] = msgspec.Raw(_ENCODER.encode([_sent(item) for item in items]))
    for name in _NAMES:
        members.pop(name, None)
    return _ENCODER.encode(members), with_ids(added, stem)


def with_ids(items: list[Item], stem: str) -> list[Item]:
    """The items as they are kept: text as parts, and an id for each that has none."""
    return [_listed(item, f"{stem}_{index}") for index, item in enumerate(items)]


def _sent(item: Item) -> Item:
    """The item without an id of ours: only who made an id knows it."""
    identity = item.get("id")
    if isinstance(identity, str) and identity.startswith("item_"):
        return {name: value for name, value in item.items() if name != "id"}
    return item


def _listed(item: Item, stem: str) -> Item:
    listed = {**item, "type": item.get("type", "message")}
    if listed["type"] == "message" and isinstance(listed.get("content"), str):
        kind = "output_text" if listed.get("role") == "assistant" else "input_text"
        part: Item = {"type": kind, "text": listed["content"]}
        listed["content"] = [{**part, "annotations": []} if kind == "output_text" else part]
    if not isinstance(listed.get("id"), str):
        listed["id"] = f"item_{stem}"
    return listed
