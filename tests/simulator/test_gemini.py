"""Simulated Gemini: as strict as Google, on both surfaces, without sockets."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from comity.http import Headers
from comity.simulator import Cloud, CloudSpec, Fault, SimulatedModel
from comity.simulator.cloud import Ticket
from comity.simulator.gemini import GeminiWire, VertexGeminiWire
from comity.simulator.gemini_rules import is_signed, sign
from comity.simulator.reply import Reply
from comity.simulator.wire import Asked

HI: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
CLOCK: dict[str, Any] = {
    "functionDeclarations": [{"name": "clock", "parametersJsonSchema": {"type": "object"}}]
}
MODELS = (
    SimulatedModel(name="pro", reasoning=True),
    SimulatedModel(name="flash", requests_per_minute=1),
    SimulatedModel(name="small", context_window=50),
)
PLACE = "/v1/projects/p/locations/europe-west4/publishers/google/models"


def studio(*faults: Fault) -> Cloud:
    """A simulated AI Studio."""
    spec = CloudSpec(name="s", kind="ai-studio", models=MODELS, api_keys=("k",), faults=faults)
    return Cloud(spec, GeminiWire(spec))


def vertex() -> Cloud:
    """A simulated Vertex AI in the Netherlands."""
    spec = CloudSpec(name="v", kind="vertex", models=MODELS, region="europe-west4", api_keys=("k",))
    return Cloud(spec, VertexGeminiWire(spec))


def ask(
    cloud: Cloud, path: str, body: Any = HI, query: str = "", method: str = "POST", **headers: str
) -> Ticket:
    """One request with the right key, unless headers say otherwise."""
    given = headers or {"x-goog-api-key": "k", "authorization": "Bearer k"}
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()]
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    asked = Asked(method, path, query, Headers.of(pairs), raw, datetime(2026, 1, 1, tzinfo=UTC))
    return cloud.answer(asked, 0.0)


def told(reply: Reply) -> Any:
    """The JSON of a reply."""
    return json.loads(b"".join(step.data for step in reply.steps))


def generate(body: Any, *, surface: str = "ai-studio", model: str = "pro") -> tuple[int, Any]:
    """Status and JSON of one whole answer."""
    if surface == "vertex":
        reply = ask(vertex(), f"{PLACE}/{model}:generateContent", body).reply
    else:
        reply = ask(studio(), f"/v1beta/models/{model}:generateContent", body).reply
    return reply.status, told(reply)


def complaint(body: Any, *, surface: str = "ai-studio", model: str = "pro") -> str:
    """Google's complaint about a body."""
    status, value = generate(body, surface=surface, model=model)
    assert (status, value["error"]["status"]) == (400, "INVALID_ARGUMENT"), value
    return str(value["error"]["message"])


def contents(*turns: tuple[str, Any]) -> list[dict[str, Any]]:
    """Turns of one role and part each."""
    return [{"role": role, "parts": parts if isinstance(parts, list) else [parts]} for role, parts in turns]


