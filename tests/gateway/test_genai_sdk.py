"""Google's official SDK, unmodified, in both modes, with four kinds of clouds behind; T19 end to end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.request import Request, urlopen

import openai
import pytest
from google import genai
from google.genai import types
from tests.environment import unmeasured
from tests.gateway.python_clients import studio_sdk, vertex_sdk
from tests.gateway.running import ACCOUNT, AT_AMAZON, KEYS, PACE, Gateway, entry, serving, written

from comity.intake import hash_key
from comity.simulator import Background, CloudSpec, SimulatedModel

GEMINI = "gemini-3-pro"
TARGETS = ["studio", "vertex", "azure", "converse"]
GOOGLES = ["studio", "vertex"]
FACTS = "{customer: acme, product: support, data: confidential}"
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "warm": {"type": "boolean"}},
    "required": ["city", "warm"],
}


def _clouds() -> Background:
    def spec(kind: Any, name: str, region: str, model: SimulatedModel, **more: Any) -> CloudSpec:
        return CloudSpec(name=name, kind=kind, models=(model,), region=region, pace=PACE, **more)

    model = SimulatedModel(name=GEMINI, reasoning=True)
    key = ("local-key-for-tests",)
    return Background(
        spec("ai-studio", "studio", "global", model, api_keys=key),
        spec("vertex", "vertex", "europe-west4", model, api_keys=key),
        spec("azure", "azure", "swedencentral", SimulatedModel(name="gpt55"), api_keys=key),
        spec("bedrock", "bedrock", "eu-central-1", SimulatedModel(name=GEMINI), accounts=(ACCOUNT,)),
    )


def _configuration(running: Background) -> str:
    bedrock = {
        "auth": AT_AMAZON,
        "signing_region": "eu-central-1",
        "traits": "{family: gpt, structured_output: true}",
    }
    thinks = {"traits": "{thinking_control: level}"}
    deployment = partial(entry, model=GEMINI)
    place = f"{running['vertex'].url}/v1/projects/p/locations/europe-west4"
    chat = f"{running['azure'].url}/openai/v1/"
    deployments = [
        deployment(
            "d-studio",
            "google",
            "us-central1",
            "gemini.generate",
            f"{running['studio'].url}/v1beta",
            **thinks,
        ),
        deployment("d-vertex", "google", "europe-west4", "gemini.generate", place, **thinks),
        deployment("d-azure", "azure", "swedencentral", "openai.chat", chat, served_model="gpt55"),
        deployment(
            "d-converse", "aws", "eu-central-1", "bedrock.converse", running["bedrock"].url, **bedrock
        ),
    ]
    routes = [f"  {name}: {{from: [d-{name}]}}" for name in TARGETS]
    caller = f'  - {{id: app, key: "sha256:{hash_key(KEYS["app"])}", facts: {FACTS}}}'
    return written("allow-and-record", deployments, routes, [caller])


@pytest.fixture(scope="module")
def google_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway in front of AI Studio, Vertex AI, Azure and Bedrock."""
    with _clouds() as running:
        folder = tmp_path_factory.mktemp("genai")
        with serving(folder, running, _configuration(running), (), unmeasured()) as gateway:
            yield gateway


@pytest.fixture(scope="module")
def studio(google_gateway: Gateway) -> genai.Client:
    """The SDK as for AI Studio, its base URL changed and nothing else."""
    return studio_sdk(google_gateway.url)


@pytest.fixture(scope="module")
def vertex(google_gateway: Gateway) -> genai.Client:
    """The SDK as for Vertex AI."""
    return vertex_sdk(google_gateway.url)


@pytest.fixture(params=["studio", "vertex"])
def client(request: pytest.FixtureRequest) -> genai.Client:
    """The SDK in each of its modes."""
    client: genai.Client = request.getfixturevalue(request.param)
    return client


def weather(city: str) -> str:
    """The weather in a city."""
    return f"4 degrees in {city}"


@pytest.mark.parametrize("model", TARGETS)
def test_a_whole_answer(client: genai.Client, model: str) -> None:
    """Text, reason and usage arrive from every kind of cloud."""
    answer = client.models.generate_content(
        model=model,
        contents="Say something",
        config=types.GenerateContentConfig(
            max_output_tokens=12, system_instruction="Be brief.", temperature=1.0
        ),
    )
    assert answer.text
    assert answer.candidates is not None
    assert answer.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS
    usage = answer.usage_metadata
    assert usage is not None
    assert usage.candidates_token_count == 12
    assert usage.total_token_count == (usage.prompt_token_count or 0) + 12 + (usage.thoughts_token_count or 0)
    assert answer.response_id


