"""Anthropic's official SDK, unmodified, on its three surfaces, with four kinds of clouds behind."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import anthropic
import pytest
from anthropic.types import ToolParam
from tests.gateway.running import (
    ACCOUNT,
    AT_AMAZON,
    ENVIRONMENT,
    KEYS,
    PACE,
    Gateway,
    entry,
    serving,
    written,
)
from tests.material import CAPTURES, read_lines

from comity.dialects import anthropic_messages, bedrock_invoke
from comity.dialects.provenance import wrap
from comity.exchange import AnswerKey, Started, StreamEnd
from comity.intake import hash_key
from comity.ledger import Attempted
from comity.simulator import Background, CloudSpec, Fault, SimulatedModel

CLAUDE = "claude-sonnet-4-5"
TARGETS = ["azure", "converse", "api", "invoke", "vertex", "foundry"]
CLAUDES = ["api", "invoke", "vertex", "foundry"]
WEATHER: ToolParam = {
    "name": "get_weather",
    "description": "The weather in a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
FACTS = "{customer: acme, product: support, data: confidential}"
TRAITS = (
    "{family: claude, structured_output: true, prompt_caching: true, reasoning_signatures: required,"
    " beta_flags: [context-management-2025-06-27, interleaved-thinking-2025-05-14]}"
)


def _clouds() -> Background:
    def spec(kind: Any, name: str, region: str, *models: str, **more: Any) -> CloudSpec:
        served = tuple(SimulatedModel(name=model) for model in models)
        return CloudSpec(name=name, kind=kind, models=served, region=region, pace=PACE, **more)

    keys = (ENVIRONMENT["LOCAL_KEY"],)
    return Background(
        spec("azure", "azure", "swedencentral", "gpt55", CLAUDE, api_keys=keys),
        spec("bedrock", "bedrock", "eu-central-1", CLAUDE, accounts=(ACCOUNT,)),
        spec("anthropic", "anthropic", "us", CLAUDE, api_keys=keys),
        spec("vertex", "vertex", "europe-west1", CLAUDE, api_keys=keys),
        spec("anthropic", "early", "us", CLAUDE, api_keys=keys, faults=(_overloaded(2),)),
        spec("anthropic", "late", "us", CLAUDE, api_keys=keys, faults=(_overloaded(6),)),
    )


def _overloaded(after: int) -> Fault:
    """An error event after the head and the ping, or in the middle of the text."""
    return Fault(kind="exception", status=529, after=after)


def _configuration(running: Background) -> str:
    bedrock = {
        "auth": AT_AMAZON,
        "signing_region": "eu-central-1",
        "traits": TRAITS,
    }
    deployment = partial(entry, model=CLAUDE)
    place = f"{running['vertex'].url}/v1/projects/p/locations/europe-west1"
    chat, foundry = f"{running['azure'].url}/openai/v1/", f"{running['azure'].url}/anthropic"
    deployments = [
        deployment("d-foundry", "azure", "swedencentral", "anthropic.messages", foundry, traits=TRAITS),
        deployment("d-azure", "azure", "swedencentral", "openai.chat", chat, served_model="gpt55"),
        deployment(
            "d-converse", "aws", "eu-central-1", "bedrock.converse", running["bedrock"].url, **bedrock
        ),
        deployment("d-invoke", "aws", "eu-central-1", "bedrock.invoke", running["bedrock"].url, **bedrock),
        deployment("d-api", "anthropic", "us", "anthropic.messages", running["anthropic"].url, traits=TRAITS),
        deployment("d-vertex", "google", "europe-west1", "vertex.messages", place, traits=TRAITS),
    ]
    deployments += [
        deployment(f"d-{name}", "anthropic", "us", "anthropic.messages", running[name].url)
        for name in ("early", "late")
    ]
    routes = ["  early: {from: [d-early, d-invoke]}", "  late: {from: [d-late, d-invoke]}"]
    routes += [f"  {name}: {{from: [d-{name}]}}" for name in TARGETS]
    routes += [f"  {name}-lossy: {{from: [d-{name}], inexpressible: drop}}" for name in TARGETS]
    caller = f'  - {{id: app, key: "sha256:{hash_key(KEYS["app"])}", facts: {FACTS}}}'
    return written("refuse", deployments, routes, [caller])


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


def test_T26_an_error_before_content_is_failed_over(claude: Gateway, sdk: anthropic.Anthropic) -> None:
    """The stream had begun with status 200; the client sees one answer, of the next target."""
    with sdk.messages.stream(
        model="early", max_tokens=12, messages=[{"role": "user", "content": "Say something"}]
    ) as stream:
        answer = stream.get_final_message()
        receipt = stream.response.headers["comity-receipt"]
    assert answer.usage.output_tokens == 12
    tried = [record.deployment for record in claude.entry(receipt) if isinstance(record, Attempted)]
    assert tried == ["d-early", "d-invoke"]


def test_T26_an_error_after_content_ends_the_stream_visibly(sdk: anthropic.Anthropic) -> None:
    """As Anthropic's own error event, which the SDK raises."""
    with (
        pytest.raises(anthropic.APIStatusError) as broken,
        sdk.messages.stream(
            model="late", max_tokens=12, messages=[{"role": "user", "content": "Say something"}]
        ) as stream,
    ):
        stream.get_final_message()
    assert "Overloaded" in str(broken.value)


