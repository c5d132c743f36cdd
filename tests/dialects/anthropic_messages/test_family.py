"""Between Anthropic's own surface and the clouds': what is said in one is said in the others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from comity.dialects import anthropic_messages, bedrock_invoke, vertex_messages
from comity.exchange import AnswerKey, Inexpressible, ModelTraits, WireRequest

SURFACES = (anthropic_messages, bedrock_invoke, vertex_messages)
EACH = pytest.mark.parametrize("spoken", SURFACES, ids=lambda spoken: spoken.NAME)
EDITS = {"edits": [{"type": "clear_tool_uses_20250919"}]}
MARK = {"type": "ephemeral"}
BODY: dict[str, Any] = {
    "model": "claude",
    "max_tokens": 4000,
    "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral", "scope": "global"}}],
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "container_upload", "file_id": "f"},
                {"type": "text", "text": "look"},
                {"type": "search_result", "source": "s", "title": "t", "content": [], "cache_control": MARK},
                {"type": "document", "source": {"type": "content", "content": "inline"}},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
                {"type": "redacted_thinking", "data": "EmwK"},
                {
                    "type": "server_tool_use",
                    "id": "srvtoolu_1",
                    "name": "web_search",
                    "input": {"query": "q"},
                },
                {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
                {"type": "text", "text": "so", "citations": [{"type": "char_location", "cited_text": "c"}]},
                {
                    "type": "tool_use",
                    "id": "toolu_1",
                    "name": "f",
                    "input": {"b": 1, "a": [1.5, None]},
                    "caller": {"type": "code_execution_20250825", "tool_id": "srvtoolu_1"},
                },
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_1",
                    "content": [
                        {"type": "text", "text": "r", "x": 1},
                        {"type": "tool_reference", "tool_name": "g"},
                    ],
                    "is_error": True,
                    "cache_control": MARK,
                },
                {"type": "text", "text": "go on"},
            ],
        },
        {"role": "system", "content": [{"type": "text", "text": "late"}]},
    ],
    "tools": [
        {"name": "f", "description": "", "input_schema": {"type": "object"}, "input_examples": [{"b": 1}]},
        {
            "name": "g",
            "input_schema": {"type": "object"},
            "defer_loading": True,
            "eager_input_streaming": True,
        },
        {"type": "web_search_20250305", "name": "web_search"},
    ],
    "tool_choice": {"type": "auto", "disable_parallel_tool_use": False},
    "thinking": {"type": "enabled", "budget_tokens": 1024, "display": "updates"},
    "output_config": {
        "effort": "high",
        "task_budget": {"total": 9},
        "format": {"type": "json_schema", "schema": {"type": "object"}},
    },
    "metadata": {"user_id": "u"},
    "stop_sequences": ["END"],
    "temperature": 1.0,
    "top_k": 3,
}
FLAGS = ModelTraits(beta_flags=("context-management-2025-06-27", "interleaved-thinking-2025-05-14"))
ABSENT = {"bedrock.invoke": {"model", "stream"}, "vertex.messages": {"model"}}


def moved(members: dict[str, Any], spoken: Any, traits: ModelTraits = FLAGS) -> WireRequest:
    """The request of a client of Anthropic's API for another surface."""
    request = anthropic_messages.decode_request(json.dumps(members).encode())
    wire = spoken.encode_request(request, "claude", traits, lossy=False)
    assert isinstance(wire, WireRequest), wire
    return wire


@EACH
def test_nothing_is_lost_within_the_family(spoken: Any) -> None:
    """Every member and block arrives as it was, but for what the address says."""
    wire = moved(BODY | {"stream": True}, spoken)
    sent = json.loads(wire.body)
    sent.pop("anthropic_version", None)
    expected = {k: v for k, v in (BODY | {"stream": True}).items() if k not in ABSENT.get(spoken.NAME, ())}
    assert sent == expected
    assert wire.dropped == ()


@pytest.mark.parametrize("source", SURFACES, ids=lambda spoken: spoken.NAME)
@EACH
def test_every_pair_is_lossless(spoken: Any, source: Any) -> None:
    """From any surface to any other and back."""
    first = source.decode_request(moved(BODY, source).body, model="claude", stream=False)
    wire = spoken.encode_request(first, "claude", FLAGS, lossy=False)
    assert isinstance(wire, WireRequest)
    again = spoken.decode_request(wire.body, model="claude", stream=False)
    assert (again.turns, again.tools, again.extra, again.sampling) == (
        first.turns,
        first.tools,
        first.extra,
        first.sampling,
    )


