"""What the golden files of pairs say: conversations, their answers, streams and failures, for any client.

Between them they hold everything that a dialect may have to carry. Blocks that only their maker can read bear
the mark of the dialect that says them, as a real client's would.
"""

from __future__ import annotations

import msgspec

from comity.exchange import (
    CacheMark,
    Choice,
    Citation,
    CitationDelta,
    Event,
    Fault,
    Finish,
    Finished,
    Format,
    LogprobsDelta,
    Media,
    Reasoning,
    ReasoningDelta,
    Refusal,
    RefusalDelta,
    Request,
    Response,
    Sampling,
    Started,
    StreamEnd,
    Text,
    TextDelta,
    Tool,
    ToolCall,
    ToolCallDelta,
    ToolCallStart,
    ToolChoice,
    ToolResult,
    Turn,
    Usage,
    UsageReport,
)

PNG = b"\x89PNG\r\n\x1a\n"
CREATED = 1795221023
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS = (
    Tool("weather.now", "The weather in a city.", SCHEMA, strict=True),
    Tool("clock", cache=CacheMark("1h")),
)
USAGE = Usage(100, 40, 8, 12, 5, cache_write_1h=3)
CALLED = Usage(90, output=20)


class Exchange(msgspec.Struct, frozen=True):
    """One request with its answer, whole and streamed."""

    name: str
    """What it is about."""
    request: Request
    """What the client says."""
    answer: Response
    """What the target answers."""
    events: tuple[Event, ...]
    """The same answer, streamed."""


def exchanges(client: str, target: str) -> tuple[Exchange, ...]:
    """The exchanges between a client whose own marks are `client`'s and a target whose are `target`'s."""
    return (
        Exchange("tools", _tools(client), _calling(target), _calling_events(target)),
        Exchange("thinking", _thinking(client), _declining(target), _declining_events(target)),
        Exchange("drawing", _drawing(), _weighed(), _weighed_events()),
    )


def _tools(origin: str) -> Request:
    return Request(
        model="assistant",
        turns=(
            Turn("system", (Text("Be brief.", CacheMark("1h")),)),
            Turn("developer", (Text("Use tools."),)),
            Turn(
                "user",
                (
                    Text("Which is warmer?"),
                    Media("image", "image/png", PNG, detail="low"),
                    Media("document", "application/pdf", b"%PDF-1.7", name="report.pdf"),
                ),
            ),
            Turn(
                "assistant",
                (
                    Reasoning("Two cities.", "c2lnbmF0dXJl", origin=origin),
                    Text("Let me look."),
                    ToolCall("call_1", "weather.now", '{"city":"Köln"}'),
                    ToolCall("call_2", "weather.now", '{"city":"Oslo"}'),
                    ToolCall("call_3", "clock", ""),
                ),
            ),
            Turn("tool", (ToolResult("call_1", (Text("21"), Media("image", "image/png", PNG))),)),
            Turn("tool", (ToolResult("call_2", (Text("no such city"),), is_error=True),)),
            Turn("tool", (ToolResult("call_3", (Text(" "),)),)),
            Turn("user", (Text("Now answer.", CacheMark()), Text(""))),
        ),
        tools=TOOLS,
        tool_choice=ToolChoice("required"),
        parallel_tool_calls=False,
        format=Format("json_schema", "answer", "Which city.", SCHEMA, strict=True),
        sampling=Sampling(max_output_tokens=200, temperature=0.5, top_k=5, stop=("END",)),
    )


def _thinking(origin: str) -> Request:
    return Request(
        model="assistant",
        turns=(
            Turn("user", (Text("Which is warmer?"),)),
            Turn("assistant", (Reasoning(redacted=b"secret", origin=origin), Text("Köln."))),
            Turn("user", (Text("Sure?"),)),
            Turn("assistant", (Refusal("I cannot say."),)),
            Turn("system", (Text("Answer in German."),)),
            Turn("user", (Text("Please."),)),
            Turn("user", (Text("Now."),)),
        ),
        tools=TOOLS[:1],
        tool_choice=ToolChoice("auto"),
        format=Format("json_object"),
        sampling=Sampling(max_output_tokens=4000, thinking="on", thinking_budget=2000, thoughts="summary"),
    )


