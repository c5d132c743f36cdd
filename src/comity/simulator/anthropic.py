"""Anthropic's Messages API, and the same on Vertex AI: keys, versions, beta flags, errors, pings.

One wire serves `/v1/messages`, Microsoft Foundry's `/anthropic/v1/messages`, the counting of tokens and the
list of models. There are no batches, files or hosted tools.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import Any, ClassVar
from urllib.parse import unquote

import msgspec

from comity.dialects import anthropic_messages
from comity.errors import RequestError
from comity.exchange import Request
from comity.simulator.anthropic_answer import events, message
from comity.simulator.anthropic_rules import SAMPLING, check_body
from comity.simulator.chat_wire import JSON, bearer, body_model
from comity.simulator.quota import Admission
from comity.simulator.reply import HeaderPairs, Refusal, Step
from comity.simulator.spec import CloudSpec
from comity.simulator.wire import Asked, Serving, Target

_PATH = re.compile(r"(?:/anthropic)?/v1/(messages|messages/count_tokens|models)")
_STREAM: HeaderPairs = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
)
_ERRORS = {
    400: ("invalid_request_error", "The request is not valid."),
    401: ("authentication_error", "invalid x-api-key"),
    403: ("permission_error", "Your API key does not have permission to use the specified resource."),
    404: ("not_found_error", "Not found"),
    413: ("request_too_large", "Request exceeds the maximum size"),
    429: ("rate_limit_error", "This request would exceed your account's rate limit. Please try again later."),
    500: ("api_error", "Internal server error"),
    504: ("timeout_error", "The request timed out."),
    529: ("overloaded_error", "Overloaded"),
}
_VERSIONS = {"2023-06-01", "2026-10-21"}
_FLAG = re.compile(r"[a-z0-9-]+-20\d\d-?\d\d-?\d\d")
_BY_FLAG = {"context-management-": "context_management", "mcp-client-": "mcp_servers"}
_COUNTED = ("max_tokens", "stream", "metadata", "temperature", "top_p", "top_k", "stop_sequences")


class AnthropicWire:
    """The wire of one account at Anthropic."""

    stream_type: ClassVar[HeaderPairs] = _STREAM

    def __init__(self, spec: CloudSpec) -> None:
        self.spec = spec
        self.models = {model.name: model for model in spec.models}

    def serves(self, asked: Asked) -> bool:
        """Whether the path is one of Messages."""
        return _PATH.fullmatch(asked.path) is not None

    def authenticate(self, asked: Asked) -> Refusal | None:
        """401 unless the key is one of ours, where there are any."""
        given = asked.headers.get(b"x-api-key") or asked.headers.get(b"api-key")
        key = bearer(asked) if given is None else given.decode("latin-1")
        if not self.spec.api_keys or key in self.spec.api_keys:
            return None
        return self.error(401, None if key else "x-api-key header is required")

    def locate(self, asked: Asked) -> Target | Refusal:
        """The model that the body names; a list of models is answered at once."""
        match = _PATH.fullmatch(asked.path)
        if match is None:
            return self.error(404)
        if match[1] == "models":
            return Refusal(200, self._list(), JSON + _ids(), "")
        if asked.method != "POST":
            return self.error(404)
        version = (asked.headers.get(b"anthropic-version") or b"").decode("latin-1")
        if version not in _VERSIONS:
            text = f"anthropic-version: {version!r} is not a valid version"
            return self.error(400, text if version else "anthropic-version: header is required")
        name = body_model(asked.body)
        model = self.models.get(name)
        if model is None:
            return self.error(404 if name else 400, f"model: {name}" if name else "model: Field required")
        return Target(model, match[1], free=match[1].endswith("count_tokens"))

    def read(self, asked: Asked, target: Target) -> Request | Refusal:
        """The request, or Anthropic's complaint about it."""
        flags = _flags(asked)
        unknown = [flag for flag in flags if not _FLAG.fullmatch(flag)]
        if unknown:
            return self.error(400, f"Unexpected value(s) `{unknown[0]}` for the `anthropic-beta` header.")
        further = _of_flags(flags)
        required = ("messages",) if target.free else ("max_tokens", "messages")
        later = asked.headers.get(b"anthropic-version") == b"2026-10-21"
        refused = (*(SAMPLING if later else ()), *(_COUNTED if target.free else ()))
        return self.judge(asked, target, further, required, refused)

    def judge(
        self,
        asked: Asked,
        target: Target,
        further: set[str],
        required: tuple[str, ...],
        refused: tuple[str, ...],
    ) -> Request | Refusal:
        """The request in a body that has every `required` and no `refused` member."""
        try:
            body = json.loads(asked.body)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            return self.error(400, "The request body is not valid JSON")
        named = next((name for name in refused if name in body), None)
        complaint = (
            check_body(body, further, required)
            if named is None
            else f"{named}: Extra inputs are not permitted"
        )
        if complaint is not None:
            return self.error(400, complaint)
        try:
            return anthropic_messages.decode_request(asked.body, model=target.model.name)
        except RequestError as error:
            return self.error(400, f"{error.param}: {error}")

    def headers(self, serving: Serving) -> HeaderPairs:
        """Type, request id and what is left of the limits."""
        left = serving.admission.remaining_requests
        limits: HeaderPairs = (
            () if left is None else ((b"anthropic-ratelimit-requests-remaining", b"%d" % left),)
        )
        return (self.stream_type if serving.request.stream else JSON) + limits + _ids()

    def whole(self, serving: Serving) -> bytes:
        """A message, or a count."""
        if serving.target.free:
            return json.dumps({"input_tokens": serving.composition.prompt}).encode()
        return json.dumps(message(serving)).encode()

    def stream(self, serving: Serving) -> tuple[Step, ...]:
        """Server-sent events in time."""
        return tuple(
            Step(serving.pace.due(tokens), self.frame(event), tokens) for event, tokens in events(serving)
        )

    def frame(self, event: dict[str, Any]) -> bytes:
        """One event of a stream."""
        return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()

    def fail(self, status: int) -> Refusal:
        """Anthropic's error of a status."""
        refusal = self.error(status)
        waits: HeaderPairs = ((b"retry-after", b"1"),) if status == 429 else ()
        return msgspec.structs.replace(refusal, headers=refusal.headers + waits)

    def throttle(self, admission: Admission, target: Target) -> Refusal:
        """A 429 that says how long."""
        name = target.model.name
        text = f"This request would exceed your rate limit of {admission.exceeded}s per minute ({name})."
        refusal = self.error(429, text)
        wait: HeaderPairs = ((b"retry-after", b"%d" % max(int(admission.retry_after + 0.999), 1)),)
        return msgspec.structs.replace(refusal, headers=refusal.headers + wait)

    def overflow(self, prompt: int, target: Target) -> Refusal:
        """A 400 for a prompt that is too long."""
        return self.error(400, f"prompt is too long: {prompt} tokens > {target.model.context_window} maximum")

    def filtered(self) -> Refusal:
        """A 400 of the filter in front of the model."""
        return self.error(400, "Output blocked by content filtering policy")

    def exception(self, status: int) -> bytes:
        """The error event of a stream."""
        return self.frame(_error(*_ERRORS.get(status, _ERRORS[500])))

    def malformed(self) -> bytes:
        """An event that is no JSON."""
        return b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta"\n\n'

    def error(self, status: int, message: str | None = None) -> Refusal:
        """An answer with Anthropic's error object."""
        kind, usual = _ERRORS.get(status, ("api_error", f"The server answered {status}."))
        return Refusal(status, json.dumps(_error(kind, message or usual)).encode(), JSON + _ids(), kind)

    def _list(self) -> bytes:
        data = [
            {"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z"}
            for name in self.models
        ]
        return json.dumps({"data": data, "has_more": False, "first_id": None, "last_id": None}).encode()


