"""The official SDK's `responses` against a target in every dialect, nothing kept, and Codex's request."""

from __future__ import annotations

import json
from typing import Any

import httpx
import openai
import pydantic
import pytest
from tests.gateway.everywhere import TARGETS
from tests.gateway.running import KEYS, Gateway
from tests.material import CAPTURES, read_lines

EACH = pytest.mark.parametrize("model", TARGETS)
WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": False,
}


class Place(pydantic.BaseModel):
    """A structured answer."""

    city: str
    warm: bool


@EACH
def test_a_stream_adds_up(every: Gateway, model: str) -> None:
    """The SDK's own helper takes every event, and the whole answer is what the pieces were."""
    with every.sdk().responses.stream(
        model=model, input="simulate: tokens 20", instructions="Be brief.", max_output_tokens=64
    ) as stream:
        events = list(stream)
        answer = stream.get_final_response()
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text
    assert answer.output_text == text
    assert [event.sequence_number for event in events] == sorted({event.sequence_number for event in events})
    assert answer.status == "completed"
    assert answer.usage is not None
    assert answer.usage.output_tokens == 20
    assert answer.to_dict()["store"] is False


@EACH
def test_tools_make_the_round(every: Gateway, model: str) -> None:
    """A streamed call, its result as an item, and an answer that has read it."""
    sdk = every.sdk()
    with sdk.responses.stream(
        model=model,
        input="What is the weather in Oslo?",
        tools=[WEATHER],
        tool_choice={"type": "function", "name": "get_weather"},
    ) as stream:
        first = stream.get_final_response()
    call = first.output[-1]
    assert call.type == "function_call"
    assert "city" in json.loads(call.arguments)
    history: Any = [
        {"role": "user", "content": "What is the weather in Oslo?"},
        *({k: v for k, v in item.to_dict().items() if k != "parsed_arguments"} for item in first.output),
        {"type": "function_call_output", "call_id": call.call_id, "output": "4 degrees"},
    ]
    second = sdk.responses.create(model=model, input=history, tools=[WEATHER])
    assert "4 degrees" in second.output_text


@EACH
def test_a_schema_is_followed(every: Gateway, model: str) -> None:
    """`parse` gives the SDK's own object, where the target can be held to a schema."""
    answer = every.sdk().responses.parse(model=model, input="Oslo?", text_format=Place)
    assert isinstance(answer.output_parsed, Place)


@EACH
def test_what_is_cut_is_incomplete(every: Gateway, model: str) -> None:
    """A bound that was reached never looks like an end."""
    answer = every.sdk().responses.create(model=model, input="simulate: tokens 90", max_output_tokens=16)
    assert answer.status == "incomplete"
    assert answer.incomplete_details is not None
    assert answer.incomplete_details.reason == "max_output_tokens"


def test_the_azure_client_works_unmodified(every: Gateway) -> None:
    """The dated path without a deployment in it."""
    with openai.AzureOpenAI(
        azure_endpoint=every.url, api_key=KEYS["app"], api_version="2025-04-01-preview", max_retries=0
    ) as sdk:
        assert sdk.responses.create(model="converse", input="hi").output_text


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"store": True}, "`store: true` needs a store"),
        ({"previous_response_id": "resp_1"}, "`sessions` in comity.yaml"),
        ({"conversation": "conv_1"}, "`sessions` in comity.yaml"),
        ({"background": True}, "in the background"),
    ],
)
def test_state_without_a_store_is_refused_by_the_name_of_the_key(
    every: Gateway, members: dict[str, Any], words: str
) -> None:
    """Nothing is silently forgotten: whoever asks for state hears what is missing."""
    with pytest.raises(openai.BadRequestError, match=words):
        every.sdk().responses.create(model="responses", input="hi", **members)
    with pytest.raises(openai.BadRequestError, match="this needs a store"):
        every.sdk().responses.retrieve("resp_1")


def test_paths_of_kept_things_say_what_they_take(every: Gateway) -> None:
    """A method that a path does not take, and a path that is none."""
    sdk = every.sdk()
    with pytest.raises(openai.APIStatusError) as caught:
        sdk.post("/responses/resp_1", cast_to=object)
    assert caught.value.status_code == 405
    with pytest.raises(openai.NotFoundError):
        sdk.post("/responses/compact", cast_to=object)


def codex() -> dict[str, Any]:
    """What Codex CLI sends, recorded."""
    rows = read_lines(CAPTURES)
    body = next(row["body"] for row in rows if row["client"].startswith("codex"))
    found: dict[str, Any] = json.loads(body) if isinstance(body, str) else body
    return found


def post(gateway: Gateway, body: dict[str, Any]) -> httpx.Response:
    """The answer to a body that the SDK would not write."""
    headers = {"authorization": f"Bearer {KEYS['app']}"}
    return httpx.post(f"{gateway.url}/v1/responses", json=body, headers=headers, timeout=60)


def test_codex_runs_on_a_target_of_its_own_dialect(every: Gateway) -> None:
    """Its tools in namespaces, hosted search and cache key pass as they came."""
    answer = post(every, {**codex(), "model": "responses", "include": []})
    assert answer.status_code == 200, answer.text
    assert "event: response.completed" in answer.text


def test_codex_runs_elsewhere_without_what_only_openai_has(every: Gateway) -> None:
    """On a route that allows drops, each is named."""
    answer = post(every, {**codex(), "model": "converse"})
    dropped = answer.headers["comity-dropped"].split(", ")
    assert {"tools[4]", "tools.web_search", "prompt_cache_key", "client_metadata"} <= set(dropped)
    assert "event: response.completed" in answer.text
