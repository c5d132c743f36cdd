"""OpenAI's embeddings, as Azure and compatible servers take them too.

The official SDK asks for base64 by itself, so an answer is written as the client asked. Several compatible
servers take `input_type`, which is read as the task.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from comity.dialects.embeddings.own_names import EmbeddingLosses
from comity.dialects.embeddings.reading import pack, peek_of, read_body, unpack
from comity.dialects.losses import Losses
from comity.dialects.openai_chat.passthrough import check_model
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
    EmbeddingInput,
    EmbeddingRequest,
    EmbeddingResponse,
    EmbeddingTask,
    Inexpressible,
    ModelTraits,
    Text,
    Usage,
    WireRequest,
)

NAME = "openai.embeddings"

_TASKS: dict[str, EmbeddingTask] = {
    "query": "query",
    "search_query": "query",
    "document": "document",
    "passage": "document",
    "search_document": "document",
    "classification": "classification",
    "clustering": "clustering",
}
_PLAIN = AnswerKey()


class _Body(msgspec.Struct):
    input: str | list[str | int | list[int]]
    model: str | None = None
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: int | None = None
    user: str | None = None
    input_type: str | None = None


class _Named(msgspec.Struct):
    model: str | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    total_tokens: int | None = None

    def usage(self) -> Usage | None:
        tokens = self.total_tokens if self.prompt_tokens is None else self.prompt_tokens
        return None if tokens is None else Usage(max(tokens, 0))


class _Vector(msgspec.Struct):
    embedding: str | list[float]
    index: int = 0


class _Answer(msgspec.Struct):
    data: list[_Vector]
    model: str | None = None
    usage: _Usage | None = None


class _Outline(msgspec.Struct):
    model: str | None = None
    usage: _Usage | None = None


_NAMED = msgspec.json.Decoder(_Named)
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ANSWER = msgspec.json.Decoder(_Answer)
_OUTLINE = msgspec.json.Decoder(_Outline)


def peek(body: bytes, model: str | None = None, *, stream: bool | None = None) -> Peek:
    """What routing needs of a body; `model` stands in where the address names it. Raises RequestError."""
    del stream
    named = read_body(body, _NAMED).model
    return peek_of(body, check_model(model if named is None else named))


def adapt(body: bytes, model: str, traits: ModelTraits) -> bytes | None:
    """`body` with the target's model name and everything else as it came."""
    del traits
    members = read_body(body, _MEMBERS)
    for name in members:
        if name != "model" and name.lower() == "model":
            raise RequestError("the field `model` must be written so", name)
    members["model"] = msgspec.Raw(msgspec.json.encode(model))
    return msgspec.json.encode(members)


def decode_request(body: bytes, *, model: str | None = None) -> EmbeddingRequest:
    """The request in a body; raises RequestError with the field at fault."""
    raw = read_request_object(body)
    wire = read_request_part(raw, _Body, "")
    extra = unknown_members(raw, _Body.__struct_fields__)
    task = _TASKS.get(wire.input_type or "")
    if wire.input_type is not None and task is None:
        extra["input_type"] = wire.input_type
    return EmbeddingRequest(
        model=check_model(model if wire.model is None else wire.model),
        inputs=_inputs(wire.input),
        dimensions=wire.dimensions,
        encoding=wire.encoding_format,
        task=task,
        user=wire.user,
        extra=extra,
        dialect=NAME,
    )


def encode_request(
    request: EmbeddingRequest, model: str, traits: ModelTraits, *, lossy: bool
) -> WireRequest | Inexpressible:
    """The body for `model`, or what it cannot express."""
    losses = EmbeddingLosses(request)
    body: dict[str, Any] = {
        "model": model,
        "input": [_written(one, f"input[{index}]", losses) for index, one in enumerate(request.inputs)],
        **stated(dimensions=request.dimensions, encoding_format=request.encoding, user=request.user),
    }
    _write_task(request, body, traits, losses)
    if request.title is not None:
        losses.loss("title", "OpenAI's embeddings know no titles")
    if request.truncate is not None:
        losses.loss("truncate", "OpenAI's embeddings refuse what is too long")
    for name, value in request.extra.items():
        if request.dialect in {NAME, ""} or name in traits.additional_fields:
            body[name] = value
        else:
            losses.loss(name, f"`{request.dialect}` has this parameter and `{NAME}` does not")
    return losses.request(body, AnswerKey(model=model), lossy=lossy)


def decode_response(body: bytes, key: AnswerKey = _PLAIN) -> EmbeddingResponse:
    """The vectors in an answer; raises ResponseError when it is none."""
    wire = read_answer(body, _ANSWER, "the answer")
    vectors = sorted(wire.data, key=lambda vector: vector.index)
    return EmbeddingResponse(
        tuple(_numbers(vector.embedding) for vector in vectors),
        wire.model or key.model,
        None if wire.usage is None else wire.usage.usage(),
        key.id,
    )


def encode_response(response: EmbeddingResponse, request: EmbeddingRequest) -> bytes:
    """The answer in the encoding that the client asked for."""
    packed = request.encoding == "base64"
    data = [
        {"object": "embedding", "index": index, "embedding": pack(vector) if packed else vector}
        for index, vector in enumerate(response.vectors)
    ]
    usage = None
    if response.usage is not None:
        usage = {"prompt_tokens": response.usage.prompt, "total_tokens": response.usage.prompt}
    return msgspec.json.encode(
        {"object": "list", "data": data, "model": response.model, **stated(usage=usage)}
    )


def read_usage(body: bytes, traits: ModelTraits) -> Outline:
    """What metering needs of an answer; raises ResponseError when it is none."""
    del traits
    wire = read_answer(body, _OUTLINE, "the answer")
    return Outline(None if wire.usage is None else wire.usage.usage(), wire.model or "", "")


def _inputs(wire: str | list[str | int | list[int]]) -> tuple[EmbeddingInput, ...]:
    if not wire:
        raise RequestError("there is nothing to embed", "input")
    if isinstance(wire, str):
        return ((Text(wire),),)
    ids = tuple(one for one in wire if isinstance(one, int))
    if ids and len(ids) < len(wire):
        raise RequestError("expected texts or token ids, not both", "input")
    return (ids,) if ids else tuple(_input(one) for one in wire)


def _input(one: str | int | list[int]) -> EmbeddingInput:
    if isinstance(one, list):
        return tuple(one)
    return (Text(str(one)),)


def _written(one: EmbeddingInput, path: str, losses: Losses) -> str | list[int]:
    ids = [part for part in one if isinstance(part, int)]
    if ids:
        return ids
    texts = [part.text for part in one if isinstance(part, Text)]
    if len(texts) < len(one):
        losses.impossible(path, "OpenAI's embeddings take text only")
    return "".join(texts)


def _write_task(request: EmbeddingRequest, body: dict[str, Any], traits: ModelTraits, losses: Losses) -> None:
    if request.task is None:
        return
    if request.dialect == NAME or "input_type" in traits.additional_fields:
        body["input_type"] = request.task
    else:
        losses.hint("task", "the model embeds alike for every purpose")


def _numbers(embedding: str | list[float]) -> tuple[float, ...]:
    return unpack(embedding) if isinstance(embedding, str) else tuple(embedding)
