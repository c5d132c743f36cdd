"""The store of conversations: one SQLite file, everything in it but ids and dates encrypted.

Every row belongs to a caller, and nothing is found without naming that caller. Several processes share the
file (WAL); a commit survives the end of its process. Use one store in one thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from comity.errors import StoreError
from comity.sessions.records import Conversation, History, Item, Kept, Missing
from comity.sessions.vault import Vault

_SCHEMA = """
CREATE TABLE IF NOT EXISTS responses (
  caller TEXT NOT NULL, id TEXT NOT NULL, expires INTEGER NOT NULL, sealed BLOB NOT NULL,
  PRIMARY KEY (caller, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS responses_by_expiry ON responses (expires);
CREATE TABLE IF NOT EXISTS conversations (
  caller TEXT NOT NULL, id TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (caller, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS items (
  caller TEXT NOT NULL, conversation TEXT NOT NULL, place INTEGER NOT NULL, id TEXT NOT NULL,
  sealed BLOB NOT NULL, PRIMARY KEY (caller, conversation, place)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS proof (sealed BLOB NOT NULL);
"""
_BUSY_SECONDS = 5.0
_LONGEST_CHAIN = 1000
_PROOF = b"comity"
_KEPT = msgspec.json.Decoder(Kept)
_CONVERSATION = msgspec.json.Decoder(Conversation)
_ITEM = msgspec.json.Decoder(Item)
_LAST = "comity_deployment"


class SessionStore:
    """An open store."""

    def __init__(self, connection: sqlite3.Connection, vault: Vault, keep: int) -> None:
        self._connection = connection
        self._vault = vault
        self._keep = keep

    # --- responses ------------------------------------------------------------------------------------------

    def save(self, caller: str, kept: Kept, now: int, chain: Sequence[str] = ()) -> Missing | None:
        """Keeps a response, and what it continues for as long; appends to its conversation."""
        expires = now + self._keep
        row = (caller, kept.id, expires, self._sealed("response", caller, kept.id, kept))
        with self._writing() as write:
            if kept.conversation is not None:
                if self._conversation(caller, kept.conversation) is None:
                    return Missing("conversation", kept.conversation)
                self._append(caller, kept.conversation, [*kept.input, *_output(kept)], kept.deployment)
            write.execute("INSERT OR REPLACE INTO responses VALUES (?, ?, ?, ?)", row)
            for identity in chain:
                extended = (expires, caller, identity)
                write.execute("UPDATE responses SET expires = ? WHERE caller = ? AND id = ?", extended)
            write.execute("DELETE FROM responses WHERE expires <= ?", (now,))
        return None

    def response(self, caller: str, identity: str, now: int) -> Kept | Missing:
        """A response that is kept for `caller`."""
        statement = "SELECT sealed FROM responses WHERE caller = ? AND id = ? AND expires > ?"
        sealed = self._one(statement, (caller, identity, now))
        if sealed is None:
            return Missing("response", identity)
        return _KEPT.decode(self._vault.open(sealed, _place("response", caller, identity)))

    def forget_response(self, caller: str, identity: str) -> Missing | None:
        """Deletes a response; what continues it cannot be continued any more."""
        return self._delete("response", "DELETE FROM responses WHERE caller = ? AND id = ?", caller, identity)

    def before(self, caller: str, previous: str, now: int) -> History | Missing:
        """Everything up to and with the response `previous`."""
        turns: list[Kept] = []
        identity: str | None = previous
        while identity is not None:
            kept = self.response(caller, identity, now)
            if isinstance(kept, Missing):
                return kept
            turns.append(kept)
            identity = kept.previous
            if len(turns) > _LONGEST_CHAIN:
                raise StoreError(f"the conversation has more than {_LONGEST_CHAIN} turns")
            if kept.conversation is not None:
                break
        items = self._start_of(caller, turns[-1])
        items += [item for kept in reversed(turns) for item in (*kept.input, *_output(kept))]
        return History(items, turns[0].deployment, tuple(kept.id for kept in turns))

    def _start_of(self, caller: str, first: Kept) -> list[Item]:
        """What stood in the conversation before the first turn of a chain."""
        if first.conversation is None:
            return []
        found = self.items(caller, first.conversation)
        items = found.items if isinstance(found, History) else []
        own = {item["id"] for item in (*first.input, *_output(first))}
        place = next((index for index, item in enumerate(items) if item["id"] in own), len(items))
        return items[:place]

    # --- conversations --------------------------------------------------------------------------------------

    def start(self, caller: str, conversation: Conversation, items: list[Item]) -> None:
        """Keeps a new conversation with its first items."""
        with self._writing():
            self._put(caller, conversation)
            self._append(caller, conversation.id, items, None)

    def conversation(self, caller: str, identity: str) -> Conversation | Missing:
        """A conversation that is kept for `caller`."""
        return self._conversation(caller, identity) or Missing("conversation", identity)

    def relabel(self, caller: str, identity: str, metadata: dict[str, Any]) -> Conversation | Missing:
        """The conversation with other labels."""
        with self._writing():
            found = self.conversation(caller, identity)
            if isinstance(found, Conversation):
                found = msgspec.structs.replace(found, metadata=metadata)
                self._put(caller, found)
        return found

    def forget_conversation(self, caller: str, identity: str) -> Missing | None:
        """Deletes a conversation with its items."""
        with self._writing() as write:
            write.execute("DELETE FROM items WHERE caller = ? AND conversation = ?", (caller, identity))
            statement = "DELETE FROM conversations WHERE caller = ? AND id = ?"
            done = write.execute(statement, (caller, identity))
        return None if done.rowcount else Missing("conversation", identity)

    def add_items(self, caller: str, identity: str, items: list[Item]) -> Missing | None:
        """Appends items to a conversation."""
        with self._writing():
            if self._conversation(caller, identity) is None:
                return Missing("conversation", identity)
            self._append(caller, identity, items, None)
        return None

    def items(self, caller: str, identity: str) -> History | Missing:
        """All items of a conversation, in order."""
        if self._conversation(caller, identity) is None:
            return Missing("conversation", identity)
        statement = "SELECT id, place, sealed FROM items WHERE caller = ? AND conversation = ? ORDER BY place"
        items: list[Item] = []
        last = None
        for name, _, sealed in self._rows(statement, (caller, identity)):
            item = _ITEM.decode(self._vault.open(sealed, _place("item", caller, f"{identity}/{name}")))
            last = item.pop(_LAST, None) or last
            items.append(item)
        return History(items, last, conversation=identity)

    def forget_item(self, caller: str, identity: str, item: str) -> Missing | None:
        """Deletes one item of a conversation."""
        statement = "DELETE FROM items WHERE caller = ? AND conversation = ? AND id = ?"
        with self._writing() as write:
            done = write.execute(statement, (caller, identity, item))
        return None if done.rowcount else Missing("item", item)

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    # --- rows -----------------------------------------------------------------------------------------------

    def prove(self) -> None:
        """Raises StoreError unless one of the keys is the one that this store was made with."""
        with self._writing() as write:
            sealed = self._one("SELECT sealed FROM proof", ())
            if sealed is None:
                write.execute("INSERT INTO proof VALUES (?)", (self._vault.seal(_PROOF, "proof"),))
            elif self._vault.open(sealed, "proof") == _PROOF:
                # Sealed anew, so that a key may leave the ring once nothing needs it any more.
                write.execute("UPDATE proof SET sealed = ?", (self._vault.seal(_PROOF, "proof"),))

    def _conversation(self, caller: str, identity: str) -> Conversation | None:
        statement = "SELECT sealed FROM conversations WHERE caller = ? AND id = ?"
        sealed = self._one(statement, (caller, identity))
        place = _place("conversation", caller, identity)
        return None if sealed is None else _CONVERSATION.decode(self._vault.open(sealed, place))

    def _put(self, caller: str, conversation: Conversation) -> None:
        sealed = self._sealed("conversation", caller, conversation.id, conversation)
        statement = "INSERT OR REPLACE INTO conversations VALUES (?, ?, ?)"
        self._connection.execute(statement, (caller, conversation.id, sealed))

    def _append(self, caller: str, conversation: str, items: list[Item], deployment: str | None) -> None:
        statement = "SELECT coalesce(max(place), 0) FROM items WHERE caller = ? AND conversation = ?"
        (last,) = next(self._rows(statement, (caller, conversation)))
        for place, item in enumerate(items, last + 1):
            marked = item if deployment is None else {**item, _LAST: deployment}
            sealed = self._sealed("item", caller, f"{conversation}/{item['id']}", marked)
            row = (caller, conversation, place, item["id"], sealed)
            self._connection.execute("INSERT INTO items VALUES (?, ?, ?, ?, ?)", row)

    def _delete(self, what: str, statement: str, caller: str, identity: str) -> Missing | None:
        with self._writing() as write:
            done = write.execute(statement, (caller, identity))
        return None if done.rowcount else Missing(what, identity)

    def _sealed(self, kind: str, caller: str, identity: str, value: object) -> bytes:
        return self._vault.seal(msgspec.json.encode(value), _place(kind, caller, identity))

    def _one(self, statement: str, values: tuple[object, ...]) -> bytes | None:
        row = next(self._rows(statement, values), None)
        return None if row is None else row[0]

    def _rows(self, statement: str, values: tuple[object, ...]) -> Iterator[tuple[Any, ...]]:
        with _translated():
            yield from self._connection.execute(statement, values)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing."""
        with _translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:  # whatever ended it, nothing of it stays
                self._connection.rollback()
                raise
            self._connection.commit()


def open_session_store(path: Path, vault: Vault, days: int) -> SessionStore:
    """The store at `path`, made when it is not there; raises StoreError for a wrong key or no database."""
    with _translated():
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, _BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.executescript(_SCHEMA)
    store = SessionStore(connection, vault, days * 86_400)
    try:
        store.prove()
    except StoreError:
        store.close()
        raise
    return store


def _output(kept: Kept) -> list[Item]:
    output = kept.response.get("output")
    return list(output) if isinstance(output, list) else []


def _place(kind: str, caller: str, identity: str) -> str:
    return f"{kind}\0{caller}\0{identity}"


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"the store of conversations: {error}") from error
