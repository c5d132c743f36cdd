"""Whether a JSON body has the shape of a generateContent request, read as Google's JSON parser reads it.

Every field is taken in `camelCase` and `snake_case`, null is absent, and what no message knows is refused by
its place. The tables are written from Google's discovery documents; the two surfaces know different fields.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, Literal

Surface = Literal["ai-studio", "vertex"]
"""Whose parser reads."""

_SCHEMA = {
    "type": "word",
    "format": "text",
    "title": "text",
    "description": "text",
    "nullable": "truth",
    "enum": "[text]",
    "items": "Schema",
    "maxItems": "count",
    "minItems": "count",
    "properties": "{Schema}",
    "required": "[text]",
    "propertyOrdering": "[text]",
    "minimum": "number",
    "maximum": "number",
    "minLength": "count",
    "maxLength": "count",
    "minProperties": "count",
    "maxProperties": "count",
    "pattern": "text",
    "example": "any",
    "anyOf": "[Schema]",
    "default": "any",
}
_MESSAGES: dict[str, dict[str, str]] = {
    "Request": {
        "contents": "[Content]",
        "systemInstruction": "Content",
        "tools": "[Tool]",
        "toolConfig": "ToolConfig",
        "generationConfig": "Generation",
        "safetySettings": "[Safety]",
        "cachedContent": "text",
    },
    "Content": {"parts": "[Part]", "role": "text"},
    "Part": {
        "text": "text",
        "thought": "truth",
        "thoughtSignature": "bytes",
        "inlineData": "Blob",
        "fileData": "File",
        "functionCall": "Call",
        "functionResponse": "Result",
        "executableCode": "object",
        "codeExecutionResult": "object",
        "videoMetadata": "object",
        "mediaResolution": "any",
    },
    "Blob": {"mimeType": "text", "data": "bytes"},
    "File": {"mimeType": "text", "fileUri": "text"},
    "Call": {"name": "text", "args": "object"},
    "Result": {"name": "text", "response": "object", "parts": "[ResultPart]", "scheduling": "word"},
    "ResultPart": {"inlineData": "Blob", "fileData": "File"},
    "Tool": {
        "functionDeclarations": "[Function]",
        "googleSearch": "object",
        "googleSearchRetrieval": "object",
        "codeExecution": "object",
        "urlContext": "object",
        "googleMaps": "object",
        "computerUse": "object",
    },
    "Function": {
        "name": "text",
        "description": "text",
        "parameters": "Schema",
        "parametersJsonSchema": "any",
        "response": "Schema",
        "responseJsonSchema": "any",
        "behavior": "word",
    },
    "Schema": _SCHEMA,
    "ToolConfig": {"functionCallingConfig": "Calling", "retrievalConfig": "object"},
    "Calling": {"mode": "word", "allowedFunctionNames": "[text]"},
    "Generation": {
        "maxOutputTokens": "int",
        "temperature": "number",
        "topP": "number",
        "topK": "number",
        "stopSequences": "[text]",
        "candidateCount": "int",
        "seed": "int",
        "frequencyPenalty": "number",
        "presencePenalty": "number",
        "responseMimeType": "text",
        "responseSchema": "Schema",
        "responseJsonSchema": "any",
        "responseLogprobs": "truth",
        "logprobs": "int",
        "thinkingConfig": "Thinking",
        "responseModalities": "[word]",
        "mediaResolution": "word",
        "speechConfig": "object",
        "imageConfig": "object",
    },
    "Thinking": {"includeThoughts": "truth", "thinkingBudget": "int", "thinkingLevel": "word"},
    "Safety": {"category": "word", "threshold": "word"},
    "Count": {"contents": "[Content]"},
}
_ONLY: dict[Surface, dict[str, dict[str, str]]] = {
    "ai-studio": {
        "Request": {"model": "text", "serviceTier": "word", "store": "truth"},
        "Call": {"id": "text"},
        "Result": {"id": "text", "willContinue": "truth"},
        "Tool": {"fileSearch": "object"},
        "ToolConfig": {"includeServerSideToolInvocations": "truth"},
        "Part": {"partMetadata": "object"},
        "Count": {"generateContentRequest": "Request"},
    },
    "vertex": {
        "Request": {"labels": "object", "modelArmorConfig": "object"},
        "Blob": {"displayName": "text"},
        "File": {"displayName": "text"},
        "Generation": {"audioTimestamp": "truth", "routingConfig": "object"},
        "Calling": {"streamFunctionCallArguments": "truth"},
        "Safety": {"method": "word"},
        "Tool": {"enterpriseWebSearch": "object", "retrieval": "object"},
        "Schema": {"additionalProperties": "any", "ref": "text", "defs": "{Schema}"},
        "Count": {
            "model": "text",
            "systemInstruction": "Content",
            "tools": "[Tool]",
            "generationConfig": "Generation",
        },
    },
}
_SNAKE = re.compile(r"(?<=[A-Za-z0-9])_([a-z0-9])")
_KINDS: Mapping[str, tuple[type, ...]] = {
    "text": (str,),
    "word": (str,),
    "truth": (bool,),
    "int": (int,),
    "number": (int, float),
    "count": (int, str),
    "object": (dict,),
}


class ShapeError(Exception):
    """A body that Google's parser refuses; its text is Google's."""


def read_shape(body: object, message: str, surface: Surface) -> dict[str, Any]:
    """The message with every field in `camelCase`; raises ShapeError."""
    read: dict[str, Any] = _message(body, message, "", surface)
    return read


def _message(value: object, kind: str, path: str, surface: Surface) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ShapeError(f"Invalid value at '{_snake(path)}' ({kind}), {value!r}")
    fields = _MESSAGES[kind] | _ONLY[surface].get(kind, {})
    read: dict[str, Any] = {}
    for written, item in value.items():
        name = _SNAKE.sub(lambda match: match[1].upper(), written)
        if name not in fields:
            at = f" at '{_snake(path)}'" if path else ""
            raise ShapeError(
                f'Invalid JSON payload received. Unknown name "{written}"{at}: Cannot find field.'
            )
        if name in read:
            raise ShapeError(f"Invalid value at '{_snake(path)}', field `{name}` is set twice")
        if item is not None:
            read[name] = _value(item, fields[name], f"{path}.{name}" if path else name, surface)
    return read


def _value(value: Any, kind: str, path: str, surface: Surface) -> Any:
    if kind.startswith("["):
        listed = value if isinstance(value, list) else [value]
        inner = kind[1:-1]
        return [_value(item, inner, f"{path}[{place}]", surface) for place, item in enumerate(listed)]
    if kind.startswith("{"):
        if not isinstance(value, dict):
            raise ShapeError(f"Invalid value at '{_snake(path)}' (map), {value!r}")
        return {name: _value(item, kind[1:-1], f"{path}[{name}]", surface) for name, item in value.items()}
    if kind in _MESSAGES:
        return _message(value, kind, path, surface)
    return _scalar(value, kind, path)


def _scalar(value: Any, kind: str, path: str) -> Any:
    if kind == "any":
        return value
    if kind == "bytes":
        text = str(value).replace("-", "+").replace("_", "/").rstrip("=")
        try:
            base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except binascii.Error as error:
            raise ShapeError(f"Invalid value at '{_snake(path)}' (TYPE_BYTES), Base64 failed") from error
        return value
    if not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind != "truth"):
        raise ShapeError(f"Invalid value at '{_snake(path)}' (TYPE_{kind.upper()}), {value!r}")
    return value


def _snake(path: str) -> str:
    """The path as Google tells it."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: "_" + match[1].lower(), path)