USER = ("user", {"text": "x"})
CALL: dict[str, Any] = {"functionCall": {"name": "clock", "args": {}}}
RESULT = {"functionResponse": {"name": "clock", "response": {"output": "noon"}}}
SIGNED: dict[str, Any] = {**CALL, "thoughtSignature": sign("comity", "clock")}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "contents is not specified"),
        ({**HI, "unknown": 1}, 'Unknown name "unknown": Cannot find field.'),
        ({**HI, "generationConfig": {"max_tokens": 5}}, "Unknown name \"max_tokens\" at 'generation_config'"),
        ({**HI, "generationConfig": {"topP": 0.1, "top_p": 0.1}}, "set twice"),
        ({**HI, "generationConfig": {"temperature": "hot"}}, "TYPE_NUMBER"),
        ({**HI, "generationConfig": {"responseLogprobs": 1}}, "TYPE_TRUTH"),
        ({**HI, "generationConfig": 5}, "Invalid value at 'generation_config'"),
        (
            {**HI, "tools": [{"functionDeclarations": [{"name": "f", "parameters": {"properties": []}}]}]},
            "(map)",
        ),
        ({"contents": contents(("robot", {"text": "x"}))}, "valid role"),
        ({"contents": [{"role": "user", "parts": []}]}, "must not be empty"),
        ({"contents": contents(("user", {}))}, "required oneof field 'data'"),
        ({"contents": contents(("user", {"inlineData": {"mimeType": "x", "data": "?"}}))}, "TYPE_BYTES"),
        ({"contents": contents(("user", {"functionCall": {"args": {}}}))}, "Name cannot be empty"),
        (
            {"contents": contents(USER, ("model", {"text": "x"}), ("model", SIGNED), ("user", RESULT))},
            "function call turn comes",
        ),
        ({"contents": contents(("user", RESULT))}, "function response turn comes"),
        ({"contents": contents(USER, ("model", SIGNED), USER)}, "number of function response parts"),
        (
            {
                "contents": contents(
                    USER,
                    ("model", [SIGNED, {"functionCall": {"name": "f"}}]),
                    ("user", [{"functionResponse": {"name": "f"}}, RESULT]),
                )
            },
            "order",
        ),
        ({"contents": contents(USER, ("model", CALL), ("user", RESULT))}, "missing a thought_signature"),
        (
            {
                "contents": contents(
                    USER, ("model", {**CALL, "thoughtSignature": "bWFkZSB1cA=="}), ("user", RESULT)
                )
            },
            "Corrupted",
        ),
        (
            {
                "contents": contents(
                    USER, ("model", {"text": "x", "thoughtSignature": SIGNED["thoughtSignature"][:-8]})
                )
            },
            "Corrupted",
        ),
        ({**HI, "tools": [{"functionDeclarations": [{"name": "1 f"}]}]}, "Invalid function name"),
        (
            {
                **HI,
                "tools": [
                    {
                        "functionDeclarations": [
                            {"name": "f", "parameters": {"type": "STRING"}, "parametersJsonSchema": {}}
                        ]
                    }
                ],
            },
            "only one of",
        ),
        (
            {**HI, "tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT"}}]}]},
            "non-empty for OBJECT",
        ),
        (
            {**HI, "tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": "ARRAY"}}]}]},
            "missing field",
        ),
        (
            {
                **HI,
                "tools": [
                    {
                        "functionDeclarations": [
                            {"name": "f", "parameters": {"enum": ["a"], "type": "INTEGER"}}
                        ]
                    }
                ],
            },
            "only allowed for STRING",
        ),
        (
            {**HI, "tools": [{"functionDeclarations": [{"name": "f", "parameters": {"$ref": "x"}}]}]},
            'Unknown name "$ref"',
        ),
        (
            {
                **HI,
                "tools": [
                    {
                        "functionDeclarations": [
                            {
                                "name": "f",
                                "parameters": {"type": "OBJECT", "properties": {"a": {}}, "required": ["b"]},
                            }
                        ]
                    }
                ],
            },
            "not defined",
        ),
        ({**HI, "toolConfig": {"functionCallingConfig": {"mode": "ALWAYS"}}}, "mode"),
        ({**HI, "toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}, "without function_declarations"),
        (
            {
                **HI,
                "tools": [CLOCK],
                "toolConfig": {"functionCallingConfig": {"allowedFunctionNames": ["f"]}},
            },
            "not declared",
        ),
        ({**HI, "generationConfig": {"temperature": 3}}, "temperature"),
        ({**HI, "generationConfig": {"topP": 3}}, "top_p"),
        ({**HI, "generationConfig": {"candidateCount": 9}}, "candidate_count"),
        ({**HI, "generationConfig": {"logprobs": 1}}, "response_logprobs"),
        (
            {**HI, "generationConfig": {"responseSchema": {"type": "STRING"}, "responseJsonSchema": {}}},
            "Only one",
        ),
        ({**HI, "generationConfig": {"responseJsonSchema": {}}}, "response mime type"),
        (
            {
                **HI,
                "generationConfig": {
                    "responseMimeType": "application/json",
                    "responseSchema": {"anyOf": [{}]},
                },
            },
            "any_of.type",
        ),
        (
            {**HI, "generationConfig": {"thinkingConfig": {"thinkingBudget": 1, "thinkingLevel": "LOW"}}},
            "only one",
        ),
        (b"{", "Invalid JSON payload"),
        (b"[]", "Invalid value"),
    ],
)
def test_what_google_refuses(body: Any, words: str) -> None:
    """Each in its own words, so that a gateway's mistake is seen as it would be there."""
    assert words in complaint(body)


