"""The official SDK against simulated Bedrock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.eventstream import EventStreamBuffer
from botocore.exceptions import ClientError, EventStreamError

from comity.clouds import Auth, Deployment, Secrets, connect
from comity.http import Headers
from comity.simulator import AwsAccount, Background, Cloud, CloudSpec, Fault, SimulatedModel
from comity.simulator.bedrock import BedrockWire
from comity.simulator.wire import Asked

_MODEL = "eu.anthropic.claude-v1:0"
_ARN = "arn:aws:bedrock:eu-central-1:1:inference-profile/eu.m-v1:0"
_USER: Any = [{"role": "user", "content": [{"text": "hello"}]}]
_TOOLS: Any = {
    "tools": [
        {
            "toolSpec": {
                "name": "get_weather",
                "inputSchema": {
                    "json": {
                        "type": "object",
                        "properties": {"city": {"enum": ["Paris"]}},
                        "required": ["city"],
                    }
                },
            }
        }
    ]
}


@contextmanager
def _client(
    clouds: Background, *, key: str = "AKIDSIM", secret: str = "secret", region: str = "eu-central-1"
) -> Iterator[Any]:
    client = boto3.client(
        "bedrock-runtime",
        endpoint_url=clouds["bedrock"].url,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}),
    )
    yield client
    client.close()


@contextmanager
def _failing(clouds: Background, fault: Fault) -> Iterator[None]:
    cloud = clouds["bedrock"].cloud
    cloud.faults = (fault,)
    try:
        yield
    finally:
        cloud.faults = ()


def _stream(client: Any, **fields: Any) -> list[Any]:
    """Every event of a streamed answer; the connection is closed even when it breaks."""
    with closing(client.converse_stream(**fields)["stream"]) as stream:
        return list(stream)


def _text(stream: Any) -> str:
    deltas = (event["contentBlockDelta"]["delta"] for event in stream if "contentBlockDelta" in event)
    return "".join(delta.get("text", "") for delta in deltas)


@pytest.mark.parametrize("model", [_MODEL, _ARN])
def test_a_whole_answer(clouds: Background, model: str) -> None:
    """Text, stop reason, usage, metrics and request id; ids and ARNs are decoded from the path."""
    with _client(clouds) as client:
        answer = client.converse(modelId=model, messages=_USER)
    assert answer["output"]["message"]["content"][0]["text"]
    assert answer["stopReason"] == "end_turn"
    assert answer["usage"]["totalTokens"] == answer["usage"]["inputTokens"] + answer["usage"]["outputTokens"]
    assert answer["metrics"]["latencyMs"] == 0
    assert answer["ResponseMetadata"]["RequestId"]


def test_a_streamed_answer_says_the_same(clouds: Background) -> None:
    """Events in AWS's order, and the text of the whole answer."""
    with _client(clouds) as client:
        events = _stream(client, modelId=_MODEL, messages=_USER)
        whole = client.converse(modelId=_MODEL, messages=_USER)
    names = [next(iter(event)) for event in events]
    assert names[0] == "messageStart"
    assert set(names[1:-3]) == {"contentBlockDelta"}
    assert names[-3:] == ["contentBlockStop", "messageStop", "metadata"]
    assert _text(events) == whole["output"]["message"]["content"][0]["text"]
    assert events[-1]["metadata"]["usage"] == whole["usage"]


def test_tools_round_trip(clouds: Background) -> None:
    """A call, whole and streamed, then its result."""
    question = {"role": "user", "content": [{"text": "use get_weather"}]}
    with _client(clouds) as client:
        answer = client.converse(modelId=_MODEL, messages=[question], toolConfig=_TOOLS)
        stream = _stream(client, modelId=_MODEL, messages=[question], toolConfig=_TOOLS)
        fragments = [
            event["contentBlockDelta"]["delta"]["toolUse"]["input"]
            for event in stream
            if "contentBlockDelta" in event
        ]
        message = answer["output"]["message"]
        call = message["content"][0]["toolUse"]
        result = {"toolResult": {"toolUseId": call["toolUseId"], "content": [{"text": "21"}]}}
        history = [question, message, {"role": "user", "content": [result]}]
        after = client.converse(modelId=_MODEL, messages=history, toolConfig=_TOOLS)
    assert answer["stopReason"] == "tool_use"
    assert call["input"] == json.loads("".join(fragments)) == {"city": "Paris"}
    assert after["output"]["message"]["content"] == [{"text": "The tool said: 21"}]


