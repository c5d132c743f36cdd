"""What an answer must be in each dialect, read by the vendors' own types: whole bodies, complete streams."""

from __future__ import annotations

import base64
import json
import re
import struct
from collections.abc import Callable
from typing import Any, TypeAlias

import botocore.session
from anthropic.types import Message, MessageTokensCount
from botocore.eventstream import EventStreamBuffer
from botocore.parsers import create_parser
from google.genai.types import CountTokensResponse, GenerateContentResponse
from openai.types import CreateEmbeddingResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response

Read: TypeAlias = Callable[[bytes], Any]
_BEDROCK = botocore.session.get_session().get_service_model("bedrock-runtime")


# --- whole answers ------------------------------------------------------------------------------------------


def _chat(body: bytes) -> Any:
    answer = ChatCompletion.model_validate_json(body, strict=True)
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason
    assert answer.usage


def _response(body: bytes) -> Any:
    answer = Response.model_validate_json(body)
    assert answer.status == "completed"
    assert answer.output_text
    assert answer.usage


def _message(body: bytes) -> Any:
    answer = Message.model_validate_json(body)
    assert answer.content
    assert answer.stop_reason
    assert answer.usage.output_tokens


def _converse(body: bytes) -> Any:
    shape = _BEDROCK.operation_model("Converse").output_shape
    parsed = create_parser("rest-json").parse({"body": body, "headers": {}, "status_code": 200}, shape)
    assert parsed["output"]["message"]["content"][0]["text"]
    assert parsed["stopReason"]
    assert parsed["usage"]["totalTokens"]
    assert "latencyMs" in parsed["metrics"]


def _gemini(body: bytes) -> Any:
    answer = GenerateContentResponse.model_validate_json(body)
    assert answer.text
    assert answer.candidates
    assert answer.candidates[0].finish_reason
    assert answer.usage_metadata


def _vectors(body: bytes) -> Any:
    answer = json.loads(body)
    for one in answer["data"]:
        # Asked for as base64, which the SDK decodes by itself.
        numbers = base64.b64decode(one["embedding"], validate=True)
        one["embedding"] = list(struct.unpack(f"<{len(numbers) // 4}f", numbers))
    assert CreateEmbeddingResponse.model_validate(answer).data[0].embedding


def _titan(body: bytes) -> Any:
    answer = json.loads(body)
    assert answer["embedding"]
    assert answer["inputTextTokenCount"]


def _gemini_vectors(body: bytes) -> Any:
    assert json.loads(body)["embeddings"][0]["values"]


def _predicted(body: bytes) -> Any:
    assert json.loads(body)["predictions"][0]["embeddings"]["values"]


# --- streams ------------------------------------------------------------------------------------------------


def sse(body: bytes) -> list[str]:
    """The data of the events of a stream of server-sent events."""
    events = body.decode().replace("\r\n", "\n").removesuffix("\n\n").split("\n\n")
    return ["\n".join(re.findall(r"^data: ?(.*)$", event, re.MULTILINE)) for event in events]


def frames(body: bytes) -> list[tuple[str, Any]]:
    """The events of an AWS stream: their type, and what they hold; botocore checks the sums."""
    buffer = EventStreamBuffer()
    buffer.add_data(body)
    found = []
    for event in buffer:
        assert event.headers[":message-type"] == "event", event.payload
        found.append((str(event.headers[":event-type"]), json.loads(event.payload)))
    return found


def _chat_stream(body: bytes) -> Any:
    *chunks, done = sse(body)
    assert done == "[DONE]"
    read = [ChatCompletionChunk.model_validate_json(chunk) for chunk in chunks]
    assert "".join(one.choices[0].delta.content or "" for one in read if one.choices)
    assert [one.choices[0].finish_reason for one in read if one.choices][-1]


def _response_stream(body: bytes) -> Any:
    events = [json.loads(event) for event in sse(body)]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[0]["type"] == "response.created"
    assert events[-1]["type"] == "response.completed"
    answer = Response.model_validate(events[-1]["response"])
    assert answer.output_text
    assert answer.usage


def _message_events(events: list[Any]) -> Any:
    kinds = [event["type"] for event in events if event["type"] != "ping"]
    assert kinds[0] == "message_start"
    assert kinds[-2:] == ["message_delta", "message_stop"]
    opened = [event["index"] for event in events if event["type"] == "content_block_start"]
    closed = [event["index"] for event in events if event["type"] == "content_block_stop"]
    assert opened == closed == list(range(len(opened)))
    assert opened
    (last,) = [event for event in events if event["type"] == "message_delta"]
    assert last["usage"]["output_tokens"]
    assert last["delta"]["stop_reason"]


def _message_stream(body: bytes) -> Any:
    _message_events([json.loads(event) for event in sse(body)])


def _invoke_stream(body: bytes) -> Any:
    _message_events([json.loads(base64.b64decode(held["bytes"])) for _, held in frames(body)])


def _converse_stream(body: bytes) -> Any:
    kinds = [kind for kind, _ in frames(body)]
    assert kinds[0] == "messageStart"
    assert kinds[-2:] == ["messageStop", "metadata"]
    assert "contentBlockDelta" in kinds


def _gemini_stream(body: bytes) -> Any:
    chunks = [GenerateContentResponse.model_validate_json(event) for event in sse(body)]
    assert "".join(chunk.text or "" for chunk in chunks)
    assert chunks[-1].candidates
    assert chunks[-1].candidates[0].finish_reason
    assert chunks[-1].usage_metadata


# --- counts -------------------------------------------------------------------------------------------------


def _counted(body: bytes) -> Any:
    assert MessageTokensCount.model_validate_json(body).input_tokens


def _counted_gemini(body: bytes) -> Any:
    assert CountTokensResponse.model_validate_json(body).total_tokens


def _counted_bedrock(body: bytes) -> Any:
    assert json.loads(body)["inputTokens"]


FORMS: tuple[tuple[str, Read, Read | None], ...] = (
    (r".*/chat/completions", _chat, _chat_stream),
    (r".*/responses", _response, _response_stream),
    (r".*/v1/messages", _message, _message_stream),
    (r"/model/[^/]*titan[^/]*/invoke", _titan, None),
    (r"/model/[^/]+/invoke", _message, None),
    (r"/model/[^/]+/invoke-with-response-stream", _invoke_stream, _invoke_stream),
    (r".*:rawPredict", _message, None),
    (r".*:streamRawPredict", _message_stream, _message_stream),
    (r"/model/[^/]+/converse", _converse, None),
    (r"/model/[^/]+/converse-stream", _converse_stream, None),
    (r".*:generateContent", _gemini, None),
    (r".*:streamGenerateContent", _gemini_stream, None),
    (r".*/embeddings", _vectors, None),
    (r".*:batchEmbedContents", _gemini_vectors, None),
    (r".*:predict", _predicted, None),
    (r".*/count_tokens", _counted, None),
    (r".*:countTokens", _counted_gemini, None),
    (r"/model/[^/]+/count-tokens", _counted_bedrock, None),
)
"""By path: how a whole answer is read, and one whose body asked for a stream."""


def check_answer(path: str, body: bytes, *, stream: bool) -> None:
    """Fails where `body` is not a complete answer of what is served at `path`."""
    for pattern, whole, streamed in FORMS:
        if re.fullmatch(pattern, path):
            read = streamed if stream and streamed is not None else whole
            read(body)
            return
    raise AssertionError(f"nothing is known to be served at {path}")
