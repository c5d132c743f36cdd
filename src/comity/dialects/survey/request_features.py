"""Everything a request can say, one probe each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from comity.exchange import (
    CacheMark,
    Citation,
    Format,
    Media,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Request,
    Sampling,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)

_SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
_TOOL = Tool("weather", "The weather in a city.", _SCHEMA)
_CALL = ToolCall("call_1", "weather", '{"city":"Oslo"}')
_SECOND = ToolCall("call_2", "weather", '{"city":"Bern"}')
_ASK = Turn("user", (Text("hello"),))
_PNG = b"\x89PNG\r\n\x1a\n"
_PDF = b"%PDF-1.7"
_WAV = b"RIFF\x24\x00\x00\x00WAVE"
_MP4 = b"\x00\x00\x00\x18ftypmp42"


class RequestFeature(msgspec.Struct, frozen=True):
    """One thing a request can say."""

    name: str
    """For readers of the table."""
    probe: Callable[[str], Request]
    """A request that says it, for a client of the named dialect."""
    kept: Callable[[Request], bool]
    """Whether a request still says it."""
    members: Mapping[str, Mapping[str, Any]] = {}
    """For parameters without a place in the hub: how each dialect writes them in its body."""


def parts_in(request: Request) -> Iterator[Part]:
    """Every block of a request, those inside tool results included."""
    for turn in request.turns:
        for part in turn.parts:
            yield part
            if isinstance(part, ToolResult):
                yield from part.content


def _said(name: str, *turns: Turn, kept: Callable[[Request], bool], **members: Any) -> RequestFeature:
    request = Request("m", turns, **members)
    return RequestFeature(name, lambda _: request, kept)


def _spoken(name: str, part: Text | Media, kept: Callable[[Request], bool]) -> RequestFeature:
    return _said(name, Turn("user", (Text("look"), part)), kept=kept)


def _sampled(name: str, field: str, value: object) -> RequestFeature:
    sampling = Sampling(**{field: value})  # type: ignore[arg-type]  # field and value belong together
    return _said(
        name, _ASK, kept=lambda request: getattr(request.sampling, field) == value, sampling=sampling
    )


def _thought(name: str, sampling: Sampling) -> RequestFeature:
    def kept(request: Request) -> bool:
        told = request.sampling
        return (told.thinking, told.thinking_budget, told.thoughts) == (
            sampling.thinking,
            sampling.thinking_budget,
            sampling.thoughts,
        )

    return _said(name, _ASK, kept=kept, sampling=sampling)


def _medium(kind: str, *, by_value: bool) -> Callable[[Request], bool]:
    def kept(request: Request) -> bool:
        return any(
            isinstance(part, Media) and part.kind == kind and (part.data is not None) == by_value
            for part in parts_in(request)
        )

    return kept


def _has(kind: type[Part], test: Callable[[Any], object]) -> Callable[[Request], bool]:
    return lambda request: any(isinstance(part, kind) and bool(test(part)) for part in parts_in(request))


def _chosen(mode: str) -> RequestFeature:
    choice = ToolChoice(mode, "weather" if mode == "named" else None)  # type: ignore[arg-type]  # its four modes

    def kept(request: Request) -> bool:
        if mode == "none" and not request.tools:
            return True
        return request.tool_choice is not None and request.tool_choice.mode == mode

    return _said(f"tool choice `{mode}`", _ASK, kept=kept, tools=(_TOOL,), tool_choice=choice)


def _called(*calls: ToolCall, result: ToolResult | None = None) -> tuple[Turn, ...]:
    results = tuple(result or ToolResult(call.id, (Text("4 degrees"),)) for call in calls)
    return (_ASK, Turn("assistant", calls), *(Turn("tool", (one,)) for one in results))


def _count(kind: type[Part], least: int) -> Callable[[Request], bool]:
    return lambda request: sum(isinstance(part, kind) for part in parts_in(request)) >= least


def _owned(name: str, part: Callable[[str], Part], kept: Callable[[Request], bool]) -> RequestFeature:
    """A block of the assistant that bears the client's own mark."""

    def probe(dialect: str) -> Request:
        said = Turn("assistant", (part(dialect), Text("done")))
        return Request("m", (_ASK, said, Turn("user", (Text("go on"),))))

    return RequestFeature(name, probe, kept)


def _any_cache(request: Request) -> bool:
    return any(getattr(part, "cache", None) is not None for part in parts_in(request))


def _long_cache(request: Request) -> bool:
    marks = [getattr(part, "cache", None) for part in parts_in(request)]
    return any(isinstance(mark, CacheMark) and mark.lifetime == "1h" for mark in marks)


def _says(text: str, *roles: str) -> Callable[[Request], bool]:
    return lambda request: any(
        turn.role in roles and isinstance(part, Text) and text in part.text
        for turn in request.turns
        for part in turn.parts
    )


