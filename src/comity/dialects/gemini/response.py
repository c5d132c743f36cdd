"""Whole answers, both ways.

Google marks no turn of calls, gives calls no ids on Vertex, and answers a blocked prompt without a candidate:
here they become what clients of other dialects expect, and on the way out the other way round.
"""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from comity.dialects.gemini.answer_shapes import ANSWER, AnswerPart, Candidate, answer_ids
from comity.dialects.gemini.call_ids import CallIds
from comity.dialects.gemini.finish import decode_finish, encode_finish
from comity.dialects.gemini.grounding import read_citations, write_grounding
from comity.dialects.gemini.logprobs import decode_logprobs, encode_logprobs
from comity.dialects.gemini.part_reader import json_object, parts_of
from comity.dialects.gemini.shapes import NAME
from comity.dialects.gemini.usage import decode_usage, encode_usage
from comity.dialects.provenance import wrap, wrap_redacted
from comity.dialects.wire_json import read_answer, stated
from comity.errors import RequestError, ResponseError
from comity.exchange import (
    AnswerKey,
    Choice,
    Finish,
    Media,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Response,
    Text,
    ToolCall,
)

_PLAIN = AnswerKey()


def decode_response(body: bytes, key: AnswerKey = _PLAIN) -> Response:
    """The answer in a body; raises ResponseError when it is none."""
    wire = read_answer(body, ANSWER, "the answer")
    if wire.candidates is None and wire.prompt_feedback is None and wire.usage_metadata is None:
        raise ResponseError("the answer holds no candidates")
    identity = wire.response_id or key.id
    candidates = sorted(wire.candidates or [], key=lambda candidate: candidate.index)
    choices = tuple(_choice(candidate, identity, key) for candidate in candidates)
    if not choices:
        detail = wire.blocked or ""
        choices = (Choice((), Finish.CONTENT_FILTER if detail else Finish.UNKNOWN, detail),)
    return Response(
        id=identity,
        model=wire.model_version or key.model,
        choices=choices,
        usage=decode_usage(wire.usage_metadata),
        created=key.created,
        service_tier=None if wire.usage_metadata is None else wire.usage_metadata.tier,
    )


def answer_parts(part: AnswerPart, ids: CallIds, key: AnswerKey) -> list[Part]:
    """The hub's parts of one part of an answer; raises ResponseError."""
    hosted = part.hosted()
    if hosted is not None:
        return [Opaque(hosted[0], hosted[1], NAME)]
    try:
        parts = parts_of(part, "candidates", ids)
    except RequestError as error:
        raise ResponseError(f"the answer cannot be read: {error}") from error
    return [_of_answer(one, key) for one in parts if not (isinstance(one, Text) and not one.text)]


def _of_answer(part: Part, key: AnswerKey) -> Part:
    if isinstance(part, Reasoning) and part.signature is None and part.redacted is None:
        return msgspec.structs.replace(part, origin=key.origin)
    if isinstance(part, ToolCall) and part.name in key.tools:
        return msgspec.structs.replace(part, name=key.tools[part.name])
    return part


def _choice(wire: Candidate, identity: str, key: AnswerKey) -> Choice:
    ids = answer_ids(identity, wire.index)
    raws = (wire.content.parts if wire.content is not None else None) or []
    parts: list[Part] = []
    texts: dict[int, str] = {}
    places: dict[int, int] = {}
    for index, raw in enumerate(raws):
        parts += answer_parts(raw, ids, key)
        last = parts[-1] if parts else None
        if isinstance(last, Text) and raw.text:
            texts[index], places[index] = last.text, len(parts) - 1
    for index, citation in read_citations(wire.grounding_metadata, wire.citation_metadata, texts):
        cited = parts[places[index]]
        assert isinstance(cited, Text), "only texts are listed"
        parts[places[index]] = msgspec.structs.replace(cited, citations=(*cited.citations, citation))
    calls = any(isinstance(part, ToolCall) for part in parts)
    return Choice(
        tuple(parts),
        decode_finish(wire.finish_reason, calls=calls),
        wire.finish_reason or "",
        logprobs=decode_logprobs(wire.logprobs_result),
    )


