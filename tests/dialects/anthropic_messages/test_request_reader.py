"""Messages requests into the hub: every member has a place, or is kept under its name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from comity.dialects import anthropic_messages, bedrock_invoke, vertex_messages
from comity.dialects.provenance import sign_id, wrap
from comity.errors import RequestError
from comity.exchange import (
    CacheMark,
    Citation,
    Format,
    Media,
    Opaque,
    Reasoning,
    Request,
    Sampling,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)

HI: list[dict[str, Any]] = [{"role": "user", "content": "hi"}]
OWN = "anthropic.messages"


def read(**members: Any) -> Request:
    """The request of a body with these members."""
    body = {"model": "claude", "max_tokens": 9, "messages": HI, **members}
    return anthropic_messages.decode_request(json.dumps(body).encode())


def parts(role: str, *blocks: dict[str, Any]) -> Turn:
    """The turn of one message with these blocks."""
    return read(messages=[{"role": role, "content": list(blocks)}]).turns[0]


def test_a_plain_request() -> None:
    """Text content is one part; what nobody said stays unsaid."""
    request = read()
    assert request.turns == (Turn("user", (Text("hi"),)),)
    assert request.sampling == Sampling(max_output_tokens=9)
    assert (request.model, request.stream, request.tools, request.format) == ("claude", False, (), None)
    assert request.dialect == OWN
    assert request.extra == request.hints == {}


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"temperature": 0.5, "top_p": 0.9, "top_k": 5}, Sampling(9, 0.5, 0.9, 5)),
        ({"stop_sequences": ["a"]}, Sampling(9, stop=("a",))),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 2000}},
            Sampling(9, thinking="on", thinking_budget=2000),
        ),
        (
            {"thinking": {"type": "adaptive", "display": "omitted"}},
            Sampling(9, thinking="adaptive", thoughts="none"),
        ),
        (
            {"thinking": {"type": "adaptive", "display": "summarized"}},
            Sampling(9, thinking="adaptive", thoughts="summary"),
        ),
        ({"thinking": {"type": "disabled"}}, Sampling(9, thinking="off")),
        ({"output_config": {"effort": "max"}}, Sampling(9, reasoning_effort="max")),
        ({"max_tokens": 0}, Sampling(0)),
    ],
)
def test_sampling(members: dict[str, Any], expected: Sampling) -> None:
    """Drawing, thinking and effort."""
    assert read(**members).sampling == expected


def test_T10_system_in_all_its_forms() -> None:
    """A text, blocks with cache marks, and a system message within the conversation keep their places."""
    marked = [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
    late = {"role": "system", "content": "late"}
    request = read(system=[*marked, {"type": "text", "text": "b"}], messages=[*HI, late])
    assert request.turns == (
        Turn("system", (Text("a", CacheMark("1h")), Text("b"))),
        Turn("user", (Text("hi"),)),
        Turn("system", (Text("late"),)),
    )
    assert read(system="short").turns[0] == Turn("system", (Text("short"),))
    assert read(system="").turns[0].role == "user"


def test_images_and_documents() -> None:
    """By value, by address, as text; what is said of a document comes along."""
    turn = parts(
        "user",
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "cG5n"}},
        {"type": "image", "source": {"type": "url", "url": "https://x/y.png"}},
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "cGRm"}},
        {
            "type": "document",
            "source": {"type": "text", "media_type": "text/plain", "data": "words"},
            "title": "T",
            "context": "C",
            "citations": {"enabled": True},
            "cache_control": {"type": "ephemeral"},
        },
        {"type": "document", "source": {"type": "url", "url": "https://x/y.pdf"}},
    )
    assert turn.parts == (
        Media("image", "image/png", b"png"),
        Media("image", url="https://x/y.png"),
        Media("document", "application/pdf", b"pdf"),
        Media("document", "text/plain", b"words", name="T", cache=CacheMark(), context="C", cited=True),
        Media("document", "application/pdf", url="https://x/y.pdf"),
    )
    assert turn.extra == {}


def test_what_only_anthropic_knows_is_kept() -> None:
    """Blocks of a user by their place, blocks of the model as opaque ones, members by their path."""
    file = {"type": "image", "source": {"type": "file", "file_id": "file_1"}}
    found = {"type": "search_result", "source": "s", "title": "t", "content": []}
    turn = parts("user", {"type": "text", "text": "a"}, file, found, {"type": "text", "text": "b", "x": 1})
    assert turn.parts == (Text("a"), Text("b"))
    assert turn.extra == {"content[1]": file, "content[2]": found, "content[3].x": 1}
    searched = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
    assert parts("assistant", searched).parts == (Opaque("server_tool_use", searched, OWN),)
    scoped = {"type": "ephemeral", "scope": "global"}
    marked = parts("user", {"type": "text", "text": "a", "cache_control": scoped})
    assert marked.parts == (Text("a", CacheMark()),)
    assert marked.extra == {"content[0].cache_control": scoped}


def test_calls_and_results() -> None:
    """A message of results alone is a tool turn; a text beside them makes it a user's."""
    call = {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}, "caller": {"type": "direct"}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "done"}
    failed: dict[str, Any] = {
        "type": "tool_result",
        "tool_use_id": "t2",
        "is_error": True,
        "content": [
            {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}},
            {"type": "tool_reference", "tool_name": "g"},
        ],
    }
    assert parts("assistant", call) == Turn("assistant", (ToolCall("t1", "f", '{"a":1}'),))
    assert parts("user", result) == Turn("tool", (ToolResult("t1", (Text("done"),)),))
    mixed = parts("user", failed, {"type": "text", "text": "go on"})
    assert mixed.role == "user"
    assert mixed.parts == (ToolResult("t2", (Text("x", CacheMark()),), is_error=True), Text("go on"))
    assert mixed.extra == {"content[0].content[1]": failed["content"][1]}
    assert parts("user", {"type": "tool_result", "tool_use_id": "t1"}).parts == (ToolResult("t1", ()),)


