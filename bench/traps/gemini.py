"""Cases T19 to T23: Google's generateContent behind a gateway."""

from __future__ import annotations

import json
import re
from typing import Any

from bench.traps import answers
from bench.traps.case import USER, Ask, Exchange, case, expect, failed, unserved
from bench.traps.values import Reply, Verdict

REFERENCE = "Gemini API reference, generateContent"
_SIGNATURE = "c2lnbmF0dXJlLW9mLXRoZS10aG91Z2h0"
_SCHEMA_FIELDS = frozenset(
    re.findall(
        r"\w+",
        """type format title description nullable enum maxItems minItems properties required minProperties
        maxProperties minLength maxLength pattern example anyOf propertyOrdering default items minimum
        maximum""",
    )
)
_TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


def _contents(done: Exchange) -> list[dict[str, Any]]:
    """The turns that were sent, by proto3 JSON's camel case: Google takes either spelling."""
    turns: list[dict[str, Any]] = _camel(done.body.get("contents") or [])
    return turns


def _camel(value: Any) -> Any:
    if isinstance(value, list):
        return [_camel(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {re.sub(r"_([a-z])", lambda m: m[1].upper(), name): _camel(one) for name, one in value.items()}


def _body(value: object) -> Reply:
    return Reply((answers.encode(value),))


@case("T19", "The thought signature of a call comes back on the call", "Gemini API guide, thought signatures")
def thought_signature(ask: Ask) -> Verdict:
    """A tool loop of an OpenAI client that replays what it got."""
    call = {"functionCall": {"name": "weather", "args": {"city": "Oslo"}}, "thoughtSignature": _SIGNATURE}
    ask.reply("gemini", _body(answers.gemini(call)))
    message = ask.chat("gemini", tools=[_TOOL]).choice.get("message") or {}
    calls = message.get("tool_calls") or []
    if not calls:
        return failed("no tool call came")
    # What the official SDK's types hold; members they do not know are lost in most clients.
    kept = [{"id": one["id"], "type": "function", "function": one["function"]} for one in calls]
    history = [
        USER,
        {"role": "assistant", "content": None, "tool_calls": kept},
        {"role": "tool", "tool_call_id": calls[0]["id"], "content": "rain"},
    ]
    done = ask.chat("gemini", messages=history, tools=[_TOOL])
    parts = [part for turn in _contents(done) for part in turn["parts"] if "functionCall" in part]
    if not parts:
        return unserved(done)
    back = parts[0].get("thoughtSignature")
    return expect(back == _SIGNATURE, "the same bytes", f"came back as {back!r}")


@case("T20", "Results stand in the order of the calls, one for each", REFERENCE)
def result_order(ask: Ask) -> Verdict:
    """Two calls, answered the other way round."""
    calls = [
        {"id": f"t{n}", "type": "function", "function": {"name": name, "arguments": "{}"}}
        for n, name in enumerate(("first", "second"))
    ]
    history = [
        USER,
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "t1", "content": "two"},
        {"role": "tool", "tool_call_id": "t0", "content": "one"},
    ]
    tools = [{"type": "function", "function": {"name": name}} for name in ("first", "second")]
    done = ask.chat("gemini", messages=history, tools=tools)
    turns = [
        [part["functionResponse"]["name"] for part in turn["parts"] if "functionResponse" in part]
        for turn in _contents(done)
    ]
    turns = [turn for turn in turns if turn]
    return expect(turns == [["first", "second"]], "one turn, in order", f"turns: {turns}")


@case(
    "T21",
    "A tool's schema uses only fields of Gemini's Schema, or goes whole as parametersJsonSchema",
    REFERENCE,
)
def schema_subset(ask: Ask) -> Verdict:
    """$defs, const, additionalProperties, several types."""
    schema = {
        "type": "object",
        "$defs": {"unit": {"type": "string", "enum": ["c", "f"]}},
        "properties": {
            "unit": {"$ref": "#/$defs/unit"},
            "kind": {"const": "now"},
            "days": {"type": ["integer", "null"]},
            "places": {"type": "array"},
        },
        "additionalProperties": False,
        "required": ["unit"],
    }
    tool = {"type": "function", "function": {"name": "weather", "parameters": schema}}
    done = ask.chat("gemini", tools=[tool])
    if not done.sent:
        return expect(done.refused, "refused by name", f"status {done.answer.status}")
    tools = done.body.get("tools") or [{}]
    declared = tools[0].get("functionDeclarations") or tools[0].get("function_declarations") or [{}]
    if "parametersJsonSchema" in declared[0] or "parameters_json_schema" in declared[0]:
        return expect(True, "sent whole as JSON Schema", "")
    sent = declared[0].get("parameters")
    if not isinstance(sent, dict):
        return failed(f"the parameters were lost: {json.dumps(declared)[:100]}")
    odd = sorted(_odd_fields(sent))
    kept = {"unit", "kind", "days", "places"} <= set(sent.get("properties", ()))
    return expect(not odd and kept, "converted", f"sent {odd}" if odd else "properties were lost")


def _odd_fields(schema: dict[str, Any]) -> set[str]:
    odd = set(schema) - _SCHEMA_FIELDS
    if isinstance(schema.get("type"), list):
        odd.add("type as a list")
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    inner += [schema["items"]] if isinstance(schema.get("items"), dict) else []
    return odd.union(*(_odd_fields(one) for one in inner if isinstance(one, dict)))


@case("T22", "Usage of a stream is the last count, thoughts are output, cached tokens are named", REFERENCE)
def stream_usage(ask: Ask) -> Verdict:
    """Cumulative counts on every event."""
    counts = [
        {
            "promptTokenCount": 100,
            "cachedContentTokenCount": 60,
            "candidatesTokenCount": n,
            "thoughtsTokenCount": 7,
            "totalTokenCount": 107 + n,
        }
        for n in (1, 3, 5)
    ]
    events = [
        answers.gemini({"text": text}, finish=finish, usage=count)
        for text, finish, count in zip("abc", (None, None, "STOP"), counts, strict=True)
    ]
    ask.reply("gemini", answers.events(*events))
    done = ask.chat("gemini", stream=True, stream_options={"include_usage": True})
    told: dict[str, Any] = next((event["usage"] for event in reversed(done.chunks) if event.get("usage")), {})
    cached = (told.get("prompt_tokens_details") or {}).get("cached_tokens")
    seen = (told.get("prompt_tokens"), cached, told.get("completion_tokens"), told.get("total_tokens"))
    return expect(seen == (100, 60, 12, 112), "100 with 60 cached, 12, 112", f"told {seen}")


@case("T23", "A blocked or malformed answer does not look finished; calls finish as tool_calls", REFERENCE)
def finish_reasons(ask: Ask) -> Verdict:
    """Four finish reasons, then STOP with a call."""
    seen = {}
    for word in ("SAFETY", "RECITATION", "PROHIBITED_CONTENT", "MALFORMED_FUNCTION_CALL"):
        ask.reply("gemini", _body(answers.gemini({"text": "x"}, finish=word)))
        seen[word] = ask.chat("gemini").choice.get("finish_reason")
    call = {"functionCall": {"name": "weather", "args": {}}}
    ask.reply("gemini", _body(answers.gemini(call)))
    seen["STOP with a call"] = ask.chat("gemini", tools=[_TOOL]).choice.get("finish_reason")
    wrong = {
        word: told
        for word, told in seen.items()
        if told in (None, "stop") or (word == "STOP with a call" and told != "tool_calls")
    }
    return expect(not wrong, "all five", f"told {wrong}")


@case(
    "T24",
    "A location is never made up: the provider's own address is used as configured",
    "Vertex AI, locations",
)
def location(ask: Ask) -> Verdict:
    """The address that was configured is the address that is called."""
    done = ask.chat("gemini")
    if not done.sent:
        return unserved(done)
    return expect("us-central1" not in done.sent[-1].path, "as configured", done.sent[-1].path)
