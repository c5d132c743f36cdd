"""Whole responses, both ways: items, status, usage, sources, log-probabilities."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.responses import Response as SdkResponse

from comity.dialects import openai_responses
from comity.errors import ResponseError
from comity.exchange import (
    AnswerKey,
    Choice,
    Citation,
    Finish,
    Format,
    Media,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Request,
    Response,
    Sampling,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    Turn,
    Usage,
)

SEARCH = {
    "type": "web_search_call",
    "id": "ws",
    "status": "completed",
    "action": {"type": "search", "query": "q"},
}
SOURCE = {"type": "url_citation", "url": "https://a.example", "title": "A", "start_index": 0, "end_index": 2}
TOKEN = {"token": "so", "logprob": -0.1, "bytes": [115, 111], "top_logprobs": []}


def answer(*output: dict[str, Any], **members: Any) -> Response:
    """The hub's view of a response object."""
    body = {"id": "resp_1", "model": "m", "created_at": 5, "status": "completed", "output": output, **members}
    return openai_responses.decode_response(json.dumps(body).encode(), AnswerKey(origin="openai.responses/x"))


def message(*parts: dict[str, Any]) -> dict[str, Any]:
    """A message of the model."""
    return {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": list(parts),
    }


TEXT = {"type": "output_text", "text": "so", "annotations": [SOURCE], "logprobs": [TOKEN]}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f_1", "arguments": "{}"}


def test_every_item_is_read() -> None:
    """Thinking, text with its source, calls under the client's names, and what only OpenAI understands."""
    search = {"type": "web_search_call", "id": "ws_1", "status": "completed"}
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
    body = {"id": "resp_1", "model": "m", "output": [thought, search, message(TEXT), CALL]}
    key = AnswerKey({"f_1": "f.one"}, origin="openai.responses/x")
    response = openai_responses.decode_response(json.dumps(body).encode(), key)
    (choice,) = response.choices
    assert choice.parts == (
        Reasoning(signature="gAAA", origin="openai.responses/x", id="rs_1"),
        Opaque("web_search_call", search, "openai.responses"),
        Text(
            "so",
            citations=(Citation("https://a.example", "A", None, 0, 2, "openai.responses", SOURCE),),
            message="msg_1",
        ),
        ToolCall("c1", "f.one", "{}", item="fc_1"),
    )
    assert choice.finish is Finish.TOOL_CALLS
    assert choice.logprobs == {"content": [TOKEN], "refusal": None}


