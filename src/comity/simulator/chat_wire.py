"""OpenAI's chat completions as a server answers them; Azure adds its own to this."""

from __future__ import annotations

import json
import uuid
from typing import ClassVar

import msgspec

from comity.dialects import openai_chat
from comity.errors import RequestError
from comity.exchange import Request
from comity.simulator.answer import narrate, respond
from comity.simulator.chat_rules import check_chat
from comity.simulator.complaint import Complaint
from comity.simulator.quota import Admission
from comity.simulator.reply import HeaderPairs, Refusal, Step
from comity.simulator.spec import CloudSpec, SimulatedModel
from comity.simulator.wire import Asked, Serving, Target

JSON: HeaderPairs = ((b"content-type", b"application/json"),)
"""Headers of every JSON answer."""

_STREAM: HeaderPairs = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
)
_CHUNK = b"data: {"
_ERRORS: dict[int, tuple[str, str | None, str]] = {
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    402: ("insufficient_quota", "insufficient_quota", "You exceeded your current quota."),
    403: ("invalid_request_error", None, "You are not allowed to do this."),
    404: (
        "invalid_request_error",
        "model_not_found",
        "The model does not exist or you do not have access to it.",
    ),
    408: ("server_error", None, "The request timed out."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached. Please try again later."),
    500: ("server_error", None, "The server had an error while processing your request. Sorry about that!"),
    503: ("server_error", None, "The engine is currently overloaded, please try again later."),
}


class ChatWire:
    """The wire of an OpenAI-compatible cloud."""

    operation: ClassVar[str] = "chat.completions"

    def __init__(self, spec: CloudSpec) -> None:
        self.spec = spec
        self.models = {model.name: model for model in spec.models}

    def serves(self, asked: Asked) -> bool:
        """Whether the path is one of chat completions."""
        return asked.path.endswith("/chat/completions")

    def read(self, asked: Asked, target: Target) -> Request | Refusal:
        """The request, or OpenAI's complaint about it."""
        complaint = check_chat(asked.body, reasoning=target.model.reasoning)
        if complaint is None:
            try:
                return openai_chat.decode_request(asked.body)
            except RequestError as error:
                complaint = Complaint(str(error), error.param or None, None)
        return self.complain(complaint)

    def headers(self, serving: Serving) -> HeaderPairs:
        """Type, ids and what is left of the limits."""
        kind = _STREAM if serving.request.stream else JSON
        return kind + self.limits(serving.admission) + self.identity(serving.answering)

    def identity(self, answering: SimulatedModel) -> HeaderPairs:
        """Who answered, by this cloud's headers."""
        return (
            (b"x-request-id", f"req_{uuid.uuid4().hex}".encode()),
            (b"openai-version", b"2020-10-01"),
            (b"openai-processing-ms", b"12"),
            (b"openai-model", answering.answers_as.encode()),
        )

    def limits(self, admission: Admission) -> HeaderPairs:
        """What is left of the limits, where there are any."""
        pairs = ((b"requests", admission.remaining_requests), (b"tokens", admission.remaining_tokens))
        return tuple(
            (b"x-ratelimit-remaining-" + name, b"%d" % left) for name, left in pairs if left is not None
        )

    def whole(self, serving: Serving) -> bytes:
        """A chat completion."""
        model = serving.answering.answers_as
        answer = respond(serving.composition, f"chatcmpl-{serving.answer_id}", model, serving.created)
        return openai_chat.encode_response(
            msgspec.structs.replace(answer, service_tier=serving.answering.tier or None)
        )

    def stream(self, serving: Serving) -> tuple[Step, ...]:
        """Chat completion chunks in time."""
        encoder = openai_chat.EventEncoder(serving.request)
        model = serving.answering.answers_as
        answer_id = f"chatcmpl-{serving.answer_id}"
        steps = []
        for event, tokens in narrate(serving.composition, answer_id, model, serving.created):
            data = encoder.encode(event)
            if data.startswith(_CHUNK) and serving.answering.tier:
                data = (
                    _CHUNK + b'"service_tier":"%b",' % serving.answering.tier.encode() + data[len(_CHUNK) :]
                )
            if data:
                steps.append(Step(serving.pace.due(tokens), data, tokens))
        return tuple(steps)

    def complain(self, complaint: Complaint) -> Refusal:
        """A 400 with OpenAI's error object."""
        return self.error(400, "invalid_request_error", complaint)

    def fail(self, status: int) -> Refusal:
        """OpenAI's error object of a status."""
        kind, code, message = _ERRORS.get(status, ("server_error", None, f"The server answered {status}."))
        return with_patience(self.error(status, kind, Complaint(message, None, code)))

    def throttle(self, admission: Admission, target: Target) -> Refusal:
        """A 429 that says which limit and how long."""
        unit = f"{admission.exceeded}s per min ({admission.exceeded[0].upper()}PM)"
        text = (
            f"Rate limit reached for {target.model.answers_as} in organization org-simulated on {unit}. "
            f"Please try again in {admission.retry_after:.3f}s."
        )
        complaint = Complaint(text, None, "rate_limit_exceeded")
        refusal = self.error(429, f"{admission.exceeded}s", complaint)
        return msgspec.structs.replace(refusal, headers=refusal.headers + retry_headers(admission))

    def overflow(self, prompt: int, target: Target) -> Refusal:
        """A 400 for a prompt that is too long."""
        window = target.model.context_window
        text = (
            f"This model's maximum context length is {window} tokens. However, your messages resulted in "
            f"{prompt} tokens. Please reduce the length of the messages."
        )
        return self.complain(Complaint(text, "messages", "context_length_exceeded"))

    def filtered(self) -> Refusal:
        """A 400 of the moderation in front of the model."""
        text = "Your request was rejected as a result of our safety system."
        return self.complain(Complaint(text, None, "content_policy_violation"))

    def exception(self, status: int) -> bytes:
        """The error object as an event of the stream."""
        kind, code, message = _ERRORS.get(status, _ERRORS[500])
        return b"data: %s\n\n" % error_body(kind, Complaint(message, None, code))

    def malformed(self) -> bytes:
        """An event that is no JSON."""
        return b'data: {"id":"chatcmpl-broken","choices":[{"index":0,"delta":{"content"\n\n'

    def error(self, status: int, kind: str, complaint: Complaint) -> Refusal:
        """An answer with OpenAI's error object."""
        ids: HeaderPairs = ((b"x-request-id", f"req_{uuid.uuid4().hex}".encode()),)
        return Refusal(status, error_body(kind, complaint), JSON + ids, complaint.code or kind)


def error_body(kind: str, complaint: Complaint) -> bytes:
    """OpenAI's error object."""
    error = {"message": complaint.message, "type": kind, "param": complaint.param, "code": complaint.code}
    return json.dumps({"error": error}).encode()


def retry_headers(admission: Admission) -> HeaderPairs:
    """How long to wait, in whole seconds and in milliseconds."""
    milliseconds = max(int(admission.retry_after * 1000), 1)
    return (
        (b"retry-after", b"%d" % -(-milliseconds // 1000)),
        (b"retry-after-ms", b"%d" % milliseconds),
    )


def with_patience(refusal: Refusal) -> Refusal:
    """A 429 on schedule asks for a second's patience, as a real one would."""
    if refusal.status != 429:
        return refusal
    waits: HeaderPairs = ((b"retry-after", b"1"), (b"retry-after-ms", b"1000"))
    return msgspec.structs.replace(refusal, headers=refusal.headers + waits)


def bearer(asked: Asked) -> str | None:
    """The bearer token of a request."""
    value = asked.headers.get(b"authorization") or b""
    scheme, _, token = value.partition(b" ")
    return token.strip().decode("latin-1") if scheme.lower() == b"bearer" and token else None


def body_model(body: bytes) -> str:
    """The `model` of a JSON body; empty when it cannot be read, which validation will say better."""
    try:
        return msgspec.json.decode(body, type=_Named).model or ""
    except (msgspec.DecodeError, ValueError):
        return ""


class _Named(msgspec.Struct):
    """The one field that routing reads."""

    model: str | None = None