def test_cache_counts_have_both_spellings(clouds: Background) -> None:
    """A marked prompt is written, then read; the SDK sees the spelling it knows."""
    content = [{"text": "long " * 1000}, {"cachePoint": {"type": "default"}}, {"text": "question"}]
    messages = [{"role": "user", "content": content}]
    with _client(clouds) as client:
        usages = [client.converse(modelId=_MODEL, messages=messages)["usage"] for _ in range(2)]
    assert [(u["cacheReadInputTokens"], u["cacheWriteInputTokens"]) for u in usages] == [(0, 1250), (1250, 0)]


def _asked(
    body: bytes, *, stream: bool = False, path: str | None = None, bearer: str = "bedrock-key"
) -> Asked:
    operation = "converse-stream" if stream else "converse"
    return Asked(
        method="POST",
        path=path or f"/model/m/{operation}",
        query="",
        headers=Headers.of([(b"authorization", f"Bearer {bearer}".encode()), (b"host", b"h")]),
        body=body,
        at=datetime(2026, 3, 18, tzinfo=UTC),
    )


def _cloud() -> Cloud:
    spec = CloudSpec(name="b", kind="bedrock", models=(SimulatedModel(name="m"),), api_keys=("bedrock-key",))
    return Cloud(spec, BedrockWire(spec))


_BODY = b'{"messages":[{"role":"user","content":[{"text":"hello"}]}]}'


def test_frames_are_padded_and_well_formed() -> None:
    """Every payload has the padding member `p` of recorded frames, and botocore accepts every checksum."""
    reply = _cloud().answer(_asked(_BODY, stream=True), 0.0).reply
    buffer = EventStreamBuffer()
    buffer.add_data(b"".join(step.data for step in reply.steps))
    payloads = [json.loads(event.payload) for event in buffer]
    assert all(3 <= len(payload["p"]) <= 62 for payload in payloads)
    assert len({len(payload["p"]) for payload in payloads}) > 5
    usage = payloads[-1]["usage"]
    assert usage["cacheReadInputTokens"] == usage["cacheReadInputTokenCount"] == 0


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        (_asked(_BODY, bearer="other"), 403, "AccessDeniedException"),
        (_asked(_BODY, path="/model/m/invoke"), 404, "UnknownOperationException"),
        (_asked(_BODY, path="/model/n/converse"), 400, "ValidationException"),
        (_asked(b"{"), 400, "SerializationException"),
        (_asked(b"[]"), 400, "SerializationException"),
        (_asked(b'{"messages":[]}'), 400, "ValidationException"),
        (
            _asked(b'{"messages":[{"role":"user","content":[{"text":"simulate: filter"}]}]}'),
            400,
            "ValidationException",
        ),
    ],
)
def test_refusals_carry_aws_error_type(asked: Asked, status: int, code: str) -> None:
    """The exception's name is in the header, as recorded: with AWS's internal suffix."""
    reply = _cloud().answer(asked, 0.0).reply
    assert (reply.status, reply.code) == (status, code)
    kind = dict(reply.headers)[b"x-amzn-errortype"]
    assert kind == f"{code}:http://internal.amazon.com/coral/com.amazon.bedrock/".encode()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"secret": "other"}, "InvalidSignatureException"),
        ({"key": "AKIDOTHER"}, "UnrecognizedClientException"),
        ({"region": "us-east-1"}, "InvalidSignatureException"),
    ],
)
def test_accounts_and_regions_are_checked(clouds: Background, changes: dict[str, str], code: str) -> None:
    """The SDK raises AWS's exception for a wrong secret, an unknown key, another region."""
    with _client(clouds, **changes) as client, pytest.raises(ClientError) as caught:
        client.converse(modelId=_MODEL, messages=_USER)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_our_own_connections_are_let_in() -> None:
    """What `clouds` signs passes the same verification as the SDK's requests."""
    account = AwsAccount("AKID", "secret", "token")
    spec = CloudSpec(name="b", kind="bedrock", models=(SimulatedModel(name=_ARN),), accounts=(account,))
    deployment = Deployment(
        id="d",
        cloud="aws",
        region=frozenset({"eu-central-1"}),
        model="m",
        served_model=_ARN,
        dialect="bedrock.converse",
        url="http://h.example:8102",
        auth=Auth(access_key_id="env:A", secret_access_key="env:B", session_token="env:C"),
    )
    secrets = Secrets({"A": "AKID", "B": "secret", "C": "token"})
    now = datetime(2026, 3, 18, tzinfo=UTC)
    head = connect(deployment, secrets).request_head(_BODY, purpose="whole", now=now)
    assert isinstance(head, bytes)
    path = head.split(b" ")[1].decode()
    asked = Asked("POST", path, "", Headers(head), _BODY, now)
    assert Cloud(spec, BedrockWire(spec)).answer(asked, 0.0).reply.status == 200


