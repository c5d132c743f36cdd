"""What clients ask about kept things: pages, labels, limits, and what makes no sense."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from comity.errors import RequestError
from comity.sessions import Errand, Kept, Kind, Missing, SessionStore, Vault, allowed, open_session_store, run


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SessionStore]:
    """A store with one response of three items."""
    opened = open_session_store(tmp_path / "kept.db", Vault(["11" * 32]), 2)
    items = [{"id": f"i{number}", "type": "message"} for number in range(3)]
    opened.save("a", Kept("resp_1", {"id": "resp_1", "output": []}, items, "d"), 0)
    yield opened
    opened.close()


def ask(store: SessionStore, method: str, kind: Kind, *ids: str, body: Any = None, **query: str) -> Any:
    """What an errand of the caller `a` gets."""
    raw = b"" if body is None else json.dumps(body).encode()
    return run(store, Errand("a", method, kind, ids, query, raw, 0))


@pytest.mark.parametrize(
    ("query", "ids", "more"),
    [
        ({}, ["i2", "i1", "i0"], False),
        ({"order": "asc", "limit": "2"}, ["i0", "i1"], True),
        ({"after": "i1"}, ["i0"], False),
        ({"after": "i0"}, [], False),
    ],
)
def test_pages(store: SessionStore, query: dict[str, str], ids: list[str], more: bool) -> None:  # noqa: FBT001 - a column
    """Newest first unless asked otherwise."""
    page = ask(store, "GET", "input_items", "resp_1", **query)
    assert [item["id"] for item in page["data"]] == ids
    assert page["has_more"] is more
    assert (page["first_id"], page["last_id"]) == ((ids[0], ids[-1]) if ids else (None, None))


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"order": "up"}, {"after": "z"}]
)
def test_windows_that_make_no_sense(store: SessionStore, query: dict[str, str]) -> None:
    """Refused by the name of the parameter."""
    with pytest.raises(RequestError) as caught:
        ask(store, "GET", "input_items", "resp_1", **query)
    assert caught.value.param in query


def test_what_is_not_there(store: SessionStore) -> None:
    """Every kind of thing."""
    missing = Missing("conversation", "c")
    assert ask(store, "GET", "response", "x") == Missing("response", "x")
    assert ask(store, "GET", "input_items", "x") == Missing("response", "x")
    assert ask(store, "POST", "cancel", "x") == Missing("response", "x")
    assert ask(store, "DELETE", "response", "x") == Missing("response", "x")
    assert ask(store, "GET", "conversation", "c") == missing
    assert ask(store, "POST", "conversation", "c", body={}) == missing
    assert ask(store, "DELETE", "conversation", "c") == missing
    assert ask(store, "GET", "conversation_items", "c") == missing
    assert ask(store, "POST", "conversation_items", "c", body={"items": [{"type": "x"}]}) == missing
    assert ask(store, "GET", "conversation_item", "c", "i") == missing
    assert ask(store, "DELETE", "conversation_item", "c", "i") == Missing("item", "i")
    made = ask(store, "POST", "conversations")
    assert ask(store, "GET", "conversation_item", made["id"], "i") == Missing("item", "i")


def test_what_makes_no_sense(store: SessionStore) -> None:
    """A stream of the past, cancelling what is done, nothing or too much to add, a body that is none."""
    with pytest.raises(RequestError, match="whole"):
        ask(store, "GET", "response", "resp_1", stream="true")
    with pytest.raises(RequestError, match="background"):
        ask(store, "POST", "cancel", "resp_1")
    with pytest.raises(RequestError, match="at least one"):
        ask(store, "POST", "conversation_items", "c", body={})
    with pytest.raises(RequestError, match="at most 20"):
        ask(store, "POST", "conversations", body={"items": [{}] * 21})
    with pytest.raises(RequestError, match="cannot be read"):
        ask(store, "POST", "conversations", body={"items": 3})


def test_methods_and_what_stores() -> None:
    """Each kind of path has its own; reading and deleting keep nothing new."""
    assert allowed("response") == ("GET", "DELETE")
    assert allowed("conversation") == ("GET", "POST", "DELETE")

    def stores(method: str, kind: Kind) -> bool:
        return Errand("a", method, kind, (), {}, b"", 0).stores

    assert stores("POST", "conversations")
    assert not stores("POST", "cancel")
    assert not stores("DELETE", "response")