@pytest.mark.parametrize(("said", "place"), [("global", {"world"}), (None, None)])
def test_where_an_answer_says_that_it_was_made_is_on_record(
    claude: Gateway, sdk: anthropic.Anthropic, said: str | None, place: set[str] | None
) -> None:
    """`usage.inference_geo`, whole and streamed; where it is not said, the deployment's places."""
    asked: dict[str, Any] = {"max_tokens": 5, "messages": [{"role": "user", "content": "Say something"}]}
    asked |= {} if said is None else {"inference_geo": said}
    whole = sdk.messages.with_raw_response.create(model="api", **asked)
    with sdk.messages.stream(model="api", **asked) as stream:
        stream.until_done()
        receipts = [whole.headers["comity-receipt"], stream.response.headers["comity-receipt"]]
    for receipt in receipts:
        (attempt,) = [one for one in claude.entry(receipt) if isinstance(one, Attempted)]
        assert attempt.region == (place or {"us"})


@pytest.mark.parametrize("model", CLAUDES)
def test_prompts_are_counted_where_they_would_run(sdk: anthropic.Anthropic, model: str) -> None:
    """Tools and thinking included; the same count everywhere, and more for more."""
    asked: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": "Say something"}]}
    plain = sdk.messages.count_tokens(**asked).input_tokens
    assert plain == sdk.messages.create(**asked, max_tokens=5).usage.input_tokens
    thinking: Any = {"type": "enabled", "budget_tokens": 1024}
    assert sdk.messages.count_tokens(**asked, tools=[WEATHER], thinking=thinking).input_tokens > plain


def test_errors_are_the_sdks_exceptions(claude: Gateway, sdk: anthropic.Anthropic) -> None:
    """An unknown key, an unknown model, nonsense, and what a target cannot express."""
    asked: dict[str, Any] = {"max_tokens": 5, "messages": [{"role": "user", "content": "x"}]}
    stranger = anthropic.Anthropic(base_url=claude.url, api_key="nobody", max_retries=0)
    with stranger:
        with pytest.raises(anthropic.AuthenticationError):
            stranger.messages.create(model="api", **asked)
        with pytest.raises(anthropic.AuthenticationError) as unlisted:
            stranger.models.list()
    assert unlisted.value.type == "authentication_error"
    with pytest.raises(anthropic.NotFoundError) as unseen:
        sdk.models.retrieve("no-such-model")
    assert unseen.value.type == "not_found_error"
    with pytest.raises(anthropic.NotFoundError) as unknown:
        sdk.messages.create(model="no-such-model", **asked)
    assert unknown.value.type == "not_found_error"
    with pytest.raises(anthropic.BadRequestError) as nonsense:
        sdk.messages.create(
            model="azure", **asked | {"messages": [{"role": "user", "content": [{"type": "x"}]}]}
        )
    assert "type" in str(nonsense.value)
    with pytest.raises(anthropic.BadRequestError) as refused:
        sdk.messages.create(model="azure", **asked, thinking={"type": "enabled", "budget_tokens": 1024})
    assert "thinking" in str(refused.value)


def test_cache_writes_by_lifetime(claude: Gateway, sdk: anthropic.Anthropic) -> None:
    """Written for an hour, read afterwards, by every surface's own count, in answer and ledger."""
    for number, model in enumerate(CLAUDES):
        text = f"{number} word " * 2000
        block: Any = {"type": "text", "text": text, "cache_control": {"type": "ephemeral", "ttl": "1h"}}
        asked: dict[str, Any] = {
            "model": model,
            "max_tokens": 5,
            "messages": [{"role": "user", "content": [block]}],
        }
        raw = sdk.messages.with_raw_response.create(**asked)
        first, second = raw.parse().usage, sdk.messages.create(**asked).usage
        assert first.cache_creation is not None
        assert first.cache_creation.ephemeral_1h_input_tokens > 1024
        assert second.cache_read_input_tokens == first.cache_creation_input_tokens
        recorded = [
            record.usage
            for record in claude.entry(raw.headers["comity-receipt"])
            if isinstance(record, Attempted)
        ]
        assert recorded[0] is not None
        assert recorded[0].cache_write_1h == first.cache_creation.ephemeral_1h_input_tokens