def _drawing() -> Request:
    return Request(
        model="assistant",
        turns=(Turn("user", (Text("Which is warmer?"),)),),
        format=Format("text"),
        sampling=Sampling(
            max_output_tokens=4000,
            top_p=0.95,
            seed=7,
            frequency_penalty=0.25,
            presence_penalty=0.5,
            logprobs=True,
            top_logprobs=2,
            reasoning_effort="low",
        ),
        user="u1",
    )


def _calling(origin: str) -> Response:
    cited = Citation("https://a.example", "A", "21 degrees", 0, 5)
    parts = (
        Reasoning("Compare.", "c2ln", origin=origin),
        Text("Köln.", citations=(cited,)),
        ToolCall("call_4", "weather.now", '{"city":"Bern"}'),
        ToolCall("call_5", "clock", ""),
    )
    choice = Choice(parts, Finish.TOOL_CALLS)
    return Response("answer_1", "model-1", (choice,), USAGE, CREATED, service_tier="priority")


def _calling_events(origin: str) -> tuple[Event, ...]:
    return (
        Started("answer_1", "model-1", CREATED),
        ReasoningDelta("Com", origin=origin),
        ReasoningDelta("pare.", origin=origin),
        ReasoningDelta(signature="c2ln", origin=origin),
        TextDelta("Kö"),
        TextDelta("ln."),
        CitationDelta(Citation("https://a.example", "A", "21 degrees", 0, 5)),
        ToolCallStart(0, "call_4", "weather.now"),
        ToolCallDelta(0, '{"city"'),
        ToolCallDelta(0, ':"Bern"}'),
        ToolCallStart(1, "call_5", "clock"),
        Finished(Finish.TOOL_CALLS),
        UsageReport(USAGE),
        StreamEnd(),
    )


def _declining(origin: str) -> Response:
    parts = (Reasoning(redacted=b"hidden", origin=origin), Refusal("I cannot."))
    return Response("answer_2", "model-1", (Choice(parts, Finish.REFUSAL),), CALLED, CREATED)


def _declining_events(origin: str) -> tuple[Event, ...]:
    return (
        Started("answer_2", "model-1", CREATED),
        ReasoningDelta(redacted=b"hidden", origin=origin),
        RefusalDelta("I can"),
        RefusalDelta("not."),
        Finished(Finish.REFUSAL),
        UsageReport(CALLED),
        StreamEnd(),
    )


LOGPROBS = {
    "content": [{"token": "Köln", "logprob": -0.5, "bytes": [75, 195, 182, 108, 110], "top_logprobs": []}],
    "refusal": None,
}


def _weighed() -> Response:
    choice = Choice((Text("Köln"),), Finish.STOP, stop_sequence="END", logprobs=LOGPROBS)
    usage = Usage(20, output=4, audio_input=6, image_input=30)
    return Response("answer_3", "model-1", (choice,), usage, CREATED)


def _weighed_events() -> tuple[Event, ...]:
    return (
        Started("answer_3", "model-1", CREATED),
        TextDelta("Köln"),
        LogprobsDelta(LOGPROBS),
        Finished(Finish.STOP, stop_sequence="END"),
        UsageReport(Usage(20, output=4, audio_input=6, image_input=30)),
        StreamEnd(),
    )


class Failed(msgspec.Struct, frozen=True):
    """What a vendor answers where it cannot serve."""

    status: int
    """HTTP status."""
    body: str
    """JSON body."""
    headers: dict[bytes, bytes] = {}
    """Headers that say what it is, or when to come back."""


