"""Refusals as the official SDKs raise them: their exception for each status, no retry where none helps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import anthropic
import botocore.exceptions
import msgspec
import openai
import pytest
from google.genai import errors
from tests.environment import unmeasured
from tests.gateway.python_clients import CLIENTS, Client, Who, opened
from tests.gateway.running import KEYS, Gateway, clouds, configuration, serving

from comity.simulator import AwsAccount

SECRET = "signing-secret-for-tests"
WHO = {
    "app": Who(KEYS["app"], AwsAccount("AKIACOMITY00APP1", SECRET)),
    "eu": Who(KEYS["eu"], AwsAccount("AKIACOMITY000EU1", SECRET)),
    "nobody": Who("sk-nobody", AwsAccount("AKIACOMITYNOBODY", SECRET)),
}
CASES = {
    401: ("nobody", "us-only"),
    403: ("eu", "slow"),
    404: ("app", "no-such-model"),
    429: ("app", "limited"),
    451: ("eu", "us-only"),
    503: ("app", "dead-only"),
}
"""Who asks for what to be refused with each status."""
AMAZON = {
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    429: "ThrottlingException",
    451: "AccessDeniedException",
    503: "ServiceUnavailableException",
}


class Raised(msgspec.Struct):
    """What an SDK raised."""

    kind: object
    """Its class, or the code by which boto3 tells errors apart."""
    status: int
    """Status."""
    headers: Mapping[str, str]
    """Headers of the answer."""


def _raised(client: Client, model: str, *, stream: bool) -> Raised | None:
    """The exception of a client, in common terms; None where there was none."""
    try:
        (client.stream if stream else client.ask)(model, "hello")
    except (openai.APIStatusError, anthropic.APIStatusError) as error:
        return Raised(type(error), error.status_code, error.response.headers)
    except botocore.exceptions.ClientError as error:
        meta = error.response["ResponseMetadata"]
        return Raised(error.response["Error"]["Code"], meta["HTTPStatusCode"], meta["HTTPHeaders"])
    except errors.APIError as error:
        response: Any = error.response
        return Raised(type(error), error.code, response.headers)
    return None


def _expected(name: str, status: int) -> object:
    if name == "bedrock.converse":
        return AMAZON[status]
    if name.startswith("gemini"):
        return errors.ServerError if status >= 500 else errors.ClientError
    sdk: Any = openai if name.startswith("openai") else anthropic
    classes = {
        401: sdk.AuthenticationError,
        403: sdk.PermissionDeniedError,
        404: sdk.NotFoundError,
        429: sdk.RateLimitError,
        451: sdk.APIStatusError,
        503: openai.InternalServerError if sdk is openai else anthropic.ServiceUnavailableError,
    }
    return classes[status]


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose callers sign, too."""
    folder = tmp_path_factory.mktemp("gateway")
    with clouds() as running:
        config = configuration(running)
        for who in ("app", "eu"):
            pair = f'    sigv4: {{access_key_id: {WHO[who].signing.access_key_id}, secret: "env:SIGNING"}}\n'
            config = config.replace(f"  - id: {who}\n", f"  - id: {who}\n{pair}")
        config = config.replace("rpm: 6", "rpm: 1").replace("[dead]}", "[dead], attempts: 1}")
        with serving(folder, running, config, (), unmeasured(), SIGNING=SECRET) as gateway:
            yield gateway


@pytest.fixture(scope="module")
def callers(refusing: Gateway) -> Iterator[dict[str, dict[str, Client]]]:
    """All the SDKs, opened for each caller."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(opened(refusing, who)) for name, who in WHO.items()}


@pytest.mark.parametrize("status", CASES)
@pytest.mark.parametrize("name", CLIENTS)
@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_is_the_sdks_own_exception(
    callers: dict[str, dict[str, Client]], name: str, status: int, *, stream: bool
) -> None:
    """The class, the status and the word on retrying, whole and streamed."""
    who, model = CASES[status]
    client = callers[who][name]
    # Somebody has to be the first of the minute where one request is allowed.
    raised = _raised(client, model, stream=stream) or _raised(client, model, stream=stream)
    assert raised is not None
    assert raised.status == status
    assert raised.kind == _expected(name, status)
    assert raised.headers.get("x-should-retry") == (None if status in {429, 503} else "false")
    assert ("retry-after" in raised.headers) or status != 429
