"""Callers are found by the hash of their key, wherever an SDK puts it."""

import pytest

from comity.intake import Caller, Keyring, hash_key, presented_key

BOT = Caller("bot", hash_key("sk-comity-bot"), {})
OTHER = Caller("other", hash_key("sk-comity-other"), {})


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({b"authorization": b"Bearer sk-comity-bot"}, b"sk-comity-bot"),
        ({b"authorization": b"bearer  sk-comity-bot "}, b"sk-comity-bot"),
        ({b"api-key": b"sk-comity-bot"}, b"sk-comity-bot"),
        ({b"x-api-key": b"sk-comity-bot"}, b"sk-comity-bot"),
        ({b"authorization": b"Basic abc", b"api-key": b"k"}, b"k"),
        ({b"authorization": b"Bearer "}, None),
        ({}, None),
    ],
)
def test_a_key_is_read_where_the_sdks_put_it(headers: dict[bytes, bytes], key: bytes | None) -> None:
    """Bearer tokens, Azure's header and x-api-key are read, other schemes are not."""
    assert presented_key(headers.get) == key


@pytest.mark.parametrize(
    ("query", "key"),
    [(b"key=sk-1", b"sk-1"), (b"alt=sse&key=a%2Fb", b"a/b"), (b"key=", None), (b"monkey=1", None)],
)
def test_googles_rest_interface_has_its_key_in_the_query(query: bytes, key: bytes | None) -> None:
    """Where no header carries one."""
    assert presented_key(dict[bytes, bytes]().get, query) == key
    assert presented_key({b"x-goog-api-key": b"k"}.get, query) == b"k"


def test_a_key_finds_its_caller_and_no_other() -> None:
    """Only the exact key identifies; anything else is nobody."""
    ring = Keyring([BOT, OTHER])
    assert ring.identify(b"sk-comity-bot") is BOT
    assert ring.identify(b"sk-comity-other") is OTHER
    assert ring.identify(b"sk-comity-bot ") is None
    assert ring.identify(hash_key("sk-comity-bot").encode()) is None