def _refuses(request: Request) -> bool:
    """Whether the assistant's refusal is there, if only as text."""
    said = [part for turn in request.turns if turn.role == "assistant" for part in turn.parts]
    return any(isinstance(part, (Refusal, Text)) and "I cannot" in part.text for part in said)


_SIGNED = Reasoning("Two cities.", "c2lnbmF0dXJl")
_LOOKED = Media("image", "image/png", _PNG)
_CITED = Citation("https://a.example", "A", origin="elsewhere", wire={"url": "https://a.example"})
_JSON = Format("json_schema", "answer", "Which city.", _SCHEMA, strict=True)


def _hosted(dialect: str) -> Request:
    return Request("m", (_ASK,), hosted_tools=_HOSTED.get(dialect, ()), dialect=dialect)


_HOSTED: Mapping[str, tuple[Opaque, ...]] = {
    "openai.responses": (Opaque("web_search", {"type": "web_search"}, "openai.responses"),),
    "anthropic.messages": (
        Opaque(
            "web_search_20250305",
            {"type": "web_search_20250305", "name": "web_search"},
            "anthropic.messages",
        ),
    ),
    "bedrock.converse": (
        Opaque("systemTool", {"systemTool": {"name": "nova_grounding"}}, "bedrock.converse"),
    ),
    "gemini.generate": (Opaque("googleSearch", {"googleSearch": {}}, "gemini.generate"),),
}
_OWN: Mapping[str, Opaque] = {
    "openai.chat": Opaque("file", {"type": "file", "file": {"file_id": "f1"}}, "openai.chat"),
    "bedrock.converse": Opaque(
        "guardContent", {"guardContent": {"text": {"text": "guarded"}}}, "bedrock.converse"
    ),
    "anthropic.messages": Opaque(
        "container_upload", {"type": "container_upload", "file_id": "f1"}, "anthropic.messages"
    ),
}
"""Blocks that a client may send and that mean something to one provider only."""


def _own_block(dialect: str) -> Request:
    own = _OWN.get(dialect)
    return Request("m", (Turn("user", (Text("look"), *((own,) if own else ()))),), dialect=dialect)


_TIER: Mapping[str, Mapping[str, Any]] = {
    "openai.chat": {"service_tier": "flex"},
    "openai.responses": {"service_tier": "flex"},
    "bedrock.converse": {"serviceTier": {"type": "flex"}},
}
_METADATA: Mapping[str, Mapping[str, Any]] = {
    "openai.chat": {"metadata": {"team": "a"}},
    "openai.responses": {"metadata": {"team": "a"}},
    "bedrock.converse": {"requestMetadata": {"team": "a"}},
    "gemini.generate": {"labels": {"team": "a"}},
}
_BIAS: Mapping[str, Mapping[str, Any]] = {"openai.chat": {"logit_bias": {"50256": -100}}}
_VERBOSITY: Mapping[str, Mapping[str, Any]] = {
    "openai.chat": {"verbosity": "low"},
    "openai.responses": {"text": {"verbosity": "low"}},
}


def _written(name: str, members: Mapping[str, Mapping[str, Any]]) -> RequestFeature:
    return RequestFeature(name, lambda _: Request("m", (_ASK,)), lambda request: bool(request.extra), members)