def test_T12_thinking_is_its_origins() -> None:
    """Claude's own signatures are the family's; another model's come home with their origin."""
    turn = parts(
        "assistant",
        {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
        {"type": "thinking", "thinking": "", "signature": "b25seQ=="},
        {"type": "redacted_thinking", "data": "EmwK"},
        {"type": "thinking", "thinking": "plain", "signature": ""},
        {"type": "thinking", "thinking": "elsewhere", "signature": wrap("YWJj", "gemini.generate")},
        {"type": "redacted_thinking", "data": wrap("cmVk", "openai.responses")},
        {"type": "thinking", "thinking": "unsigned", "signature": wrap("", "openai.chat")},
        {"type": "redacted_thinking", "data": wrap("no base64", "openai.responses")},
    )
    assert turn.parts == (
        Reasoning("hm", "c2ln", origin=OWN),
        Reasoning("", "b25seQ==", origin=OWN),
        Reasoning(redacted=b"EmwK", origin=OWN),
        Reasoning("plain"),
        Reasoning("elsewhere", "YWJj", origin="gemini.generate"),
        Reasoning(redacted=b"red", origin="openai.responses"),
        Reasoning("unsigned", origin="openai.chat"),
        Reasoning(origin="openai.responses"),
    )


def test_T19_a_signature_in_a_call_id_is_recovered() -> None:
    """What another provider signed travelled in the id; the result's id loses it as well."""
    signed = sign_id("c1", "c2ln", "gemini.generate")
    call = parts("assistant", {"type": "tool_use", "id": signed, "name": "f", "input": {}})
    assert call.parts == (ToolCall("c1", "f", "{}", None, "c2ln", "gemini.generate"),)
    result = parts("user", {"type": "tool_result", "tool_use_id": signed, "content": []})
    assert result.parts == (ToolResult("c1", ()),)


def test_citations_are_kept_whole() -> None:
    """Anthropic's own with its proof; a shown source without one belongs to nobody."""
    own = {
        "type": "web_search_result_location",
        "url": "https://x",
        "title": "X",
        "cited_text": "q",
        "encrypted_index": "E",
    }
    shown = own | {"encrypted_index": ""}
    turn = parts("assistant", {"type": "text", "text": "a", "citations": [own, shown]})
    assert turn.parts == (
        Text(
            "a",
            citations=(
                Citation("https://x", "X", "q", origin=OWN, wire=own),
                Citation("https://x", "X", "q"),
            ),
        ),
    )


def test_tools_and_the_choice_among_them() -> None:
    """A client's own tools are the hub's, the provider's stay in its words."""
    search = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}
    own = {"name": "f", "description": "d", "input_schema": {"type": "object"}, "strict": True}
    further = own | {"name": "g", "type": "custom", "eager_input_streaming": True, "defer_loading": True}
    request = read(
        tools=[search, own, further], tool_choice={"type": "any", "disable_parallel_tool_use": True}
    )
    schema = {"type": "object"}
    assert request.tools == (Tool("f", "d", schema, strict=True), Tool("g", "d", schema, strict=True))
    assert request.hosted_tools == (Opaque("web_search_20250305", search, OWN),)
    assert request.tool_choice == ToolChoice("required")
    assert request.parallel_tool_calls is False
    assert request.extra == {"tools[1].defer_loading": True}
    assert request.hints == {"tools[1].eager_input_streaming": True}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"type": "auto"}, ToolChoice("auto")),
        ({"type": "none"}, ToolChoice("none")),
        ({"type": "tool", "name": "f"}, ToolChoice("named", "f")),
    ],
)
def test_T9_tool_choices(choice: dict[str, Any], expected: ToolChoice) -> None:
    """Every form; nothing said of parallel calls stays unsaid."""
    request = read(tool_choice=choice)
    assert (request.tool_choice, request.parallel_tool_calls) == (expected, None)


