"""Cases T1 to T18: Amazon Bedrock's Converse behind a gateway."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

from bench.traps import answers
from bench.traps.case import USER, Ask, Exchange, case, expect, failed, passed, unserved
from bench.traps.values import Reply, Verdict

CONVERSE = "Amazon Bedrock API reference, Converse"
GUIDE = "Amazon Bedrock user guide, Converse"
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_FUNCTION: dict[str, Any] = {
    "name": "weather",
    "description": "Weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
_WEATHER = {"type": "function", "function": _FUNCTION}


def _calls(*ids: str, name: str = "weather", arguments: str = '{"city":"Oslo"}') -> dict[str, Any]:
    calls = [
        {"id": one, "type": "function", "function": {"name": name, "arguments": arguments}} for one in ids
    ]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def _result(call: str, content: Any = "rain") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call, "content": content}


def _blocks(body: dict[str, Any], kind: str) -> list[Any]:
    return [
        block[kind] for message in body.get("messages", ()) for block in message["content"] if kind in block
    ]


def _roles(body: dict[str, Any]) -> list[str]:
    return [message["role"] for message in body.get("messages", ())]


@case("T1", "User and assistant turns alternate, beginning with the user, and no text is lost", GUIDE)
def alternation(ask: Ask) -> Verdict:
    """Consecutive turns of one role."""
    turns = [("user", "a"), ("user", "b"), ("assistant", "c"), ("assistant", "d"), ("user", "e")]
    done = ask.chat("claude", messages=[{"role": role, "content": text} for role, text in turns])
    if not done.sent:
        return unserved(done)
    roles, texts = _roles(done.body), _blocks(done.body, "text")
    alternate = roles[:1] == ["user"] and all(x != y for x, y in itertools.pairwise(roles))
    kept = all(text in "".join(texts) for text in "abcde")
    return expect(alternate and kept, f"roles sent: {roles}", f"roles sent: {roles}, texts {texts}")


@case("T1", "A tool's result and the user's next words stand in one user turn", GUIDE)
def tool_then_user(ask: Ask) -> Verdict:
    """A tool turn followed by a user turn."""
    messages = [USER, _calls("t1"), _result("t1"), {"role": "user", "content": "and now?"}]
    done = ask.chat("claude", messages=messages, tools=[_WEATHER])
    roles = _roles(done.body)
    return expect(roles == ["user", "assistant", "user"], f"roles sent: {roles}", f"roles sent: {roles}")


@case("T2", "The results of parallel calls stand in one user turn with the calls' ids", GUIDE)
def parallel_results(ask: Ask) -> Verdict:
    """Three calls, three results."""
    ids = ["t1", "t2", "t3"]
    done = ask.chat("claude", messages=[USER, _calls(*ids), *map(_result, ids)], tools=[_WEATHER])
    turns = [
        [block["toolResult"]["toolUseId"] for block in message["content"] if "toolResult" in block]
        for message in done.body.get("messages", ())
    ]
    turns = [turn for turn in turns if turn]
    calls = [use["toolUseId"] for use in _blocks(done.body, "toolUse")]
    return expect(
        len(turns) == 1 and turns[0] == calls and len(calls) == 3,
        "one turn with three results",
        f"turns with results: {turns}",
    )


@case("T4", "No blank text block is sent", "Bedrock: ValidationException, text field is blank")
def blank_text(ask: Ask) -> Verdict:
    """Blank text in every place where it is refused."""
    messages = [
        {"role": "system", "content": " "},
        USER,
        {"role": "assistant", "content": ""},
        {"role": "user", "content": [{"type": "text", "text": "\n"}, {"type": "text", "text": "go"}]},
        _calls("t1"),
        _result("t1", ""),
    ]
    done = ask.chat("claude", messages=messages, tools=[_WEATHER])
    if not done.sent:
        return unserved(done)
    texts = [*_blocks(done.body, "text"), *(b.get("text", "x") for b in done.body.get("system", ()))]
    for result in _blocks(done.body, "toolResult"):
        texts += [block["text"] for block in result["content"] if "text" in block]
    empty = any(not message["content"] for message in done.body["messages"])
    blank = [text for text in texts if not text.strip()]
    return expect(not blank and not empty, "none", f"{len(blank)} blank blocks, empty turn: {empty}")


@case("T5", "`toolConfig` is there when the history holds tool use", CONVERSE)
def tools_in_history(ask: Ask) -> Verdict:
    """A third turn without tools."""
    done = ask.chat("claude", messages=[USER, _calls("t1"), _result("t1")])
    if done.refused and not done.sent:
        return unserved(done)
    return expect("toolConfig" in done.body, "toolConfig sent", "no toolConfig")


@case("T6", "Empty arguments become an empty object", CONVERSE)
def empty_arguments(ask: Ask) -> Verdict:
    """A call without arguments in the history."""
    messages = [USER, _calls("t1", arguments=""), _result("t1")]
    done = ask.chat("claude", messages=messages, tools=[_WEATHER])
    uses = _blocks(done.body, "toolUse")
    if not uses:
        return unserved(done)
    return expect(uses[0]["input"] == {}, "input is {}", f"input is {uses[0]['input']!r}")


@case("T6", "A streamed call without arguments ends as JSON", "OpenAI API reference, chat streaming")
def empty_arguments_streamed(ask: Ask) -> Verdict:
    """The provider streams a call without any piece of input."""
    start = {"start": {"toolUse": {"toolUseId": "t1", "name": "weather"}}, "contentBlockIndex": 0}
    frames = (
        answers.frame("messageStart", {"role": "assistant"}),
        answers.frame("contentBlockStart", start),
        answers.frame("contentBlockStop", {"contentBlockIndex": 0}),
        *answers.converse_events("tool_use")[3:],
    )
    ask.reply("converse", Reply(frames, kind=answers.FRAMES))
    done = ask.chat("claude", tools=[_WEATHER], stream=True)
    calls = [
        call
        for event in done.chunks
        for c in event.get("choices") or ()
        for call in c["delta"].get("tool_calls") or ()
    ]
    text = "".join((call.get("function") or {}).get("arguments") or "" for call in calls)
    try:
        value = json.loads(text)
    except ValueError:
        return failed(f"arguments are {text!r}")
    return expect(value == {}, "arguments are {}", f"arguments are {text!r}")


@case("T7", "Tool names fit [a-zA-Z0-9_-]{1,64}, and the client gets its own name back", CONVERSE)
def long_tool_name(ask: Ask) -> Verdict:
    """A name as MCP servers make them."""
    name = "mcp.server.example/" + "tool_" * 14
    tool = {"type": "function", "function": {**_FUNCTION, "name": name}}
    first = ask.chat("claude", tools=[tool])
    if not first.sent:
        return expect(first.refused, "refused by name", f"status {first.answer.status}")
    wire = first.body["toolConfig"]["tools"][0]["toolSpec"]["name"]
    if not _NAME.fullmatch(wire):
        return failed(f"sent a name of {len(wire)} characters")
    use = {"toolUse": {"toolUseId": "t1", "name": wire, "input": {}}}
    ask.reply("converse", Reply((answers.encode(answers.converse(use, stop="tool_use")),)))
    calls = ask.chat("claude", tools=[tool]).choice.get("message", {}).get("tool_calls") or [{}]
    back = calls[0].get("function", {}).get("name")
    return expect(back == name, "there and back", f"came back as {back!r}")


@case("T8", "A tool result that is a JSON scalar is not sent as a `json` document", CONVERSE)
def scalar_result(ask: Ask) -> Verdict:
    """The tool says 123."""
    done = ask.chat("claude", messages=[USER, _calls("t1"), _result("t1", "123")], tools=[_WEATHER])
    results = _blocks(done.body, "toolResult")
    if not results:
        return unserved(done)
    wrong = [b for b in results[0]["content"] if "json" in b and not isinstance(b["json"], dict)]
    kept = "123" in json.dumps(results[0]["content"])
    return expect(not wrong and kept, "sent as text", f"sent {results[0]['content']}")


@case("T9", "`required` is any, a named tool is that tool, `auto` forces nothing", CONVERSE)
def tool_choice(ask: Ask) -> Verdict:
    """Three forms of tool_choice."""
    named = {"type": "function", "function": {"name": "weather"}}
    seen = {}
    for word, choice in {"auto": "auto", "any": "required", "tool": named}.items():
        done = ask.chat("claude", tools=[_WEATHER], tool_choice=choice)
        seen[word] = done.body.get("toolConfig", {}).get("toolChoice")
    right = (
        seen["auto"] in (None, {"auto": {}})
        and seen["any"] == {"any": {}}
        and seen["tool"] == {"tool": {"name": "weather"}}
    )
    return expect(right, "all three", f"sent {seen}")


@case("T9", "`none` lets no tool be called", "OpenAI API reference, tool_choice")
def tool_choice_none(ask: Ask) -> Verdict:
    """Converse has no `none`: no tools, or a refusal."""
    done = ask.chat("claude", tools=[_WEATHER], tool_choice="none")
    offered = done.body.get("toolConfig")
    return expect(done.refused or (bool(done.sent) and not offered), "no tool offered", f"offered {offered}")


@case("T10", "Every system and developer text arrives, in order", "OpenAI API reference, messages")
def system_texts(ask: Ask) -> Verdict:
    """Several, late, in parts, and from the developer."""
    messages = [
        {"role": "system", "content": "one"},
        {"role": "system", "content": [{"type": "text", "text": "two"}, {"type": "text", "text": "three"}]},
        {"role": "developer", "content": "four"},
        USER,
        {"role": "assistant", "content": "pong"},
        {"role": "system", "content": "five"},
        USER,
    ]
    done = ask.chat("claude", messages=messages)
    if not done.sent:
        return unserved(done)
    said = json.dumps([done.body.get("system", []), done.body["messages"]])
    places = [said.find(word) for word in ("one", "two", "three", "four")]
    lost = [word for word in ("one", "two", "three", "four", "five") if f'"{word}' not in said]
    return expect(
        not lost and places == sorted(places), "all five", f"lost {lost}" if lost else "out of order"
    )


@case("T11", "At most four cache points are sent, each after its block", GUIDE)
def cache_points(ask: Ask) -> Verdict:
    """Six cache marks from a client of Messages."""
    parts = [{"type": "text", "text": f"part {n}", "cache_control": {"type": "ephemeral"}} for n in range(6)]
    done = ask.messages("claude", messages=[{"role": "user", "content": parts}])
    if not done.sent:
        return expect(done.refused, "refused", f"status {done.answer.status}")
    points = len(_blocks(done.body, "cachePoint"))
    return expect(1 <= points <= 4, f"{points} points", f"{points} points")


@case("T12", "Signed thinking goes back unchanged, in front of the call", GUIDE)
def thinking_round_trip(ask: Ask) -> Verdict:
    """A tool loop with thinking, by a client of Messages."""
    signed = {"type": "thinking", "thinking": "hm", "signature": "c2lnbmVk"}
    redacted = {"type": "redacted_thinking", "data": "cmVkYWN0ZWQ="}
    use = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Oslo"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "rain"}
    done = ask.messages(
        "claude",
        messages=[
            USER,
            {"role": "assistant", "content": [signed, redacted, use]},
            {"role": "user", "content": [result]},
        ],
        tools=[{"name": "weather", "input_schema": {"type": "object"}}],
        thinking={"type": "enabled", "budget_tokens": 1024},
        max_tokens=4096,
    )
    if not done.sent:
        return unserved(done)
    turn: list[Any] = next((m["content"] for m in done.body["messages"] if m["role"] == "assistant"), [])
    wanted = {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "c2lnbmVk"}}}
    kinds = [next(iter(block)) for block in turn]
    in_place = turn[:1] == [wanted] and kinds[-1:] == ["toolUse"]
    return expect(in_place, "byte for byte", f"sent {json.dumps(turn)[:160]}")


@case("T13", "An exception frame in a stream of status 200 is no clean end", "Bedrock, ConverseStream")
def exception_frame(ask: Ask) -> Verdict:
    """Throttled before the first word."""
    frame = answers.frame("throttlingException", {"message": "slow down"}, exception=True)
    reply = Reply((frame,), kind=answers.FRAMES)
    ask.reply("converse", *[reply] * 12)
    done = ask.chat(ask.fresh("claude"), stream=True)
    return _told_of_error(done)


@case("T13", "An exception after the first words is told, and the answer does not end cleanly", GUIDE)
def exception_later(ask: Ask) -> Verdict:
    """Fails in the middle of the answer."""
    frame = answers.frame("internalServerException", {"message": "broken"}, exception=True)
    ask.reply("converse", Reply((*answers.converse_events()[:2], frame), kind=answers.FRAMES))
    return _told_of_error(ask.chat(ask.fresh("claude"), stream=True))


def _told_of_error(done: Exchange) -> Verdict:
    if done.answer.status >= 400:
        return passed(f"status {done.answer.status}")
    if len(done.sent) > 1 and done.text == "pong":
        return passed("asked once more before anything was shown")
    errors = [event for event in done.chunks if "error" in event]
    if errors:
        return passed("an error event")
    if not done.answer.whole:
        return passed("the stream is cut")
    return failed(f"looks complete: finish {done.finish!r}, end mark {'[DONE]' in done.answer.events}")


@case(
    "T14", "Cached tokens are part of prompt_tokens, and the total is the sum", "OpenAI API reference, usage"
)
def cached_usage(ask: Ask) -> Verdict:
    """Ten fresh, ninety from the cache, five out."""
    usage = {
        "inputTokens": 10,
        "cacheReadInputTokens": 90,
        "cacheWriteInputTokens": 0,
        "outputTokens": 5,
        "totalTokens": 105,
    }
    ask.reply("converse", Reply((answers.encode(answers.converse(usage=usage)),)))
    told = (ask.chat("claude").answer.json or {}).get("usage") or {}
    cached = (told.get("prompt_tokens_details") or {}).get("cached_tokens")
    seen = (told.get("prompt_tokens"), cached, told.get("completion_tokens"), told.get("total_tokens"))
    return expect(seen == (100, 90, 5, 105), "100 with 90 cached, 5, 105", f"told {seen}")


@case("T15", "A blocked or cut answer does not look finished", "OpenAI API reference, finish_reason")
def stop_reasons(ask: Ask) -> Verdict:
    """Guardrail, content filter, full context window."""
    wanted = {
        "guardrail_intervened": "content_filter",
        "content_filtered": "content_filter",
        "model_context_window_exceeded": "length",
    }
    seen = {}
    for word in wanted:
        ask.reply("converse", Reply((answers.encode(answers.converse(stop=word)),)))
        seen[word] = ask.chat("claude").choice.get("finish_reason")
    return expect(seen == wanted, "all three", f"told {seen}")


@case("T16", "`image/jpg` is sent as `jpeg`, and a broken data URI is a client error", CONVERSE)
def images(ask: Ask) -> Verdict:
    """An odd media type, then nonsense."""

    def image(url: str) -> Exchange:
        part = {"type": "image_url", "image_url": {"url": url}}
        return ask.chat(
            "claude", messages=[{"role": "user", "content": [{"type": "text", "text": "?"}, part]}]
        )

    good = image("data:image/jpg;base64,/9j/4AAQSkZJRg==")
    sent = _blocks(good.body, "image")
    word = sent[0].get("format") if sent else None
    broken = image("data:image")
    if word != "jpeg":
        return failed(f"format {word!r}, status {good.answer.status}")
    return expect(broken.refused, f"jpeg; broken: {broken.answer.status}", f"broken: {broken.answer.status}")


@case("T17", "A JSON schema is enforced natively or refused, never by a tool that nobody declared", CONVERSE)
def structured_output(ask: Ask) -> Verdict:
    """response_format with a schema."""
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
    done = ask.chat("claude", response_format=form)
    if not done.sent:
        return expect(done.refused, "refused by name", f"status {done.answer.status}")
    native = "outputConfig" in done.body
    forced = "toolConfig" in done.body
    return expect(native and not forced, "native", "an invented tool" if forced else "dropped in silence")


@case(
    "T18",
    "A beta header and the fields it opens go to Bedrock together, or neither does",
    "Anthropic beta headers",
)
def beta_headers(ask: Ask) -> Verdict:
    """A client of Messages with a beta and its field."""
    edits = {"edits": [{"type": "clear_tool_uses_20250919"}]}
    done = ask.messages(
        "claude", {"anthropic-beta": "context-management-2025-06-27"}, context_management=edits
    )
    if not done.sent:
        return expect(done.refused, "refused by name", f"status {done.answer.status}")
    more = done.body.get("additionalModelRequestFields") or {}
    field = "context_management" in more or "context_management" in done.body
    flag = "context-management-2025-06-27" in json.dumps(more.get("anthropic_beta", []))
    seen = f"field {'sent' if field else 'left out'}, flag {'sent' if flag else 'left out'}"
    return expect(not field or flag, seen, seen)
