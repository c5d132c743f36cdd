"""Anthropic's official SDK, unmodified, on its three surfaces, with four kinds of clouds behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from anthropic.types import ToolParam
from tests.gateway.running import ACCOUNT, BOOK, KEYS, PACE, PRICE, Gateway, serving

from comity.intake import hash_key
from comity.simulator import Background, CloudSpec, SimulatedModel

CLAUDE = "claude-sonnet-4-5"
TARGETS = ["azure", "converse", "api", "invoke", "vertex"]
CLAUDES = ["api", "invoke", "vertex"]
WEATHER: ToolParam = {
    "name": "get_weather",
    "description": "The weather in a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
FACTS = "{customer: acme, product: support, data: confidential}"
TRAITS = "{family: claude, structured_output: true, prompt_caching: true, reasoning_signatures: required}"


def _clouds() -> Background:
    def spec(kind: Any, name: str, region: str, model: SimulatedModel, **more: Any) -> CloudSpec:
        return CloudSpec(name=name, kind=kind, models=(model,), region=region, pace=PACE, **more)

    claude = SimulatedModel(name=CLAUDE)
    return Background(
        spec(
            "azure", "azure", "swedencentral", SimulatedModel(name="gpt55"), api_keys=("local-key-for-tests",)
        ),
        spec("bedrock", "bedrock", "eu-central-1", claude, accounts=(ACCOUNT,)),
        spec("anthropic", "anthropic", "us", claude, api_keys=("local-key-for-tests",)),
        spec("vertex", "vertex", "europe-west1", claude, api_keys=("local-key-for-tests",)),
    )


def _deployment(name: str, cloud: str, region: str, dialect: str, url: str, **more: str) -> str:
    members = {
        "id": name,
        "cloud": cloud,
        "region": f"[{region}]",
        "model": CLAUDE,
        "dialect": dialect,
        "url": url,
        "auth": '{api_key: "env:LOCAL_KEY"}',
        "price": PRICE,
        **more,
    }
    return "  - " + "\n    ".join(f"{key}: {value}" for key, value in members.items())


def _configuration(running: Background) -> str:
    bedrock = {
        "auth": '{access_key_id: "env:AWS_ID", secret_access_key: "env:AWS_SECRET"}',
        "signing_region": "eu-central-1",
        "traits": TRAITS,
    }
    place = f"{running['vertex'].url}/v1/projects/p/locations/europe-west1"
    chat = f"{running['azure'].url}/openai/v1/"
    deployments = [
        _deployment("d-azure", "azure", "swedencentral", "openai.chat", chat, served_model="gpt55"),
        _deployment(
            "d-converse", "aws", "eu-central-1", "bedrock.converse", running["bedrock"].url, **bedrock
        ),
        _deployment("d-invoke", "aws", "eu-central-1", "bedrock.invoke", running["bedrock"].url, **bedrock),
        _deployment("d-api", "anthropic", "us", "anthropic.messages", running["anthropic"].url),
        _deployment("d-vertex", "google", "europe-west1", "vertex.messages", place),
    ]
    routes = [f"  {name}: {{from: [d-{name}]}}" for name in TARGETS]
    routes += [f"  {name}-lossy: {{from: [d-{name}], inexpressible: drop}}" for name in TARGETS]
    return "\n".join(
        [
            f"book: {BOOK}",
            "facts: {actor: acme}",
            "posture: {disputed: refuse, unknown: refuse}",
            "ledger: {journal: ledger, fold_every: 0}",
            "listen: {port: 0, drain: 5}",
            "deployments:",
            *deployments,
            "models:",
            *routes,
            "callers:",
            f'  - {{id: app, key: "sha256:{hash_key(KEYS["app"])}", facts: {FACTS}}}',
        ]
    )


@pytest.fixture(scope="module")
def claude(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway in front of every place where Claude runs, and of a model that is not Claude."""
    with _clouds() as running:
        folder = tmp_path_factory.mktemp("claude")
        with serving(folder, running, _configuration(running)) as gateway:
            yield gateway


