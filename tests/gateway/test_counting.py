"""Counting the tokens of a prompt through the gateway, by the official SDKs, on every target that counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import anthropic
import boto3
import httpx
import openai
import pytest
from tests.environment import unmeasured
from tests.gateway.everywhere import CALLER
from tests.gateway.python_clients import studio_sdk, vertex_sdk
from tests.gateway.running import KEYS, Gateway, serving
from tests.gateway.running import clouds as three_clouds
from tests.gateway.running import configuration as three_configuration

from comity.ledger import Attempted, EntryOutcome, Settled

KEY = KEYS["app"]
SAID = "How many tokens are these?"
TARGETS = ["messages", "converse", "invoke", "raw-predict", "studio", "vertex", "responses"]
EACH = pytest.mark.parametrize("model", TARGETS)


@pytest.fixture(scope="module")
def stack() -> Iterator[ExitStack]:
    """Closes the SDKs at the end."""
    with ExitStack() as one:
        yield one


def claude(gateway: Gateway) -> anthropic.Anthropic:
    """Anthropic's SDK at the gateway."""
    return anthropic.Anthropic(base_url=gateway.url, api_key=KEY, max_retries=0)


@EACH
def test_a_count_is_the_clouds_own(every: Gateway, model: str) -> None:
    """What is counted beforehand is what the answer's usage says was read; nothing is charged for it."""
    with claude(every) as sdk:
        turns: Any = [{"role": "user", "content": SAID}]
        raw = sdk.messages.with_raw_response.count_tokens(model=model, system="Be brief.", messages=turns)
        answer = sdk.messages.create(model=model, system="Be brief.", messages=turns, max_tokens=5)
    assert raw.parse().input_tokens == answer.usage.input_tokens > 5
    records = every.entry(raw.headers["comity-receipt"])
    (attempt,) = [record for record in records if isinstance(record, Attempted)]
    assert attempt.deployment == f"d-{model}"
    assert attempt.cost is not None
    assert attempt.cost.amount == 0
    (settled,) = [record for record in records if isinstance(record, Settled)]
    assert settled.outcome is EntryOutcome.SERVED


@EACH
def test_boto3_counts_on_every_target(every: Gateway, stack: ExitStack, model: str) -> None:
    """Both forms of CountTokens: a Converse prompt, and one of Anthropic's bodies."""
    sdk: Any = boto3.client(
        "bedrock-runtime",
        endpoint_url=every.url,
        region_name="eu-central-1",
        aws_access_key_id=CALLER.access_key_id,
        aws_secret_access_key=CALLER.secret_access_key,
    )
    stack.callback(sdk.close)
    turn = {"role": "user", "content": [{"text": SAID}]}
    converse = sdk.count_tokens(modelId=model, input={"converse": {"messages": [turn]}})
    body = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 5,
        "messages": [{"role": "user", "content": SAID}],
    }
    invoke = sdk.count_tokens(modelId=model, input={"invokeModel": {"body": json.dumps(body)}})
    assert converse["inputTokens"] == invoke["inputTokens"] > 5


@pytest.mark.parametrize("surface", ["studio", "vertex"])
@EACH
def test_googles_sdk_counts_on_every_target(
    every: Gateway, stack: ExitStack, model: str, surface: str
) -> None:
    """In both of its modes."""
    sdk = vertex_sdk(every.url) if surface == "vertex" else studio_sdk(every.url)
    stack.callback(sdk.close)
    counted = sdk.models.count_tokens(model=model, contents=SAID)
    assert counted.total_tokens is not None
    assert counted.total_tokens > 5


def test_claude_on_vertex_counts_for_the_model_in_the_body(every: Gateway) -> None:
    """One address for all models of a place, as Anthropic's SDK asks it."""
    with anthropic.AnthropicVertex(
        base_url=f"{every.url}/v1", region="europe-west1", project_id="p", access_token=KEY
    ) as sdk:
        counted = sdk.messages.count_tokens(model="raw-predict", messages=[{"role": "user", "content": SAID}])
    assert counted.input_tokens > 5


@EACH
def test_openais_sdk_counts_on_every_target(every: Gateway, model: str) -> None:
    """The input tokens of a response, tools and instructions with it."""
    tool: Any = {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False}
    with openai.OpenAI(base_url=f"{every.url}/v1", api_key=KEY, max_retries=0) as sdk:
        counted = sdk.responses.input_tokens.count(model=model, input=SAID, instructions="Be brief.")
        more = sdk.responses.input_tokens.count(model=model, input=SAID, tools=[tool])
        with pytest.raises(openai.BadRequestError, match="what is kept stands in no count") as refused:
            sdk.responses.input_tokens.count(model=model, input=SAID, previous_response_id="resp_1")
    assert counted.object == "response.input_tokens"
    assert min(counted.input_tokens, more.input_tokens) > 5
    assert refused.value.param == "previous_response_id"


@pytest.mark.parametrize("model", ["chat", "vectors"])
def test_a_target_that_cannot_count_says_so(every: Gateway, model: str) -> None:
    """Nothing is estimated in its place."""
    with claude(every) as sdk, pytest.raises(anthropic.BadRequestError, match="no way to count a prompt"):
        sdk.messages.count_tokens(model=model, messages=[{"role": "user", "content": SAID}])


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 400, "not JSON"),
        (b"{}", 400, "a model must be named"),
        (b'{"model":7}', 400, "expected `str | null`"),
        (b'{"model":"nobody"}', 404, "there is no model"),
        (b'{"model":"messages"}', 400, "messages"),
    ],
)
def test_a_bad_question_is_told_in_the_clients_words(
    every: Gateway, body: bytes, status: int, said: str
) -> None:
    """An error of Anthropic's shape, with the field at fault."""
    headers = {"x-api-key": KEY, "content-type": "application/json"}
    got = httpx.post(f"{every.url}/v1/messages/count_tokens", content=body, headers=headers)
    assert got.status_code == status
    assert got.json()["type"] == "error"
    assert said in got.json()["error"]["message"]


def test_T33_a_prompt_that_may_not_leave_is_not_counted_abroad(tmp_path_factory: Any) -> None:
    """Counting sends the prompt: the clause that keeps personal data in the Union binds it as well."""
    with three_clouds() as running:
        config = three_configuration(running).replace("dialect: openai.chat", "dialect: anthropic.messages")
        with serving(tmp_path_factory.mktemp("counting"), running, config, (), unmeasured()) as gateway:
            headers = {"x-api-key": KEYS["eu"], "content-type": "application/json"}
            body = {"model": "us-only", "messages": [{"role": "user", "content": SAID}]}
            got = httpx.post(f"{gateway.url}/v1/messages/count_tokens", json=body, headers=headers)
    assert got.status_code == 451
    assert "house.residency" in got.text
