"""The stream watcher against a slow reference that decodes every event."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.dialects.openai_chat import StreamTap


class Seen(NamedTuple):
    """What there is to see in a stream."""

    shown: bytes
    usage: tuple[int, int] | None
    message: str | None
    started: bool
    done: bool
    finished: bool


def chunk(delta: dict[str, Any] | None, finish: str | None = None, index: int = 0, **more: object) -> str:
    """The data of one chunk, as most servers write it."""
    choice = {"index": index, **({} if delta is None else {"delta": delta}), "finish_reason": finish}
    return write({"id": "c", "model": "m", "choices": [choice], **more})


def write(value: object, separators: tuple[str, str] = (",", ":")) -> str:
    """JSON without spaces, or with those of `separators`."""
    return json.dumps(value, ensure_ascii=False, separators=separators)


COUNT = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
TRICKY = 'she said "usage":{"prompt_tokens":9} "error":{} "finish_reason":"stop"\n\ndata: [DONE]\n\n'
CALL = {"index": 0, "function": {"name": "f", "arguments": {"usage": 1, "error": {}, "finish_reason": "x"}}}
DATA = [
    chunk({"role": "assistant", "content": ""}),
    *(chunk({"content": text}) for text in ("hi", "", " [DONE]", '"', "\\", 'a"', "é\u2028", "; x", TRICKY)),
    *(
        chunk({"content": text}, usage=None, obfuscation="x" * size)
        for text, size in (("a", 3), ("b", 0), ("c", 9))
    ),
    chunk({"content": "a"}, obfuscation='q"q'),
    chunk({"content": "late"}, logprobs={"content": [{"token": "late"}]}),
    chunk({"content": "one"}, index=1),
    chunk({"content": "text"}, usage=COUNT),
    chunk({"reasoning_content": "hm"}),
    chunk({"content": None, "tool_calls": [CALL]}),
    chunk({"refusal": "no"}, error=None),
    chunk(None, content_filter_results={}),
    chunk({}, "stop"),
    chunk({}, ""),
    chunk({}, "length", 1),
    chunk({}, "stop", usage=COUNT | {"completion_tokens": 8}),
    write({"choices": [], "usage": COUNT | {"prompt_tokens": 7}}),
    write({"choices": [], "usage": COUNT | {"prompt_tokens": 4}}, (", ", ": ")),
    write({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": None}, (" , ", " : ")),
    write({"choices": [], "usage": {"completion_tokens": 1}}),
    write({"choices": [], "prompt_filter_results": [], "usage": COUNT}),
    write({"choices": [], "note": "usage", "usage": COUNT, "inner": {"usage": {}, "error": 1}}),
    write({"choices": [{"index": 0, "delta": {}}], "usage": COUNT, "inner": {"usage": 1}}),
    write({"error": {"message": "boom", "usage": 1}}),
    write({"error": "broken"}),
    write(
        {"choices": [{"index": 0, "delta": {"content": "x"}}], "error": {"message": "both"}, "usage": COUNT}
    ),
    '{"usage": oops}',
    '{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"cut\\"},"finish_reason":null}]}',
    "[DONE]",
    "",
    "hello",
]
EVENTS = [f"data: {data}" for data in DATA] + [
    ': a comment with "usage":{} and [DONE]',
    f"event: error\ndata: {write({'error': {'message': 'named'}})}",
    f"id: 7\ndata:{chunk({'content': 'tight'})}",
    'data: {"choices":[],\ndata: "usage":{"prompt_tokens":1}}',
    "data: [DONE]\nretry: 5",
]


def reference(stream: bytes, end: bytes, candidates: int, *, hide: bool) -> Seen:
    """What is to be seen in complete events with the line end `end`, every one of them decoded."""
    shown, finishes = b"", set()
    usage, message, started, done = None, None, False, False
    for event in stream.split(end * 2)[:-1]:
        lines = [line for line in event.split(end) if line.startswith(b"data:")]
        data = b"\n".join(line[5:].removeprefix(b" ") for line in lines)
        done = done or data == b"[DONE]"
        value = as_object(data)
        error = value.get("error")
        if error is not None and message is None:
            message = error if isinstance(error, str) else error["message"]
        for choice in value.get("choices", ()):
            delta = choice.get("delta", {})
            said = any(delta.get(name) for name in ("content", "refusal", "reasoning_content", "tool_calls"))
            started = bool(started or said or choice.get("finish_reason"))
            finishes |= {choice["index"]} if choice.get("finish_reason") else set()
        count = value.get("usage") or {}
        if "prompt_tokens" not in count:
            shown += event + end * 2
            continue
        usage = (count["prompt_tokens"], count.get("completion_tokens", 0))
        if not hide:
            shown += event + end * 2
        elif value["choices"] or "error" in value or "prompt_filter_results" in value:
            rest = write({name: item for name, item in value.items() if name != "usage"})
            shown += event[: event.find(b"data:")] + b"data: " + rest.encode() + b"\n\n"
    return Seen(shown, usage, message, started, done, done or len(finishes) >= candidates)


def as_object(data: bytes) -> dict[str, Any]:
    """The JSON object of an event; empty when it is none."""
    try:
        value = json.loads(data)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def watch(pieces: list[bytes], candidates: int, *, hide: bool) -> Seen:
    """What the tap sees."""
    tap = StreamTap(hide, candidates)
    shown = b"".join([*map(tap.feed, pieces), tap.flush()])
    usage = None if tap.usage is None else (tap.usage.prompt, tap.usage.completion)
    message = None if tap.failure is None else tap.failure.message
    return Seen(shown, usage, message, tap.started, tap.done, tap.finished)


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    """The stream in pieces."""
    marks = sorted({0, len(stream), *(place % (len(stream) + 1) for place in places)})
    return [stream[start:stop] for start, stop in pairwise(marks)]


@pytest.mark.parametrize("hide", [False, True])
@given(
    events=st.lists(st.sampled_from(EVENTS), max_size=12),
    end=st.sampled_from([b"\n", b"\n", b"\n", b"\r\n"]),
    candidates=st.integers(1, 2),
    places=st.lists(st.integers(0, 5000), max_size=12),
)
def test_every_splitting_shows_what_the_reference_shows(
    hide: bool,  # noqa: FBT001 - pytest passes it by name
    events: list[str],
    end: bytes,
    candidates: int,
    places: list[int],
) -> None:
    """Whole, event by event, and cut anywhere, the fast way sees what decoding every event sees."""
    written = [f"{event}\n\n".encode().replace(b"\n", end) for event in events]
    stream = b"".join(written)
    expected = reference(stream, end, candidates, hide=hide)
    assert watch([stream], candidates, hide=hide) == expected
    assert watch(written, candidates, hide=hide) == expected
    assert watch(cut(stream, places), candidates, hide=hide) == expected


@pytest.mark.parametrize("event", EVENTS)
def test_no_event_is_mistaken_for_a_known_chunk(event: str) -> None:
    """After chunks that differ in their text only, with or without noise, the next is seen as it is."""
    noisy = chunk({"content": "a"}, usage=None, obfuscation="xyz")
    for quiet in (chunk({"content": "a"}), chunk({"content": ""}), noisy):
        written = [f"data: {quiet}\n\n".encode()] * 3 + [f"{event}\n\n".encode()]
        assert watch(written, 1, hide=True) == reference(b"".join(written), b"\n", 1, hide=True)


@pytest.mark.parametrize("hide", [False, True])
def test_a_count_that_comes_again_is_the_last_again(hide: bool) -> None:  # noqa: FBT001 - pytest passes it
    """A chunk with a count is never taken for a known one, not even when it is the same to the byte."""
    low = f"data: {chunk({'content': 'a'}, usage=COUNT)}\n\n".encode()
    high = f"data: {write({'choices': [], 'usage': COUNT | {'prompt_tokens': 9}})}\n\n".encode()
    written = [low, low, high, low]
    assert watch(written, 1, hide=hide).usage == (3, 2)


@pytest.mark.parametrize("quiet", [chunk({"content": "abc"}), chunk({"content": "abc"}, obfuscation="xyz")])
def test_a_known_chunk_cut_anywhere_is_no_chunk(quiet: str) -> None:
    """A piece that ends inside a chunk is joined with the next, wherever the cut is."""
    known = f"data: {quiet}\n\n".encode()
    last = f"data: {write({'choices': [], 'usage': COUNT})}\n\n".encode()
    for place in range(len(known)):
        pieces = [known, known[:place], known[place:] + last]
        assert watch(pieces, 1, hide=True) == Seen(known * 2, (3, 2), None, True, False, False)
        pieces = [known, known + known[:place], known[place:], last]
        assert watch(pieces, 1, hide=True) == Seen(known * 3, (3, 2), None, True, False, False)