@pytest.fixture(scope="module")
def sdk(claude: Gateway) -> Iterator[anthropic.Anthropic]:
    """The official SDK, its base URL changed and nothing else."""
    with anthropic.Anthropic(base_url=claude.url, api_key=KEYS["app"], max_retries=0) as one:
        yield one


@pytest.mark.parametrize("model", TARGETS)
def test_a_whole_answer(sdk: anthropic.Anthropic, model: str) -> None:
    """Text, stop reason and usage arrive from every kind of cloud."""
    answer = sdk.messages.create(
        model=model, max_tokens=12, messages=[{"role": "user", "content": "Say something"}]
    )
    assert [block.type for block in answer.content] == ["text"]
    assert answer.stop_reason == "max_tokens"
    assert answer.usage.output_tokens == 12
    assert answer.usage.input_tokens > 0
    assert answer.id


@pytest.mark.parametrize("model", TARGETS)
def test_a_streamed_answer(sdk: anthropic.Anthropic, model: str) -> None:
    """The SDK's own helper puts the pieces together; usage is complete at the end."""
    with sdk.messages.stream(
        model=model, max_tokens=12, messages=[{"role": "user", "content": "Say something"}]
    ) as stream:
        text = "".join(stream.text_stream)
        answer = stream.get_final_message()
    assert text
    assert [block.type for block in answer.content] == ["text"]
    assert answer.content[0].type == "text"
    assert answer.content[0].text == text
    assert answer.stop_reason == "max_tokens"
    assert answer.usage.output_tokens == 12
    assert answer.usage.input_tokens > 0


@pytest.mark.parametrize("model", TARGETS)
@pytest.mark.parametrize("stream", [False, True])
def test_tools_make_the_round(sdk: anthropic.Anthropic, model: str, *, stream: bool) -> None:
    """Parallel calls come back with their arguments, and their results are taken in the next turn (T2)."""
    messages: list[Any] = [{"role": "user", "content": "What does get_weather say, and get_time?"}]
    time: ToolParam = {"name": "get_time", "input_schema": {"type": "object", "properties": {}}}
    asked: dict[str, Any] = {"model": model, "max_tokens": 500, "tools": [WEATHER, time]}
    answer = _ask(sdk, asked | {"messages": messages}, stream=stream)
    calls = [block for block in answer.content if block.type == "tool_use"]
    assert answer.stop_reason == "tool_use"
    assert [call.name for call in calls] == ["get_weather", "get_time"]
    assert list(calls[0].input) == ["city"]
    assert calls[1].input == {}
    messages += [
        {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in answer.content]},
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "fine"} for call in calls],
        },
    ]
    again = _ask(sdk, asked | {"messages": messages}, stream=stream)
    assert again.content[0].type == "text"
    assert "fine" in again.content[0].text
    assert again.stop_reason == "end_turn"


@pytest.mark.parametrize("model", [*CLAUDES])
@pytest.mark.parametrize("stream", [False, True])
def test_T12_thinking_makes_the_round(sdk: anthropic.Anthropic, model: str, *, stream: bool) -> None:
    """Signed thoughts arrive, and are taken back byte for byte before the call that they led to."""
    messages: list[Any] = [{"role": "user", "content": "What does get_weather say?"}]
    asked: dict[str, Any] = {
        "model": model,
        "max_tokens": 2000,
        "tools": [WEATHER],
        "thinking": {"type": "enabled", "budget_tokens": 1024},
    }
    answer = _ask(sdk, asked | {"messages": messages}, stream=stream)
    assert [block.type for block in answer.content] == ["thinking", "tool_use"]
    call = answer.content[1]
    assert call.type == "tool_use"
    messages += [
        {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in answer.content]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "sunny"}]},
    ]
    for target in CLAUDES:
        # Signatures are valid wherever Claude runs.
        again = _ask(sdk, asked | {"messages": messages, "model": target}, stream=stream)
        assert again.content[-1].type == "text"


def _ask(sdk: anthropic.Anthropic, asked: dict[str, Any], *, stream: bool) -> anthropic.types.Message:
    if not stream:
        answer: anthropic.types.Message = sdk.messages.create(**asked)
        return answer
    with sdk.messages.stream(**asked) as streamed:
        return streamed.get_final_message()