@pytest.mark.parametrize("model", TARGETS)
def test_a_streamed_answer(client: genai.Client, model: str) -> None:
    """The pieces add up to what was counted."""
    chunks = list(
        client.models.generate_content_stream(
            model=model, contents="Say something", config=types.GenerateContentConfig(max_output_tokens=12)
        )
    )
    assert len(chunks) > 5
    assert "".join(chunk.text or "" for chunk in chunks)
    last = chunks[-1]
    assert last.usage_metadata is not None
    assert last.usage_metadata.candidates_token_count == 12
    assert last.candidates is not None
    assert last.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS


@pytest.mark.parametrize("model", TARGETS)
def test_functions_are_called_by_the_sdk_itself(client: genai.Client, model: str) -> None:
    """Automatic function calling makes two requests: signatures, order and names survive both ways."""
    answer = client.models.generate_content(
        model=model,
        contents="What does weather say of Oslo?",
        config=types.GenerateContentConfig(tools=[weather]),
    )
    assert "4 degrees in" in (answer.text or "")
    history = answer.automatic_function_calling_history
    assert history
    assert len(history) >= 3


@pytest.mark.parametrize("model", TARGETS)
def test_a_schema_is_followed(client: genai.Client, model: str) -> None:
    """Structured output is asked for natively everywhere."""
    answer = client.models.generate_content(
        model=model,
        contents="Oslo?",
        config=types.GenerateContentConfig(
            response_mime_type="application/json", response_json_schema=SCHEMA, max_output_tokens=200
        ),
    )
    assert set(json.loads(answer.text or "")) == {"city", "warm"}


@pytest.mark.parametrize("model", GOOGLES)
def test_thoughts_are_shown(client: genai.Client, model: str) -> None:
    """Thinking is asked for by level; thoughts come as parts of their own and are counted."""
    answer = client.models.generate_content(
        model=model,
        contents="Think",
        config=types.GenerateContentConfig(
            thinking_config=types.ThinkingConfig(
                include_thoughts=True, thinking_level=types.ThinkingLevel.LOW
            )
        ),
    )
    assert answer.candidates is not None
    assert answer.candidates[0].content is not None
    parts = answer.candidates[0].content.parts or []
    assert [bool(part.thought) for part in parts] == [True, False]
    assert answer.usage_metadata is not None
    assert answer.usage_metadata.thoughts_token_count == 8


@pytest.mark.parametrize("model", GOOGLES)
def test_tokens_are_counted(client: genai.Client, model: str) -> None:
    """By the target's own count, from either surface to either."""
    counted = client.models.count_tokens(model=model, contents="How many tokens is this?")
    assert counted.total_tokens == 12


def test_a_stream_that_fails_says_so_in_googles_words(google_gateway: Gateway, studio: genai.Client) -> None:
    """After the first piece nothing else is tried: the SDK raises what the target said."""
    with urlopen(
        Request(
            f"{google_gateway.clouds['studio'].url}/_simulator/faults",
            b'[{"kind":"exception","status":503,"after":4}]',
            method="PUT",
        )
    ):
        pass
    try:
        with pytest.raises(genai.errors.ServerError) as caught:
            list(studio.models.generate_content_stream(model="studio", contents="Say something"))
    finally:
        with urlopen(
            Request(f"{google_gateway.clouds['studio'].url}/_simulator/faults", b"[]", method="PUT")
        ):
            pass
    assert caught.value.code == 503
    assert caught.value.status == "UNAVAILABLE"


def test_T24_errors_are_googles(client: genai.Client) -> None:
    """A model that is not there is Google's 404, with its status word."""
    with pytest.raises(genai.errors.ClientError) as caught:
        client.models.generate_content(model="nothing", contents="x")
    assert caught.value.code == 404
    assert caught.value.status == "NOT_FOUND"


def test_a_blocked_prompt_is_no_clean_stop(studio: genai.Client, google_gateway: Gateway) -> None:
    """T23 at the edge: Google's blocked prompt reaches its own SDK as it is, and OpenAI's as a filter."""
    answer = studio.models.generate_content(model="studio", contents="simulate: filter")
    assert answer.prompt_feedback is not None
    assert answer.prompt_feedback.block_reason == types.BlockedReason.SAFETY
    said = google_gateway.sdk().chat.completions.create(
        model="studio", messages=[{"role": "user", "content": "simulate: filter"}]
    )
    assert said.choices[0].finish_reason == "content_filter"


