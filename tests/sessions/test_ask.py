"""What a request says about state, and the request with the state put in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from comity.errors import RequestError
from comity.sessions import Ask, History, expand, read_ask


def body(**members: Any) -> bytes:
    """A request body."""
    return json.dumps({"model": "m", **members}).encode()


@pytest.mark.parametrize(
    ("members", "ask", "words"),
    [
        ({}, Ask(None, None, None), "stateful"),
        ({"store": True}, Ask(True, None, None), "stateful explicit"),
        ({"store": False}, Ask(False, None, None), ""),
        ({"store": None}, Ask(None, None, None), "stateful"),
        ({"store": False, "previous_response_id": "r"}, Ask(False, "r", None), "stateful explicit continues"),
        ({"conversation": "c"}, Ask(None, None, "c"), "stateful explicit continues"),
        ({"conversation": {"id": "c"}}, Ask(None, None, "c"), "stateful explicit continues"),
    ],
)
def test_what_is_asked(members: dict[str, Any], ask: Ask, words: str) -> None:
    """Nothing said means yes, but is nothing that was asked for."""
    found = read_ask(body(**members))
    assert found == ask
    assert [name for name in ("stateful", "explicit", "continues") if getattr(found, name)] == words.split()


@pytest.mark.parametrize(
    "raw", [b"{", b'{"store":1}', b'{"conversation":{}}', body(conversation="c", previous_response_id="r")]
)
def test_nonsense_is_refused(raw: bytes) -> None:
    """Wrong types, and two histories at once."""
    with pytest.raises(RequestError):
        read_ask(raw)


def test_history_is_put_before_the_input() -> None:
    """Our own ids stay here, a provider's go back; text becomes an item that is kept."""
    history = History(
        [{"id": "item_1", "role": "user", "content": "a"}, {"id": "msg_1", "type": "message"}], "d"
    )
    raw = body(input="hi", previous_response_id="r", temperature=1)
    expanded, added = expand(raw, history, "s")
    assert json.loads(expanded) == {
        "model": "m",
        "input": [
            {"role": "user", "content": "a"},
            {"id": "msg_1", "type": "message"},
            {"type": "message", "role": "user", "content": "hi"},
        ],
        "temperature": 1,
    }
    part = {"type": "input_text", "text": "hi"}
    assert added == [{"type": "message", "role": "user", "content": [part], "id": "item_s_0"}]


def test_items_are_kept_as_they_came() -> None:
    """With ids of their own, or ours; what the model said is output."""
    items: list[Any] = [
        {"type": "function_call_output", "call_id": "c", "output": "x", "id": "fco"},
        {"role": "assistant", "content": "so"},
    ]
    _, added = expand(body(input=items, conversation="c"), History([], None), "s")
    assert added[0] == items[0]
    assert added[1]["content"] == [{"type": "output_text", "text": "so", "annotations": []}]
    assert expand(body(), History([], None), "s")[1] == []


def test_an_input_that_is_none() -> None:
    """Named by its field."""
    with pytest.raises(RequestError) as caught:
        expand(body(input=3), History([], None), "s")
    assert caught.value.param == "input"
