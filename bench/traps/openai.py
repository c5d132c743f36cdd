"""Cases T25 to T32: OpenAI, Azure OpenAI and Anthropic behind a gateway."""

from __future__ import annotations

import json

from bench.traps import answers
from bench.traps.case import USER, Ask, case, expect, failed, passed, unserved
from bench.traps.values import Reply, Verdict

CHAT = "OpenAI API reference, chat completions"
AZURE = "Azure OpenAI REST reference"


@case("T25", "A first chunk without choices, and chunks without a delta, do no harm", AZURE)
def azure_first_chunk(ask: Ask) -> Verdict:
    """Azure's prompt filter results, then an asynchronous filter chunk."""
    first = {"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": []}
    bare = {
        "id": "",
        "object": "",
        "created": 0,
        "model": "",
        "choices": [{"index": 0, "finish_reason": None, "content_filter_offsets": {"check_offset": 1}}],
    }
    chunks = answers.chat_chunks()
    ask.reply("chat", answers.events(first, chunks[0], chunks[1], bare, *chunks[2:], b"[DONE]"))
    done = ask.chat("azure", stream=True)
    complete = done.text == "pong" and done.finish == "stop" and "[DONE]" in done.answer.events
    return expect(complete, "whole answer", f"text {done.text!r}, finish {done.finish!r}")


@case("T26", "An error in a stream of status 200, after the role chunk, is no clean end", CHAT)
def error_after_role(ask: Ask) -> Verdict:
    """The provider gives up after saying who speaks."""
    error = {"error": {"message": "overloaded", "type": "server_error", "code": None}}
    reply = answers.events(answers.chat_chunks()[0], error)
    ask.reply("chat", *[reply] * 8)
    done = ask.chat(ask.fresh("pair"), stream=True)
    if done.text == "pong" and [one.provider for one in done.sent][-1:] == ["spare"]:
        return passed("the spare server answered")
    told = done.answer.status >= 400 or any("error" in event for event in done.chunks)
    return expect(told or not done.answer.whole, "an error is told", f"looks complete: {done.finish!r}")


@case("T27", "A reasoning deployment gets `max_completion_tokens`", AZURE)
def token_limit_field(ask: Ask) -> Verdict:
    """The client says `max_tokens`; the deployment's declared base model refuses that."""
    done = ask.chat("azure", max_tokens=77)
    if not done.sent:
        return unserved(done)
    limits = {name: done.body.get(name) for name in ("max_tokens", "max_completion_tokens")}
    right = limits == {"max_tokens": None, "max_completion_tokens": 77}
    return expect(right, "renamed", f"sent {limits}")


@case("T28", "Usage that nobody asked for is not shown", CHAT)
def unasked_usage(ask: Ask) -> Verdict:
    """A stream without stream_options."""
    done = ask.chat("chat", stream=True)
    shown = [event for event in done.chunks if event.get("usage")]
    return expect(not shown and done.text == "pong", "none shown", f"{len(shown)} events with usage")


@case("T28", "Usage in a last chunk that has choices is counted", CHAT)
def usage_with_choices(ask: Ask) -> Verdict:
    """Some servers put it there."""
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    chunks = [*answers.chat_chunks()[:3], answers.chunk({}, "stop", usage=usage)]
    ask.reply("chat", answers.events(*chunks, b"[DONE]"))
    done = ask.chat("chat", stream=True, stream_options={"include_usage": True})
    told = [event["usage"]["total_tokens"] for event in done.chunks if event.get("usage")]
    return expect(told[-1:] == [15], "told", f"told {told}")


@case("T30", "No null is sent that the client did not write", "OpenAI API reference; vLLM refuses such nulls")
def no_nulls(ask: Ask) -> Verdict:
    """A small body."""
    seen = {}
    for route in ("chat", "claude", "gemini", "messages"):
        done = ask.chat(route)
        if done.sent and b"null" in done.sent[-1].raw:
            seen[route] = sorted(name for name, value in done.body.items() if value is None) or "nested"
    return expect(not seen, "none", f"sent {seen}")


