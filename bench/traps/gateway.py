"""Cases T33 to T42: what a gateway does with keys, callers' wishes and clients that leave."""

from __future__ import annotations

import re

from bench.traps import answers
from bench.traps.case import Ask, case, expect, failed, passed
from bench.traps.subjects import BEHIND, KEY
from bench.traps.values import Reply, Verdict

SECURITY = "OWASP API security: server-side request forgery, secrets"


@case("T33", "A body cannot name servers or keys of its own", SECURITY)
def smuggled_target(ask: Ask) -> Verdict:
    """`api_base`, `base_url`, `api_key` and `fallbacks` in the client's body."""
    elsewhere = f"http://127.0.0.1:{ask.upstream.port}/spare/v1"
    ask.reply("chat", *[Reply((b'{"error":{"message":"broken"}}',), status=500)] * 8)
    done = ask.chat(
        ask.fresh("chat"),
        api_base=elsewhere,
        base_url=elsewhere,
        api_key="sk-of-the-client",
        fallbacks=["spare"],
    )
    reached = [one.provider for one in done.sent if one.provider == "spare"]
    used = any("sk-of-the-client" in str(one.headers) for one in done.sent)
    seen = f"asked {[one.provider for one in done.sent]}"
    return expect(not reached and not used, seen, f"{seen}, the client's key used: {used}")


@case("T35", "The key of the front door never reaches a provider, nor one provider's key another", SECURITY)
def keys_stay(ask: Ask) -> Verdict:
    """Every route once."""
    own = {
        "chat": BEHIND["chat"],
        "azure": BEHIND["chat"],
        "gemini": BEHIND["gemini"],
        "messages": BEHIND["messages"],
        "claude": BEHIND["aws_id"],
    }
    leaks = []
    for route, key in own.items():
        done = ask.chat(route)
        for one in done.sent:
            said = f"{one.headers} {one.path} {one.body}"
            others = {value for value in BEHIND.values() if value != key} - {BEHIND["aws_id"]}
            leaks += [route for secret in (KEY, *others) if secret in said]
    return expect(not leaks, "none", f"a foreign key at {sorted(set(leaks))}")


@case(
    "T38", "When a client leaves, the provider's stream is ended", "OpenAI and Bedrock bill what is generated"
)
def client_leaves(ask: Ask) -> Verdict:
    """A stream that would never end."""
    head = tuple(answers.sse(one) for one in answers.chat_chunks()[:2])
    ask.reply("chat", Reply(head, kind=answers.SSE, endless=True))
    ask.client.leave(
        ask.fresh("chat"),
        {"messages": [{"role": "user", "content": "ping"}], "stream": True},
        path="/v1/chat/completions",
    )
    left = ask.upstream.left.wait(10)
    return expect(left, "ended", "still open after 10 s")


@case("T39", "A call whose answer was lost is not made again", "RFC 9110 9.2.2: POST is not idempotent")
def lost_answer(ask: Ask) -> Verdict:
    """The provider's gateway says 504 after the request was sent: it may have been served and charged."""
    ask.reply("chat", *[Reply((b'{"error":{"message":"timeout"}}',), status=504)] * 8)
    done = ask.chat(ask.fresh("chat"))
    calls = len(done.sent)
    return expect(calls == 1, "one call", f"{calls} calls")


@case("T42", "A model name cannot become another path", SECURITY)
def model_in_path(ask: Ask) -> Verdict:
    """Dots, slashes, a query and a fragment in the name of a model on Bedrock."""
    for name in ("../../secret", "x%2F..%2Fsecret", "m?evil=1", "m#evil"):
        done = ask.chat("claude", model=name)
        odd = [one.path for one in done.sent if "/../" in one.path or re.search(r"[?#]evil", one.path)]
        if odd:
            return failed(f"called {odd[0]}")
    return passed("refused or encoded")


@case("T42", "An error of a provider that echoes its key does not show it to the client", SECURITY)
def echoed_key(ask: Ask) -> Verdict:
    """401 with the key in its text, as providers have written it."""
    text = f"Incorrect API key provided: {BEHIND['chat']}"
    ask.reply("chat", *[Reply((answers.encode({"error": {"message": text}}),), status=401)] * 8)
    done = ask.chat(ask.fresh("chat"))
    shown = BEHIND["chat"].encode() in done.answer.raw
    return expect(not shown, f"status {done.answer.status}, not shown", "shown to the client")
