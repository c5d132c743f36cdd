"""Amazon Bedrock: Converse and ConverseStream with signatures, AWS's errors, binary frames and their padding.

Every frame carries the padding member `p` and usage has both spellings of the cache counts, as recorded from
the real service. Text blocks begin without a start event. There is no InvokeModel and no CountTokens.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import Any
from urllib.parse import unquote

import msgspec

from comity.dialects import bedrock_converse
from comity.dialects.event_stream import Frame, encode_frame
from comity.errors import RequestError
from comity.exchange import Request, Usage
from comity.simulator.answer import narrate, respond
from comity.simulator.aws_signature import SignedRequest, check_signature
from comity.simulator.chat_wire import bearer
from comity.simulator.converse_rules import check_rules
from comity.simulator.converse_shape import check_shape
from comity.simulator.frames import rewrite_frames
from comity.simulator.quota import Admission
from comity.simulator.reply import HeaderPairs, Refusal, Step
from comity.simulator.spec import CloudSpec
from comity.simulator.wire import Asked, Serving, Target
from comity.simulator.words import pick

_PATH = re.compile(r"/model/([^/]+)/(converse|converse-stream|count-tokens)")
_OPERATIONS = {"converse": "Converse", "converse-stream": "ConverseStream", "count-tokens": "CountTokens"}
_STREAM: HeaderPairs = ((b"content-type", b"application/vnd.amazon.eventstream"),)
_JSON: HeaderPairs = ((b"content-type", b"application/json"),)
_PADDING = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_INVALID_MODEL = "The provided model identifier is invalid."
_ERRORS = {
    400: ("ValidationException", "The request is not valid."),
    403: ("AccessDeniedException", "You don't have access to the model with the specified model ID."),
    404: ("ResourceNotFoundException", "The specified resource ARN was not found."),
    408: ("ModelTimeoutException", "The request took too long to process."),
    424: ("ModelErrorException", "The request failed due to an error while processing the model."),
    429: ("ThrottlingException", "Too many requests, please wait before trying again."),
    500: ("InternalServerException", "The system encountered an unexpected error during processing."),
    503: ("ServiceUnavailableException", "Bedrock is unable to process your request."),
}
_STREAM_ERRORS = {
    400: "validationException",
    424: "modelStreamErrorException",
    429: "throttlingException",
    503: "serviceUnavailableException",
}


class BedrockWire:
    """The wire of Bedrock's runtime in one region."""

    def __init__(self, spec: CloudSpec) -> None:
        self.spec = spec
        self.models = {model.name: model for model in spec.models}

    def serves(self, asked: Asked) -> bool:
        """Whether the path is one of Converse, or of the counting of a prompt."""
        return _PATH.fullmatch(asked.path) is not None

    def authenticate(self, asked: Asked) -> Refusal | None:
        """403 unless the request is signed by a known account, or carries a known API key."""
        key = bearer(asked)
        if key is not None:
            if key in self.spec.api_keys:
                return None
            return _refusal(403, "AccessDeniedException", "Authentication failed: the API key is not valid.")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in asked.headers}
        target = f"{asked.path}?{asked.query}" if asked.query else asked.path
        signed = SignedRequest(asked.method, target, headers, asked.body)
        denied = check_signature(signed, self.spec.accounts, self.spec.region, asked.at)
        return None if denied is None else _refusal(403, denied.exception, denied.message)

    def locate(self, asked: Asked) -> Target | Refusal:
        """The model id or ARN in the path."""
        match = _PATH.fullmatch(asked.path)
        if match is None or asked.method != "POST":
            return _refusal(404, "UnknownOperationException", "")
        model = self.models.get(unquote(match[1]))
        if model is None:
            return _refusal(400, "ValidationException", _INVALID_MODEL)
        return Target(model, _OPERATIONS[match[2]], free=match[2] == "count-tokens")

    def read(self, asked: Asked, target: Target) -> Request | Refusal:
        """The request, or AWS's complaint about it."""
        try:
            body = json.loads(asked.body)
        except (ValueError, RecursionError):
            return _refusal(400, "SerializationException", "")
        if not isinstance(body, dict):
            return _refusal(400, "SerializationException", "")
        complaint = check_shape(body, target.operation)
        if complaint is None:
            body = body["input"]["converse"] if target.free else body
            complaint = check_rules(body, text_with_results=target.model.text_with_results)
        if complaint is not None:
            return _refusal(400, "ValidationException", complaint)
        try:
            request = bedrock_converse.decode_request(json.dumps(body).encode(), model=target.model.name)
        except RequestError as error:
            return _refusal(400, "ValidationException", str(error))
        return msgspec.structs.replace(request, stream=target.operation == "ConverseStream")

    def headers(self, serving: Serving) -> HeaderPairs:
        """Type and request id; Bedrock does not say what is left."""
        return (_STREAM if serving.request.stream else _JSON) + _ids()

    def whole(self, serving: Serving) -> bytes:
        """A Converse answer with metrics and both spellings of usage, or a count."""
        if serving.target.free:
            return _json({"inputTokens": serving.composition.prompt})
        answer = respond(
            serving.composition, serving.answer_id, serving.answering.answers_as, serving.created
        )
        body: dict[str, Any] = msgspec.json.decode(bedrock_converse.encode_response(answer))
        total = serving.composition.usage()
        body["metrics"] = {"latencyMs": _latency(serving, total)}
        body["usage"] = _usage(total)
        return _json(body)

    def stream(self, serving: Serving) -> tuple[Step, ...]:
        """Binary frames in time, each with padding."""
        encoder = bedrock_converse.EventEncoder(serving.request)
        pad = _Padding(serving)
        told = narrate(serving.composition, serving.answer_id, serving.answering.answers_as, serving.created)
        steps = []
        for event, tokens in told:
            data = encoder.encode(event)
            if data:
                steps.append(Step(serving.pace.due(tokens), rewrite_frames(data, pad), tokens))
        return tuple(steps)

    def fail(self, status: int) -> Refusal:
        """AWS's exception of a status."""
        name, text = _ERRORS.get(status, ("InternalServerException", f"The service answered {status}."))
        return _refusal(status, name, text)

    def throttle(self, admission: Admission, target: Target) -> Refusal:
        """A 429 that says which limit; Bedrock does not say how long."""
        assert target.model.name, "throttling is a model's"
        return _refusal(
            429, "ThrottlingException", f"Too many {admission.exceeded}s, please wait before trying again."
        )

    def overflow(self, prompt: int, target: Target) -> Refusal:
        """A 400 for a prompt that is too long."""
        text = (
            f"The model returned the following errors: prompt is too long: {prompt} tokens > "
            f"{target.model.context_window} maximum"
        )
        return _refusal(400, "ValidationException", text)

    def filtered(self) -> Refusal:
        """Bedrock's filter answers 400 where no guardrail is configured."""
        text = "The model returned the following errors: Output blocked by content filtering policy"
        return _refusal(400, "ValidationException", text)

    def exception(self, status: int) -> bytes:
        """An exception frame (T13)."""
        _, text = _ERRORS.get(status, _ERRORS[500])
        headers = {
            ":exception-type": _STREAM_ERRORS.get(status, "internalServerException"),
            ":content-type": "application/json",
            ":message-type": "exception",
        }
        return encode_frame(Frame({**headers}, _json({"message": text})))

    def malformed(self) -> bytes:
        """A frame whose checksum is wrong."""
        frame = bytearray(self.exception(500))
        frame[-1] ^= 0xFF
        return bytes(frame)


