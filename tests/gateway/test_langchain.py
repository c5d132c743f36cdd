"""LangChain's chat classes, as they come, against the gateway."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import AzureChatOpenAI, ChatOpenAI
from pydantic import SecretStr
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


CLASSES = [_openai, _azure]
EACH = pytest.mark.parametrize("build", CLASSES, ids=lambda build: build.__name__.strip("_"))
TARGETS = pytest.mark.parametrize("model", ["us-only", "bedrock-only"])
Build = Callable[[Gateway, str], BaseChatModel]


@EACH
@TARGETS
def test_a_langchain_class_as_it_comes(gateway: Gateway, build: Build, model: str) -> None:
    """Text whole and streamed, a tool loop over two turns, and the cloud's count."""
    chat = build(gateway, model)
    whole = chat.invoke("simulate: echo one two three")
    assert _text(whole) == "one two three"
    assert isinstance(whole, AIMessage)
    assert whole.usage_metadata is not None
    assert whole.usage_metadata["output_tokens"] >= 3
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
