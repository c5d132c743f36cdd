"""The official OpenAI SDK, unmodified, against the gateway with three kinds of clouds behind it."""

from __future__ import annotations

import asyncio
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionToolParam
from tests.gateway.running import KEYS, Gateway

TARGETS = ["us-only", "azure-only", "azure-v1", "bedrock-only"]
WEATHER: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
PICTURE = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.mark.parametrize("model", TARGETS)
def test_a_whole_answer(gateway: Gateway, model: str) -> None:
    """Text, finish reason, usage and the gateway's headers arrive from every kind of cloud."""
    raw = gateway.sdk().chat.completions.with_raw_response.create(
        model=model, messages=[{"role": "user", "content": "Say something"}], max_completion_tokens=12
    )
    answer = raw.parse()
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 12
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 12
    assert answer.id
    assert answer.created > 1_700_000_000
    assert raw.headers["comity-verdict"] == "silent"
    assert raw.headers["comity-receipt"]


@pytest.mark.parametrize("model", TARGETS)
def test_a_streamed_answer(gateway: Gateway, model: str) -> None:
    """The pieces add up to what was counted; usage comes only because it was asked for."""
    stream = gateway.sdk().chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": "Say something"}],
        max_completion_tokens=12,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    usages = [chunk.usage for chunk in chunks if chunk.usage is not None]
    assert text
    assert usages[-1].completion_tokens == 12
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "length"
    assert chunks[-1].id


@pytest.mark.parametrize("model", TARGETS)
def test_T28_usage_stays_hidden_from_a_client_that_did_not_ask(gateway: Gateway, model: str) -> None:
    """The gateway asks for usage to meter, and the client never sees it."""
    stream = gateway.sdk().chat.completions.create(
        model=model, messages=[{"role": "user", "content": "x"}], max_completion_tokens=5, stream=True
    )
    chunks = list(stream)
    assert all(chunk.usage is None for chunk in chunks)
    assert all(chunk.choices or model.startswith("azure") for chunk in chunks)


@pytest.mark.parametrize("model", TARGETS)
@pytest.mark.parametrize("stream", [False, True])
def test_tools_make_the_round(gateway: Gateway, model: str, *, stream: bool) -> None:
    """A forced tool call comes back with its arguments, and its result is taken in the next turn."""
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Oslo?"}]
    choice: Any = {"type": "function", "function": {"name": "get_weather"}}
    name, arguments, call_id = _forced_call(gateway.sdk(), model, messages, choice, stream=stream)
    assert name == "get_weather"
    assert '"city"' in arguments
    call = {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
    messages += [
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call_id, "content": "4 degrees, rain"},
    ]
    answer = gateway.sdk().chat.completions.create(
        model=model, messages=messages, tools=[WEATHER], max_completion_tokens=20
    )
    assert answer.choices[0].message.content


def _forced_call(
    sdk: openai.OpenAI, model: str, messages: list[Any], choice: Any, *, stream: bool
) -> tuple[str, str, str]:
    if not stream:
        answer = sdk.chat.completions.create(
            model=model, messages=messages, tools=[WEATHER], tool_choice=choice
        )
        calls = answer.choices[0].message.tool_calls
        assert calls is not None
        assert calls[0].type == "function"
        return calls[0].function.name, calls[0].function.arguments, calls[0].id
    name = arguments = call_id = ""
    for chunk in sdk.chat.completions.create(
        model=model, messages=messages, tools=[WEATHER], tool_choice=choice, stream=True
    ):
        for piece in (chunk.choices[0].delta.tool_calls or []) if chunk.choices else []:
            assert piece.function is not None
            name += piece.function.name or ""
            arguments += piece.function.arguments or ""
            call_id += piece.id or ""
    return name, arguments, call_id


@pytest.mark.parametrize("model", TARGETS)
def test_an_image_is_taken(gateway: Gateway, model: str) -> None:
    """An image by value reaches every kind of cloud."""
    answer = gateway.sdk().chat.completions.create(
        model=model,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": PICTURE}},
                ],
            }
        ],
        max_completion_tokens=5,
    )
    assert answer.choices[0].message.content


@pytest.mark.parametrize("model", TARGETS)
def test_a_json_schema_is_followed(gateway: Gateway, model: str) -> None:
    """Structured output is asked for natively on every target that declares it."""
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "warm": {"type": "boolean"}},
        "required": ["city", "warm"],
        "additionalProperties": False,
    }
    answer = gateway.sdk().chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": "Oslo?"}],
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "place", "schema": schema, "strict": True},
        },
    )
    assert '"city"' in (answer.choices[0].message.content or "")


def test_many_async_calls_at_once(gateway: Gateway) -> None:
    """The asynchronous client, fifty calls at the same time over all targets."""

    async def run() -> list[str]:
        sdk = openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=KEYS["app"], max_retries=0)
        async with sdk:
            answers = await asyncio.gather(
                *(
                    sdk.chat.completions.create(
                        model=TARGETS[number % len(TARGETS)],
                        messages=[{"role": "user", "content": f"number {number}"}],
                        max_completion_tokens=6,
                    )
                    for number in range(50)
                )
            )
        return [answer.choices[0].message.content or "" for answer in answers]

    assert all(asyncio.run(run()))


def test_the_azure_client_names_the_model_in_the_path(gateway: Gateway) -> None:
    """AzureOpenAI works by changing its endpoint; the deployment in the path is the model."""
    with openai.AzureOpenAI(
        azure_endpoint=gateway.url, api_key=KEYS["app"], api_version="2024-10-21", max_retries=0
    ) as sdk:
        answer = sdk.chat.completions.create(
            model="bedrock-only", messages=[{"role": "user", "content": "x"}], max_completion_tokens=4
        )
    assert answer.choices[0].message.content


def test_models_are_those_the_caller_may_use(gateway: Gateway) -> None:
    """The model listing follows the caller's rights."""
    assert {m.id for m in gateway.sdk("eu").models.list()} == {"gpt-5.5", "us-only", "dead-first"}
    assert "bedrock-only" in {m.id for m in gateway.sdk().models.list()}
