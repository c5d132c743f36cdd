"""InvokeModel with Anthropic's bodies, on the simulated Bedrock: what it demands, and how it streams."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from typing import Any
from urllib.parse import unquote

import msgspec

from comity.dialects import bedrock_invoke
from comity.dialects.event_stream import Frame, encode_frame
from comity.errors import RequestError
from comity.exchange import Request
from comity.simulator.anthropic_answer import events, message
from comity.simulator.anthropic_rules import check_body
from comity.simulator.bedrock import BedrockWire
from comity.simulator.reply import Refusal, Step
from comity.simulator.wire import Asked, Serving, Target
from comity.simulator.words import pick

_PATH = re.compile(r"/model/([^/]+)/(invoke|invoke-with-response-stream|count-tokens)")
_FURTHER = {"anthropic_version", "anthropic_beta", "context_management"}
_REFUSED = ("model", "stream", "service_tier", "container", "inference_geo", "cache_control")
_VERSIONS = {"bedrock-2023-05-31", "2026-10-21"}
_FLAGS = {
    "computer-use-2025-01-24",
    "context-1m-2025-08-07",
    "context-management-2025-06-27",
    "interleaved-thinking-2025-05-14",
    "tool-examples-2025-10-29",
    "tool-search-tool-2025-10-19",
}
_PADDING = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class BedrockInvokeWire(BedrockWire):
    """Anthropic's bodies on Bedrock's runtime, under the same keys and signatures as Converse."""

    def serves(self, asked: Asked) -> bool:
        """Whether it is an InvokeModel with one of Anthropic's bodies, or the counting of one."""
        counted = asked.path.endswith("/count-tokens")
        held = b'"invokeModel"' if counted else b'"messages"'
        return _PATH.fullmatch(asked.path) is not None and held in asked.body

    def locate(self, asked: Asked) -> Target | Refusal:
        """The model id or ARN in the path."""
        match = _PATH.fullmatch(asked.path)
        if match is None or asked.method != "POST":
            return self.fail(404)
        model = self.models.get(unquote(match[1]))
        if model is None:
            return self._invalid("The provided model identifier is invalid.")
        return Target(model, match[2], free=match[2] == "count-tokens")

    def read(self, asked: Asked, target: Target) -> Request | Refusal:
        """The request, or Bedrock's complaint about it."""
        body = asked.body
        if target.free:
            body = b64decode(json.loads(body)["input"]["invokeModel"]["body"])
        request = read_invoke(
            body, target.model.name, stream=target.operation == "invoke-with-response-stream"
        )
        return self._invalid(request) if isinstance(request, str) else request

    def whole(self, serving: Serving) -> bytes:
        """A message, or a count."""
        if serving.target.free:
            return json.dumps({"inputTokens": serving.composition.prompt}).encode()
        return json.dumps(message(serving)).encode()

    def stream(self, serving: Serving) -> tuple[Step, ...]:
        """Binary frames in time, each with padding."""
        return stream_invoke(serving)

    def _invalid(self, text: str) -> Refusal:
        return msgspec.structs.replace(self.fail(400), body=json.dumps({"message": text}).encode())


def read_invoke(raw: bytes, model: str, *, stream: bool) -> Request | str:
    """The request, or Bedrock's complaint about it."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return "Malformed input request, please reformat your input and try again."
    if not isinstance(body, dict):
        return "Malformed input request, please reformat your input and try again."
    complaint = _particular(body) or check_body(
        body, _FURTHER, ("anthropic_version", "max_tokens", "messages")
    )
    if complaint is not None:
        return complaint
    try:
        return bedrock_invoke.decode_request(raw, model=model, stream=stream)
    except RequestError as error:
        return f"{error.param}: {error}"


def stream_invoke(serving: Serving) -> tuple[Step, ...]:
    """One frame per event, padded; the last one has the metrics."""
    steps = []
    for number, (event, tokens) in enumerate(events(serving)):
        told = event
        if event["type"] == "message_stop":
            usage = serving.composition.usage()
            counts = {"inputTokenCount": usage.input, "outputTokenCount": usage.completion}
            told = event | {"amazon-bedrock-invocationMetrics": counts}
        steps.append(Step(serving.pace.due(tokens), _frame(told, f"{serving.answer_id}/{number}"), tokens))
    return tuple(steps)


def _particular(body: dict[str, Any]) -> str | None:
    """What only Bedrock refuses: members that the address says, other versions, flags it does not know."""
    refused = next((name for name in _REFUSED if name in body), None)
    if refused is not None:
        return f"{refused}: Extra inputs are not permitted"
    if body.get("anthropic_version", "bedrock-2023-05-31") not in _VERSIONS:
        return f"anthropic_version: Input should be one of {sorted(_VERSIONS)}"
    if not set(body.get("anthropic_beta") or ()) <= _FLAGS:
        return "invalid beta flag"
    sources = json.dumps(body)
    return "source: URL sources are not supported" if '"type": "url"' in sources else None


def _frame(event: dict[str, Any], place: str) -> bytes:
    padding = _PADDING[: pick(place, 3, len(_PADDING))]
    payload = json.dumps({"bytes": b64encode(json.dumps(event).encode()).decode(), "p": padding})
    headers = {":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}
    return encode_frame(Frame({**headers}, payload.encode()))