@case(
    "T32", "An answer that the model refused does not look finished", "Anthropic API reference, stop_reason"
)
def refusal(ask: Ask) -> Verdict:
    """Anthropic's `refusal`, whole and streamed."""
    ask.reply("messages", Reply((answers.encode(answers.message(stop="refusal")),)))
    whole = ask.chat("messages").choice.get("finish_reason")
    ask.reply("messages", answers.events(*answers.message_events("refusal"), framing=answers.named_sse))
    streamed = ask.chat("messages", stream=True).finish
    blocked = {"content_filter", "refusal"}
    seen = f"whole {whole!r}, streamed {streamed!r}"
    return expect(whole in blocked and streamed in blocked, seen, seen)


@case("T32", "A refusal stays a refusal for a client of Messages", "Anthropic API reference, stop_reason")
def refusal_to_messages(ask: Ask) -> Verdict:
    """Chat completions' content_filter, read by a client of Messages."""
    body = answers.chat()
    body["choices"][0]["finish_reason"] = "content_filter"
    ask.reply("chat", Reply((answers.encode(body),)))
    done = ask.messages("chat")
    if done.answer.status != 200:
        return unserved(done)
    told = (done.answer.json or {}).get("stop_reason")
    return expect(told == "refusal", "refusal", f"told {told!r}")


@case(
    "T43",
    "A compressed stream, cut anywhere, arrives whole",
    "RFC 9110, content codings; HTML, server-sent events",
)
def compressed_stream(ask: Ask) -> Verdict:
    """Gzip although nobody asked, in odd pieces."""
    import gzip  # noqa: PLC0415 - only here

    data = gzip.compress(b"".join(map(answers.sse, [*answers.chat_chunks(), b"[DONE]"])))
    pieces = tuple(data[at : at + 17] for at in range(0, len(data), 17))
    ask.reply("chat", Reply(pieces, kind=answers.SSE, headers=(("content-encoding", "gzip"),)))
    done = ask.chat(ask.fresh("chat"), stream=True)
    return expect(done.text == "pong", "whole", f"status {done.answer.status}, text {done.text!r}")


@case(
    "T43",
    "A stream cut at every byte arrives whole, with comments between events",
    "HTML, server-sent events",
)
def byte_by_byte(ask: Ask) -> Verdict:
    """One byte a write, keep-alive comments in between."""
    events = [answers.sse(one) for one in [*answers.chat_chunks(), b"[DONE]"]]
    data = b": keep-alive\n\n".join(events)
    ask.reply("chat", Reply(tuple(data[at : at + 1] for at in range(len(data))), kind=answers.SSE))
    done = ask.chat("chat", stream=True)
    return expect(done.text == "pong" and done.finish == "stop", "whole", f"text {done.text!r}")


@case("T43", "A stream that breaks off is not completed by the gateway", CHAT)
def truncated_stream(ask: Ask) -> Verdict:
    """The provider closes after the first words, without a finish reason."""
    ask.reply("chat", *[answers.events(*answers.chat_chunks()[:2])] * 8)
    done = ask.chat(ask.fresh("chat"), stream=True)
    told = done.answer.status >= 400 or any("error" in event for event in done.chunks)
    clean = done.finish is not None or "[DONE]" in done.answer.events
    seen = f"finish {done.finish!r}, end mark {'[DONE]' in done.answer.events}, error {told}"
    return expect(told or not clean, seen, seen)


@case("T43", "A body that is no JSON is a failure, not an empty answer", CHAT)
def malformed_answer(ask: Ask) -> Verdict:
    """A proxy's HTML page with status 200."""
    ask.reply("chat", *[Reply((b"<html>busy</html>",), kind="text/html")] * 8)
    done = ask.chat(ask.fresh("chat"))
    return expect(done.answer.status >= 500, f"status {done.answer.status}", f"status {done.answer.status}")


@case("T44", "The second attempt gets the whole request", CHAT)
def immutable_request(ask: Ask) -> Verdict:
    """The first server fails; the second must see what the client sent."""
    failing = Reply((b'{"error":{"message":"broken"}}',), status=500)
    ask.reply("chat", *[failing] * 8)
    messages = [{"role": "system", "content": "be brief"}, USER, {"role": "user", "content": "again"}]
    done = ask.chat(ask.fresh("pair"), messages=messages, stop=["X"])
    if not done.sent or done.sent[-1].provider != "spare":
        return failed(f"asked {[one.provider for one in done.sent]}, status {done.answer.status}")
    same = done.body.get("messages") == messages and done.body.get("stop") == ["X"]
    return expect(same, "as the client sent it", json.dumps(done.body)[:160])