def test_T20_vertex_refuses_ids() -> None:
    """AI Studio takes them."""
    turns = contents(
        USER,
        (
            "model",
            {"functionCall": {"name": "clock", "id": "a"}, "thoughtSignature": sign("comity", "clock")},
        ),
        ("user", {"functionResponse": {"name": "clock", "id": "a", "response": {}}}),
    )
    assert generate({"contents": turns})[0] == 200
    assert 'Unknown name "id"' in complaint({"contents": turns}, surface="vertex")
    assert "empty text" in complaint({"contents": contents(("user", {"text": ""}))}, surface="vertex")
    assert "mimeType" in complaint(
        {"contents": contents(("user", {"fileData": {"fileUri": "x"}}))}, surface="vertex"
    )


def test_the_older_models_need_no_signatures() -> None:
    """And what is long past is not looked at, but for corruption."""
    unsigned = {"contents": contents(USER, ("model", CALL), ("user", RESULT)), "tools": [CLOCK]}
    assert generate(unsigned, model="flash")[0] == 200
    past = {"contents": [*unsigned["contents"], *contents(("model", {"text": "noon"}), USER)]}
    assert generate(past)[0] == 200


def test_snake_case_is_as_good() -> None:
    """Google's parser takes both spellings."""
    body = {
        "contents": [{"parts": {"text": "simulate: echo hello there"}}],
        "generation_config": {"max_output_tokens": 2},
    }
    status, value = generate(body)
    assert status == 200
    assert value["candidates"][0]["finishReason"] == "MAX_TOKENS"
    assert value["usageMetadata"]["candidatesTokenCount"] == 2


def test_calls_are_signed_once_and_have_ids_on_one_surface() -> None:
    """Of parallel calls only the first carries the signature."""
    both = [{"functionDeclarations": [{"name": "clock"}, {"name": "bell"}]}]
    body = {"contents": contents(("user", {"text": "clock and bell"})), "tools": both}
    parts = generate(body)[1]["candidates"][0]["content"]["parts"]
    assert [("thoughtSignature" in part, "id" in part["functionCall"]) for part in parts] == [
        (True, True),
        (False, True),
    ]
    assert is_signed(parts[0]["thoughtSignature"], "comity")
    assert not is_signed(parts[0]["thoughtSignature"], "another seed")
    on_vertex = generate(body, surface="vertex")[1]
    assert "id" not in on_vertex["candidates"][0]["content"]["parts"][0]["functionCall"]
    assert on_vertex["usageMetadata"]["trafficType"] == "ON_DEMAND"


def test_T22_streams_count_as_a_whole_in_every_chunk() -> None:
    """As events with `alt=sse`, else as an array."""
    path = "/v1beta/models/pro:streamGenerateContent"
    thinks = {**HI, "generationConfig": {"maxOutputTokens": 3, "thinkingConfig": {"includeThoughts": True}}}
    events = ask(studio(), path, thinks, query="alt=sse").reply
    chunks = [json.loads(step.data[6:]) for step in events.steps]
    counts = [chunk["usageMetadata"]["candidatesTokenCount"] for chunk in chunks]
    assert counts == [0, 1, 2, 3, 3]
    assert chunks[0]["candidates"][0]["content"]["parts"][0]["thought"] is True
    assert chunks[-1]["candidates"][0]["content"]["parts"][0]["thoughtSignature"]
    array = ask(studio(), path, thinks).reply
    assert [chunk["usageMetadata"]["candidatesTokenCount"] for chunk in told(array)] == counts
    called = ask(
        studio(), path, {**HI, "contents": contents(("user", {"text": "clock"})), "tools": [CLOCK]}
    ).reply
    assert [list(chunk["candidates"][0]["content"]["parts"][0]) for chunk in told(called)] == [
        ["functionCall", "thoughtSignature"],
        ["text"],
    ]