def test_thoughts_of_another_model_stay_behind_visibly(claude: Gateway, sdk: anthropic.Anthropic) -> None:
    """Also where nothing is translated: in the header and in the ledger, by their place."""
    thought: Any = {"type": "thinking", "thinking": "hm", "signature": wrap("s", "gemini.generate")}
    raw = sdk.messages.with_raw_response.create(
        model="api",
        max_tokens=5,
        messages=[
            {"role": "user", "content": "Say something"},
            {"role": "assistant", "content": [thought, {"type": "text", "text": "something"}]},
            {"role": "user", "content": "And more"},
        ],
    )
    assert raw.headers["comity-dropped"] == "messages[1].content[0]"
    attempts = [one for one in claude.entry(raw.headers["comity-receipt"]) if isinstance(one, Attempted)]
    assert attempts[0].dropped_parameters == ("messages[1].content[0]",)


def test_T18_beta_flags_reach_whom_they_mean(sdk: anthropic.Anthropic) -> None:
    """As they came to the same API, in each surface's place where declared, visibly dropped elsewhere."""
    asked: dict[str, Any] = {
        "max_tokens": 5,
        "messages": [{"role": "user", "content": "x"}],
        "betas": ["context-management-2025-06-27", "claude-code-20250219"],
        "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]},
    }
    for model in ("api", "invoke"):
        raw = sdk.beta.messages.with_raw_response.create(model=model, **asked)
        assert raw.status_code == 200
        dropped = raw.headers.get("comity-dropped", "")
        assert ("claude-code" in dropped) == (model == "invoke")
    with pytest.raises(anthropic.BadRequestError):
        sdk.beta.messages.create(model="azure", **asked)
    raw = sdk.beta.messages.with_raw_response.create(model="azure-lossy", **asked)
    assert {"context_management", "anthropic-beta"} <= set(raw.headers["comity-dropped"].split(", "))
    with pytest.raises(anthropic.BadRequestError):
        sdk.messages.create(
            model="api",
            max_tokens=5,
            messages=[{"role": "user", "content": "x"}],
            extra_headers={"anthropic-beta": "a b"},
        )


def _filled(value: Any) -> Any:
    """A captured shape with something in the places of what was taken out."""
    if isinstance(value, dict):
        return {name: _filled(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled(item) for item in value if not (isinstance(item, str) and item.startswith("..."))]
    if not isinstance(value, str):
        return value
    if value == "{...}":
        return {"type": "ephemeral"}
    if value.endswith(" tools>"):
        return [WEATHER | {"name": f"tool_{n}"} for n in range(int(value[1:].split()[0]))]
    return "word " * (int(value[5:-1]) // 5 + 1) if value.startswith("<str ") else value


@pytest.mark.parametrize("model", [*CLAUDES, "azure", "converse"])
@pytest.mark.parametrize(
    "mode", ["/v1/messages", "/model/", "/v1/projects/"], ids=["api", "bedrock", "vertex"]
)
def test_claude_code_as_it_comes(claude: Gateway, mode: str, model: str) -> None:
    """Its request in the shapes that were captured: answered by Claude anywhere, and by others with drops."""
    rows = read_lines(CAPTURES)
    seen = next(row for row in rows if row["client"].startswith("claude-code") and row["p"].startswith(mode))
    body, path = _filled(seen["body"]), seen["p"]
    if mode == "/v1/messages":
        body["model"] = f"{model}-lossy"
    path = re.sub(r"(/models?/)[^/]*?(?=/invoke|:stream)", rf"\g<1>{model}-lossy", path)
    kept = ("accept", "content-type", "user-agent", "anthropic-beta", "anthropic-version", "x-app")
    headers = {name: seen["h"][name] for name in kept} | {"authorization": f"Bearer {KEYS['app']}"}
    host, _, port = claude.url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=60)
    connection.request("HEAD", "/")
    assert connection.getresponse().read() == b""
    connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    stream = answer.read()
    connection.close()
    assert answer.status == 200, stream
    spoken = bedrock_invoke if mode == "/model/" else anthropic_messages
    assert answer.headers["content-type"].encode() == spoken.STREAM_TYPE
    events = spoken.EventDecoder(AnswerKey()).feed(stream)
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], StreamEnd)
