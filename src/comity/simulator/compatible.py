"""An OpenAI-compatible cloud: `/v1/chat/completions` and `/v1/models`, with bearer keys."""

from __future__ import annotations

from typing import ClassVar

from comity.simulator.chat_wire import ChatWire, bearer, body_model
from comity.simulator.complaint import Complaint
from comity.simulator.reply import Refusal
from comity.simulator.wire import Asked, Target


class CompatibleWire(ChatWire):
    """The wire of an OpenAI-compatible cloud with its own paths and keys."""

    path: ClassVar[str] = "/v1/chat/completions"

    def authenticate(self, asked: Asked) -> Refusal | None:
        """401 unless the key is one of ours, where there are any."""
        key = bearer(asked)
        if not self.spec.api_keys or key in self.spec.api_keys:
            return None
        if key is None:
            text = "You didn't provide an API key. Provide it in an Authorization header using Bearer auth."
            return self.error(401, "invalid_request_error", Complaint(text, None, None))
        text = f"Incorrect API key provided: {key[:3]}***."
        return self.error(401, "invalid_request_error", Complaint(text, None, "invalid_api_key"))

    def locate(self, asked: Asked) -> Target | Refusal:
        """The model that the body names."""
        if asked.path != self.path:
            text = f"Invalid URL ({asked.method} {asked.path})"
            return self.error(404, "invalid_request_error", Complaint(text, None, None))
        if asked.method != "POST":
            text = f"Not allowed to {asked.method} on {asked.path}"
            return self.error(405, "invalid_request_error", Complaint(text, None, "method_not_supported"))
        name = body_model(asked.body)
        model = self.models.get(name)
        if model is not None:
            return Target(model, self.operation)
        if not name:
            return self.complain(
                Complaint("Missing required parameter: 'model'.", "model", "missing_required_parameter")
            )
        text = f"The model `{name}` does not exist or you do not have access to it."
        return self.error(404, "invalid_request_error", Complaint(text, None, "model_not_found"))
