"""What passes between a client and a target, for tests of any pair: said, written anew, answered, echoed.

Nothing here knows a pair: each dialect says, reads and shows by its own code, and a client echoes an answer
as the JSON that it got, as real clients do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import permutations
from typing import Any

import msgspec
import pytest

from comity.dialects import DIALECTS, Dialect
from comity.dialects.survey import generous_traits, shows
from comity.exchange import (
    AnswerKey,
    Choice,
    Event,
    Finish,
    Inexpressible,
    ModelTraits,
    Part,
    Request,
    Response,
    Text,
    Turn,
    Usage,
    WireRequest,
)

PAIRS = tuple(permutations(DIALECTS, 2))
CLAUDE = frozenset({"anthropic.messages", "bedrock.invoke", "vertex.messages"})
"""Surfaces of one API, whose blocks and parameters carry over as they are."""
CREATED = 1795221023
ASK = Turn("user", (Text("hello"),))

Touches = Callable[[str, str], bool]


def always(client: str, target: str) -> bool:
    """Every pair."""
    return client != target


def between(touches: Touches) -> tuple[tuple[str, str], ...]:
    """The pairs that something touches, from the registry."""
    return tuple(pair for pair in PAIRS if touches(*pair))


def on(touches: Touches) -> pytest.MarkDecorator:
    """A test of every pair that something touches."""
    pairs = between(touches)
    return pytest.mark.parametrize(("client", "target"), pairs, ids=["--".join(pair) for pair in pairs])


def said(client: str, request: Request) -> Request:
    """The request as the client's dialect carries it."""
    spoken = DIALECTS[client]
    wire = spoken.encode_request(request, "assistant", generous_traits(client), lossy=True)
    assert isinstance(wire, WireRequest), wire
    return spoken.decode_request(wire.body, model="assistant", stream=False)


def written(
    target: str, request: Request, traits: ModelTraits | None = None, *, lossy: bool = True
) -> WireRequest:
    """What the target gets; fails where it can get nothing."""
    wire = outcome(target, request, traits, lossy=lossy)
    assert isinstance(wire, WireRequest), wire
    return wire


def outcome(
    target: str, request: Request, traits: ModelTraits | None = None, *, lossy: bool = False
) -> WireRequest | Inexpressible:
    """What the target gets, or why it gets nothing."""
    return DIALECTS[target].encode_request(request, "m", traits or generous_traits(target), lossy=lossy)


def body(wire: WireRequest) -> Any:
    """The body as JSON."""
    return json.loads(wire.body)


def read(target: str, wire: WireRequest) -> Request:
    """The body as its receiver reads it."""
    return DIALECTS[target].decode_request(wire.body, model="m", stream=False)


def inside(value: Any) -> Iterator[Any]:
    """Every value in a JSON body, at any depth."""
    yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from inside(item)


def keyed(value: Any, name: str) -> Iterator[Any]:
    """Every value that stands under a name in a JSON body."""
    for item in inside(value):
        if isinstance(item, dict) and name in item:
            yield item[name]


@cache
def plainly(target: str) -> WireRequest:
    """A plain question to the target."""
    return written(target, Request("m", (ASK,)))


def mark(target: str) -> str:
    """Whose mark the target's own thoughts bear."""
    return plainly(target).answer.origin


def key_of(client: str, wire: WireRequest) -> AnswerKey:
    """The key to an answer, with what the gateway adds."""
    return msgspec.structs.replace(wire.answer, id=f"{DIALECTS[client].ID_PREFIX}0123", created=CREATED)


def answer(*parts: Part, finish: Finish = Finish.STOP, usage: Usage | None = None) -> Response:
    """An answer of a cloud."""
    return Response("answer_1", "m", (Choice(parts, finish),), usage or Usage(5, output=5), CREATED)


def relayed(client: str, target: str, response: Response, wire: WireRequest | None = None) -> bytes:
    """The client's whole answer for the target's."""
    key = key_of(client, wire or plainly(target))
    told = DIALECTS[target].decode_response(DIALECTS[target].encode_response(response), key)
    return DIALECTS[client].encode_response(told)


def received(client: str, told: bytes) -> Response:
    """The client's answer as the client reads it."""
    return DIALECTS[client].decode_response(told, AnswerKey(id="id", model="m", created=CREATED))


def streamed(
    client: str, target: str, events: Iterable[Event], wire: WireRequest | None = None, size: int = 0
) -> bytes:
    """The client's stream for the target's, which comes in pieces of `size` bytes."""
    speaker = DIALECTS[target].EventEncoder(listening())
    return retold(client, target, b"".join(speaker.encode(event) for event in events), wire, size)


def retold(client: str, target: str, stream: bytes, wire: WireRequest | None = None, size: int = 0) -> bytes:
    """The client's stream for the bytes of a target's."""
    reader = DIALECTS[target].EventDecoder(key_of(client, wire or plainly(target)))
    clerk = DIALECTS[client].EventEncoder(listening())
    step = size or len(stream) or 1
    pieces = [stream[at : at + step] for at in range(0, len(stream), step)]
    events = [event for piece in pieces for event in reader.feed(piece)] + reader.flush()
    return b"".join(clerk.encode(event) for event in events)


def heard(client: str, stream: bytes) -> list[Event]:
    """The client's stream as the client reads it."""
    reader = DIALECTS[client].EventDecoder(AnswerKey(id="id", model="m", created=CREATED))
    return [*reader.feed(stream), *reader.flush()]


def listening() -> Request:
    """The request of a client that streams and wants to see the count."""
    return Request("m", (ASK,), stream=True, stream_usage=True)


def echoed(client: str, request: Request, told: bytes, *after: Turn) -> Request:
    """The next request of a client that sends the answer back as it came."""
    spoken = DIALECTS[client]
    asked = json.loads(_body(spoken, request))
    turns, inner = _conversation(client, asked), json.loads(told)
    turns.extend(_echo(client, inner))
    if after:
        turns.extend(_conversation(client, json.loads(_body(spoken, Request("m", (ASK, *after)))))[1:])
    return spoken.decode_request(json.dumps(asked).encode(), model="m", stream=False)


def _body(spoken: Dialect, request: Request) -> bytes:
    wire = spoken.encode_request(request, "assistant", generous_traits(spoken.NAME), lossy=True)
    assert isinstance(wire, WireRequest), wire
    return wire.body


def _conversation(client: str, asked: Any) -> list[Any]:
    names = {"openai.responses": "input", "gemini.generate": "contents"}
    turns: list[Any] = asked[names.get(client, "messages")]
    return turns


def _echo(client: str, told: Any) -> list[Any]:
    if client == "openai.responses":
        items: list[Any] = told["output"]
        return items
    if client == "openai.chat":
        return [told["choices"][0]["message"]]
    if client == "bedrock.converse":
        return [told["output"]["message"]]
    if client == "gemini.generate":
        return [told["candidates"][0]["content"]]
    return [{"role": "assistant", "content": told["content"]}]


def shown(client: str, target: str, feature: str) -> bool:
    """Whether a target's answer can hold something, and its client is shown it."""
    return feature in shows(client) and feature in shows(target)