_OPENAI = (
    Failed(
        400,
        '{"error":{"message":"This model\'s maximum context length is 8192 tokens.",'
        '"type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}',
    ),
    Failed(
        400,
        '{"error":{"message":"Invalid value.","type":"invalid_request_error","param":"tools","code":null}}',
    ),
    Failed(
        429,
        '{"error":{"message":"Slow down.","type":"requests","param":null,"code":"rate_limit_exceeded"}}',
        {b"retry-after": b"7"},
    ),
)
_ANTHROPIC = (
    Failed(
        400,
        '{"type":"error","error":{"type":"invalid_request_error",'
        '"message":"prompt is too long: 210000 tokens > 200000 maximum"}}',
    ),
    Failed(
        400,
        '{"type":"error","error":{"type":"invalid_request_error","message":"tools.0: Field required"}}',
    ),
    Failed(
        529,
        '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
        {b"retry-after": b"7"},
    ),
)
_AMAZON = (
    Failed(
        400,
        '{"message":"Input is too long for requested model."}',
        {b"x-amzn-errortype": b"ValidationException"},
    ),
    Failed(
        400,
        '{"message":"Invalid number of tools."}',
        {b"x-amzn-errortype": b"ValidationException:http://internal.amazon.com/coral/"},
    ),
    Failed(429, '{"message":"Too many requests."}', {b"x-amzn-errortype": b"ThrottlingException"}),
)
_GOOGLE = (
    Failed(
        400,
        '{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"The input token count (1048577) '
        'exceeds the maximum number of tokens allowed (1048576)."}}',
    ),
    Failed(
        400,
        '{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"Invalid value.","details":[{"@type":'
        '"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"tools[0]"}]}]}}',
    ),
    Failed(
        429,
        '{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"Quota exceeded.","details":[{"@type":'
        '"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"7s"}]}}',
    ),
)
FAILURES = {
    "openai.chat": _OPENAI,
    "openai.responses": _OPENAI,
    "anthropic.messages": _ANTHROPIC,
    "vertex.messages": _ANTHROPIC,
    "bedrock.converse": _AMAZON,
    "bedrock.invoke": _AMAZON,
    "gemini.generate": _GOOGLE,
}
"""A prompt that is too long, another mistake, and one request too many, in each vendor's words."""
BROKEN = Fault(529, "overloaded")
"""What breaks off a stream."""

ENDINGS: dict[str, tuple[tuple[str | int, ...], tuple[str, ...]]] = {
    "openai.chat": (
        ("choices", 0, "finish_reason"),
        ("stop", "length", "tool_calls", "content_filter"),
    ),
    "openai.responses": (
        ("incomplete_details",),
        ("max_output_tokens", "content_filter"),
    ),
    "anthropic.messages": (
        ("stop_reason",),
        (
            "end_turn",
            "max_tokens",
            "stop_sequence",
            "tool_use",
            "pause_turn",
            "compaction",
            "refusal",
            "model_context_window_exceeded",
        ),
    ),
    "bedrock.converse": (
        ("stopReason",),
        (
            "end_turn",
            "tool_use",
            "max_tokens",
            "stop_sequence",
            "guardrail_intervened",
            "content_filtered",
            "malformed_model_output",
            "malformed_tool_use",
            "model_context_window_exceeded",
        ),
    ),
    "gemini.generate": (
        ("candidates", 0, "finishReason"),
        (
            "STOP",
            "MAX_TOKENS",
            "SAFETY",
            "RECITATION",
            "LANGUAGE",
            "OTHER",
            "BLOCKLIST",
            "PROHIBITED_CONTENT",
            "SPII",
            "MALFORMED_FUNCTION_CALL",
            "UNEXPECTED_TOOL_CALL",
            "TOO_MANY_TOOL_CALLS",
            "MISSING_THOUGHT_SIGNATURE",
        ),
    ),
}
"""Where each vendor says why an answer ends, and its documented words for it."""
ENDINGS |= dict.fromkeys(("bedrock.invoke", "vertex.messages"), ENDINGS["anthropic.messages"])
