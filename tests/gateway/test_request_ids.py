"""The id of a request stands where each SDK looks for it, and is the receipt by which the ledger is asked."""

from __future__ import annotations

from typing import Any

import anthropic
import boto3
import openai
import pytest
from tests.gateway.everywhere import CALLER
from tests.gateway.running import KEYS, Gateway

KEY = KEYS["app"]


def test_openais_sdk_finds_it(anywhere: Gateway) -> None:
    """In an answer and in an error."""
    with openai.OpenAI(base_url=f"{anywhere.url}/v1", api_key=KEY, max_retries=0) as sdk:
        raw = sdk.responses.with_raw_response.create(model="chat", input="hi")
        assert raw.parse()._request_id == raw.headers["comity-receipt"]
        with pytest.raises(openai.BadRequestError) as caught:
            sdk.chat.completions.create(model="vectors", messages=[{"role": "user", "content": "hi"}])
    assert caught.value.request_id == caught.value.response.headers["comity-receipt"]


def test_anthropics_sdk_finds_it(anywhere: Gateway) -> None:
    """In an answer and in an error."""
    with anthropic.Anthropic(base_url=anywhere.url, api_key=KEY, max_retries=0) as sdk:
        turns: Any = [{"role": "user", "content": "hi"}]
        raw = sdk.messages.with_raw_response.create(model="chat", messages=turns, max_tokens=5)
        assert raw.parse()._request_id == raw.headers["comity-receipt"]
        with pytest.raises(anthropic.BadRequestError) as caught:
            sdk.messages.count_tokens(model="chat", messages=turns)
    assert caught.value.request_id == caught.value.response.headers["comity-receipt"]


def test_boto3_finds_it(anywhere: Gateway) -> None:
    """In the metadata that every answer of boto3 carries."""
    sdk: Any = boto3.client(
        "bedrock-runtime",
        endpoint_url=anywhere.url,
        region_name="eu-central-1",
        aws_access_key_id=CALLER.access_key_id,
        aws_secret_access_key=CALLER.secret_access_key,
    )
    answer = sdk.converse(modelId="chat", messages=[{"role": "user", "content": [{"text": "hi"}]}])
    sdk.close()
    told = answer["ResponseMetadata"]
    assert told["RequestId"] == told["HTTPHeaders"]["comity-receipt"]