def encode_response(response: Response) -> bytes:
    """The answer as Google writes it."""
    body: dict[str, Any] = {
        "candidates": [_candidate(choice, index) for index, choice in enumerate(response.choices)],
        **stated(usageMetadata=None if response.usage is None else encode_usage(response.usage)),
        "modelVersion": response.model,
        "responseId": response.id,
    }
    return msgspec.json.encode(body)


def _candidate(choice: Choice, index: int) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    texts = []
    broken: str | None = None
    pending: dict[str, Any] = {}
    for part in choice.parts:
        written = write_answer_part(part)
        if written is None:
            broken = part.name if isinstance(part, ToolCall) else broken
            continue
        if pending and isinstance(part, (Text, Media)):
            written |= {"thoughtSignature": parts.pop()["thoughtSignature"]}
        pending = written if signs_next(part) else {}
        parts.append(written)
        if isinstance(part, Text):
            texts.append((len(parts) - 1, part.text, part.citations))
    return {
        "content": {"parts": parts, "role": "model"},
        **ending_of(choice.finish, choice.finish_detail, broken),
        "index": index,
        **write_grounding(texts),
        **encode_logprobs(choice.logprobs),
    }


def signs_next(part: Part) -> bool:
    """Whether this is a signature of Google's for the text or media behind it."""
    return (
        isinstance(part, Reasoning) and part.origin == NAME and not part.text and part.signature is not None
    )


def ending_of(finish: Finish, detail: str, broken: str | None) -> dict[str, str]:
    """The reason of an answer; `broken` names a call whose arguments are no object, which is left out.

    An answer that was cut anyway says so; one that pretends to be whole is called malformed.
    """
    if broken is None or finish not in {Finish.STOP, Finish.TOOL_CALLS}:
        return encode_finish(finish, detail)
    message = f"the arguments of the call of {broken} are no JSON object"
    return {"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": message}


def write_answer_part(part: Part) -> dict[str, Any] | None:
    """One part for a client; None for what has no form here."""
    match part:
        case Text() | Refusal():
            return {"text": part.text}
        case Reasoning():
            return _thought(part)
        case ToolCall():
            return write_call(part)
        case Media() if part.data is not None:
            data = base64.b64encode(part.data).decode()
            return {"inlineData": {"mimeType": part.media_type or "application/octet-stream", "data": data}}
        case Media():
            return {"fileData": {"fileUri": part.url, **stated(mimeType=part.media_type)}}
        case Opaque() if part.origin == NAME:
            return dict(part.wire)
        case _:
            return None


def write_call(call: ToolCall) -> dict[str, Any] | None:
    """The call as a part; None when its arguments are no JSON object, which Google's shape cannot hold."""
    arguments = json_object(call.arguments.strip() or "{}")
    if arguments is None:
        return None
    made = {"id": call.id, "name": call.name, "args": arguments}
    return {
        "functionCall": made,
        **stated(thoughtSignature=signature_for_client(call.signature, call.origin)),
    }


def signature_for_client(signature: str | None, origin: str) -> str | None:
    """Google's own signature as it is; another one wrapped with its origin, so that it finds home."""
    return signature if signature is None or origin == NAME else wrap(signature, origin)


def _thought(block: Reasoning) -> dict[str, Any]:
    if block.redacted is not None:
        # Google has no encrypted thoughts: they travel as a signature, and find home as what they are.
        return {"text": "", "thought": True, "thoughtSignature": wrap_redacted(block.redacted, block.origin)}
    signed = stated(thoughtSignature=signature_for_client(block.signature, block.origin))
    if block.origin == NAME and not block.text:
        return {"text": "", **signed}
    return {"text": block.text, "thought": True, **signed}