@pytest.mark.parametrize(
    "path", ["/v1beta/models/{}", "/models/{}", "/v1/projects/p/locations/l/publishers/google/models/{}"]
)
@pytest.mark.parametrize("model", ["vertex", "azure"])
def test_a_stream_without_events_is_an_array(google_gateway: Gateway, path: str, model: str) -> None:
    """Clients that leave `alt=sse` out read one JSON array."""
    body = {
        "contents": [{"parts": [{"text": "Say something"}]}],
        "generation_config": {"max_output_tokens": 9},
    }
    answer = urlopen(
        Request(
            f"{google_gateway.url}{path.format(model)}:streamGenerateContent",
            json.dumps(body).encode(),
            {"content-type": "application/json", "x-goog-api-key": KEYS["app"]},
        )
    )
    assert answer.headers["content-type"].startswith("application/json")
    chunks = json.loads(answer.read())
    assert len(chunks) > 3
    assert chunks[-1]["usageMetadata"]["candidatesTokenCount"] == 9


TOOL: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CLOCK: Any = {"type": "function", "function": {"name": "clock"}}


@pytest.mark.parametrize("model", GOOGLES)
@pytest.mark.parametrize("stream", [False, True])
def test_T19_an_openai_client_keeps_signatures_over_two_turns(
    google_gateway: Gateway, model: str, *, stream: bool
) -> None:
    """Parallel calls of a thinking model, their results, more calls: each request passes Google's checks."""
    sdk = google_gateway.sdk()
    messages: list[Any] = [{"role": "user", "content": "What do get_weather and clock say?"}]
    calls = _asked(sdk, model, messages, stream=stream)
    assert [name for _, name, _ in calls] == ["get_weather", "clock"]
    messages.append(_turn(calls))
    # The results come in another order than the calls, as clients that run tools in parallel send them.
    messages += [
        {"role": "tool", "tool_call_id": call, "content": f"{name}: ok"} for call, name, _ in reversed(calls)
    ]
    answer = sdk.chat.completions.create(model=model, messages=messages, tools=[TOOL, CLOCK])
    assert "get_weather: ok" in (answer.choices[0].message.content or "")
    messages += [answer.choices[0].message, {"role": "user", "content": "And clock again?"}]
    more = _asked(sdk, model, messages, stream=stream)
    messages += [_turn(more), {"role": "tool", "tool_call_id": more[0][0], "content": "noon"}]
    last = sdk.chat.completions.create(model=model, messages=messages, tools=[TOOL, CLOCK])
    assert "noon" in (last.choices[0].message.content or "")


@pytest.mark.parametrize("model", GOOGLES)
def test_T19_a_lost_signature_is_googles_refusal_and_none_is_invented(
    google_gateway: Gateway, model: str
) -> None:
    """A client that makes up its own ids is told what Google says, not answered by luck."""
    messages: list[Any] = [
        {"role": "user", "content": "clock?"},
        _turn([("call_made_up", "clock", "{}")]),
        {"role": "tool", "tool_call_id": "call_made_up", "content": "noon"},
    ]
    with pytest.raises(openai.BadRequestError, match="thought_signature"):
        google_gateway.sdk().chat.completions.create(model=model, messages=messages, tools=[CLOCK])


def _turn(calls: list[tuple[str, str, str]]) -> dict[str, Any]:
    listed = [
        {"id": call, "type": "function", "function": {"name": name, "arguments": arguments}}
        for call, name, arguments in calls
    ]
    return {"role": "assistant", "tool_calls": listed}


def _asked(
    sdk: openai.OpenAI, model: str, messages: list[Any], *, stream: bool
) -> list[tuple[str, str, str]]:
    if not stream:
        answer = sdk.chat.completions.create(model=model, messages=messages, tools=[TOOL, CLOCK])
        assert answer.choices[0].finish_reason == "tool_calls"
        said: Any = answer.choices[0].message.tool_calls
        return [(call.id, call.function.name, call.function.arguments) for call in said]
    found: dict[int, list[str]] = {}
    for chunk in sdk.chat.completions.create(
        model=model, messages=messages, tools=[TOOL, CLOCK], stream=True
    ):
        for piece in (chunk.choices[0].delta.tool_calls or []) if chunk.choices else []:
            assert piece.function is not None
            call = found.setdefault(piece.index, ["", "", ""])
            call[0] += piece.id or ""
            call[1] += piece.function.name or ""
            call[2] += piece.function.arguments or ""
    return [(call[0], call[1], call[2]) for _, call in sorted(found.items())]