@pytest.mark.parametrize(
    ("verb", "query"),
    [("generateContent", ""), ("streamGenerateContent", "alt=sse"), ("streamGenerateContent", "")],
)
def test_a_blocked_prompt_is_answered_with_200(verb: str, query: str) -> None:
    """In the form that was asked for."""
    blocked = {"contents": contents(("user", {"text": "simulate: filter"}))}
    reply = ask(studio(), f"/v1beta/models/pro:{verb}", blocked, query=query).reply
    assert reply.status == 200
    assert b'"blockReason": "SAFETY"' in reply.steps[0].data
    assert reply.steps[0].data.startswith(b"data: ") == bool(query)


def test_counts() -> None:
    """Both forms of a count, free of charge."""
    for body in (HI, {"generateContentRequest": {**HI, "model": "models/pro"}}):
        reply = ask(studio(), "/v1beta/models/pro:countTokens", body).reply
        assert told(reply)["totalTokens"] > 0
    assert told(ask(vertex(), f"{PLACE}/pro:countTokens", {**HI, "tools": [CLOCK]}).reply)["totalTokens"] > 0


def test_keys_paths_and_limits() -> None:
    """Google's own errors for them."""
    path = "/v1beta/models/flash:generateContent"
    assert ask(studio(), path, accept="x").reply.status == 403
    wrong = ask(studio(), path, x_goog_api_key="?").reply
    assert (wrong.status, told(wrong)["error"]["details"][0]["reason"]) == (400, "API_KEY_INVALID")
    assert ask(vertex(), f"{PLACE}/pro:generateContent", authorization="Bearer ?").reply.status == 401
    assert ask(studio(), "/v1beta/models/none:generateContent").reply.status == 404
    assert ask(studio(), "/v1beta/models/pro:predict").reply.status == 404
    assert ask(studio(), path, method="GET").reply.status == 404
    other = PLACE.replace("europe-west4", "us-central1")
    assert ask(vertex(), f"{other}/pro:generateContent").reply.status == 404
    cloud = studio()
    assert ask(cloud, path).reply.status == 200
    busy = ask(cloud, path).reply
    assert busy.status == 429
    assert told(busy)["error"]["details"][1]["retryDelay"].endswith("s")
    long = {"contents": contents(("user", {"text": "x" * 400}))}
    assert "exceeds the maximum number of tokens" in complaint(long, model="small")


def test_faults() -> None:
    """On schedule, in Google's shape."""
    path = "/v1beta/models/pro:streamGenerateContent"
    failed = ask(studio(Fault(kind="status", status=503)), path).reply
    assert (failed.status, told(failed)["error"]["status"]) == (503, "UNAVAILABLE")
    inside = ask(studio(Fault(kind="exception", status=503, after=1)), path, query="alt=sse").reply
    assert b'"code": 503' in inside.steps[-1].data
    broken = ask(studio(Fault(kind="malformed", after=1)), path, query="alt=sse").reply
    assert b'"parts": [\r\n' in broken.steps[1].data


def test_each_wire_knows_its_paths() -> None:
    """Vertex shares its address with Claude's wire."""
    spec = CloudSpec(name="s", kind="vertex", models=MODELS)
    asked = Asked(
        "POST", f"{PLACE}/pro:generateContent", "", Headers.of(()), b"", datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert VertexGeminiWire(spec).serves(asked)
    assert not GeminiWire(spec).serves(asked)
    assert GeminiWire(spec).filtered().status == 400