REQUEST_FEATURES: tuple[RequestFeature, ...] = (
    _said(
        "system text",
        Turn("system", (Text("Be brief."),)),
        _ASK,
        kept=_says("Be brief", "system", "developer"),
    ),
    _said(
        "developer text",
        Turn("developer", (Text("Be brief."),)),
        _ASK,
        kept=_says("Be brief", "system", "developer"),
    ),
    _said(
        "late system text",
        _ASK,
        Turn("assistant", (Text("hi"),)),
        Turn("system", (Text("Be brief."),)),
        _ASK,
        kept=_says("Be brief", "system", "developer", "user"),
    ),
    _spoken("image by value", _LOOKED, _medium("image", by_value=True)),
    _spoken(
        "image by address",
        Media("image", "image/png", url="https://a.example/a.png"),
        _medium("image", by_value=False),
    ),
    _spoken(
        "image resolution",
        Media("image", "image/png", _PNG, detail="low"),
        _has(Media, lambda part: part.detail == "low"),
    ),
    _spoken(
        "document by value",
        Media("document", "application/pdf", _PDF, name="a.pdf"),
        _medium("document", by_value=True),
    ),
    _spoken(
        "document by address",
        Media("document", "application/pdf", url="https://a.example/a.pdf"),
        _medium("document", by_value=False),
    ),
    _spoken(
        "citations of a document asked for",
        Media("document", "application/pdf", _PDF, name="a", cited=True),
        _has(Media, lambda part: part.cited),
    ),
    _spoken(
        "context of a document",
        Media("document", "application/pdf", _PDF, name="a", context="A report."),
        _has(Media, lambda part: part.context),
    ),
    _spoken("audio", Media("audio", "audio/wav", _WAV), _medium("audio", by_value=True)),
    _spoken("video", Media("video", "video/mp4", _MP4), _medium("video", by_value=True)),
    _said("tools", _ASK, kept=lambda request: bool(request.tools), tools=(_TOOL,)),
    _said(
        "strict tools",
        _ASK,
        kept=lambda request: any(tool.strict for tool in request.tools),
        tools=(msgspec.structs.replace(_TOOL, strict=True),),
    ),
    _chosen("auto"),
    _chosen("none"),
    _chosen("required"),
    _chosen("named"),
    _said(
        "no parallel calls",
        _ASK,
        kept=lambda request: request.parallel_tool_calls is False,
        tools=(_TOOL,),
        parallel_tool_calls=False,
    ),
    _said("a call and its result", *_called(_CALL), kept=_count(ToolResult, 1), tools=(_TOOL,)),
    _said("parallel calls", *_called(_CALL, _SECOND), kept=_count(ToolCall, 2), tools=(_TOOL,)),
    _said(
        "a failed tool",
        *_called(_CALL, result=ToolResult("call_1", (Text("no"),), is_error=True)),
        kept=_has(ToolResult, lambda part: part.is_error),
        tools=(_TOOL,),
    ),
    _said(
        "image in a tool result",
        *_called(_CALL, result=ToolResult("call_1", (Text("look"), _LOOKED))),
        kept=_medium("image", by_value=True),
        tools=(_TOOL,),
    ),
    _said(
        "any JSON object",
        _ASK,
        kept=lambda request: request.format is not None and request.format.kind == "json_object",
        format=Format("json_object"),
    ),
    _said(
        "JSON of a schema",
        _ASK,
        kept=lambda request: request.format is not None and request.format.schema is not None,
        format=_JSON,
    ),
    _sampled("bound of output", "max_output_tokens", 100),
    _sampled("temperature", "temperature", 0.5),
    _sampled("top_p", "top_p", 0.5),
    _sampled("top_k", "top_k", 5),
    _sampled("stop sequences", "stop", ("END",)),
    _sampled("seed", "seed", 7),
    _sampled("frequency penalty", "frequency_penalty", 0.5),
    _sampled("presence penalty", "presence_penalty", 0.5),
    _sampled("several answers", "candidates", 2),
    _said(
        "log-probabilities",
        _ASK,
        kept=lambda request: bool(request.sampling.logprobs),
        sampling=Sampling(logprobs=True, top_logprobs=2),
    ),
    _said(
        "reasoning effort",
        _ASK,
        kept=lambda request: (
            request.sampling.reasoning_effort == "low" or request.sampling.thinking_budget is not None
        ),
        sampling=Sampling(reasoning_effort="low"),
    ),
    _thought("thinking with a budget", Sampling(max_output_tokens=4000, thinking="on", thinking_budget=2000)),
    _thought("thinking off", Sampling(thinking="off")),
    _thought("thinking as the model sees fit", Sampling(thinking="adaptive")),
    _said(
        "thoughts shown",
        _ASK,
        kept=lambda request: request.sampling.thoughts == "summary",
        sampling=Sampling(max_output_tokens=4000, thinking="adaptive", thoughts="summary"),
    ),
    _owned("signed reasoning", lambda _: _SIGNED, _has(Reasoning, lambda part: part.signature)),
    _owned(
        "encrypted reasoning",
        lambda _: Reasoning(redacted=b"secret"),
        _has(Reasoning, lambda part: part.redacted),
    ),
    _owned("a refusal", lambda _: Refusal("I cannot."), _refuses),
    _owned(
        "citations of an answer",
        lambda dialect: Text("It is.", citations=(msgspec.structs.replace(_CITED, origin=dialect, wire={}),)),
        _has(Text, lambda part: part.citations),
    ),
    _said(
        "cache mark",
        Turn("system", (Text("A long text.", CacheMark()),)),
        _ASK,
        kept=_any_cache,
    ),
    _said(
        "cache mark for an hour",
        Turn("system", (Text("A long text.", CacheMark("1h")),)),
        _ASK,
        kept=_long_cache,
    ),
    RequestFeature("hosted tools", _hosted, lambda request: bool(request.hosted_tools)),
    RequestFeature("own blocks of the client", _own_block, _has(Opaque, lambda part: part.kind)),
    _said("end user", _ASK, kept=lambda request: request.user == "u1", user="u1"),
    _said(
        "name of a speaker",
        Turn("user", (Text("hello"),), "ann"),
        kept=lambda request: any(turn.name == "ann" for turn in request.turns),
    ),
    _written("service tier", _TIER),
    _written("metadata", _METADATA),
    _written("bias of tokens", _BIAS),
    _written("verbosity", _VERBOSITY),
)
"""The features in the order of the table."""
