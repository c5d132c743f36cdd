"""What clients ask about what is kept: responses and conversations, made, read, filled and deleted."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import msgspec

from comity.errors import RequestError
from comity.sessions.ask import with_ids
from comity.sessions.listing import page, read_window
from comity.sessions.records import Conversation, History, Item, Kept, Missing
from comity.sessions.store import SessionStore

Kind: TypeAlias = Literal[
    "response",
    "input_items",
    "cancel",
    "conversations",
    "conversation",
    "conversation_items",
    "conversation_item",
]
"""What a path of kept things names."""

Answered: TypeAlias = dict[str, Any] | Missing
"""What a request about kept things gets."""

_MOST_ITEMS = 20


class Errand(msgspec.Struct, frozen=True):
    """One request about what is kept."""

    caller: str
    """Who asks; nobody else's things are found."""
    method: str
    """HTTP method."""
    kind: Kind
    """What the path names."""
    ids: tuple[str, ...]
    """The ids in the path, outermost first."""
    query: dict[str, str]
    """Query parameters."""
    body: bytes
    """Body."""
    now: int
    """Unix seconds."""

    @property
    def stores(self) -> bool:
        """Whether something new is kept because of it."""
        return self.method == "POST" and self.kind != "cancel"


class _Created(msgspec.Struct):
    items: list[Item] | None = None
    metadata: dict[str, Any] | None = None


_CREATED = msgspec.json.Decoder(_Created)


def allowed(kind: Kind) -> tuple[str, ...]:
    """The methods that a path of this kind takes."""
    return tuple(method for method, known in _ERRANDS if known == kind)


def run(store: SessionStore, errand: Errand) -> Answered:
    """What the errand gets; raises RequestError when it makes no sense."""
    return _ERRANDS[errand.method, errand.kind](store, errand)


def _response(store: SessionStore, errand: Errand) -> Answered:
    if errand.query.get("stream") == "true":
        raise RequestError("a kept response is read as a whole; it is not streamed again", "stream")
    found = store.response(errand.caller, errand.ids[0], errand.now)
    return found.response if isinstance(found, Kept) else found


def _forget_response(store: SessionStore, errand: Errand) -> Answered:
    missing = store.forget_response(errand.caller, errand.ids[0])
    return missing or {"id": errand.ids[0], "object": "response.deleted", "deleted": True}


def _input_items(store: SessionStore, errand: Errand) -> Answered:
    found = store.response(errand.caller, errand.ids[0], errand.now)
    return page(found.input, read_window(errand.query)) if isinstance(found, Kept) else found


def _cancel(store: SessionStore, errand: Errand) -> Answered:
    found = store.response(errand.caller, errand.ids[0], errand.now)
    if isinstance(found, Missing):
        return found
    raise RequestError("only an answer in the background can be cancelled, and none is made here")


def _start(store: SessionStore, errand: Errand) -> Answered:
    created = _read(errand)
    conversation = Conversation(f"conv_{os.urandom(16).hex()}", errand.now, created.metadata or {})
    store.start(errand.caller, conversation, _named(created))
    return _shown(conversation)


def _conversation(store: SessionStore, errand: Errand) -> Answered:
    found = store.conversation(errand.caller, errand.ids[0])
    return _shown(found) if isinstance(found, Conversation) else found


def _relabel(store: SessionStore, errand: Errand) -> Answered:
    found = store.relabel(errand.caller, errand.ids[0], _read(errand).metadata or {})
    return _shown(found) if isinstance(found, Conversation) else found


def _forget_conversation(store: SessionStore, errand: Errand) -> Answered:
    missing = store.forget_conversation(errand.caller, errand.ids[0])
    return missing or {"id": errand.ids[0], "object": "conversation.deleted", "deleted": True}


def _items(store: SessionStore, errand: Errand) -> Answered:
    found = store.items(errand.caller, errand.ids[0])
    return page(found.items, read_window(errand.query)) if isinstance(found, History) else found


def _add_items(store: SessionStore, errand: Errand) -> Answered:
    items = _named(_read(errand))
    if not items:
        raise RequestError("expected at least one item", "items")
    missing = store.add_items(errand.caller, errand.ids[0], items)
    window = {"order": "asc", "limit": str(len(items))}
    return missing or page(items, read_window(window))


def _item(store: SessionStore, errand: Errand) -> Answered:
    found = store.items(errand.caller, errand.ids[0])
    if isinstance(found, Missing):
        return found
    wanted = (item for item in found.items if item["id"] == errand.ids[1])
    return next(wanted, None) or Missing("item", errand.ids[1])


def _forget_item(store: SessionStore, errand: Errand) -> Answered:
    return store.forget_item(errand.caller, *errand.ids) or _conversation(store, errand)


def _read(errand: Errand) -> _Created:
    try:
        created = _CREATED.decode(errand.body or b"{}")
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise RequestError(f"the body cannot be read: {error}") from error
    if len(created.items or ()) > _MOST_ITEMS:
        raise RequestError(f"at most {_MOST_ITEMS} items can be added at a time", "items")
    return created


def _named(created: _Created) -> list[Item]:
    return with_ids(created.items or [], os.urandom(12).hex())


def _shown(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "object": "conversation",
        "created_at": conversation.created,
        "metadata": conversation.metadata,
    }


_ERRANDS: dict[tuple[str, Kind], Callable[[SessionStore, Errand], Answered]] = {
    ("GET", "response"): _response,
    ("DELETE", "response"): _forget_response,
    ("GET", "input_items"): _input_items,
    ("POST", "cancel"): _cancel,
    ("POST", "conversations"): _start,
    ("GET", "conversation"): _conversation,
    ("POST", "conversation"): _relabel,
    ("DELETE", "conversation"): _forget_conversation,
    ("GET", "conversation_items"): _items,
    ("POST", "conversation_items"): _add_items,
    ("GET", "conversation_item"): _item,
    ("DELETE", "conversation_item"): _forget_item,
}
