"""Golden files: rich exchanges on every ordered pair of dialects, reviewed like code.

Each file reads from top to bottom: what the client sends, what the target gets, what was refused or left
out; what the target answers, what the client gets, what it is not shown; the stream event by event, as the
target says it and as the client hears it; why answers end; what errors become. `COMITY_GOLDEN=write` writes
them anew.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode
from collections.abc import Iterable, Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.dialects.pair_exchanges import (
    BROKEN,
    CALLED,
    CREATED,
    ENDINGS,
    FAILURES,
    Exchange,
    Failed,
    exchanges,
)

from comity.dialects import DIALECTS, Dialect
from comity.dialects.event_stream import FrameDecoder
from comity.dialects.survey import generous_traits, unshown
from comity.exchange import (
    AnswerKey,
    Choice,
    Dropped,
    Event,
    Finish,
    Inexpressible,
    Part,
    Request,
    Response,
    StreamFailure,
    Text,
    ToolCall,
    ToolCallStart,
    Turn,
    WireRequest,
)

FOLDER = Path(__file__).parents[1] / "golden" / "pairs"
PAIRS = list(permutations(DIALECTS, 2))


def crossed(client: Dialect, target: Dialect) -> dict[str, Any]:
    """Everything that passes between a client and a target."""
    said: dict[str, Any] = {}
    for exchange in exchanges(_mark(client), _mark(target)):
        said[exchange.name] = _exchanged(exchange, client, target)
    return said | {"answers end": _endings(client, target), "errors": _errors(client, target)}


def _mark(spoken: Dialect) -> str:
    """Whose mark the dialect's own thoughts bear."""
    asked = Request("m", (Turn("user", (Text("hello"),)),))
    wire = spoken.encode_request(asked, "m", generous_traits(spoken.NAME), lossy=True)
    assert isinstance(wire, WireRequest)
    return wire.answer.origin


def _exchanged(exchange: Exchange, client: Dialect, target: Dialect) -> dict[str, Any]:
    said = client.encode_request(exchange.request, "assistant", generous_traits(client.NAME), lossy=True)
    assert isinstance(said, WireRequest)
    read = client.decode_request(said.body, model="assistant", stream=False)
    wire = target.encode_request(read, "model-1", generous_traits(target.NAME), lossy=True)
    assert isinstance(wire, WireRequest)
    strict = target.encode_request(read, "model-1", generous_traits(target.NAME), lossy=False)
    answered = target.encode_response(_renamed(exchange.answer, wire))
    key = msgspec.structs.replace(wire.answer, id=f"{client.ID_PREFIX}0123", created=CREATED)
    response = target.decode_response(answered, key)
    told = msgspec.structs.replace(response, request=read)
    return {
        "client sends": json.loads(said.body),
        "target gets": json.loads(wire.body),
        "headers": dict(wire.headers),
        "refused": _named(strict.missing) if isinstance(strict, Inexpressible) else [],
        "dropped": _named(wire.dropped),
        "target answers": json.loads(answered),
        "client gets": json.loads(client.encode_response(told)),
        "client is not shown": list(unshown(client.NAME, response)),
        "streamed": list(_streamed(exchange, client, target, read, wire)),
    }


def _renamed(answer: Response, wire: WireRequest) -> Response:
    """The answer with the tools' names as the target was told them."""
    names = {client: told for told, client in wire.answer.tools.items()}
    return msgspec.structs.replace(
        answer,
        choices=tuple(
            msgspec.structs.replace(choice, parts=tuple(_called(part, names) for part in choice.parts))
            for choice in answer.choices
        ),
    )


def _called(part: Part, names: dict[str, str]) -> Part:
    if not isinstance(part, ToolCall):
        return part
    return msgspec.structs.replace(part, name=names.get(part.name, part.name))


def _named(dropped: tuple[Dropped, ...]) -> list[str]:
    return [f"{one.parameter}: {one.reason}" for one in dropped]


def _streamed(
    exchange: Exchange, client: Dialect, target: Dialect, read: Request, wire: WireRequest
) -> Iterator[dict[str, list[str]]]:
    """What the client hears at each thing that the target says, and when that breaks off."""
    names = {client: told for told, client in wire.answer.tools.items()}
    speaker, clerk = target.EventEncoder(_asking(exchange.request)), client.EventEncoder(_asking(read))
    key = msgspec.structs.replace(wire.answer, id=f"{client.ID_PREFIX}0123", created=CREATED)
    reader = target.EventDecoder(key)
    for event in exchange.events:
        piece = speaker.encode(_told(event, names))
        heard = b"".join(clerk.encode(one) for one in reader.feed(piece))
        if piece or heard:
            yield {"target": list(_legible(piece)), "client": list(_legible(heard))}
    rest = b"".join(clerk.encode(one) for one in reader.flush())
    if rest:
        yield {"target": ["(ends)"], "client": list(_legible(rest))}


