"""Reads Google's parts into the hub's, for requests and answers alike.

A signature belongs to its part: a call carries it itself, before text or media it becomes an empty signed
`Reasoning`, and a part that is nothing but a signature becomes the same. Code that Google ran by itself is
opaque. Members about a part without a place in the hub are kept by their path.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Literal

import msgspec

from comity.dialects.gemini.call_ids import CallIds
from comity.dialects.gemini.shapes import NAME, WireBlob, WireCall, WireFile, WirePart, WireResult
from comity.dialects.provenance import Signed, unwrap
from comity.dialects.wire_json import read_request_part, unknown_members
from comity.errors import RequestError
from comity.exchange import Media, Opaque, Part, Reasoning, Text, ToolCall, ToolResult

HOSTED = ("executableCode", "codeExecutionResult", "toolCall", "toolResponse")
"""Kinds of parts that Google's own tools make."""
_KINDS = ("inline_data", "file_data", "function_call", "function_response")


def read_part(raw: dict[str, Any], path: str, key: str, extra: dict[str, Any], ids: CallIds) -> list[Part]:
    """The hub's parts of one part; what has no place goes into `extra` below `key`."""
    kind = next((name for name in HOSTED if name in raw), None)
    if kind is not None:
        return [Opaque(kind, raw, NAME)]
    wire = read_request_part(raw, WirePart, path)
    for name, value in unknown_members(raw, WirePart.__struct_encode_fields__).items():
        extra[f"{key}.{name}"] = value
    return parts_of(wire, path, ids)


def parts_of(wire: WirePart, path: str, ids: CallIds) -> list[Part]:
    """The hub's parts of one typed part: its signature, if that stands apart, and itself."""
    if sum(getattr(wire, name) is not None for name in _KINDS) > 1:
        raise RequestError("a part holds one kind of data", path)
    signed = signature_of(wire)
    if wire.function_call is not None:
        return [_call(wire.function_call, signed, ids)]
    if wire.thought:
        return [thought(wire.text or "", signed)]
    before = [] if signed is None else [thought("", signed)]
    if wire.function_response is not None:
        return [*before, read_result(wire.function_response, path, ids)]
    if wire.inline_data is not None:
        return [*before, read_blob(wire.inline_data, f"{path}.inlineData")]
    if wire.file_data is not None:
        return [*before, read_file(wire.file_data)]
    if wire.text is None or (signed is not None and not wire.text):
        return list(before)
    return [*before, Text(wire.text)]


def signature_of(wire: WirePart) -> Signed | None:
    """The part's signature with its origin: Google, unless it was wrapped for the way through its client."""
    if wire.thought_signature is None:
        return None
    return unwrap(wire.thought_signature) or Signed(NAME, wire.thought_signature)


def thought(text: str, signed: Signed | None) -> Reasoning:
    """A thought, or the signature of what follows."""
    if signed is None:
        return Reasoning(text, origin=NAME)
    if signed.redacted is not None:
        return Reasoning(redacted=signed.redacted, origin=signed.origin)
    return Reasoning(text, signed.signature, origin=signed.origin)


def read_blob(wire: WireBlob, path: str) -> Media:
    """Media by value."""
    try:
        data = base64.b64decode(wire.data.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestError("the data is not base64", f"{path}.data") from error
    if not data:
        raise RequestError("the data is empty", path)
    media_type = (wire.mime_type or "").lower() or None
    return Media(kind_of(media_type), media_type, data, name=wire.display_name)


def read_file(wire: WireFile) -> Media:
    """Media by address."""
    media_type = (wire.mime_type or "").lower() or None
    return Media(kind_of(media_type), media_type, url=wire.file_uri, name=wire.display_name)


def kind_of(media_type: str | None) -> Literal["image", "document", "audio", "video"]:
    """What a media type is; everything that is not shown or heard is a document."""
    word = (media_type or "").partition("/")[0]
    if word == "image":
        return "image"
    if word == "audio":
        return "audio"
    return "video" if word == "video" else "document"


def read_result(wire: WireResult, path: str, ids: CallIds) -> ToolResult:
    """A function's answer; `output` and `error` are Google's words for plain text and failure."""
    content: list[Text | Media] = []
    failed = set(wire.response) == {"error"}
    if wire.response or not wire.parts:
        content.append(Text(_said(wire.response)))
    for index, raw in enumerate(wire.parts or []):
        place = f"{path}.functionResponse.parts[{index}]"
        inner = read_request_part(raw, WirePart, place)
        if inner.inline_data is not None:
            content.append(read_blob(inner.inline_data, place))
        elif inner.file_data is not None:
            content.append(read_file(inner.file_data))
        else:
            raise RequestError("expected media by value or by address", place)
    return ToolResult(ids.of_result(wire.name, wire.id, path), tuple(content), failed)


def _said(response: dict[str, Any]) -> str:
    """The answer as text: the text itself where it is one, else the JSON object."""
    if set(response) <= {"output", "error"} and len(response) == 1:
        (value,) = response.values()
        if isinstance(value, str) and json_object(value) is None:
            return value
        if "error" in response and isinstance(value, dict):
            return msgspec.json.encode(value).decode()
    return msgspec.json.encode(response).decode()


def json_object(text: str) -> dict[str, Any] | None:
    """The JSON object in a text; None for anything else, a JSON list or number included."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def _call(call: WireCall, signed: Signed | None, ids: CallIds) -> ToolCall:
    return ToolCall(
        ids.of_call(call.name, call.id),
        call.name,
        msgspec.json.encode(call.args or {}).decode(),
        signature=None if signed is None else signed.signature,
        origin="" if signed is None else signed.origin,
    )
