"""Less usual requests of every client dialect at every kind of target: the answer is well-formed."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from tests.gateway.answer_forms import check_answer
from tests.gateway.everywhere import DISTINCT
from tests.gateway.running import KEYS, Gateway

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
TEXT = base64.b64encode(b"hello").decode()
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}
LONG = "context word " * 1200


class Shape(msgspec.Struct):
    """One kind of request."""

    path: tuple[str, str]
    """Path and query, for a whole answer and for a stream; `MODEL` stands for the model."""
    body: dict[str, Any]
    """Body, without the model and without the wish for a stream."""
    named: bool = True
    """Whether model and stream are members of the body."""


def _chat(**body: Any) -> Shape:
    return Shape(("/v1/chat/completions",) * 2, body)


def _responses(**body: Any) -> Shape:
    return Shape(("/v1/responses",) * 2, {"store": False, **body})


def _messages(**body: Any) -> Shape:
    return Shape(("/v1/messages",) * 2, {"max_tokens": 50, **body})


def _converse(**body: Any) -> Shape:
    return Shape(("/model/MODEL/converse", "/model/MODEL/converse-stream"), body, named=False)


def _gemini(**body: Any) -> Shape:
    path = "/v1beta/models/MODEL:"
    return Shape((f"{path}generateContent", f"{path}streamGenerateContent?alt=sse"), body, named=False)


def _said(content: Any, role: str = "user") -> dict[str, Any]:
    return {"role": role, "content": content}


SHAPES = {
    "chat: an image": _chat(
        messages=[
            _said("be kind", "system"),
            _said(
                [
                    {"type": "text", "text": "look"},
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
                ]
            ),
        ]
    ),
    "chat: a schema": _chat(
        messages=[_said("go")],
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "x", "schema": SCHEMA, "strict": True},
        },
    ),
    "chat: a stop sequence and sampling": _chat(
        messages=[_said("simulate: echo one two three")],
        stop=["two"],
        temperature=0.2,
        top_p=0.9,
        seed=1,
        user="u",
        max_tokens=50,
    ),
    "chat: results out of order": _chat(
        messages=[
            _said("x"),
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "call_a", "type": "function", "function": {"name": "f", "arguments": ""}},
                    {"id": "call_b", "type": "function", "function": {"name": "g", "arguments": '{"q":1}'}},
                ],
            },
            {"role": "tool", "tool_call_id": "call_b", "content": "[1,2]"},
            {"role": "tool", "tool_call_id": "call_a", "content": [{"type": "text", "text": "ok"}]},
            _said("and?"),
        ],
        tools=[
            {"type": "function", "function": {"name": "f"}},
            {"type": "function", "function": {"name": "g", "parameters": SCHEMA}},
        ],
    ),
    "responses: an image": _responses(
        instructions="be kind",
        input=[
            _said(
                [
                    {"type": "input_text", "text": "look"},
                    {
                        "type": "input_image",
                        "image_url": f"data:image/png;base64,{PNG}",
                        "detail": "auto",
                    },
                ]
            )
        ],
    ),
    "responses: a schema and effort": _responses(
        input="go",
        text={"format": {"type": "json_schema", "name": "x", "schema": SCHEMA, "strict": True}},
        reasoning={"effort": "low"},
    ),
    "messages: a cached prompt": _messages(
        system=[{"type": "text", "text": LONG, "cache_control": {"type": "ephemeral"}}],
        messages=[_said("hi")],
    ),
    "messages: thinking": _messages(
        max_tokens=3000, thinking={"type": "enabled", "budget_tokens": 1024}, messages=[_said("hi")]
    ),
    "messages: an image in a longer talk": _messages(
        stop_sequences=["zzz"],
        top_k=5,
        messages=[
            _said(
                [
                    {
                        "type": "image",
                        "source": {"type": "base64", "media_type": "image/png", "data": PNG},
                    },
                    {"type": "text", "text": "look"},
                ]
            ),
            _said("ok", "assistant"),
            _said("and"),
        ],
    ),
    "messages: a document": _messages(
        messages=[
            _said(
                [
                    {
                        "type": "document",
                        "source": {"type": "text", "media_type": "text/plain", "data": "hello"},
                        "title": "d",
                    },
                    {"type": "text", "text": "look"},
                ]
            )
        ]
    ),
    "converse: an image": _converse(
        system=[{"text": "be kind"}],
        messages=[_said([{"text": "look"}, {"image": {"format": "png", "source": {"bytes": PNG}}}])],
        inferenceConfig={"maxTokens": 50, "temperature": 0.1},
    ),
    "converse: a document": _converse(
        messages=[
            _said([{"text": "look"}, {"document": {"format": "txt", "name": "d", "source": {"bytes": TEXT}}}])
        ]
    ),
    "gemini: an image": _gemini(
        systemInstruction={"parts": [{"text": "be kind"}]},
        contents=[
            {
                "role": "user",
                "parts": [{"text": "look"}, {"inlineData": {"mimeType": "image/png", "data": PNG}}],
            }
        ],
        generationConfig={"maxOutputTokens": 50, "stopSequences": ["zz"], "temperature": 0.1, "topK": 3},
    ),
    "gemini: a schema": _gemini(
        contents=[{"role": "user", "parts": [{"text": "go"}]}],
        generationConfig={"responseMimeType": "application/json", "responseJsonSchema": SCHEMA},
    ),
    "gemini: calls of one name without ids": _gemini(
        contents=[
            {"role": "user", "parts": [{"text": "x"}]},
            {
                "role": "model",
                "parts": [
                    {"functionCall": {"name": "f", "args": {}}},
                    {"functionCall": {"name": "f", "args": {"q": 1}}},
                ],
            },
            {
                "role": "user",
                "parts": [
                    {"functionResponse": {"name": "f", "response": {"output": "a"}}},
                    {"functionResponse": {"name": "f", "response": {"output": "b"}}},
                ],
            },
        ],
        tools=[
            {
                "functionDeclarations": [
                    {
                        "name": "f",
                        "parameters": {"type": "OBJECT", "properties": {"q": {"type": "INTEGER"}}},
                    }
                ]
            }
        ],
    ),
}


@pytest.fixture(scope="module")
def connection(anywhere: Gateway) -> Iterator[http.client.HTTPConnection]:
    """One connection for all of them, so that an answer that is not framed well spoils the next."""
    one = http.client.HTTPConnection(urlsplit(anywhere.url).netloc, timeout=60)
    yield one
    one.close()


@pytest.mark.parametrize("target", DISTINCT)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("stream", [False, True])
def test_a_shape_at_a_target(
    connection: http.client.HTTPConnection, shape: str, target: str, *, stream: bool
) -> None:
    """The answer is one of the client's dialect, by its vendor's own types, to the end."""
    asked = SHAPES[shape]
    path = asked.path[stream].replace("MODEL", target)
    body = asked.body | ({"model": target, "stream": stream} if asked.named else {})
    headers = {"authorization": f"Bearer {KEYS['app']}", "content-type": "application/json"}
    connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status == 200, content
    check_answer(urlsplit(path).path, content, stream=stream)
