"""What simulated models say to which request."""

from __future__ import annotations

import json

import pytest

from comity.exchange import (
    Finish,
    Format,
    Media,
    Request,
    Sampling,
    Text,
    Tool,
    ToolCall,
    ToolCallDelta,
    ToolChoice,
    ToolResult,
    Turn,
    Usage,
)
from comity.simulator.answer import narrate, respond
from comity.simulator.compose import compose, count_prompt, is_filtered
from comity.simulator.spec import SimulatedModel

_MODEL = SimulatedModel(name="m")
_CITY = {"type": "object", "properties": {"city": {"enum": ["Paris"]}}, "required": ["city"]}
_TOOLS = (Tool("get_weather", "w", _CITY), Tool("get_time", None, None))


def _ask(text: str, **fields: object) -> Request:
    return Request(model="m", turns=(Turn("user", (Text(text),)),), **fields)  # type: ignore[arg-type]  # one field each


def _text(request: Request, model: SimulatedModel = _MODEL) -> str:
    return "".join(compose(request, model, "s", "call_").answers[0].pieces)


def test_answers_depend_on_the_question_and_the_seed() -> None:
    """The same question gets the same answer, another one another."""
    assert _text(_ask("hello")) == _text(_ask("hello"))
    assert _text(_ask("hello")) != _text(_ask("hello you"))
    assert (
        compose(_ask("hello"), _MODEL, "t", "c").answers != compose(_ask("hello"), _MODEL, "s", "c").answers
    )


def test_cues_steer_the_answer() -> None:
    """A test can have words repeated, a length, or a refusal."""
    assert _text(_ask("please\nsimulate: echo two\nlines")) == "two\nlines"
    assert compose(_ask("simulate: tokens 7 please"), _MODEL, "s", "c").answers[0].tokens == 7
    assert _text(_ask("simulate: echo")) == ""
    assert is_filtered(_ask("simulate: filter"))
    assert not is_filtered(_ask("hello"))
    assert not is_filtered(Request(model="m", turns=()))


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"tool_choice": ToolChoice("named", "get_time")}, ["get_time"]),
        ({"tool_choice": ToolChoice("required")}, ["get_weather"]),
        ({"tool_choice": ToolChoice("none")}, []),
        ({}, []),
    ],
)
def test_tool_choice_is_followed(fields: dict[str, ToolChoice], names: list[str]) -> None:
    """Named, required and none mean what they say; auto calls nothing nobody spoke of."""
    answer = compose(_ask("hello", tools=_TOOLS, **fields), _MODEL, "s", "call_").answers[0]
    assert [call.name for call in answer.calls] == names
    assert (answer.finish is Finish.TOOL_CALLS) is bool(names)


def test_tools_that_the_user_speaks_of_are_called() -> None:
    """Several at once, unless parallel calls are off; arguments follow the schema; ids differ."""
    request = _ask("get_weather and get_time please", tools=_TOOLS)
    calls = compose(request, _MODEL, "s", "call_").answers[0].calls
    assert [(call.name, call.arguments) for call in calls] == [
        ("get_weather", '{"city": "Paris"}'),
        ("get_time", "{}"),
    ]
    assert len({call.id for call in calls}) == 2
    one = _ask("get_weather and get_time please", tools=_TOOLS, parallel_tool_calls=False)
    assert len(compose(one, _MODEL, "s", "call_").answers[0].calls) == 1


def test_a_tool_result_is_talked_about() -> None:
    """An agent's loop comes to an end: after results there is text."""
    turns = (
        Turn("user", (Text("get_weather"),)),
        Turn("assistant", (ToolCall("c1", "get_weather", '{"city": "Paris"}'),)),
        Turn("tool", (ToolResult("c1", (Text("21"),)),)),
    )
    request = Request(model="m", turns=turns, tools=_TOOLS)
    assert _text(request) == "The tool said: 21"
    assert count_prompt(request) > count_prompt(Request(model="m", turns=turns))


def test_structured_answers_follow_the_schema() -> None:
    """JSON schema and JSON mode give JSON."""
    schema = Format("json_schema", name="city", schema=_CITY)
    assert json.loads(_text(_ask("hello", format=schema))) == {"city": "Paris"}
    assert json.loads(_text(_ask("hello", format=Format("json_object")))) == {"answer": "yes"}
    assert _text(_ask("hello", format=Format("text"))) == _text(_ask("hello"))


def test_limits_and_stop_sequences_cut() -> None:
    """A limit ends with `length`, a stop sequence with itself."""
    echo = "simulate: echo one two three"
    answer = compose(_ask(echo, sampling=Sampling(max_output_tokens=2)), _MODEL, "s", "c").answers[0]
    assert ("".join(answer.pieces), answer.finish) == ("one two ", Finish.LENGTH)
    answer = compose(_ask(echo, sampling=Sampling(stop=("three", " two", ""))), _MODEL, "s", "c").answers[0]
    assert ("".join(answer.pieces), answer.finish, answer.stop_sequence) == ("one", Finish.STOP, " two")
    answer = compose(_ask(echo, sampling=Sampling(stop=("none",))), _MODEL, "s", "c").answers[0]
    assert ("".join(answer.pieces), answer.stop_sequence) == ("one two three", None)


def test_candidates_differ_and_all_count() -> None:
    """`n` answers, each its own, and usage is their sum."""
    composition = compose(_ask("hello", sampling=Sampling(candidates=2)), _MODEL, "s", "c")
    first, second = composition.answers
    assert first != second
    assert composition.usage().output == first.tokens + second.tokens


@pytest.mark.parametrize(("effort", "tokens"), [(None, 16), ("minimal", 0), ("high", 32), ("odd", 16)])
def test_reasoning_models_bill_reasoning(effort: str | None, tokens: int) -> None:
    """Effort decides how much; a cut answer still bills it all."""
    model = SimulatedModel(name="m", reasoning=True)
    composition = compose(_ask("hello", sampling=Sampling(reasoning_effort=effort)), model, "s", "c")
    assert composition.usage().reasoning == tokens
    assert composition.usage(sent=0).output == 0
    assert composition.usage(sent=tokens + 1).output == 1


def test_media_counts_a_fixed_amount() -> None:
    """An image is not read, but billed."""
    turn = Turn("user", (Media("image", data=b"x"), Text("abcd")))
    assert count_prompt(Request(model="m", turns=(turn,))) == 85 + 1 + 2 * 3


def test_whole_and_streamed_answers_say_the_same() -> None:
    """Text, calls and usage of the events add up to the whole answer."""
    for request in (_ask("hello"), _ask("get_weather", tools=_TOOLS)):
        composition = compose(request, _MODEL, "s", "c")
        whole = respond(composition, "id", "m", 0)
        events = [event for event, _ in narrate(composition, "id", "m", 0)]
        said = "".join(getattr(event, "text", "") for event in events)
        fragments = "".join(event.fragment for event in events if isinstance(event, ToolCallDelta))
        part = whole.choices[0].parts[0]
        assert (said or fragments) == (part.text if isinstance(part, Text) else part.arguments)  # type: ignore[union-attr]  # only these two are made
        assert whole.usage == composition.usage()
        assert narrate(composition, "id", "m", 0)[-1][1] == composition.usage().completion


def test_cache_classes_are_disjoint() -> None:
    """Prompt tokens are billed once, whatever the cache did."""
    composition = compose(_ask("x" * 400), _MODEL, "s", "c")
    usage = Usage(input=7, cached_read=60, cache_write=40, output=composition.usage().output)
    cached = type(composition)(composition.answers, prompt=107, reasoning=0, cached=60, cache_write=40)
    assert cached.usage() == usage
