"""Calls that were cut off, or are no JSON: every dialect's answer stays readable and none is made up."""

from __future__ import annotations

import pytest

from comity.dialects import DIALECTS
from comity.dialects.arguments import read_arguments
from comity.exchange import AnswerKey, Choice, Finish, Response, Text, ToolCall, Usage

KEY = AnswerKey(id="m1", model="m")
CUT = '{"city": "Par'


@pytest.mark.parametrize("text", ["", "  ", "{}", ' {"a": [1]} '])
def test_an_object_is_handed_on_as_it_is(text: str) -> None:
    """No text at all is a call without arguments (T6)."""
    raw = read_arguments(text)
    assert raw is not None
    assert bytes(raw).decode() == (text.strip() or "{}")


@pytest.mark.parametrize("text", [CUT, "[1]", "null", "rain", '{"a": 1} tail', "{" * 5000])
def test_anything_else_is_none(text: str) -> None:
    """Lists, words and pieces are no arguments."""
    assert read_arguments(text) is None


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("finish", [Finish.LENGTH, Finish.TOOL_CALLS])
def test_a_call_that_was_cut_never_looks_whole(name: str, finish: Finish) -> None:
    """The body can be read; the call has its own words or is not there, and the end is no clean one."""
    spoken = DIALECTS[name]
    parts = (Text("I look it up"), ToolCall("call_1", "get_weather", CUT))
    answer = Response(id="r1", model="m", choices=(Choice(parts, finish),), usage=Usage(input=1, output=1))
    read = spoken.decode_response(spoken.encode_response(answer), KEY).choices[0]
    calls = [part for part in read.parts if isinstance(part, ToolCall)]
    assert [call.arguments for call in calls] in ([], [CUT])
    assert [part.text for part in read.parts if isinstance(part, Text)] == ["I look it up"]
    if not calls:
        assert read.finish in {Finish.LENGTH, Finish.MALFORMED}