@pytest.mark.parametrize(
    ("output", "members", "finish"),
    [
        ([message(TEXT)], {}, Finish.STOP),
        ([message({"type": "refusal", "refusal": "no"})], {}, Finish.REFUSAL),
        ([CALL], {}, Finish.TOOL_CALLS),
        ([], {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, Finish.LENGTH),
        (
            [],
            {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            Finish.CONTENT_FILTER,
        ),
        ([], {"status": "incomplete"}, Finish.UNKNOWN),
        ([], {"status": "odd"}, Finish.UNKNOWN),
    ],
)
def test_T32_why_it_stopped(output: list[Any], members: dict[str, Any], finish: Finish) -> None:
    """A blocked or cut answer never looks complete."""
    assert answer(*output, **members).choices[0].finish is finish


@pytest.mark.parametrize(
    "members",
    [
        {"status": "failed", "error": {"code": "server_error", "message": "sorry"}},
        {"status": "queued"},
        {"output": None},
        {"output": [{"type": "function_call"}]},
        {"output": [{"id": "x"}]},
        {"output": [{"type": "message", "content": [{"type": "output_text"}]}]},
        {"output": [{"type": "reasoning", "summary": 3}]},
    ],
)
def test_what_is_no_answer_is_an_error(members: dict[str, Any]) -> None:
    """Failed, unfinished or broken: another deployment may be tried."""
    body = {"id": "resp_1", "status": "completed", "output": [], **members}
    with pytest.raises(ResponseError):
        openai_responses.decode_response(json.dumps(body).encode())


def test_usage_is_taken_apart_and_put_together() -> None:
    """Cached and written tokens are inside the input, reasoning inside the output."""
    counted = {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 40, "cache_write_tokens": 8},
        "output_tokens": 17,
        "output_tokens_details": {"reasoning_tokens": 5},
        "total_tokens": 117,
    }
    usage = answer(usage=counted).usage
    assert usage == Usage(52, 40, 8, 12, 5)
    assert json.loads(openai_responses.encode_response(answer(usage=counted)))["usage"] == counted
    assert answer().usage is None
    assert json.loads(openai_responses.encode_response(answer()))["usage"] is None


def written(*parts: Part, finish: Finish = Finish.STOP, request: Request | None = None) -> dict[str, Any]:
    """An answer as the client gets it; the SDK takes it."""
    choice = Choice(parts, finish, logprobs={"content": [TOKEN]})
    response = Response("resp_9", "m", (choice,), created=7, service_tier="flex", request=request)
    body = openai_responses.encode_response(response)
    SdkResponse.model_validate_json(body)
    value: dict[str, Any] = json.loads(body)
    return value


def test_parts_become_items() -> None:
    """Texts that follow each other are one message; blocks of other origins travel in envelopes."""
    body = written(
        Reasoning("a", id="r", form="summary"),
        Reasoning("b", "sig", origin="x", id="r", form="summary"),
        Reasoning("c", form="raw"),
        Text("one"),
        Refusal("no"),
        ToolCall("c1", "f", "", signature="Zw==", origin="gemini"),
        Opaque("server_tool_use", {"id": "s"}, "anthropic.messages"),
        Opaque("web_search_call", SEARCH, "openai.responses"),
        Media("image", "image/png", b"png"),
        Text("two", message="m2", citations=(Citation("https://b.example"), Citation(title="doc"))),
    )
    kinds = [item["type"] for item in body["output"]]
    assert kinds == [
        "reasoning",
        "reasoning",
        "message",
        "function_call",
        "reasoning",
        "web_search_call",
        "image_generation_call",
        "message",
    ]
    thought, raw, first, call, _, _, image, last = body["output"]
    assert [part["text"] for part in thought["summary"]] == ["a", "b"]
    assert (raw["content"][0]["text"], "encrypted_content" in raw) == ("c", False)
    assert [part["type"] for part in first["content"]] == ["output_text", "refusal"]
    assert first["content"][0]["logprobs"] == [TOKEN]
    assert (call["arguments"], call["call_id"].startswith("c1__sig1_")) == ("{}", True)
    assert image["result"] == "cG5n"
    assert [source["url"] for source in last["content"][0]["annotations"]] == ["https://b.example"]
    assert len({item["id"] for item in body["output"]}) == len(body["output"])


@pytest.mark.parametrize("finish", Finish)
def test_T32_status_tells_an_end_from_a_break(finish: Finish) -> None:
    """Only what ended by itself is complete; a refusal in words is an answer."""
    status = written(Text("x"), finish=finish)["status"]
    assert status == ("completed" if finish in {Finish.STOP, Finish.TOOL_CALLS} else "incomplete")
    if finish is Finish.REFUSAL:
        assert written(Refusal("no"), finish=finish)["status"] == "completed"


def test_an_answer_repeats_its_request() -> None:
    """As the API does; and it says that nothing was kept."""
    request = Request(
        "m",
        (Turn("system", (Text("Be brief."),)), Turn("user", (Text("hi"),))),
        (Tool("f", "does", {"type": "object"}),),
        ToolChoice("named", "f"),
        parallel_tool_calls=False,
        format=Format("json_schema", "n", "d", {"type": "object"}),
        sampling=Sampling(64, 0.5, 0.9, reasoning_effort="low", thoughts="summary"),
        extra={"verbosity": "low", "truncation": "auto"},
        hints={"metadata": {"a": "b"}},
        hosted_tools=(Opaque("web_search", {"type": "web_search"}, "openai.responses"),),
    )
    body = written(Text("x"), request=request)
    assert body["instructions"] == "Be brief."
    assert body["tool_choice"] == {"type": "function", "name": "f"}
    assert body["text"]["verbosity"] == "low"
    assert body["text"]["format"]["description"] == "d"
    assert [tool["type"] for tool in body["tools"]] == ["function", "web_search"]
    assert body["reasoning"] == {"effort": "low", "summary": "auto"}
    assert (body["metadata"], body["truncation"], body["store"]) == ({"a": "b"}, "auto", False)
    assert (body["max_output_tokens"], body["service_tier"]) == (64, "flex")
    plain = written(
        request=Request("m", (Turn("system", ()), Turn("user", ())), tool_choice=ToolChoice("auto"))
    )
    assert (plain["instructions"], plain["tool_choice"]) == (None, "auto")
    assert json.loads(openai_responses.encode_response(Response("r", "m", ())))["status"] == "incomplete"