def test_model_ids_are_checked(clouds: Background) -> None:
    """An unknown model is a validation error, in the recorded words."""
    with (
        _client(clouds) as client,
        pytest.raises(ClientError, match="The provided model identifier is invalid"),
    ):
        client.converse(modelId="nothing", messages=_USER)


def test_limits_and_the_context_window(clouds: Background) -> None:
    """Throttling says which limit, not how long; a prompt can be too long."""
    with _client(clouds) as client:
        client.converse(modelId="slow", messages=_USER)
        with pytest.raises(client.exceptions.ThrottlingException, match="Too many requests"):
            client.converse(modelId="slow", messages=_USER)
        with pytest.raises(client.exceptions.ValidationException, match="prompt is too long"):
            client.converse(modelId="small", messages=[{"role": "user", "content": [{"text": "x" * 999}]}])


@pytest.mark.parametrize(
    ("status", "name"),
    [(500, "internalServerException"), (429, "throttlingException"), (503, "serviceUnavailableException")],
)
def test_t13_exception_frames(clouds: Background, status: int, name: str) -> None:
    """T13: after status 200 the stream carries an exception; its type decides, not the status."""
    with (
        _client(clouds) as client,
        _failing(clouds, Fault(kind="exception", after=2, status=status)),
        pytest.raises(EventStreamError) as caught,
    ):
        _stream(client, modelId=_MODEL, messages=_USER)
    assert caught.value.response["Error"]["Code"] == name


@pytest.mark.parametrize("kind", ["malformed", "reset"])
def test_broken_streams_fail_at_the_client(clouds: Background, kind: Any) -> None:
    """A wrong checksum and a cut connection are seen by the SDK."""
    with (
        _client(clouds) as client,
        _failing(clouds, Fault(kind=kind, after=2)),
        pytest.raises(Exception, match=r"Checksum mismatch|prematurely"),
    ):
        _stream(client, modelId=_MODEL, messages=_USER)


def test_a_truncated_stream_ends_cleanly_without_its_end(clouds: Background) -> None:
    """Nothing but the missing events tells: neither stop reason nor usage."""
    with _client(clouds) as client, _failing(clouds, Fault(kind="truncate", after=3)):
        events = _stream(client, modelId=_MODEL, messages=_USER)
    assert [next(iter(event)) for event in events] == [
        "messageStart",
        "contentBlockDelta",
        "contentBlockDelta",
    ]


@pytest.mark.parametrize(
    ("status", "code"), [(503, "ServiceUnavailableException"), (529, "InternalServerException")]
)
def test_failures_on_schedule(clouds: Background, status: int, code: str) -> None:
    """A status fault answers with AWS's exception."""
    with (
        _client(clouds) as client,
        _failing(clouds, Fault(kind="status", status=status)),
        pytest.raises(ClientError) as caught,
    ):
        client.converse(modelId=_MODEL, messages=_USER)
    assert caught.value.response["Error"]["Code"] == code
