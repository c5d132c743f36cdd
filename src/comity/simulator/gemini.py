"""Gemini on Google's two surfaces: generateContent, its stream as events or as an array, and countTokens.

Strict as Google is: unknown fields, turns, results in order, signatures of a thinking model. Vertex serves
one location, refuses ids of calls and takes bearer tokens; AI Studio takes `x-goog-api-key`. No files, no
caches, no hosted tools.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import Any, ClassVar
from urllib.parse import unquote

import msgspec

from comity.dialects import gemini
from comity.errors import RequestError
from comity.exchange import Request
from comity.simulator.chat_wire import JSON, bearer
from comity.simulator.compose import is_filtered
from comity.simulator.gemini_answer import Telling
from comity.simulator.gemini_rules import as_error, check_rules
from comity.simulator.gemini_shape import ShapeError, Surface, read_shape
from comity.simulator.quota import Admission
from comity.simulator.reply import HeaderPairs, Refusal, Step
from comity.simulator.spec import CloudSpec
from comity.simulator.wire import Asked, Serving, Target

_VERBS = {"generateContent", "streamGenerateContent", "countTokens"}
_AS_ARRAY = "streamGenerateContent as an array"
_PATH = re.compile(r"/v1(?:beta)?/models/([^/]+):([A-Za-z]+)")
_EVENTS: HeaderPairs = ((b"content-type", b"text/event-stream"),)
_TYPE = "type.googleapis.com/google.rpc."
_ERRORS = {
    400: ("INVALID_ARGUMENT", "Request contains an invalid argument."),
    401: ("UNAUTHENTICATED", "Request had invalid authentication credentials."),
    403: ("PERMISSION_DENIED", "The caller does not have permission"),
    404: ("NOT_FOUND", "Requested entity was not found."),
    429: ("RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
    500: ("INTERNAL", "An internal error has occurred. Please retry."),
    503: ("UNAVAILABLE", "The model is overloaded. Please try again later."),
    504: ("DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
}


class GeminiWire:
    """The wire of AI Studio."""

    surface: ClassVar[Surface] = "ai-studio"

    def __init__(self, spec: CloudSpec) -> None:
        self.spec = spec
        self.models = {model.name: model for model in spec.models}

    def serves(self, asked: Asked) -> bool:
        """Whether the path is one of AI Studio."""
        return _PATH.fullmatch(asked.path) is not None

    def authenticate(self, asked: Asked) -> Refusal | None:
        """403 without a key, 400 with a wrong one, as AI Studio answers."""
        given = asked.headers.get(b"x-goog-api-key")
        key = None if given is None else given.decode("latin-1")
        if not self.spec.api_keys or key in self.spec.api_keys:
            return None
        if key is None:
            return self.error(403, "Method doesn't allow unregistered callers.")
        reason = {"@type": f"{_TYPE}ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}
        return self.error(400, "API key not valid. Please pass a valid API key.", [reason])

    def locate(self, asked: Asked) -> Target | Refusal:
        """The model and the method in the path."""
        match = _PATH.fullmatch(asked.path)
        name = "" if match is None else unquote(match[1])
        if match is None or match[2] not in _VERBS or asked.method != "POST":
            return self.error(404)
        model = self.models.get(name)
        if model is None:
            text = f"models/{name} is not found for API version v1beta, or is not supported for {match[2]}."
            return self.error(404, text)
        return Target(model, _operation(match[2], asked.query), free=match[2] == "countTokens")

    def read(self, asked: Asked, target: Target) -> Request | Refusal:
        """The request, Google's complaint about it, or the answer to a prompt that is blocked."""
        try:
            body = read_shape(json.loads(asked.body), "Count" if target.free else "Request", self.surface)
        except (ValueError, RecursionError):
            return self.error(400, "Invalid JSON payload received. Unexpected token.")
        except ShapeError as error:
            return self.error(400, str(error))
        counted = body.get("generateContentRequest", body) if target.free else body
        complaint = check_rules(counted, self.surface, thinking=target.model.reasoning, seed=self.spec.seed)
        if complaint is not None:
            return self.error(400, complaint)
        try:
            request = gemini.decode_request(json.dumps(counted).encode(), model=target.model.name)
        except RequestError as error:
            return self.error(400, str(error))
        request = msgspec.structs.replace(request, stream=target.operation.startswith("stream"))
        return self._blocked(target) if is_filtered(request) else request

    def headers(self, serving: Serving) -> HeaderPairs:
        """Type and request id."""
        events = serving.target.operation == "streamGenerateContent"
        return (_EVENTS if events else JSON) + _ids()

    def whole(self, serving: Serving) -> bytes:
        """An answer, or a count."""
        if serving.target.free:
            prompt = serving.composition.prompt
            details = [{"modality": "TEXT", "tokenCount": prompt}]
            return json.dumps({"totalTokens": prompt, "promptTokensDetails": details}).encode()
        return json.dumps(self._telling(serving).whole(), ensure_ascii=False).encode()

    def stream(self, serving: Serving) -> tuple[Step, ...]:
        """Chunks in time, as events or as elements of an array."""
        told = self._telling(serving).chunks()
        due = serving.pace.due
        if serving.target.operation != _AS_ARRAY:
            return tuple(Step(due(tokens), _event(chunk), tokens) for chunk, tokens in told)
        steps = [
            Step(due(tokens), (b"," if place else b"[") + json.dumps(chunk).encode(), tokens)
            for place, (chunk, tokens) in enumerate(told)
        ]
        return (*steps, Step(steps[-1].at, b"]", steps[-1].tokens))

    def fail(self, status: int) -> Refusal:
        """Google's error of a status."""
        return self.error(status)

    def throttle(self, admission: Admission, target: Target) -> Refusal:
        """A 429 that says how long in its details."""
        text = f"You exceeded your current quota of {admission.exceeded}s for {target.model.name}."
        details: list[dict[str, Any]] = [
            {"@type": f"{_TYPE}QuotaFailure", "violations": [{"quotaId": "GenerateRequestsPerMinute"}]},
            {"@type": f"{_TYPE}RetryInfo", "retryDelay": f"{admission.retry_after:.3f}s"},
        ]
        return self.error(429, text, details)

    def overflow(self, prompt: int, target: Target) -> Refusal:
        """A 400 for a prompt that is too long."""
        most = target.model.context_window
        text = f"The input token count ({prompt}) exceeds the maximum number of tokens allowed ({most})."
        return self.error(400, text)

    def filtered(self) -> Refusal:
        """Never asked: a blocked prompt is answered by `read`, with status 200."""
        return self.error(400)

    def exception(self, status: int) -> bytes:
        """The error event of a stream."""
        return b"data: " + as_error(status, *_ERRORS.get(status, _ERRORS[500])) + b"\r\n\r\n"

    def malformed(self) -> bytes:
        """An event that is no JSON."""
        return b'data: {"candidates": [{"content": {"parts": [\r\n\r\n'

    def error(
        self, status: int, message: str | None = None, details: list[dict[str, Any]] | None = None
    ) -> Refusal:
        """An answer with Google's error object."""
        word, usual = _ERRORS.get(status, ("UNKNOWN", f"The server answered {status}."))
        return Refusal(status, as_error(status, word, message or usual, details), JSON + _ids(), word)

    def _telling(self, serving: Serving) -> Telling:
        return Telling(serving, self.surface, self.spec.seed)

    def _blocked(self, target: Target) -> Refusal:
        """Status 200 and no candidate: Google blocks a prompt in its answer."""
        answer = {
            "promptFeedback": {"blockReason": "SAFETY"},
            "usageMetadata": {"promptTokenCount": 4, "totalTokenCount": 4},
            "modelVersion": target.model.answers_as,
            "responseId": uuid.uuid4().hex[:22],
        }
        if target.operation == "streamGenerateContent":
            return Refusal(200, _event(answer), _EVENTS + _ids(), "SAFETY")
        listed = [answer] if target.operation == _AS_ARRAY else answer
        return Refusal(200, json.dumps(listed).encode(), JSON + _ids(), "SAFETY")


