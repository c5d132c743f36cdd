"""Answers of kept turns: stamped, remembered, and otherwise untouched."""

from __future__ import annotations

import json
from typing import Any

import pytest

from comity.dialects import openai_responses
from comity.errors import ResponseError
from comity.exchange import ModelTraits, Usage
from comity.sessions import History, KeptAnswer, KeptTap, Turn

TURN = Turn("resp_ours", b"", History([], None), [], "resp_before", "conv_1")
RESPONSE: dict[str, Any] = {
    "id": "resp_theirs",
    "status": "completed",
    "store": False,
    "output": [{"type": "message", "content": [{"type": "output_text", "text": '"response": {'}]}],
    "usage": {"input_tokens": 1, "output_tokens": 2},
}


def test_a_whole_answer_is_stamped() -> None:
    """Our id, that it is kept, and what it continues."""
    answer = KeptAnswer(TURN)
    told = json.loads(answer.whole(json.dumps(RESPONSE).encode()))
    assert told == answer.response
    assert (told["id"], told["store"], told["previous_response_id"]) == ("resp_ours", True, "resp_before")
    assert told["conversation"] == {"id": "conv_1"}
    kept = TURN.kept(told, "d")
    assert (kept.id, kept.deployment, kept.previous, kept.conversation) == (
        "resp_ours",
        "d",
        "resp_before",
        "conv_1",
    )
    assert kept.response["output"][0]["id"] == "item_resp_ours_out0"


def test_what_is_not_kept_says_so() -> None:
    """A turn may continue what is kept without being kept itself."""
    turn = Turn("r", b"", History([], None), [], "p", keeps=False)
    assert turn.stamp({})["store"] is False
    assert "conversation" not in turn.stamp({})


def stream() -> bytes:
    """A streamed answer."""
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": {"id": "resp_theirs"}},
        {"type": "response.output_text.delta", "output_index": 0, "delta": '"response": {"id":1}'},
        {"type": "response.odd", "text": {"response": 3}},
        {"type": "response.completed", "response": RESPONSE},
    ]
    return b"".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n".encode() for e in events)


def test_a_stream_is_stamped_on_its_way() -> None:
    """In any splitting; only events with a response object are touched, and the tap inside is asked."""
    data = stream()
    for cut in range(0, len(data), 7):
        answer = KeptAnswer(TURN)
        seen = openai_responses.peek(b'{"model":"m"}')
        tap = KeptTap(openai_responses.tap(seen, ModelTraits()), answer)
        told = tap.feed(data[:cut]) + tap.feed(data[cut:]) + tap.flush() + tap.complete()
        assert b"resp_theirs" not in told
        assert told.count(b"resp_ours") == 2
        assert told.split(b"\n\n")[1:3] == data.split(b"\n\n")[1:3]
        assert (tap.started, tap.done, tap.finished, tap.failure) == (True, True, True, None)
        assert tap.usage == Usage(1, output=2)
        assert answer.response is not None
        assert answer.response["id"] == "resp_ours"


def test_broken_answers_are_errors() -> None:
    """Nothing unreadable is kept."""
    with pytest.raises(ResponseError):
        KeptAnswer(TURN).whole(b"{")
    with pytest.raises(ResponseError):
        KeptAnswer(TURN).events(b'data: {"response": {"id" }\n\n')
    plain = b'data: {"x": {"response": {}}}\n\n'
    assert KeptAnswer(TURN).events(plain) == plain
