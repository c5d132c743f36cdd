"""Converse requests into the hub, as clients and simulated clouds meet them."""

from __future__ import annotations

import json

import pytest
from tests.dialects.own_names import nameless

from comity.dialects.bedrock_converse import decode_request
from comity.errors import RequestError
from comity.exchange import (
    CacheMark,
    Media,
    Opaque,
    Reasoning,
    Request,
    Sampling,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)

NATIVE = {
    "messages": [
        {
            "role": "user",
            "content": [
                {"text": "a"},
                {"cachePoint": {"type": "default"}},
                {"image": {"format": "png", "source": {"bytes": "eA=="}}},
                {"document": {"format": "txt", "name": "d", "source": {"text": "x"}}},
                {"document": {"format": "pdf", "name": "d", "source": {"s3Location": {"uri": "s3://b/k"}}}},
                {"audio": {"format": "opus", "source": {"bytes": "eA=="}}},
                {"video": {"format": "mp4", "source": {"bytes": "eA=="}}},
                {"searchResult": {"source": "s"}},
                {"document": {"format": "txt", "name": "d", "source": {"content": [{"text": "x"}]}}},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"redactedContent": "eA=="}},
                {"reasoningContent": {}},
                {"cachePoint": {"type": "default", "ttl": "5m"}},
                {"citationsContent": {"content": [{"text": "b"}, {"text": "c"}]}},
                {"toolUse": {"toolUseId": "1", "name": "f", "input": {"x": 1}}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "toolResult": {
                        "toolUseId": "1",
                        "status": "error",
                        "content": [
                            {"json": {"y": 1}},
                            {"text": "t"},
                            {"image": {"format": "gif", "source": {"bytes": "eA=="}}},
                        ],
                    }
                }
            ],
        },
    ],
    "system": [{"text": "s"}, {"cachePoint": {"type": "default"}}, {"guardContent": {}}],
    "inferenceConfig": {"maxTokens": 5, "temperature": 0, "topP": 1, "stopSequences": ["x"]},
    "toolConfig": {
        "tools": [
            {"toolSpec": {"name": "f", "description": "d", "inputSchema": {"json": {}}, "strict": False}},
            {"cachePoint": {"type": "default"}},
            {"systemTool": {"name": "s"}},
        ],
        "toolChoice": {"any": {}},
    },
    "outputConfig": {"effort": "low"},
    "additionalModelRequestFields": {"top_k": 1, "odd": 2},
    "guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1"},
}
NAME = "bedrock.converse"
CHUNKED = {"document": {"format": "txt", "name": "d", "source": {"content": [{"text": "x"}]}}}


def test_a_native_body_is_read() -> None:
    """Every block and parameter; what has no place is kept by its path."""
    request = decode_request(json.dumps(NATIVE).encode(), model="m")
    assert nameless(request) == Request(
        model="m",
        turns=(
            Turn("system", (Text("s", CacheMark()), Opaque("guardContent", {"guardContent": {}}, NAME))),
            Turn(
                "user",
                (
                    Text("a", CacheMark()),
                    Media("image", "image/png", b"x"),
                    Media("document", "text/plain", b"x", name="d"),
                    Media("document", "application/pdf", url="s3://b/k", name="d"),
                    Media("audio", "audio/opus", b"x"),
                    Media("video", "video/mp4", b"x"),
                    Opaque("searchResult", {"searchResult": {"source": "s"}}, NAME),
                    Opaque("document", CHUNKED, NAME),
                ),
            ),
            Turn(
                "assistant",
                (Reasoning(redacted=b"x"), Reasoning(), Text("bc"), ToolCall("1", "f", '{"x":1}')),
                extra={"content[2]": {"cachePoint": {"type": "default", "ttl": "5m"}}},
            ),
            Turn(
                "tool",
                (
                    ToolResult(
                        "1",
                        (Text('{"y":1}'), Text("t"), Media("image", "image/gif", b"x")),
                        is_error=True,
                    ),
                ),
            ),
        ),
        tools=(Tool("f", "d", {}, strict=False, cache=CacheMark()),),
        tool_choice=ToolChoice("required"),
        sampling=Sampling(5, 0.0, 1.0, 1, stop=("x",), reasoning_effort="low"),
        extra={
            "additionalModelRequestFields.odd": 2,
            "guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1"},
        },
        dialect="bedrock.converse",
        hosted_tools=(Opaque("systemTool", {"systemTool": {"name": "s"}}, NAME),),
    )


@pytest.mark.parametrize(
    ("value", "param"),
    [
        ({}, "messages"),
        ({"messages": 1}, "messages"),
        ({"messages": [{"role": "robot", "content": []}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{"text": 1}]}]}, "messages[0].content[0].text"),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"image": {"format": "png", "source": {"bytes": "!"}}}]}
                ]
            },
            "messages[0].content[0].image.source.bytes",
        ),
        (
            {"messages": [{"role": "user", "content": [{"image": {"format": "png", "source": {}}}]}]},
            "messages[0].content[0].image.source",
        ),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"toolResult": {"toolUseId": "1", "content": [{"v": 1}]}}]}
                ]
            },
            "messages[0].content[0].toolResult.content[0]",
        ),
        ({"messages": [], "toolConfig": {"tools": [], "toolChoice": {"tool": {}}}}, "toolConfig.toolChoice"),
        ({"messages": [], "toolConfig": {"tools": [{"toolSpec": {}}]}}, "toolConfig.tools[0].toolSpec.name"),
        ({"messages": [], "outputConfig": {"textFormat": {"structure": 1}}}, "outputConfig.textFormat"),
        (
            {"messages": [], "outputConfig": {"textFormat": {"structure": {"jsonSchema": {"schema": "{"}}}}},
            "outputConfig.textFormat",
        ),
    ],
)
def test_nonsense_is_refused_with_the_field(value: object, param: str) -> None:
    """Each refusal names the path of the field at fault."""
    with pytest.raises(RequestError) as caught:
        decode_request(json.dumps(value).encode())
    assert caught.value.param == param
