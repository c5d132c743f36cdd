"""LangChain's chat classes, as they come, against the gateway."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_aws import ChatBedrockConverse
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_google_genai import ChatGoogleGenerativeAI
from langchain_openai import AzureChatOpenAI, ChatOpenAI
from pydantic import SecretStr
from tests.gateway.everywhere import CALLER, DISTINCT
from tests.gateway.running import KEYS, Gateway

KEY = SecretStr(KEYS["app"])


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"rain in {city}"


def _openai(gateway: Gateway, model: str) -> BaseChatModel:
    return ChatOpenAI(base_url=f"{gateway.url}/v1", api_key=KEY, model=model, stream_usage=True)


def _azure(gateway: Gateway, model: str) -> BaseChatModel:
    return AzureChatOpenAI(
        azure_endpoint=gateway.url, azure_deployment=model, api_version="2024-10-21", api_key=KEY
    )


def _responses(gateway: Gateway, model: str) -> BaseChatModel:
    return ChatOpenAI(
        base_url=f"{gateway.url}/v1", api_key=KEY, model=model, use_responses_api=True, store=False
    )


def _anthropic(gateway: Gateway, model: str) -> BaseChatModel:
    return ChatAnthropic(base_url=gateway.url, api_key=KEY, model_name=model, timeout=60, stop=None)


def _bedrock(gateway: Gateway, model: str) -> BaseChatModel:
    return ChatBedrockConverse(
        base_url=gateway.url,
        region_name="eu-central-1",
        aws_access_key_id=SecretStr(CALLER.access_key_id),
        aws_secret_access_key=SecretStr(CALLER.secret_access_key),
        model=model,
        provider="anthropic",
    )


def _google(gateway: Gateway, model: str) -> BaseChatModel:
    return ChatGoogleGenerativeAI(base_url=gateway.url, api_key=KEY, model=model, vertexai=False)


CLASSES = [_openai, _azure, _responses, _anthropic, _bedrock, _google]
EACH = pytest.mark.parametrize("build", CLASSES, ids=lambda build: build.__name__.strip("_"))
Build = Callable[[Gateway, str], BaseChatModel]


@EACH
@pytest.mark.parametrize("target", DISTINCT)
def test_a_langchain_class_as_it_comes(anywhere: Gateway, build: Build, target: str) -> None:
    """Text whole and streamed, a tool loop over two turns, and the cloud's count."""
    chat = build(anywhere, target)
    whole = chat.invoke("simulate: echo one two three")
    assert _text(whole) == "one two three"
    assert isinstance(whole, AIMessage)
    assert whole.usage_metadata is not None
    assert whole.usage_metadata["input_tokens"] == 13
    assert whole.usage_metadata["output_tokens"] == 4
    assert "".join(_text(piece) for piece in chat.stream("simulate: echo one two three")) == "one two three"
    asked: list[BaseMessage] = [HumanMessage("please call get_weather")]
    first: Any = chat.bind_tools([get_weather]).invoke(asked)
    results: list[BaseMessage] = [
        ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"]) for call in first.tool_calls
    ]
    assert len(results) == 1
    after = chat.bind_tools([get_weather]).invoke([*asked, first, *results])
    assert _text(after).startswith("The tool said: rain in ")


def _text(message: BaseMessage) -> str:
    return str(message.text)
