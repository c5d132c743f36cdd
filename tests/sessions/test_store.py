"""The store: found by its caller alone, continued, forgotten, expired."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from comity.errors import StoreError
from comity.sessions import Conversation, History, Kept, Missing, SessionStore, Vault, open_session_store

KEY = "11" * 32
DAY = 86_400


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SessionStore]:
    """An empty store that keeps for two days."""
    opened = open_session_store(tmp_path / "deep" / "kept.db", Vault([KEY]), 2)
    yield opened
    opened.close()


def kept(name: str, previous: str | None = None, conversation: str | None = None) -> Kept:
    """A response with one item in and one out."""
    response: dict[str, Any] = {"id": name, "output": [{"id": f"out_{name}", "type": "message"}]}
    return Kept(
        name, response, [{"id": f"in_{name}", "type": "message"}], f"d_{name}", previous, conversation
    )


def names(history: History | Missing) -> list[str]:
    """The ids of the items of a history."""
    assert isinstance(history, History)
    return [item["id"] for item in history.items]


def test_a_chain_is_continued_in_order(store: SessionStore) -> None:
    """Input and output of every turn, and who answered last."""
    assert store.save("a", kept("1"), 0) is None
    store.save("a", kept("2", "1"), 0, ("1",))
    history = store.before("a", "2", 0)
    assert names(history) == ["in_1", "out_1", "in_2", "out_2"]
    assert isinstance(history, History)
    assert (history.deployment, history.chain) == ("d_2", ("2", "1"))
    assert store.response("a", "2", 0) == kept("2", "1")


def test_another_caller_finds_nothing(store: SessionStore) -> None:
    """Nor can it delete, continue, fill or read anything."""
    store.save("a", kept("1"), 0)
    store.start("a", Conversation("c", 0, {}), [{"id": "i"}])
    assert store.response("b", "1", 0) == Missing("response", "1")
    assert store.before("b", "1", 0) == Missing("response", "1")
    assert store.forget_response("b", "1") == Missing("response", "1")
    assert store.conversation("b", "c") == Missing("conversation", "c")
    assert store.relabel("b", "c", {}) == Missing("conversation", "c")
    assert store.items("b", "c") == Missing("conversation", "c")
    assert store.add_items("b", "c", [{"id": "x"}]) == Missing("conversation", "c")
    assert store.forget_item("b", "c", "i") == Missing("item", "i")
    assert store.forget_conversation("b", "c") == Missing("conversation", "c")
    assert store.save("b", kept("9", None, "c"), 0) == Missing("conversation", "c")
    assert store.response("b", "9", 0) == Missing("response", "9")
    assert names(store.items("a", "c")) == ["i"]


def test_the_same_id_is_another_thing_for_another_caller(store: SessionStore) -> None:
    """Ids of answers are not unique in the world."""
    store.save("a", kept("1"), 0)
    store.save("b", kept("1", "0"), 0)
    assert store.response("a", "1", 0) == kept("1")


def test_what_is_deleted_breaks_its_chain(store: SessionStore) -> None:
    """What came after it cannot be continued: its words are nowhere else."""
    store.save("a", kept("1"), 0)
    store.save("a", kept("2", "1"), 0)
    assert store.forget_response("a", "1") is None
    assert store.before("a", "2", 0) == Missing("response", "1")


def test_responses_expire_after_their_last_use(store: SessionStore) -> None:
    """A turn that continues a chain keeps all of it for as long."""
    store.save("a", kept("1"), 0)
    store.save("a", kept("x"), 0)
    store.save("a", kept("2", "1"), DAY, ("1",))
    late = 2 * DAY
    assert store.response("a", "x", late) == Missing("response", "x")
    assert isinstance(store.before("a", "2", late), History)
    store.save("a", kept("3"), late)
    assert store.response("a", "x", 0) == Missing("response", "x")


def test_conversations_are_filled_by_hand_and_by_turns(store: SessionStore) -> None:
    """In order; the last turn says which deployment answered."""
    store.start("a", Conversation("c", 5, {"k": "v"}), [{"id": "i1"}])
    assert store.conversation("a", "c") == Conversation("c", 5, {"k": "v"})
    store.save("a", kept("1", None, "c"), 0)
    assert store.add_items("a", "c", [{"id": "i2"}]) is None
    history = store.items("a", "c")
    assert names(history) == ["i1", "in_1", "out_1", "i2"]
    assert isinstance(history, History)
    assert (history.deployment, history.conversation) == ("d_1", "c")
    assert store.forget_item("a", "c", "i1") is None
    assert names(store.items("a", "c")) == ["in_1", "out_1", "i2"]
    assert store.relabel("a", "c", {}) == Conversation("c", 5, {})
    assert store.forget_conversation("a", "c") is None
    assert store.items("a", "c") == Missing("conversation", "c")


def test_a_response_of_a_conversation_is_continued_with_it(store: SessionStore) -> None:
    """Everything in the conversation up to it came before."""
    store.start("a", Conversation("c", 5, {}), [{"id": "i1"}])
    store.save("a", kept("1", None, "c"), 0)
    store.save("a", kept("2", None, "c"), 0)
    assert names(store.before("a", "1", 0)) == ["i1", "in_1", "out_1"]


def test_a_store_of_other_keys_is_not_opened(tmp_path: Path) -> None:
    """Found out at the start, not at the first request; the newest key is enough from then on."""
    path = tmp_path / "kept.db"
    open_session_store(path, Vault([KEY]), 1).close()
    with pytest.raises(StoreError, match="not in"):
        open_session_store(path, Vault(["22" * 32]), 1)
    open_session_store(path, Vault(["22" * 32, KEY]), 1).close()
    open_session_store(path, Vault(["22" * 32]), 1).close()


def test_what_is_no_database_is_an_error(tmp_path: Path) -> None:
    """And so is a store that was taken apart."""
    path = tmp_path / "kept.db"
    path.write_bytes(b"this is no database, but long enough to look at" * 9)
    with pytest.raises(StoreError, match="store of conversations"):
        open_session_store(path, Vault([KEY]), 1)


def test_a_row_moved_to_another_caller_does_not_open(tmp_path: Path) -> None:
    """Whoever can write the file cannot hand a conversation over."""
    path = tmp_path / "kept.db"
    store = open_session_store(path, Vault([KEY]), 1)
    store.save("a", kept("1"), 0)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE responses SET caller = 'b'")
    connection.close()
    with pytest.raises(StoreError, match="moved"):
        store.response("b", "1", 0)
    store.close()


def test_the_file_is_for_its_owner(tmp_path: Path) -> None:
    """Nobody else reads even the ids."""
    path = tmp_path / "kept.db"
    open_session_store(path, Vault([KEY]), 1).close()
    assert path.stat().st_mode & 0o077 == 0