def _told(event: Event, names: dict[str, str]) -> Event:
    if not isinstance(event, ToolCallStart):
        return event
    return msgspec.structs.replace(event, name=names.get(event.name, event.name))


def _asking(request: Request) -> Request:
    return msgspec.structs.replace(request, stream=True, stream_usage=True)


def _legible(stream: bytes) -> Iterator[str]:
    """Each event of a stream in one line; of a frame its kind and what is in it."""
    if not stream.startswith(b"\0\0"):
        yield from (
            event.replace("\n", " ") for event in stream.decode().replace("\r", "").split("\n\n") if event
        )
        return
    for frame in FrameDecoder().feed(stream):
        kind = frame.text(":event-type") or frame.text(":exception-type")
        inside = json.loads(frame.payload)
        held = b64decode(inside["bytes"]).decode() if kind == "chunk" else frame.payload.decode()
        yield f"{kind}: {held}"


def _endings(client: Dialect, target: Dialect) -> dict[str, Any]:
    """The target's words for why an answer ended, and the client's."""
    _, words = ENDINGS[target.NAME]
    key = AnswerKey(id="id", model="m", created=CREATED)
    answers = {word: target.decode_response(_ended(target, word), key) for word in words}
    return {word: _ending(client, client.encode_response(answer)) for word, answer in answers.items()}


def _ended(target: Dialect, word: str) -> bytes:
    """An answer of the target that ended for the reason it calls `word`."""
    calls = word in {"tool_calls", "tool_use"}
    choice = Choice((ToolCall("call_1", "f", "{}"),) if calls else (Text("done"),), Finish.UNKNOWN)
    body = json.loads(target.encode_response(Response("id", "m", (choice,), CALLED, CREATED)))
    *path, last = ENDINGS[target.NAME][0]
    inner = body
    for step in path:
        inner = inner[step]
    inner[last] = {"reason": word} if last == "incomplete_details" else word
    inner.pop("native_finish_reason", None)
    inner.pop("finishMessage", None)
    return json.dumps(body).encode()


def _ending(client: Dialect, answered: bytes) -> str:
    """The members of the client's answer that say why it ended."""
    *path, last = ENDINGS[client.NAME][0]
    inner = json.loads(answered)
    for step in path:
        inner = inner[step]
    names = (last, "status", "native_finish_reason", "finishMessage", "stop_sequence")
    return ", ".join(f"{name} {json.dumps(inner[name])}" for name in names if inner.get(name) is not None)


def _errors(client: Dialect, target: Dialect) -> list[dict[str, Any]]:
    """What the target's refusals become, and what breaks off a stream."""
    said = [_refused(client, target, failed) for failed in FAILURES[target.NAME]]
    broken = target.encode_stream_failure(BROKEN)
    (event,) = target.EventDecoder(AnswerKey()).feed(broken)
    assert isinstance(event, StreamFailure)
    told = client.encode_stream_failure(event.failure.fault)
    return [*said, {"target": list(_legible(broken)), "client": list(_legible(told))}]


def _refused(client: Dialect, target: Dialect, failed: Failed) -> dict[str, Any]:
    failure = target.decode_failure(failed.status, failed.headers.get, failed.body.encode())
    fault = failure.fault
    return {
        "target": [failed.status, _headers(failed.headers.items()), json.loads(failed.body)],
        "means": f"{failure.kind.value}, retry after {failure.retry_after}",
        "client": [
            fault.status,
            _headers(client.failure_headers(fault)),
            json.loads(client.encode_failure(fault)),
        ],
    }


def _headers(named: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in named}


def _laid_out(value: object, indent: int = 0) -> str:
    """JSON with everything that fits on a line on one line."""
    short = json.dumps(value, ensure_ascii=False)
    if len(short) + indent <= 110 or not isinstance(value, (dict, list)):
        return short
    if isinstance(value, list):
        inside = [_laid_out(item, indent + 1) for item in value]
    else:
        inside = [f"{json.dumps(name)}: {_laid_out(item, indent + 1)}" for name, item in value.items()]
    opened, closed = "[]" if isinstance(value, list) else "{}"
    space = "\n" + " " * (indent + 1)
    return f"{opened}{space}{f',{space}'.join(inside)}{space[:-1]}{closed}"


@pytest.mark.parametrize(("client", "target"), PAIRS, ids=["--".join(pair) for pair in PAIRS])
def test_a_pair_is_its_golden_file(client: str, target: str) -> None:
    """A change of any translation shows as a reviewed change of a file."""
    path = FOLDER / f"{client}--{target}.json"
    now = crossed(DIALECTS[client], DIALECTS[target])
    if os.environ.get("COMITY_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(_laid_out(now) + "\n", encoding="utf-8")
    assert now == json.loads(path.read_text(encoding="utf-8"))


def test_every_pair_has_a_file_and_every_file_a_pair() -> None:
    """No file is missing, none is left behind."""
    assert {path.stem for path in FOLDER.glob("*.json")} == {"--".join(pair) for pair in PAIRS}