def test_parameters_without_a_place_are_kept_by_name() -> None:
    """Nested ones by their path; those that change no meaning are hints."""
    request = read(
        metadata={"user_id": "u", "x": 1},
        service_tier="standard_only",
        output_config={"effort": "low", "task_budget": {"total": 9}, "format": None},
        thinking={"type": "adaptive", "display": "updates"},
        cache_control={"type": "ephemeral"},
        context_management={"edits": []},
        stream=True,
        container=None,
    )
    assert request.user == "u"
    assert request.stream
    assert request.extra == {
        "metadata.x": 1,
        "service_tier": "standard_only",
        "output_config.task_budget": {"total": 9},
        "thinking.display": "updates",
        "context_management": {"edits": []},
    }
    assert request.hints == {"cache_control": {"type": "ephemeral"}}


@pytest.mark.parametrize("place", ["output_config", "output_format"])
def test_structured_output(place: str) -> None:
    """A schema in its present and in its older place."""
    form = {"type": "json_schema", "schema": {"type": "object"}}
    request = read(**{place: {"format": form} if place == "output_config" else form})
    assert request.format == Format("json_schema", schema={"type": "object"})


def test_the_clouds_bodies() -> None:
    """The address names the model; the version is nobody's business, the beta flags are hints."""
    body = {
        "anthropic_version": "bedrock-2023-05-31",
        "anthropic_beta": ["a-2025-01-01"],
        "max_tokens": 5,
        "messages": HI,
    }
    for spoken in (bedrock_invoke, vertex_messages):
        request = spoken.decode_request(json.dumps(body).encode(), model="m", stream=True)
        assert (request.model, request.stream, request.dialect) == ("m", True, spoken.NAME)
        assert request.hints == {"anthropic_beta": ["a-2025-01-01"]}
        assert request.extra == {}


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"model": None}, "model"),
        ({"model": "../x"}, "model"),
        ({"messages": None}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{"text": "x"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image"}]}]},
            "messages[0].content[0].source",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "document"}]}]},
            "messages[0].content[0].source",
        ),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [{"type": "image", "source": {"type": "base64", "data": "%"}}],
                    }
                ]
            },
            "messages[0].content[0].source.data",
        ),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "image", "source": {"type": "base64", "data": ""}}]}
                ]
            },
            "messages[0].content[0].source.data",
        ),
        (
            {"messages": [{"role": "assistant", "content": [{"type": "tool_use", "id": "t"}]}]},
            "messages[0].content[0].name",
        ),
        (
            {
                "messages": [
                    {
                        "role": "assistant",
                        "content": [{"type": "tool_use", "id": "t", "name": "f", "input": 1}],
                    }
                ]
            },
            "messages[0].content[0].input",
        ),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {
                                "type": "tool_result",
                                "tool_use_id": "t",
                                "content": [{"type": "thinking", "thinking": "x"}],
                            }
                        ],
                    }
                ]
            },
            "messages[0].content[0].content[0].type",
        ),
        ({"max_tokens": -1}, "max_tokens"),
        ({"tool_choice": {"type": "tool"}}, "tool_choice.name"),
        ({"tool_choice": {"type": "some"}}, "tool_choice.type"),
        ({"tools": [{"input_schema": {}}]}, "tools[0].name"),
    ],
)
def test_nonsense_is_refused_by_its_path(members: dict[str, Any], param: str) -> None:
    """The error names the member at fault."""
    with pytest.raises(RequestError) as caught:
        read(**members)
    assert caught.value.param == param
