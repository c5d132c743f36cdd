"""Functions that a client groups in namespaces, as Codex does with those of its servers."""

from __future__ import annotations

import json
from typing import Any

from tests.dialects.openai_responses.test_request import MINE, USER, read, write

from comity.dialects import openai_chat, openai_responses
from comity.exchange import (
    Choice,
    Finish,
    Finished,
    Response,
    Started,
    StreamEnd,
    ToolCall,
    ToolCallStart,
    WireRequest,
)

GROUP: dict[str, Any] = {
    "type": "namespace",
    "name": "mcp__files__",
    "description": "Files.",
    "tools": [
        {"type": "function", "name": "read", "description": "Reads.", "parameters": {}, "strict": False},
        {"type": "function", "name": "write", "parameters": {}, "defer_loading": True},
    ],
}


def test_functions_of_a_namespace_are_functions_elsewhere_and_a_namespace_at_home() -> None:
    """Their names are unique without the group; what the group says besides is a hint."""
    plain = {"type": "function", "name": "shell", "parameters": {}}
    call = {"type": "function_call", "call_id": "c", "name": "read", "namespace": "mcp__files__"}
    given: list[dict[str, Any]] = [dict(USER), call | {"arguments": "{}"}]
    given.append({"type": "function_call_output", "call_id": "c", "output": "ok"})
    request = read(input=given, tools=[GROUP, plain])
    assert [tool.name for tool in request.tools] == ["shell", "mcp__files__read", "mcp__files__write"]
    assert [tool.namespace for tool in request.tools] == [None, "mcp__files__", "mcp__files__"]
    again = write(request)
    assert again["tools"] == [plain, GROUP]
    assert again["input"] == given
    wire = openai_chat.encode_request(request, "m", MINE, lossy=False)
    assert isinstance(wire, WireRequest)
    told = json.loads(wire.body)
    assert [tool["function"]["name"] for tool in told["tools"]] == [tool.name for tool in request.tools]
    assert told["messages"][1]["tool_calls"][0]["function"]["name"] == "mcp__files__read"
    assert [one.parameter for one in wire.dropped] == ["tools[0]"]


def test_a_namespace_with_other_tools_stays_what_only_openai_runs() -> None:
    """Nobody else can run a part of it."""
    group = GROUP | {"tools": [*GROUP["tools"], {"type": "custom", "name": "patch"}]}
    request = read(tools=[group])
    assert request.tools == ()
    assert [tool.kind for tool in request.hosted_tools] == ["namespace"]
    assert write(request)["tools"] == [group]


def test_calls_of_a_namespace_come_back_with_it() -> None:
    """Whole and streamed, as Codex tells its tools apart."""
    request = read(tools=[GROUP])
    call = ToolCall("c", "mcp__files__read", "{}")
    answer = Response("resp_1", "m", (Choice((call,), Finish.TOOL_CALLS),), request=request)
    (item,) = json.loads(openai_responses.encode_response(answer))["output"]
    assert (item["name"], item["namespace"]) == ("read", "mcp__files__")
    assert json.loads(openai_responses.encode_response(answer))["tools"] == [GROUP]
    encoder = openai_responses.EventEncoder(request)
    events = (Started("resp_1", "m"), ToolCallStart(0, "c", "mcp__files__read"), Finished(Finish.TOOL_CALLS))
    told = b"".join(encoder.encode(event) for event in (*events, StreamEnd()))
    assert told.count(b'"namespace":"mcp__files__"') == 3
    wire = openai_responses.encode_request(request, "m", MINE, lossy=False)
    assert isinstance(wire, WireRequest)
    key = wire.answer
    (again,) = [
        event for event in openai_responses.EventDecoder(key).feed(told) if isinstance(event, ToolCallStart)
    ]
    assert again.name == "mcp__files__read"
