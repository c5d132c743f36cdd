"""Gemini's embeddings at Google AI Studio: `embedContent` and `batchEmbedContents`.

Google's SDK always sends a batch, so a target gets one too; a client that asked for a single embedding gets
the single form back. Vertex AI's older `:predict` is a dialect of its own.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.embeddings.gemini_content import TASKS, WORDS, read_content, write_content
from comity.dialects.embeddings.own_names import EmbeddingLosses
from comity.dialects.embeddings.reading import peek_of, read_body, refuse_token_ids
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
    Inexpressible,
    ModelTraits,
    Usage,
    WireRequest,
)

NAME = "gemini.embeddings"

_SINGLE = "single"
_BATCH = "batch"
_PLAIN = AnswerKey()


class _Config(msgspec.Struct, rename="camel"):
    task_type: str | None = None
    title: str | None = None
    output_dimensionality: int | None = None
    auto_truncate: bool | None = None


class _One(_Config, rename="camel"):
    content: dict[str, Any] = {}
    model: str | None = None
    embed_content_config: _Config | None = None


class _Body(msgspec.Struct):
    requests: list[dict[str, Any]] | None = None
    content: dict[str, Any] | None = None


class _Count(msgspec.Struct, rename="camel"):
    prompt_token_count: int | None = None


class _Vector(msgspec.Struct):
    values: list[float] = []


class _Outline(msgspec.Struct, rename="camel"):
    usage_metadata: _Count | None = None

    def usage(self) -> Usage | None:
        """The count; None when there is none."""
        count = None if self.usage_metadata is None else self.usage_metadata.prompt_token_count
        return None if count is None else Usage(max(count, 0))


class _Answer(_Outline, rename="camel"):
    embedding: _Vector | None = None
    embeddings: list[_Vector] | None = None


_BODY = msgspec.json.Decoder(_Body)
_ANSWER = msgspec.json.Decoder(_Answer)
_OUTLINE = msgspec.json.Decoder(_Outline)
_KNOWN = frozenset(_One.__struct_encode_fields__)


def peek(body: bytes, model: str | None = None, *, stream: bool | None = None) -> Peek:
    """What routing needs of a body; the address names the model. Raises RequestError."""
    del stream
    read_body(body, _BODY)
    return peek_of(body, model or "")


def adapt(body: bytes, model: str, traits: ModelTraits) -> None:
    """Nothing: a body names its model in every part, and has another form than the target's."""
    del body, model, traits


def decode_request(body: bytes, *, model: str | None = None) -> EmbeddingRequest:
    """The request in a body of either form; raises RequestError with the field at fault."""
    raw = read_request_object(body)
    wire = read_request_part(raw, _Body, "")
    if wire.requests is None:
        one, extra = _read(raw, "")
        return _request([one], extra, model, _SINGLE)
    if not wire.requests:
        raise RequestError("there is nothing to embed", "requests")
    ones, extra = [], unknown_members(raw, ("requests",))
    for index, member in enumerate(wire.requests):
        one, own = _read(member, f"requests[{index}]")
        ones.append(one)
        extra |= {f"requests[{index}].{name}": value for name, value in own.items()}
    if any(_settings(one) != _settings(ones[0]) for one in ones):
        raise RequestError("every part of a batch must ask for the same task, title and size", "requests")
    return _request(ones, extra, model, _BATCH)


def encode_request(
    request: EmbeddingRequest, model: str, traits: ModelTraits, *, lossy: bool
) -> WireRequest | Inexpressible:
    """The batch for `model`, or what it cannot express."""
    losses = EmbeddingLosses(request)
    refuse_token_ids(request, losses)
    if request.user is not None:
        losses.hint("user", "Gemini has no place for an end user's id")
    if request.truncate == "start":
        losses.loss("truncate", "Gemini cuts at the end only")
    members = stated(
        taskType=None if request.task is None else WORDS[request.task],
        title=request.title,
        outputDimensionality=request.dimensions,
    )
    if request.truncate in {"none", "end"}:
        members["embedContentConfig"] = {"autoTruncate": request.truncate == "end"}
    requests = [
        {"model": f"models/{model}", "content": write_content(one, f"input[{index}]", losses), **members}
        for index, one in enumerate(request.inputs)
    ]
    for name, value in request.extra.items():
        if not _put_back(name, value, request, requests) and name not in traits.additional_fields:
            losses.loss(name, f"`{NAME}` has no such parameter")
    return losses.request({"requests": requests}, AnswerKey(model=model), lossy=lossy)


def decode_response(body: bytes, key: AnswerKey = _PLAIN) -> EmbeddingResponse:
    """The vectors of either form; raises ResponseError when it is none."""
    wire = read_answer(body, _ANSWER, "the answer")
    listed = wire.embeddings or ([] if wire.embedding is None else [wire.embedding])
    return EmbeddingResponse(
        tuple(tuple(vector.values) for vector in listed), key.model, wire.usage(), key.id
    )


def encode_response(response: EmbeddingResponse, request: EmbeddingRequest) -> bytes:
    """The answer in the form that was asked for."""
    vectors = [{"values": vector} for vector in response.vectors]
    usage = None if response.usage is None else {"promptTokenCount": response.usage.prompt}
    told = {"embeddings": vectors} if request.form == _BATCH else {"embedding": vectors[0]}
    return msgspec.json.encode(told | stated(usageMetadata=usage))


def read_usage(body: bytes, traits: ModelTraits) -> Outline:
    """What metering needs of an answer; raises ResponseError when it is none."""
    del traits
    return Outline(read_answer(body, _OUTLINE, "the answer").usage(), "", "")


def _read(raw: dict[str, Any], path: str) -> tuple[_One, dict[str, Any]]:
    return read_request_part(raw, _One, path), unknown_members(raw, _KNOWN)


def _settings(one: _One) -> tuple[object, ...]:
    config = one.embed_content_config or _Config()
    return (
        one.task_type or config.task_type,
        one.title or config.title,
        one.output_dimensionality or config.output_dimensionality,
        config.auto_truncate if one.auto_truncate is None else one.auto_truncate,
    )


def _request(ones: list[_One], extra: dict[str, Any], model: str | None, form: str) -> EmbeddingRequest:
    word, title, size, cut = _settings(ones[0])
    task = TASKS.get(str(word))
    if word is not None and task is None and word != "TASK_TYPE_UNSPECIFIED":
        extra["taskType"] = word
    inputs: list[EmbeddingInput] = [
        read_content(one.content, f"requests[{index}].content" if form == _BATCH else "content")
        for index, one in enumerate(ones)
    ]
    return EmbeddingRequest(
        model=model or "",
        inputs=tuple(inputs),
        dimensions=size if isinstance(size, int) else None,
        task=task,
        title=None if title is None else str(title),
        truncate=None if cut is None else ("end" if cut else "none"),
        extra=extra,
        dialect=NAME,
        form=form,
    )


def _put_back(name: str, value: object, request: EmbeddingRequest, requests: list[dict[str, Any]]) -> bool:
    """Puts a member that the client of this dialect wrote back where it stood."""
    if request.dialect != NAME:
        return False
    head, _, member = name.rpartition(".")
    if request.form == _SINGLE or name == "taskType":
        for one in requests:
            one[name] = value
        return True
    if not head:
        return False
    requests[int(head.removeprefix("requests[")[:-1])][member] = value
    return True
