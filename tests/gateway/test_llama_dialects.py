"""A real model server spoken to in each of its dialects, every official SDK in front, by its own count."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias
from urllib.request import urlopen

import anthropic
import boto3
import pytest
from google import genai
from google.genai import types
from tests.environment import unmeasured
from tests.gateway.everywhere import CALLER
from tests.gateway.python_clients import Client, opened
from tests.gateway.running import BOOK, KEYS, PRICE, Gateway, serving

from comity.exchange import Usage
from comity.intake import hash_key
from comity.ledger import Attempted
from comity.simulator import Background
from comity.simulator.llama import LlamaServer, llama_available

pytestmark = pytest.mark.skipif(
    not llama_available(), reason="needs the extra `llama`: pip install comity[llama]"
)
FRONT = [
    "openai.chat",
    "openai.responses",
    "anthropic.messages",
    "bedrock.converse",
    "gemini.generate at AI Studio",
]
"""One SDK for each shape of message."""
HELPLESS = ("openai.responses", "responses")
"""llama.cpp's events lack the indexes that OpenAI's stream helper needs; they are passed on as they came."""
TARGETS = {"chat": "openai.chat", "responses": "openai.responses", "messages": "anthropic.messages"}

TRAITS = (
    "{family: llama, completion_limit_field: max_tokens, structured_output: true, max_output_tokens: 999}"
)


def _deployment(name: str, dialect: str, url: str) -> str:
    return f"""
  - id: d-{name}
    cloud: own
    region: [swedencentral]
    model: {name}
    served_model: tiny
    dialect: {dialect}
    url: {url}
    traits: {TRAITS}
    price: {PRICE}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    """llama.cpp, answering."""
    with LlamaServer(tmp_path_factory.mktemp("llama"), "tools", seed=1) as one:
        yield one


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, server: LlamaServer) -> Iterator[Gateway]:
    """A gateway in front of two llama.cpp servers: one answers, one makes vectors."""
    folder = tmp_path_factory.mktemp("house")
    with LlamaServer(folder, makes="vectors") as vectors, Background() as nothing:
        deployments = [_deployment(name, dialect, f"{server.url}/v1") for name, dialect in TARGETS.items()]
        deployments.append(_deployment("vectors", "openai.embeddings", f"{vectors.url}/v1"))
        names = [*TARGETS, "vectors"]
        routes = ", ".join(f"{name}: {{from: [d-{name}], inexpressible: drop}}" for name in names)
        config = f"""
book: {BOOK}
facts: {{actor: acme}}
ledger: {{journal: ledger, fold_every: 0}}
listen: {{port: 0}}
deployments:{"".join(deployments)}
models: {{{routes}}}
callers:
  - id: app
    key: "sha256:{hash_key(KEYS["app"])}"
    sigv4: {{access_key_id: {CALLER.access_key_id}, secret: "env:CALLER_SECRET"}}
    facts: {{customer: acme, product: support, data: public}}
"""
        with serving(
            folder, nothing, config, (), unmeasured(), CALLER_SECRET=CALLER.secret_access_key
        ) as gateway:
            yield gateway


@pytest.fixture(scope="module")
def clients(house: Gateway) -> Iterator[dict[str, Client]]:
    """All the SDKs, each opened once."""
    with opened(house) as all_of_them:
        yield all_of_them


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", FRONT)
def test_a_real_server_behind(
    house: Gateway, server: LlamaServer, clients: dict[str, Client], name: str, target: str
) -> None:
    """Text whole and streamed; the server's own counters say what answer and ledger say."""
    client = clients[name]
    before, receipts = _counters(server), len(client.receipts)
    told = [client.ask(target, "hello there")]
    if (name, target) != HELPLESS:
        told.append(client.stream(target, "hello there"))
    assert all(one.text for one in told)
    recorded = [_recorded(house, receipt) for receipt in client.receipts[receipts:]]
    assert [one.completion for one in recorded] == [one.output for one in told]
    classes = [(one.input, one.cached_read, one.output) for one in recorded]
    used = tuple(sum(counts) for counts in zip(*classes, strict=True))
    deadline = time.monotonic() + 60
    while (now := _since(before, _counters(server))) != used:
        assert time.monotonic() < deadline, f"the server counted {now}, and the ledger has {used}"
        time.sleep(0.01)


