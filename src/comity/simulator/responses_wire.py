"""OpenAI's Responses API as Azure and compatible servers answer it; neither keeps anything."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from comity.dialects import openai_responses
from comity.errors import RequestError
from comity.exchange import Request
from comity.simulator.azure import AzureWire
from comity.simulator.chat_wire import ChatWire, body_model
from comity.simulator.compatible import CompatibleWire
from comity.simulator.complaint import Complaint
from comity.simulator.reply import Refusal, Step
from comity.simulator.responses_answer import Thinking, Told, frame
from comity.simulator.responses_rules import check_responses, write_encrypted
from comity.simulator.wire import Asked, Serving, Target

_AZURE = re.compile(r"/openai/(v1/)?responses")
_COMPATIBLE = "/v1/responses"
_COUNT = f"{_COMPATIBLE}/input_tokens"


class ResponsesWire(ChatWire):
    """What the Responses API has in common wherever it is served."""

    def read(self, asked: Asked, target: Target) -> Request | Refusal:
        """The request, or OpenAI's complaint about it."""
        complaint = check_responses(asked.body, account=self._account, reasoning=target.model.reasoning)
        if complaint is None:
            try:
                return openai_responses.decode_request(asked.body)
            except RequestError as error:
                complaint = Complaint(str(error), error.param or None, None)
        return self.complain(complaint)

    def whole(self, serving: Serving) -> bytes:
        """A response, or a count."""
        if serving.target.free:
            count = {"object": "response.input_tokens", "input_tokens": serving.composition.prompt}
            return json.dumps(count).encode()
        return json.dumps(self._told(serving).finished()).encode()

    def stream(self, serving: Serving) -> tuple[Step, ...]:
        """Typed events in time."""
        steps = []
        for number, (event, tokens) in enumerate(self._told(serving).events()):
            steps.append(Step(serving.pace.due(tokens), frame(event, number), tokens))
        return tuple(steps)

    def exception(self, status: int) -> bytes:
        """The event that reports an error."""
        error = json.loads(self.fail(status).body)["error"]
        error = {"type": "server_error", "param": None, **error}
        return frame({"type": "error", "error": error}, 0)

    def malformed(self) -> bytes:
        """An event that is no JSON."""
        return b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta"\n\n'

    @property
    def _account(self) -> str:
        return f"{self.spec.name}/{self.spec.seed}"

    def _told(self, serving: Serving) -> Told:
        request, identity = serving.request, f"resp_{serving.answer_id}"
        thinking = None
        if serving.answering.reasoning:
            wanted = "reasoning.encrypted_content" in request.hints.get("include", ())
            thinking = Thinking(
                "A thought about it" if request.sampling.thoughts == "summary" else None,
                write_encrypted(self._account, identity) if wanted else None,
            )
        return Told(_head(serving, identity), serving.composition, thinking)


class AzureResponsesWire(ResponsesWire, AzureWire):
    """The Responses API of one Azure OpenAI resource."""

    operation = "Responses_Create"
    whole = ResponsesWire.whole
    stream = ResponsesWire.stream
    read = ResponsesWire.read

    def serves(self, asked: Asked) -> bool:
        """Whether the path is one of responses."""
        return _AZURE.fullmatch(asked.path) is not None

    def locate(self, asked: Asked) -> Target | Refusal:
        """The deployment that the body names; the dated path needs its version."""
        found = _AZURE.fullmatch(asked.path)
        return self.deployment(asked, body_model(asked.body), dated=found is None or found[1] is None)


class CompatibleResponsesWire(ResponsesWire, CompatibleWire):
    """The Responses API of an OpenAI-compatible server, and its count of a prompt."""

    path = _COMPATIBLE

    def serves(self, asked: Asked) -> bool:
        """Whether the path is that of responses, or of their count."""
        return asked.path in {_COMPATIBLE, _COUNT}

    def locate(self, asked: Asked) -> Target | Refusal:
        """The model that the body names; a count is free."""
        found = super().locate(msgspec.structs.replace(asked, path=self.path))
        counted = asked.path == _COUNT and isinstance(found, Target)
        return msgspec.structs.replace(found, free=True) if counted else found


def _head(serving: Serving, identity: str) -> dict[str, Any]:
    request = serving.request
    return {
        "id": identity,
        "object": "response",
        "created_at": serving.created,
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": request.sampling.max_output_tokens,
        "model": serving.answering.answers_as,
        "output": [],
        "parallel_tool_calls": request.parallel_tool_calls is not False,
        "previous_response_id": None,
        "reasoning": {"effort": request.sampling.reasoning_effort, "summary": None},
        "store": False,
        "temperature": request.sampling.temperature,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": request.sampling.top_p,
        "truncation": "disabled",
        "usage": None,
        "metadata": request.hints.get("metadata") or {},
    }
