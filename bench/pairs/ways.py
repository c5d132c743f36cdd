"""How each dialect is asked and answered: paths, a question of a kilobyte, an answer whole and streamed."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from bench.requests import QUESTION, SYSTEM
from comity.dialects import DIALECTS, Dialect
from comity.exchange import (
    Choice,
    Event,
    Finish,
    Finished,
    ModelTraits,
    Request,
    Response,
    Sampling,
    Started,
    StreamEnd,
    Text,
    TextDelta,
    Turn,
    Usage,
    UsageReport,
    WireRequest,
)

KEY = "sk-bench-pairs"
EVENTS = 20
"""Events of text in a stream."""
SAID = "bench-answer-ok"
TRAITS = ModelTraits(family="claude", structured_output=True, prompt_caching=True)
USAGE = Usage(input=212, output=27)


class Way(msgspec.Struct, frozen=True):
    """How a client of a dialect asks, and where a target of it is."""

    path: str
    """Request target of a whole answer; `{model}` where it names the model."""
    stream_path: str
    """Request target of a streamed answer."""
    cloud: str
    """Whose cloud a target of this dialect is."""
    url: str
    """What follows the upstream's address in a deployment's `url`."""
    text: str = SAID
    """What a streamed answer must hold, as far as it is legible."""


WAYS = {
    "openai.chat": Way("/v1/chat/completions", "/v1/chat/completions", "own", "/v1"),
    "openai.responses": Way("/v1/responses", "/v1/responses", "own", "/v1"),
    "anthropic.messages": Way("/v1/messages", "/v1/messages", "anthropic", ""),
    "bedrock.converse": Way("/model/{model}/converse", "/model/{model}/converse-stream", "aws", ""),
    "bedrock.invoke": Way(
        "/model/{model}/invoke", "/model/{model}/invoke-with-response-stream", "aws", "", text="chunk"
    ),
    "gemini.generate": Way(
        "/v1beta/models/{model}:generateContent",
        "/v1beta/models/{model}:streamGenerateContent?alt=sse",
        "google",
        "",
    ),
}
"""The dialects that are measured."""


class Paced(msgspec.Struct, frozen=True):
    """Streams whose events leave one by one, with the time in their text."""

    events: int = 60
    """Events of text."""
    seconds: float = 0.003
    """Between two events."""

    def name(self, target: str) -> str:
        """The model whose answers are paced."""
        return f"paced-{target}"


PACED = Paced()
STAMP = re.compile(rb"@(\d+)@")
"""How a time stands in a text, in nanoseconds of the machine's clock."""


def question(model: str, *, stream: bool) -> Request:
    """A request of about a kilobyte."""
    turns = (Turn("system", (Text(SYSTEM),)), Turn("user", (Text(QUESTION),)))
    return Request(model, turns, sampling=Sampling(max_output_tokens=256, temperature=0.2), stream=stream)


def whole_answer(spoken: Dialect) -> bytes:
    """An answer in one piece, in the words of a dialect."""
    choice = Choice((Text(f"The agreement permits this use. {SAID}"),), Finish.STOP, "stop")
    return spoken.encode_response(Response("answer-1", "bench", (choice,), USAGE, 1_790_000_000))


def streamed_answer(spoken: Dialect) -> bytes:
    """An answer in twenty events, in the words of a dialect."""
    encoder = spoken.EventEncoder(msgspec.structs.replace(question("bench", stream=True), stream_usage=True))
    events: list[Event] = [Started("answer-1", "bench", 1_790_000_000)]
    events += [TextDelta(f"{SAID} ") for _ in range(EVENTS)]
    events += [Finished(Finish.STOP, "stop"), UsageReport(USAGE), StreamEnd()]
    return b"".join(encoder.encode(event) for event in events)


def write_question(path: Path, client: str, target: str, *, stream: bool) -> Path:
    """The whole request of a client for a route, head and body."""
    way, spoken = WAYS[client], DIALECTS[client]
    encoded = spoken.encode_request(question(target, stream=stream), target, TRAITS, lossy=True)
    assert isinstance(encoded, WireRequest), "every dialect can say this"
    address = (way.stream_path if stream else way.path).format(model=target)
    lines = [
        f"POST {address} HTTP/1.1",
        "host: 127.0.0.1",
        f"authorization: Bearer {KEY}",
        "anthropic-version: 2023-06-01",
        "content-type: application/json",
        f"content-length: {len(encoded.body)}",
    ]
    path.write_bytes("\r\n".join([*lines, "", ""]).encode() + encoded.body)
    return path