def test_versions_are_each_surfaces_own() -> None:
    """Whatever version the client sent."""
    versions = [json.loads(moved(BODY, spoken).body).get("anthropic_version") for spoken in SURFACES]
    assert versions == [None, "bedrock-2023-05-31", "vertex-2023-10-16"]


def flagged(spoken: Any, traits: ModelTraits) -> WireRequest | Inexpressible:
    """A request with beta flags and a member that needs one, for a surface."""
    body = {"max_tokens": 5, "messages": BODY["messages"][:1], "context_management": EDITS}
    body["anthropic_beta"] = ["context-management-2025-06-27", "claude-code-20250219"]
    request = bedrock_invoke.decode_request(json.dumps(body).encode(), model="m")
    wire: WireRequest | Inexpressible = spoken.encode_request(request, "m", traits, lossy=False)
    return wire


@EACH
def test_T18_beta_flags_and_their_members_go_together(spoken: Any) -> None:
    """What a target is declared to take is carried in its place, the rest is left out visibly."""
    wire = flagged(spoken, FLAGS)
    assert isinstance(wire, WireRequest)
    sent = json.loads(wire.body)
    assert sent["context_management"] == EDITS
    assert [item.parameter for item in wire.dropped] == ["anthropic_beta.claude-code-20250219"]
    in_body = spoken is bedrock_invoke
    assert sent.get("anthropic_beta") == (["context-management-2025-06-27"] if in_body else None)
    assert wire.headers == (() if in_body else (("anthropic-beta", "context-management-2025-06-27"),))


@EACH
def test_T18_a_member_without_its_flag_is_refused(spoken: Any) -> None:
    """It would be a 400 of the target's."""
    wire = flagged(spoken, ModelTraits())
    assert isinstance(wire, Inexpressible)
    assert [item.parameter for item in wire.missing] == ["context_management"]


def test_what_the_clouds_lack() -> None:
    """Refused by name; a hint is left out."""
    request = anthropic_messages.decode_request(
        json.dumps({**BODY, "service_tier": "standard_only", "cache_control": MARK}).encode()
    )
    wire = bedrock_invoke.encode_request(request, "m", FLAGS, lossy=True)
    assert isinstance(wire, WireRequest)
    assert [item.parameter for item in wire.dropped] == ["service_tier", "cache_control"]
    assert isinstance(bedrock_invoke.encode_request(request, "m", FLAGS, lossy=False), Inexpressible)
    own = anthropic_messages.encode_request(request, "m", FLAGS, lossy=False)
    assert isinstance(own, WireRequest)
    assert json.loads(own.body)["service_tier"] == "standard_only"


ANSWER: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-x",
    "content": [
        {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "EmwK"},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"url": "https://x"}]},
        {"type": "text", "text": "so", "citations": [{"type": "char_location", "cited_text": "c"}]},
        {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}, "caller": {"type": "other"}},
    ],
    "stop_reason": "pause_turn",
    "stop_sequence": None,
    "stop_details": {"type": "refusal", "category": "x"},
    "container": {"id": "c"},
    "usage": {
        "input_tokens": 5,
        "cache_creation_input_tokens": 30,
        "cache_read_input_tokens": 7,
        "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
        "output_tokens": 9,
        "output_tokens_details": {"thinking_tokens": 4},
        "server_tool_use": {"web_search_requests": 1},
        "service_tier": "standard",
    },
}
KEY = AnswerKey(origin="anthropic.messages", id="i", model="m", created=7)


@EACH
def test_whole_answers_come_back_the_same(spoken: Any) -> None:
    """Equal JSON through the hub, members without a place in it included."""
    response = spoken.decode_response(json.dumps(ANSWER).encode(), KEY)
    assert json.loads(spoken.encode_response(response)) == ANSWER


def test_T13_errors_of_bedrock_are_bedrocks() -> None:
    """A client of InvokeModel is told in AWS's shape."""
    failure = bedrock_invoke.decode_failure(400, lambda _: None, b'{"message":"Input is too long"}')
    assert failure.message == "Input is too long"
    assert bedrock_invoke.STREAM_TYPE == b"application/vnd.amazon.eventstream"
