"""What the simulated Bedrock refuses, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from comity.simulator.converse_rules import check_rules
from comity.simulator.converse_shape import check_shape

_CONFIG = {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}]}


def _user(*content: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(content or ({"text": "hi"},))}


def _assistant(*content: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": list(content or ({"text": "yes"},))}


def _use(name: str) -> dict[str, Any]:
    return {"toolUse": {"toolUseId": name, "name": "f", "input": {}}}


def _result(name: str, text: str = "21") -> dict[str, Any]:
    return {"toolResult": {"toolUseId": name, "content": [{"text": text}]}}


def _check(body: dict[str, Any], *, mixed: bool = True) -> str | None:
    return check_shape(body, "Converse") or check_rules(body, text_with_results=mixed)


_IMAGE = {"image": {"format": "png", "source": {"bytes": "aGk="}}}


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [_user()]},
        {"messages": [_user(_IMAGE, {"text": "what is it"})], "system": [{"text": "be brief"}]},
        {
            "messages": [_user(), _assistant(), _user()],
            "inferenceConfig": {"maxTokens": 5, "temperature": 0.1},
        },
        {
            "messages": [_user(), _assistant(_use("a"), _use("b")), _user(_result("b"), _result("a"))],
            "toolConfig": _CONFIG,
        },
        {"messages": [_user()], "additionalModelRequestFields": {"anything": {"at": ["all"]}}},
        {"messages": [_user({"text": "x"}, {"cachePoint": {"type": "default"}})]},
    ],
)
def test_ordinary_requests_pass(body: dict[str, Any]) -> None:
    """What Converse takes is taken, documents of any shape included."""
    assert _check(body) is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"messages": [_user()], "model": "x"}, "extraneous key [model] is not permitted"),
        ({"messages": [_user()], "modelId": "x"}, "extraneous key [modelId] is not permitted"),
        ({"messages": [_user({"text": "x", "type": "text"})]}, "#/messages/1/member/content/1/member"),
        ({"messages": "hi"}, "Invalid type for parameter messages"),
        ({"messages": [{"role": "user"}]}, 'Missing required parameter in messages[0]: "content"'),
        ({"messages": [{"role": "tool", "content": []}]}, "at 'messages.1.member.role' failed to satisfy"),
        (
            {"messages": [_user({"image": {"format": "jpg", "source": {"bytes": ""}}})]},
            "enum value set: [png, jpeg",
        ),
        (
            {"messages": [_user({"image": {"format": "png", "source": {"bytes": "?"}}})]},
            "Member must be base64",
        ),
        ({"messages": [_user()], "inferenceConfig": {"maxTokens": "5"}}, "inferenceConfig.maxTokens"),
    ],
)
def test_wrong_shapes_are_refused(body: dict[str, Any], said: str) -> None:
    """Types, required members, enums and unknown members, with where they stand."""
    assert said in str(_check(body))


@pytest.mark.parametrize("name", ["a.b", "a b", "x" * 65])
def test_t7_tool_names_are_checked(name: str) -> None:
    """T7: at most 64 letters, digits, `_` and `-`."""
    config = {"tools": [{"toolSpec": {"name": name, "inputSchema": {"json": {}}}}]}
    said = _check({"messages": [_user()], "toolConfig": config})
    assert "'toolConfig.tools.1.member.toolSpec.name' failed to satisfy constraint" in str(said)


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([], "must start with a user message"),
        ([_assistant()], "must start with a user message"),
        ([_user(), _user()], "must alternate between user and assistant"),
        ([_user(), _assistant(), _assistant(), _user()], "must alternate between user and assistant"),
    ],
)
def test_t1_turns_alternate(messages: list[dict[str, Any]], said: str) -> None:
    """T1: two turns of one role in a row are refused, and the user begins."""
    assert said in str(_check({"messages": messages}))


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ([_result("a")], "Expected toolResult blocks at messages.2.content for the following Ids: b"),
        (
            [_result("a"), _result("b"), _result("c")],
            "messages.2.content exceeds the number of toolUse blocks",
        ),
        ([_result("a"), _result("x")], "for the following Ids: b"),
        ([{"text": "never mind"}], "for the following Ids: a, b"),
    ],
)
def test_t2_results_answer_their_calls(results: list[dict[str, Any]], said: str) -> None:
    """T2: the turn after calls holds exactly their results."""
    messages = [_user(), _assistant(_use("a"), _use("b")), _user(*results)]
    assert said in str(_check({"messages": messages, "toolConfig": _CONFIG}))


def test_t2_results_without_calls_are_refused() -> None:
    """T2: a result needs a call in the turn before it."""
    assert "exceeds the number" in str(_check({"messages": [_user(_result("a"))], "toolConfig": _CONFIG}))


def test_t3_some_models_take_no_text_beside_results() -> None:
    """T3: it is the model's rule, not everybody's."""
    messages = [_user(), _assistant(_use("a")), _user(_result("a"), {"text": "and now?"})]
    body = {"messages": messages, "toolConfig": _CONFIG}
    assert _check(body) is None
    assert "in the same turn" in str(_check(body, mixed=False))
    assert _check({"messages": [_user()]}, mixed=False) is None


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"messages": [_user({"text": " "})]}, "messages.0.content.0 is blank"),
        ({"messages": [_user(), _assistant({"text": ""}), _user()]}, "messages.1.content.0 is blank"),
        ({"messages": [_user()], "system": [{"text": "\n"}]}, "system.0 is blank"),
        (
            {"messages": [_user(), _assistant(_use("a")), _user(_result("a", " "))], "toolConfig": _CONFIG},
            "messages.2.content.0.toolResult.content.0 is blank",
        ),
        ({"messages": [{"role": "user", "content": []}]}, "messages.0 is empty"),
    ],
)
def test_t4_blank_text_is_refused(body: dict[str, Any], place: str) -> None:
    """T4: in user, assistant, system and tool results; an empty turn too."""
    assert place in str(_check(body))


def test_t5_tool_blocks_need_a_tool_config() -> None:
    """T5: history with calls is refused without `toolConfig`."""
    messages = [_user(), _assistant(_use("a")), _user(_result("a"))]
    assert "toolConfig field must be defined" in str(_check({"messages": messages}))


def test_t11_at_most_four_cache_marks() -> None:
    """T11: a fifth cache point is refused."""
    mark = {"cachePoint": {"type": "default"}}
    assert "maximum of 4" in str(_check({"messages": [_user({"text": "x"}, *[mark] * 5)]}))
    assert _check({"messages": [_user({"text": "x"}, *[mark] * 4)]}) is None
