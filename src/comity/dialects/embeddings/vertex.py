"""Text embeddings on Vertex AI: `:predict` with one instance per text.

Images and sounds have instances of other forms there, per model; only text is translated.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.embeddings.gemini_content import TASKS, WORDS
from comity.dialects.embeddings.own_names import EmbeddingLosses
from comity.dialects.embeddings.reading import peek_of, read_body, refuse_token_ids, text_of
from comity.dialects.peek import Outline, Peek
from comity.dialects.wire_json import (
    read_answer,
    read_request_object,
    read_request_part,
    stated,
    unknown_members,
)
from comity.errors import RequestError
from comity.exchange import (
    AnswerKey,
    EmbeddingRequest,
    EmbeddingResponse,
    Inexpressible,
    ModelTraits,
    Text,
    Usage,
    WireRequest,
)

NAME = "vertex.embeddings"

_PLAIN = AnswerKey()


class _Instance(msgspec.Struct):
    content: str
    task_type: str | None = None
    title: str | None = None


class _Parameters(msgspec.Struct, rename="camel"):
    auto_truncate: bool | None = None
    output_dimensionality: int | None = None


class _Body(msgspec.Struct):
    instances: list[dict[str, Any]]
    parameters: dict[str, Any] | None = None


class _Statistics(msgspec.Struct):
    token_count: float | None = None


class _Vector(msgspec.Struct):
    values: list[float]
    statistics: _Statistics | None = None


class _Prediction(msgspec.Struct):
    embeddings: _Vector


class _Answer(msgspec.Struct):
    predictions: list[_Prediction]


_BODY = msgspec.json.Decoder(_Body)
_ANSWER = msgspec.json.Decoder(_Answer)


def peek(body: bytes, model: str | None = None, *, stream: bool | None = None) -> Peek:
    """What routing needs of a body; the address names the model. Raises RequestError."""
    del stream
    read_body(body, _BODY)
    return peek_of(body, model or "")


def adapt(body: bytes, model: str, traits: ModelTraits) -> bytes:
    """`body` itself: the address says all that differs between targets."""
    del model, traits
    return body


def decode_request(body: bytes, *, model: str | None = None) -> EmbeddingRequest:
    """The request in a body; raises RequestError with the field at fault."""
    raw = read_request_object(body)
    wire = read_request_part(raw, _Body, "")
    if not wire.instances:
        raise RequestError("there is nothing to embed", "instances")
    ones = [
        read_request_part(member, _Instance, f"instances[{index}]")
        for index, member in enumerate(wire.instances)
    ]
    if any((one.task_type, one.title) != (ones[0].task_type, ones[0].title) for one in ones):
        raise RequestError("every instance must ask for the same task and title", "instances")
    given = wire.parameters or {}
    parameters = read_request_part(given, _Parameters, "parameters")
    extra = unknown_members(raw, _Body.__struct_fields__)
    for name, value in unknown_members(given, _Parameters.__struct_encode_fields__).items():
        extra[f"parameters.{name}"] = value
    task = TASKS.get(ones[0].task_type or "")
    if ones[0].task_type is not None and task is None:
        extra["task_type"] = ones[0].task_type
    cut = parameters.auto_truncate
    return EmbeddingRequest(
        model=model or "",
        inputs=tuple((Text(one.content),) for one in ones),
        dimensions=parameters.output_dimensionality,
        task=task,
        title=ones[0].title,
        truncate=None if cut is None else ("end" if cut else "none"),
        extra=extra,
        dialect=NAME,
    )


def encode_request(
    request: EmbeddingRequest, model: str, traits: ModelTraits, *, lossy: bool
) -> WireRequest | Inexpressible:
    """The body for a model of Vertex AI, or what it cannot express."""
    losses = EmbeddingLosses(request)
    refuse_token_ids(request, losses)
    if request.user is not None:
        losses.hint("user", "Vertex AI has no place for an end user's id")
    if request.truncate == "start":
        losses.loss("truncate", "Vertex AI cuts at the end only")
    told = stated(task_type=None if request.task is None else WORDS[request.task], title=request.title)
    instances = []
    for index, one in enumerate(request.inputs):
        text = text_of(one)
        if text is None and not (one and isinstance(one[0], int)):
            losses.impossible(f"input[{index}]", "only text is embedded through `:predict`")
        instances.append({"content": text or "", **told})
    cut = {"none": False, "end": True}.get(request.truncate or "")
    parameters = stated(outputDimensionality=request.dimensions, autoTruncate=cut)
    body: dict[str, Any] = {"instances": instances}
    for name, value in request.extra.items():
        if request.dialect == NAME and name.startswith("parameters."):
            parameters[name.removeprefix("parameters.")] = value
        elif request.dialect == NAME and name != "task_type":
            body[name] = value
        elif name not in traits.additional_fields:
            losses.loss(name, f"`{NAME}` has no such parameter")
    if parameters:
        body["parameters"] = parameters
    return losses.request(body, AnswerKey(model=model), lossy=lossy)


def decode_response(body: bytes, key: AnswerKey = _PLAIN) -> EmbeddingResponse:
    """The vectors in an answer; raises ResponseError when it is none."""
    wire = read_answer(body, _ANSWER, "the answer")
    vectors = tuple(tuple(one.embeddings.values) for one in wire.predictions)
    return EmbeddingResponse(vectors, key.model, _usage(wire), key.id)


def encode_response(response: EmbeddingResponse, request: EmbeddingRequest) -> bytes:
    """The answer as Vertex AI writes it; it counts per text, so only a single text's count can be told."""
    del request
    count = None
    if response.usage is not None and len(response.vectors) == 1:
        count = {"token_count": response.usage.prompt, "truncated": False}
    return msgspec.json.encode(
        {
            "predictions": [
                {"embeddings": {"values": vector, **stated(statistics=count)}} for vector in response.vectors
            ]
        }
    )


def read_usage(body: bytes, traits: ModelTraits) -> Outline:
    """What metering needs of an answer; raises ResponseError when it is none."""
    del traits
    return Outline(_usage(read_answer(body, _ANSWER, "the answer")), "", "")


def _usage(wire: _Answer) -> Usage | None:
    counts = [
        one.embeddings.statistics.token_count
        for one in wire.predictions
        if one.embeddings.statistics is not None and one.embeddings.statistics.token_count is not None
    ]
    return Usage(int(sum(counts))) if counts and len(counts) == len(wire.predictions) else None