def test_a_stream_of_responses_as_it_came(house: Gateway) -> None:
    """The real server's own events arrive, with its count in the last one and in the ledger."""
    answer = house.sdk().responses.create(model="responses", input="hello there", stream=True, store=False)
    events: list[Any] = list(answer)
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert events[-1].type == "response.completed"
    assert events[-1].response.output_text == text
    recorded = _recorded(house, answer.response.headers["comity-receipt"])
    counted = events[-1].response.usage
    assert (recorded.prompt, recorded.completion) == (counted.input_tokens, counted.output_tokens)


QUESTION = "hello there"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"word": {"type": "string", "maxLength": 8}},
    "required": ["word"],
    "additionalProperties": False,
}
Calls: TypeAlias = list[tuple[str, Any]]
Ask: TypeAlias = Callable[[Gateway, str], Calls]


def _chat_call(house: Gateway, model: str) -> Calls:
    answer = house.sdk().chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": QUESTION}],
        tools=[{"type": "function", "function": {"name": "look_up", "parameters": SCHEMA}}],
        tool_choice="required",
        max_completion_tokens=120,
    )
    calls: Any = answer.choices[0].message.tool_calls
    # The model goes on calling until it is cut off, which may be in the middle of a later call.
    return [(call.function.name, json.loads(call.function.arguments)) for call in calls[:1]]


def _responses_call(house: Gateway, model: str) -> Calls:
    tools: Any = [{"type": "function", "name": "look_up", "parameters": SCHEMA, "strict": False}]
    answer = house.sdk().responses.create(
        model=model, input=QUESTION, tools=tools, tool_choice="required", store=False, max_output_tokens=250
    )
    calls = [item for item in answer.output if item.type == "function_call"]
    return [(item.name, json.loads(item.arguments)) for item in calls[:1]]


def _messages_call(house: Gateway, model: str) -> Calls:
    with anthropic.Anthropic(base_url=house.url, api_key=KEYS["app"], max_retries=0) as sdk:
        answer = sdk.messages.create(
            model=model,
            messages=[{"role": "user", "content": QUESTION}],
            tools=[{"name": "look_up", "input_schema": SCHEMA}],
            tool_choice={"type": "any"},
            max_tokens=120,
        )
    return [(block.name, block.input) for block in answer.content if block.type == "tool_use"]


def _converse_call(house: Gateway, model: str) -> Calls:
    sdk: Any = boto3.client(
        "bedrock-runtime",
        endpoint_url=house.url,
        region_name="eu-central-1",
        aws_access_key_id=CALLER.access_key_id,
        aws_secret_access_key=CALLER.secret_access_key,
    )
    answer = sdk.converse(
        modelId=model,
        messages=[{"role": "user", "content": [{"text": QUESTION}]}],
        toolConfig={
            "tools": [{"toolSpec": {"name": "look_up", "inputSchema": {"json": SCHEMA}}}],
            "toolChoice": {"any": {}},
        },
        inferenceConfig={"maxTokens": 120},
    )
    sdk.close()
    blocks = answer["output"]["message"]["content"]
    return [(block["toolUse"]["name"], block["toolUse"]["input"]) for block in blocks if "toolUse" in block]


def _gemini_call(house: Gateway, model: str) -> Calls:
    declared = [types.FunctionDeclaration(name="look_up", parameters_json_schema=SCHEMA)]
    mode = types.FunctionCallingConfig(mode=types.FunctionCallingConfigMode.ANY)
    config = types.GenerateContentConfig(
        tools=[types.Tool(function_declarations=declared)],
        tool_config=types.ToolConfig(function_calling_config=mode),
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        max_output_tokens=120,
    )
    with genai.Client(api_key=KEYS["app"], http_options=types.HttpOptions(base_url=house.url)) as sdk:
        answer = sdk.models.generate_content(model=model, contents=QUESTION, config=config)
    return [(str(call.name), call.args) for call in answer.function_calls or ()]


