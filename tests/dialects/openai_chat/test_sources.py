"""Citations, spoken output, log-probabilities and stop sequences in chat answers, whole and streamed."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from comity.dialects.openai_chat import EventDecoder, EventEncoder, decode_response, encode_response
from comity.dialects.openai_chat.usage import WireUsage, decode_usage, encode_usage
from comity.exchange import (
    BlockDelta,
    Choice,
    Citation,
    CitationDelta,
    Event,
    Finish,
    Finished,
    LogprobsDelta,
    Media,
    Opaque,
    Request,
    Response,
    Started,
    Text,
    TextDelta,
    Usage,
)

LOGPROBS = {"content": [{"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}]}


def annotation(start: int, end: int, title: str = "t") -> dict[str, object]:
    """A web citation as chat completions writes it."""
    place = {"url": "https://a.example", "title": title, "start_index": start, "end_index": end}
    return {"type": "url_citation", "url_citation": place}


def whole(*texts: Text) -> dict[str, object]:
    """The message of an answer with these blocks."""
    answer = Response("c", "m", (Choice(texts, Finish.STOP),))
    message: dict[str, object] = json.loads(encode_response(answer))["choices"][0]["message"]
    return message


def test_an_answers_own_citations_round_trip() -> None:
    """Annotations of any type come back as they came."""
    message = {"role": "assistant", "content": "abcd", "annotations": [annotation(1, 3), {"type": "x"}]}
    body = {"id": "c", "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    answer = decode_response(json.dumps(body).encode())
    (text,) = answer.choices[0].parts
    assert isinstance(text, Text)
    assert text.citations[0].url == "https://a.example"
    again = json.loads(encode_response(answer))
    assert again["choices"][0]["message"]["annotations"] == message["annotations"]
    assert decode_response(encode_response(answer)) == answer


def test_citations_of_other_dialects_are_placed_in_the_whole_message() -> None:
    """A citation of a block counts from the block; one of a document has no form and leaves no trace."""
    page = Citation("https://a.example", "t", origin="anthropic.messages")
    placed = Citation("https://a.example", start=1, end=2)
    document = Citation(title="d", quote="q", origin="anthropic.messages", wire={"cited_text": "q"})
    message = whole(Text("abc", citations=(page, document)), Text("de", citations=(placed,)))
    assert message["content"] == "abcde"
    assert message["annotations"] == [annotation(0, 3), annotation(4, 5, "")]
    assert "annotations" not in whole(Text("a", citations=(document,)))


def test_spoken_output_is_kept_for_its_own_dialect() -> None:
    """Audio of an answer is an opaque block; another dialect's block and media have no form."""
    audio = {"id": "a", "data": "AA==", "transcript": "hi"}
    body = {"choices": [{"message": {"content": None, "audio": audio}, "finish_reason": "stop"}]}
    answer = decode_response(json.dumps(body).encode())
    assert answer.choices[0].parts == (Opaque("audio", audio, "openai.chat"),)
    assert json.loads(encode_response(answer))["choices"][0]["message"]["audio"] == audio
    foreign = Choice((Opaque("x", {}, "o"), Media("image", "image/png", b"x")), Finish.STOP)
    message = json.loads(encode_response(Response("c", "m", (foreign,))))["choices"][0]["message"]
    assert message == {"role": "assistant", "content": "", "refusal": None}
    silent = {"choices": [{"message": {"content": "a", "audio": 1}, "finish_reason": "stop"}]}
    assert decode_response(json.dumps(silent).encode()).choices[0].parts == (Text("a"),)


def test_the_stop_sequence_stands_where_vllm_tells_it() -> None:
    """A word is kept, a token's number is none."""
    choice: dict[str, Any] = {"message": {"content": "a"}, "finish_reason": "stop", "stop_reason": "END"}
    body = {"choices": [choice]}
    answer = decode_response(json.dumps(body).encode())
    assert answer.choices[0].stop_sequence == "END"
    assert json.loads(encode_response(answer))["choices"][0]["stop_reason"] == "END"
    choice["stop_reason"] = 7
    assert decode_response(json.dumps(body).encode()).choices[0].stop_sequence is None


STREAM: tuple[Event, ...] = (
    Started("c", "m", 1),
    TextDelta("abc"),
    LogprobsDelta(LOGPROBS),
    CitationDelta(Citation("https://a.example", "t", None, 0, 3, "openai.chat", annotation(0, 3))),
    BlockDelta(Opaque("audio", {"id": "a", "data": "AA=="}, "openai.chat")),
    Finished(Finish.STOP, "stop", 0, "END"),
)


def test_streams_carry_all_of_it_both_ways() -> None:
    """Log-probabilities, citations, sound and the stop sequence survive the way out and in."""
    encoder = EventEncoder(Request("m", ()))
    stream = b"".join(map(encoder.encode, STREAM))
    assert tuple(EventDecoder().feed(stream)) == STREAM


def test_streamed_citations_are_placed_by_the_text_before_them() -> None:
    """Text after a citation begins a new block; what has no form is nothing on the wire."""
    page = Citation("https://a.example", "t", origin="anthropic.messages")
    encoder = EventEncoder(Request("m", ()))
    events: tuple[Event, ...] = (TextDelta("abc"), CitationDelta(page), TextDelta("de"), CitationDelta(page))
    stream = b"".join(map(encoder.encode, events))
    places = [
        (event.citation.start, event.citation.end)
        for event in EventDecoder().feed(stream)
        if isinstance(event, CitationDelta)
    ]
    assert places == [(0, 3), (3, 5)]
    document = Citation(title="d", origin="anthropic.messages", wire={"x": 1})
    assert encoder.encode(CitationDelta(document)) == b""
    assert encoder.encode(BlockDelta(Media("image", "image/png", b"x"))) == b""


def test_image_tokens_and_long_cache_writes_are_inside_the_sums() -> None:
    """The classes stay disjoint; the two lifetimes of the cache share one class here."""
    usage = Usage(10, 1, 2, 20, 3, 4, 5, 6, 7, 8)
    wire = encode_usage(usage)
    assert (wire["prompt_tokens"], wire["completion_tokens"]) == (usage.prompt, usage.completion)
    assert wire["prompt_tokens_details"]["cache_write_tokens"] == 8
    assert decode_usage(msgspec.convert(wire, WireUsage)) == Usage(10, 1, 8, 20, 3, 4, 5, 0, 7, 8)