def _flags(asked: Asked) -> list[str]:
    value = (asked.headers.get(b"anthropic-beta") or b"").decode("latin-1")
    return [flag for word in value.split(",") if (flag := word.strip())]


def _of_flags(flags: list[str]) -> set[str]:
    """Members of the body that the flags allow."""
    return {name for prefix, name in _BY_FLAG.items() if any(flag.startswith(prefix) for flag in flags)}


def _error(kind: str, text: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": text}}


def _ids() -> HeaderPairs:
    return ((b"request-id", f"req_{uuid.uuid4().hex[:24]}".encode()),)


class VertexClaudeWire(AnthropicWire):
    """Claude on Vertex AI in one location: the path names the model, the body its version."""

    def serves(self, asked: Asked) -> bool:
        """Whether the path is one of Anthropic's models."""
        return "/publishers/anthropic/" in asked.path

    def authenticate(self, asked: Asked) -> Refusal | None:
        """Google's 401 without a known bearer token."""
        if not self.spec.api_keys or bearer(asked) in self.spec.api_keys:
            return None
        error = {"code": 401, "message": "Request had invalid credentials.", "status": "UNAUTHENTICATED"}
        return Refusal(401, json.dumps({"error": error}).encode(), JSON, "UNAUTHENTICATED")

    def locate(self, asked: Asked) -> Target | Refusal:
        """The model in the path; `count-tokens` is asked for any."""
        place = re.escape(self.spec.region)
        match = re.fullmatch(
            rf"/v1(?:beta1)?/projects/[^/]+/locations/{place}/publishers/anthropic/models/"
            r"([^/:]+):(rawPredict|streamRawPredict)",
            asked.path,
        )
        name = None if match is None else unquote(match[1])
        free = name == "count-tokens"
        model = self.models.get(body_model(asked.body) if free else name or "")
        if match is None or model is None or asked.method != "POST":
            error = {"code": 404, "message": f"Publisher Model `{name}` not found.", "status": "NOT_FOUND"}
            return Refusal(404, json.dumps({"error": error}).encode(), JSON, "NOT_FOUND")
        return Target(model, match[2], free=free)

    def read(self, asked: Asked, target: Target) -> Request | Refusal:
        """The request; the body says its version, and never the model."""
        further = {"anthropic_version", "anthropic_beta"} | _of_flags(_flags(asked))
        if target.free:
            return self.judge(asked, target, further, ("anthropic_version", "messages"), _COUNTED)
        required = ("anthropic_version", "max_tokens", "messages")
        return self.judge(asked, target, further, required, ("model", "service_tier", "container"))