def _recorded(gateway: Gateway, receipt: str) -> Usage:
    (attempt,) = [record for record in gateway.entry(receipt) if isinstance(record, Attempted)]
    assert attempt.usage is not None
    return attempt.usage


def _counters(server: LlamaServer) -> tuple[int, ...]:
    """Tokens of prompts computed, of prompts read from the cache, and generated, since the server's start."""
    with urlopen(f"{server.url}/metrics") as answer:
        text = answer.read().decode()
    names = ("prompt_tokens_total", "prompt_tokens_cached_total", "tokens_predicted_total")
    counted = dict(re.findall(r"^llamacpp:(\w+) (\d+)$", text, re.MULTILINE))
    return tuple(int(counted[name]) for name in names)


def _since(before: tuple[int, ...], now: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(late - early for early, late in zip(before, now, strict=True))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("ask", [_chat_call, _responses_call, _messages_call, _converse_call, _gemini_call])
def test_a_real_server_calls_a_tool(house: Gateway, ask: Ask, target: str) -> None:
    """A tool that must be called is called: its name and grammar-constrained arguments arrive."""
    name, arguments = ask(house, target)[0]
    assert name == "look_up"
    assert set(arguments) == {"word"}
    assert isinstance(arguments["word"], str)


def _chat_json(house: Gateway) -> str | None:
    answer = house.sdk().chat.completions.create(
        model="chat",
        messages=[{"role": "user", "content": QUESTION}],
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "x", "schema": SCHEMA, "strict": True},
        },
    )
    return answer.choices[0].message.content


def _responses_json(house: Gateway) -> str | None:
    form: Any = {"format": {"type": "json_schema", "name": "x", "schema": SCHEMA, "strict": True}}
    answer = house.sdk().responses.create(model="chat", input=QUESTION, text=form, store=False)
    return answer.output_text


def _messages_json(house: Gateway) -> str | None:
    with anthropic.Anthropic(base_url=house.url, api_key=KEYS["app"], max_retries=0) as sdk:
        answer: Any = sdk.messages.create(
            model="chat",
            messages=[{"role": "user", "content": QUESTION}],
            output_config={"format": {"type": "json_schema", "schema": SCHEMA}},
            max_tokens=120,
        )
    return str(answer.content[0].text)


def _gemini_json(house: Gateway) -> str | None:
    config = types.GenerateContentConfig(response_mime_type="application/json", response_json_schema=SCHEMA)
    with genai.Client(api_key=KEYS["app"], http_options=types.HttpOptions(base_url=house.url)) as sdk:
        return sdk.models.generate_content(model="chat", contents=QUESTION, config=config).text


@pytest.mark.parametrize("ask", [_chat_json, _responses_json, _messages_json, _gemini_json])
def test_a_real_server_keeps_to_a_schema(house: Gateway, ask: Callable[[Gateway], str | None]) -> None:
    """Structured output, asked for in each dialect's way, is what llama.cpp's grammar makes of the schema."""
    value = json.loads(ask(house) or "")
    assert set(value) == {"word"}
    assert isinstance(value["word"], str)


def test_a_real_servers_vectors(house: Gateway) -> None:
    """Embeddings come as the SDK asks for them, in base64, and plain; the count is the server's."""
    sdk = house.sdk()
    packed = sdk.embeddings.create(model="vectors", input="hello there")
    plain = sdk.embeddings.create(model="vectors", input="hello there", encoding_format="float")
    assert packed.data[0].embedding == pytest.approx(plain.data[0].embedding, rel=1e-6)
    assert packed.usage.prompt_tokens == plain.usage.prompt_tokens == 6
