"""boto3's client for Bedrock, unmodified at a changed address: its signatures find their caller."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from anthropic import AnthropicBedrock
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.gateway.running import ENVIRONMENT, Gateway, clouds, configuration, serving

_ID, _SECRET = "AKIACOMITY000001", "a-secret-of-the-gateways-own"
_QUESTION: Any = [{"role": "user", "content": [{"text": "Tell me a story"}]}]
_SIGNER = f"""\
  - id: signer
    sigv4: {{access_key_id: {_ID}, secret: "env:SIGNER"}}
    facts: {{customer: acme, product: support, data: confidential}}
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with a caller that signs, and a deployment that is told which entry a request is."""
    folder = tmp_path_factory.mktemp("gateway")
    with clouds() as running:
        marked = "  - id: bedrock-fra\n    mark_requests: true\n"
        config = configuration(running).replace("  - id: bedrock-fra\n", marked) + _SIGNER
        with serving(folder, running, config, SIGNER=_SECRET) as one:
            yield one


def _bedrock(gateway: Gateway, key_id: str = _ID, secret: str = _SECRET, **more: Any) -> Any:
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=gateway.url,
        region_name="eu-central-1",
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}),
        **more,
    )


@pytest.mark.parametrize("model", ["bedrock-only", "azure-only"])
def test_converse_reaches_either_dialect(gateway: Gateway, model: str) -> None:
    """Converse in, Converse or chat completions behind."""
    client = _bedrock(gateway)
    answer = client.converse(modelId=model, messages=_QUESTION, inferenceConfig={"maxTokens": 20})
    assert answer["output"]["message"]["content"][0]["text"]
    assert answer["usage"]["totalTokens"] > 0
    client.close()


@pytest.mark.parametrize("model", ["bedrock-only", "azure-only"])
def test_a_stream_reaches_either_dialect(gateway: Gateway, model: str) -> None:
    """The AWS event stream comes apart in boto3, with usage at its end."""
    client = _bedrock(gateway)
    answer = client.converse_stream(modelId=model, messages=_QUESTION, inferenceConfig={"maxTokens": 20})
    events = list(answer["stream"])
    text = "".join(
        e["contentBlockDelta"]["delta"].get("text", "") for e in events if "contentBlockDelta" in e
    )
    assert text
    assert events[-1]["metadata"]["usage"]["outputTokens"] > 0
    client.close()


@pytest.mark.parametrize("model", ["bedrock-only", "azure-only"])
def test_invoke_model_reaches_either_dialect(gateway: Gateway, model: str) -> None:
    """An Anthropic body on InvokeModel."""
    client = _bedrock(gateway)
    message = {"role": "user", "content": "Tell me a story"}
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 20, "messages": [message]}
    answer = client.invoke_model(modelId=model, body=json.dumps(body))
    said = json.loads(answer["body"].read())
    assert said["content"][0]["text"]
    client.close()


def test_anthropics_client_for_bedrock_signs_alike(gateway: Gateway) -> None:
    """AnthropicBedrock signs with botocore as well, and its path keeps a colon as it is."""
    client = AnthropicBedrock(
        base_url=gateway.url,
        aws_region="eu-central-1",
        aws_access_key=_ID,
        aws_secret_key=_SECRET,
        max_retries=0,
    )
    with client:
        answer = client.messages.create(
            model="azure-only", max_tokens=20, messages=[{"role": "user", "content": "Tell me a story"}]
        )
    assert answer.usage.output_tokens > 0


@pytest.mark.parametrize(
    ("key_id", "secret", "more"),
    [
        (_ID, "another-secret", {}),
        (ENVIRONMENT["AWS_ID"], ENVIRONMENT["AWS_SECRET"], {}),
        (_ID, _SECRET, {"aws_session_token": "a-session"}),
    ],
)
def test_t35_other_signatures_are_nobodys(
    gateway: Gateway, key_id: str, secret: str, more: dict[str, str]
) -> None:
    """T35: neither a wrong secret, nor the gateway's own account at AWS, nor a session lets anybody in."""
    client = _bedrock(gateway, key_id, secret, **more)
    with pytest.raises(ClientError) as caught:
        client.converse(modelId="bedrock-only", messages=_QUESTION)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 401
    client.close()


def test_what_a_signer_asks_is_on_record(gateway: Gateway) -> None:
    """The ledger names the caller; neither key id nor secret stands in it."""
    client = _bedrock(gateway)
    client.converse(modelId="bedrock-only", messages=_QUESTION, inferenceConfig={"maxTokens": 5})
    client.close()
    records = repr(gateway.records())
    assert "signer" in records
    assert _SECRET not in records
    assert _ID not in records