class VertexGeminiWire(GeminiWire):
    """The wire of Vertex AI in one location, of any project."""

    surface: ClassVar[Surface] = "vertex"

    def serves(self, asked: Asked) -> bool:
        """Whether the path is one of Google's models on Vertex."""
        return "/publishers/google/" in asked.path

    def authenticate(self, asked: Asked) -> Refusal | None:
        """401 unless the token is one of ours, where there are any."""
        if not self.spec.api_keys or bearer(asked) in self.spec.api_keys:
            return None
        return self.error(401)

    def locate(self, asked: Asked) -> Target | Refusal:
        """The model in the path, in the one location that is served."""
        place = re.escape(self.spec.region)
        match = re.fullmatch(
            rf"/v1(?:beta1)?/projects/([^/]+)/locations/{place}/publishers/google/models/([^/]+):([A-Za-z]+)",
            asked.path,
        )
        name = "" if match is None else unquote(match[2])
        model = self.models.get(name)
        if match is None or match[3] not in _VERBS or model is None or asked.method != "POST":
            return self.error(404, f"Publisher Model `{name}` was not found, or there is no access to it.")
        return Target(model, _operation(match[3], asked.query), free=match[3] == "countTokens")


def _operation(verb: str, query: str) -> str:
    return _AS_ARRAY if verb == "streamGenerateContent" and "alt=sse" not in query.split("&") else verb


def _event(chunk: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\r\n\r\n"


def _ids() -> HeaderPairs:
    return ((b"x-goog-request-id", uuid.uuid4().hex.encode()),)
