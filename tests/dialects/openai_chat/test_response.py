"""Whole chat completions, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest

from comity.dialects.openai_chat import decode_response, encode_response
from comity.dialects.openai_chat.usage import (
    CompletionDetails,
    PromptDetails,
    WireUsage,
    decode_usage,
    encode_usage,
)
from comity.errors import ResponseError
from comity.exchange import (
    AnswerKey,
    Choice,
    Finish,
    Reasoning,
    Refusal,
    Response,
    Text,
    ToolCall,
    Usage,
)


def read(message: dict[str, Any], finish: str = "stop") -> Choice:
    """The choice of one message."""
    body = {"id": "c", "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": finish}]}
    return decode_response(json.dumps(body).encode()).choices[0]


def test_an_answer_with_everything_round_trips() -> None:
    """Reasoning, text, refusal, parallel calls, two choices, logprobs, usage and tier."""
    full = Choice(
        (
            Reasoning("t", "s", origin="o"),
            Reasoning(redacted=b"x", origin="o"),
            Text("hi"),
            Refusal("no"),
            ToolCall("1", "f", "{}"),
            ToolCall("2", "g", ""),
        ),
        Finish.TOOL_CALLS,
        "tool_calls",
        logprobs={"content": []},
    )
    plain = Choice((Reasoning("because"), Text("ok")), Finish.STOP, "stop")
    answer = Response("c", "m", (full, plain), Usage(1, 2, 3, 4, 5, 6, 7), 9, "flex")
    assert decode_response(encode_response(answer)) == answer


def test_an_answer_that_names_nothing_is_completed_by_its_key() -> None:
    """Compatible servers leave fields out; unknown usage stays unknown."""
    answer = decode_response(b'{"choices":[{"message":null}]}', AnswerKey(model="m"))
    assert answer == Response("", "m", (Choice((), Finish.UNKNOWN),))


def test_odd_messages_are_read() -> None:
    """Arguments as an object, a call without id, the legacy call, Mistral's content blocks."""
    call = {"function": {"name": "f", "arguments": {"a": 1}}}
    assert read({"tool_calls": [call]}).parts == (ToolCall("call_0", "f", '{"a":1}'),)
    assert read({"function_call": {"name": "g", "arguments": "{}"}}).parts == (ToolCall("call_0", "g", "{}"),)
    thinking = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "a"},
    ]
    assert read({"content": thinking}).parts == (Reasoning("hm"), Text("a"))


@pytest.mark.parametrize(
    ("finish", "word", "native"),
    [
        (Finish.STOP, "stop", None),
        (Finish.LENGTH, "length", None),
        (Finish.TOOL_CALLS, "tool_calls", None),
        (Finish.CONTENT_FILTER, "content_filter", None),
        (Finish.REFUSAL, "content_filter", "refusal"),
        (Finish.CONTEXT_WINDOW, "length", "context_window"),
        (Finish.MALFORMED, "length", "malformed"),
        (Finish.PAUSE, "length", "pause"),
        (Finish.UNKNOWN, "length", "unknown"),
    ],
)
def test_t32_only_a_clean_stop_is_called_stop(finish: Finish, word: str, native: str | None) -> None:
    """T32: a blocked, broken or paused turn never looks complete, and the own word stands beside it."""
    body = json.loads(encode_response(Response("c", "m", (Choice((Text("a"),), finish),))))
    choice = body["choices"][0]
    assert (choice["finish_reason"], choice.get("native_finish_reason")) == (word, native)


def test_content_is_null_only_beside_calls_or_a_refusal() -> None:
    """Clients read an empty text as a string."""
    empty = json.loads(encode_response(Response("c", "m", (Choice((), Finish.STOP),))))
    assert empty["choices"][0]["message"] == {"role": "assistant", "content": "", "refusal": None}
    call = Response("c", "m", (Choice((ToolCall("1", "f", ""),), Finish.TOOL_CALLS),))
    assert json.loads(encode_response(call))["choices"][0]["message"]["content"] is None


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"choices":1}', b"\xff", b'{"choices":[{"message":1}]}']
)
def test_nonsense_is_a_response_error(body: bytes) -> None:
    """A provider's garbage is the provider's fault."""
    with pytest.raises(ResponseError, match="the answer cannot be read"):
        decode_response(body)


@pytest.mark.parametrize(
    ("wire", "usage"),
    [
        (WireUsage(10, 5, 15), Usage(10, output=5)),
        (WireUsage(10, 5, 15, PromptDetails(4, 2, 1)), Usage(3, 4, 2, 5, 0, 1)),
        (WireUsage(10, 5, 15, PromptDetails(99)), Usage(0, 10, 0, 5)),
        (
            WireUsage(10, 5, 15, None, CompletionDetails(3, 1)),
            Usage(10, output=1, reasoning=3, audio_output=1),
        ),
        (WireUsage(10, 5, 18, None, CompletionDetails(3)), Usage(10, output=5, reasoning=3)),
        (WireUsage(10, None, 10), Usage(10)),
        (WireUsage(-1, -1), Usage()),
        (WireUsage(0, 0, 0), Usage()),
        (WireUsage(), None),
        (None, None),
    ],
)
def test_usage_falls_into_disjoint_classes(wire: WireUsage | None, usage: Usage | None) -> None:
    """Overlaps are taken apart, reasoning beside the completion is told by the total, zero is not unknown."""
    assert decode_usage(wire) == usage


def test_t14_the_total_is_prompt_and_completion() -> None:
    """T14: the sums that are written are the sums of the classes."""
    written = encode_usage(Usage(1, 2, 3, 4, 5, 6, 7))
    assert written["prompt_tokens"] == 12
    assert written["completion_tokens"] == 16
    assert written["total_tokens"] == 28
    assert written["prompt_tokens_details"] == {
        "cached_tokens": 2,
        "audio_tokens": 6,
        "cache_write_tokens": 3,
    }