class _Padding:
    """Adds to each payload what the hub has no place for: padding, and metrics and counts at the end."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._frames = 0

    def __call__(self, headers: bytes, payload: bytes) -> bytes:
        members: dict[str, Any] = msgspec.json.decode(payload)
        if b"metadata" in headers:
            total = self._serving.composition.usage()
            members["metrics"] = {"latencyMs": _latency(self._serving, total)}
            members["usage"] = _usage(total)
        self._frames += 1
        members["p"] = _PADDING[: pick(f"{self._serving.answer_id}/{self._frames}", 3, len(_PADDING))]
        return _json(members)


def _usage(usage: Usage) -> dict[str, int]:
    cached = {
        "cacheReadInputTokenCount": usage.cached_read,
        "cacheReadInputTokens": usage.cached_read,
        "cacheWriteInputTokenCount": usage.cache_write,
        "cacheWriteInputTokens": usage.cache_write,
    }
    return {
        **cached,
        "inputTokens": usage.input,
        "outputTokens": usage.completion,
        "totalTokens": usage.total,
    }


def _latency(serving: Serving, usage: Usage) -> int:
    return int(serving.pace.due(usage.completion) * 1000)


def _refusal(status: int, exception: str, message: str) -> Refusal:
    kind = f"{exception}:http://internal.amazon.com/coral/com.amazon.bedrock/".encode()
    headers = (*_JSON, (b"x-amzn-errortype", kind), *_ids())
    return Refusal(status, _json({"message": message}), headers, exception)


def _ids() -> HeaderPairs:
    return ((b"x-amzn-requestid", str(uuid.uuid4()).encode()),)


def _json(value: object) -> bytes:
    return msgspec.json.encode(value, order="sorted")
