"""Amazon Bedrock's embedding models behind InvokeModel: Titan's, Cohere's and Nova's bodies.

The model stands in the address; a body's members say whose it is, and a target's family which one it takes.
Bedrock counts the tokens of Cohere and Nova in a header only, so their answers have no usage of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from comity.dialects.embeddings import cohere, nova, titan
from comity.dialects.embeddings.family import Family
from comity.dialects.embeddings.own_names import EmbeddingLosses
from comity.dialects.embeddings.reading import peek_of, read_body, refuse_token_ids
from comity.dialects.peek import Outline, Peek
from comity.dialects.wire_json import read_answer, read_request_object
from comity.errors import RequestError, ResponseError
from comity.exchange import (
    AnswerKey,
    EmbeddingRequest,
    EmbeddingResponse,
    Inexpressible,
    ModelTraits,
    Usage,
    WireRequest,
)

NAME = "bedrock.embeddings"
FAMILIES: Mapping[str, Family] = {titan.NAME: titan, cohere.NAME: cohere, nova.NAME: nova}
"""The families of models by the name that a deployment's traits give."""

_PLAIN = AnswerKey()
_MEMBERS: msgspec.json.Decoder[Mapping[str, object]] = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ANSWER = msgspec.json.Decoder(dict[str, Any])


class _Counted(msgspec.Struct, rename="camel"):
    input_text_token_count: int | None = None


_COUNTED = msgspec.json.Decoder(_Counted)


def peek(body: bytes, model: str | None = None, *, stream: bool | None = None) -> Peek:
    """What routing needs of a body; the address names the model. Raises RequestError."""
    del stream
    _family_of(read_body(body, _MEMBERS))
    return peek_of(body, model or "")


def adapt(body: bytes, model: str, traits: ModelTraits) -> bytes | None:
    """`body` itself for a target of the same family; another family's is written anew."""
    del model
    return body if _family_of(read_body(body, _MEMBERS)) == traits.family else None


def decode_request(body: bytes, *, model: str | None = None) -> EmbeddingRequest:
    """The request in a body of any family; raises RequestError with the field at fault."""
    raw = read_request_object(body)
    name = _family_of(raw)
    request = FAMILIES[name].decode_request(raw)
    return msgspec.structs.replace(request, model=model or "", dialect=NAME, form=name)


def encode_request(
    request: EmbeddingRequest, model: str, traits: ModelTraits, *, lossy: bool
) -> WireRequest | Inexpressible:
    """The body for a model of the family that `traits` name."""
    losses = EmbeddingLosses(request)
    family = FAMILIES.get(traits.family)
    if family is None:
        known = "`, `".join(FAMILIES)
        losses.impossible("model", f"no family of embedding models is known: set `family` to `{known}`")
        return losses.request({}, _PLAIN, lossy=lossy)
    refuse_token_ids(request, losses)
    body = family.encode_request(request, model, losses)
    if request.user is not None:
        losses.hint("user", "Bedrock has no place for an end user's id")
    for name, value in request.extra.items():
        if request.form == traits.family or name in traits.additional_fields:
            body[name] = _merged(value, body.get(name))
        else:
            losses.loss(name, f"`{model}` is not known to take it")
    return losses.request(body, AnswerKey(model=model, origin=traits.family), lossy=lossy)


def decode_response(body: bytes, key: AnswerKey = _PLAIN) -> EmbeddingResponse:
    """The vectors in an answer of any family; raises ResponseError when it is none."""
    members = read_answer(body, _ANSWER, "the answer")
    try:
        vectors = _vectors_of(members)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ResponseError("the answer holds no embeddings") from error
    count = members.get("inputTextTokenCount")
    usage = Usage(max(count, 0)) if isinstance(count, int) else None
    return EmbeddingResponse(vectors, key.model, usage, key.id)


def encode_response(response: EmbeddingResponse, request: EmbeddingRequest) -> bytes:
    """The answer in the form of the client's family."""
    return msgspec.json.encode(FAMILIES[request.form].encode_response(response, request))


def read_usage(body: bytes, traits: ModelTraits) -> Outline:
    """What metering needs of an answer; only Titan counts in its body."""
    del traits
    count = read_answer(body, _COUNTED, "the answer").input_text_token_count
    return Outline(None if count is None else Usage(max(count, 0)), "", "")


def _merged(value: object, written: object) -> object:
    """What the client wrote beside what is written anew, where both are members of one object."""
    return {**value, **written} if isinstance(value, dict) and isinstance(written, dict) else value


def _family_of(members: Mapping[str, object]) -> str:
    for name, family in FAMILIES.items():
        if family.MARKS & members.keys():
            return name
    marks = "`, `".join(sorted(mark for family in FAMILIES.values() for mark in family.MARKS))
    raise RequestError(f"expected one of `{marks}` in the body of an embedding model")


def _vectors_of(members: dict[str, Any]) -> tuple[tuple[float, ...], ...]:
    if "embedding" in members or "embeddingsByType" in members:
        return titan.vectors(members)
    listed = members["embeddings"]
    if isinstance(listed, list) and listed and isinstance(listed[0], dict):
        return nova.vectors(listed)
    return cohere.vectors(listed)
