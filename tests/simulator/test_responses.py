"""The simulated Responses API complains as the real one does, and its events add up to its answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from comity.http import Headers
from comity.simulator import CloudSpec, SimulatedModel
from comity.simulator.azure import AzureWire
from comity.simulator.cloud import Cloud, Ticket
from comity.simulator.compatible import CompatibleWire
from comity.simulator.fault import Fault
from comity.simulator.responses_rules import write_encrypted
from comity.simulator.responses_wire import AzureResponsesWire, CompatibleResponsesWire
from comity.simulator.wire import Asked

AT = datetime(2026, 11, 21, tzinfo=UTC)
USER = {"role": "user", "content": "hi"}
CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
MODELS = (SimulatedModel(name="gpt"), SimulatedModel(name="o4", reasoning=True))


def compatible(*faults: Fault) -> Cloud:
    """A server that speaks chat completions and responses."""
    spec = CloudSpec(name="local", kind="compatible", models=MODELS, faults=faults)
    return Cloud(spec, CompatibleWire(spec), CompatibleResponsesWire(spec))


def ask(cloud: Cloud, path: str = "/v1/responses", query: str = "", **fields: Any) -> Ticket:
    """The ticket of one request."""
    body = json.dumps({"model": "gpt", "input": "hi", **fields}).encode()
    return cloud.answer(Asked("POST", path, query, Headers.of(()), body, AT), 0.0)


def told(ticket: Ticket) -> Any:
    """The JSON of a whole answer."""
    return json.loads(b"".join(step.data for step in ticket.reply.steps))


def events(ticket: Ticket) -> list[Any]:
    """The events of a stream, each named as it says itself."""
    found = []
    for frame in b"".join(step.data for step in ticket.reply.steps).split(b"\n\n")[:-1]:
        name, data = frame.split(b"\n", 1)
        event = json.loads(data.removeprefix(b"data: "))
        assert name == b"event: " + event["type"].encode()
        found.append(event)
    return found


COMPLAINTS: list[tuple[dict[str, Any], str]] = [
    ({"messages": []}, "Unknown parameter: 'messages'."),
    ({"input": None}, "Missing required parameter: 'input'."),
    ({"input": []}, "empty array"),
    ({"input": 3}, "Invalid type for 'input'"),
    ({"store": 1}, "Invalid type for 'store'"),
    ({"max_output_tokens": True}, "Invalid type"),
    ({"max_output_tokens": 15}, "Expected a value >= 16"),
    ({"temperature": 3}, "Expected a value <= 2"),
    ({"truncation": "some"}, "Invalid value: 'some'"),
    ({"include": ["everything"]}, "Invalid value: 'everything'"),
    ({"include": ["reasoning.encrypted_content"]}, "not supported with this model"),
    ({"reasoning": {"depth": 3}}, "Unknown parameter: 'reasoning.depth'."),
    ({"text": {"format": {"type": "xml"}}}, "Invalid value: 'xml'"),
    ({"text": {"format": {"type": "json_schema", "name": "n"}}}, "'text.format.schema'"),
    ({"tools": [{"name": "f"}]}, "'tools[0].type'"),
    ({"tools": [{"type": "function"}]}, "'tools[0].name'"),
    ({"tools": [{"type": "function", "name": "f", "function": {}}]}, "'tools[0].function'"),
    ({"tool_choice": "required"}, "only allowed when tools are specified"),
    ({"tool_choice": {"type": "function", "name": "f"}}, "only allowed when tools are specified"),
    ({"stream_options": {}}, "only allowed when 'stream' is enabled"),
    ({"previous_response_id": "resp_1"}, "Previous response with id 'resp_1' not found."),
    ({"conversation": "conv_1"}, "Conversation not found."),
    ({"input": ["hi"]}, "expected an object"),
    ({"input": [{"type": "guess"}]}, "Invalid value: 'guess'"),
    ({"input": [{"role": "tool", "content": "x"}]}, "Invalid value: 'tool'"),
    ({"input": [{"role": "user"}]}, "'input[0].content'"),
    ({"input": [{"role": "user", "content": 1}]}, "expected a string or an array"),
    ({"input": [{**USER, "name": "Ann"}]}, "'input[0].name'"),
    ({"input": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}, "'input_text'"),
    ({"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "content[0].text"),
    ({"input": [{**CALL, "call_id": "c" * 65}]}, "maximum length 64"),
    ({"input": [USER, CALL]}, "No tool output found for function call c1."),
    (
        {"input": [{"type": "function_call_output", "call_id": "c2", "output": ""}]},
        "No tool call found for function call output with call_id c2.",
    ),
    ({"input": [{"type": "item_reference", "id": "rs_1"}]}, "Item with id 'rs_1' not found."),
    (
        {"input": [{"type": "reasoning", "id": "rs_1", "summary": []}], "store": False},
        "not persisted when `store` is set to false",
    ),
    (
        {
            "input": [
                {
                    "type": "reasoning",
                    "id": "rs_1",
                    "summary": [],
                    "encrypted_content": write_encrypted("another", "x"),
                }
            ]
        },
        "could not be verified",
    ),
    (
        {"input": [{"type": "reasoning", "id": "r", "summary": [], "encrypted_content": "gAAAAAB!"}]},
        "could not be verified",
    ),
]


@pytest.mark.parametrize(("fields", "words"), COMPLAINTS)
def test_what_it_does_not_take(fields: dict[str, Any], words: str) -> None:
    """Shapes, bounds, and what must belong together."""
    ticket = ask(compatible(), **fields)
    assert ticket.reply.status == 400
    assert words in told(ticket)["error"]["message"]


def test_nonsense_is_no_request() -> None:
    """A body that is no JSON object."""
    for body in (b"{", b"[]"):
        asked = Asked("POST", "/v1/responses", "", Headers.of(()), body, AT)
        reply = compatible().answer(asked, 0.0).reply
        assert reply.status in {400, 404}


def test_a_reasoning_model_takes_no_sampling_and_shows_its_thinking_when_asked() -> None:
    """The summary and the encrypted form, which it alone reads again."""
    cloud = compatible()
    assert ask(cloud, model="o4", temperature=0.5).reply.status == 400
    include = ["reasoning.encrypted_content"]
    answer = told(ask(cloud, model="o4", include=include, reasoning={"summary": "auto"}))
    thought, message = answer["output"]
    assert thought["summary"][0]["text"]
    assert answer["usage"]["output_tokens_details"]["reasoning_tokens"] > 0
    again = [USER, thought, {**message, "status": "completed"}, USER]
    assert ask(cloud, model="o4", input=again, store=False).reply.status == 200
    assert told(ask(cloud, model="o4"))["output"][0]["summary"] == []


@pytest.mark.parametrize("fields", [{}, {"model": "o4", "reasoning": {"summary": "auto"}}])
def test_events_add_up_to_the_answer(fields: dict[str, Any]) -> None:
    """Numbered from 0, opened and closed in order, and the last repeats everything."""
    tools = [{"type": "function", "name": "lookup", "parameters": {"type": "object"}}]
    for more in ({}, {"input": "please lookup", "tools": tools}):
        seen = events(ask(compatible(), stream=True, **{**fields, **more}))
        assert [event["sequence_number"] for event in seen] == list(range(len(seen)))
        done = [event["item"] for event in seen if event["type"] == "response.output_item.done"]
        assert seen[-1]["response"]["output"] == done
        text = "".join(e["delta"] for e in seen if e["type"] == "response.output_text.delta")
        said = [p["text"] for item in done if item["type"] == "message" for p in item["content"]]
        assert said in ([], [text])


def test_a_cut_answer_is_incomplete() -> None:
    """The status and the reason, whole and streamed."""
    answer = told(ask(compatible(), max_output_tokens=16, input="simulate: tokens 99"))
    assert answer["status"] == "incomplete"
    assert answer["incomplete_details"] == {"reason": "max_output_tokens"}
    assert answer["usage"]["output_tokens"] == 16
    last = events(ask(compatible(), max_output_tokens=16, input="simulate: tokens 99", stream=True))[-1]
    assert last["type"] == "response.incomplete"


def test_faults_speak_its_language() -> None:
    """An error inside the stream, and an event that is broken."""
    cloud = compatible(Fault(kind="exception", status=500, after=3))
    last = events(ask(cloud, stream=True))[-1]
    assert (last["type"], last["error"]["type"]) == ("error", "server_error")
    cloud = compatible(Fault(kind="malformed", after=3))
    assert b'"delta"\n\n' in b"".join(step.data for step in ask(cloud, stream=True).reply.steps)


def test_azure_has_two_paths() -> None:
    """The dated one needs its version; the chat paths are as before."""
    spec = CloudSpec(name="azure", kind="azure", models=MODELS)
    cloud = Cloud(spec, AzureWire(spec), AzureResponsesWire(spec))
    assert ask(cloud, "/openai/v1/responses").reply.status == 200
    assert ask(cloud, "/openai/responses", "api-version=2025-04-01-preview").reply.status == 200
    assert ask(cloud, "/openai/responses").reply.status == 404
    assert ask(cloud, "/openai/v1/responses", model="none").reply.status == 404
    assert ask(cloud, "/openai/v2/responses").reply.status == 404
    assert ask(cloud, "/openai/v1/chat/completions").reply.status == 400
    assert events(ask(cloud, "/openai/v1/responses", stream=True))[-1]["type"] == "response.completed"
