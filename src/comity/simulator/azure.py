"""Azure OpenAI: deployment paths and `/openai/v1`, its keys, filters, headers and error shapes.

The stream begins with a chunk that has no choices and the prompt's filter results (T25). A full provisioned
deployment may spill over to a standard one, which only headers tell (T29).
"""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import msgspec

from comity.simulator.chat_wire import JSON, ChatWire, bearer, body_model, retry_headers, with_patience
from comity.simulator.complaint import Complaint
from comity.simulator.quota import Admission
from comity.simulator.reply import HeaderPairs, Refusal, Step
from comity.simulator.spec import SimulatedModel
from comity.simulator.wire import Asked, Serving, Target

_CLASSIC = re.compile(r"/openai/deployments/([^/]+)/chat/completions")
_VERSION = re.compile(r"(?:^|&)api-version=(\d{4}-\d{2}-\d{2}(?:-preview)?)(?:&|$)")
_V1 = "/openai/v1/chat/completions"
_REGIONS = {
    "eastus2": "East US 2",
    "francecentral": "France Central",
    "germanywestcentral": "Germany West Central",
    "northcentralus": "North Central US",
    "southcentralus": "South Central US",
    "swedencentral": "Sweden Central",
    "usgovvirginia": "USGov Virginia",
    "westeurope": "West Europe",
    "westus3": "West US 3",
}
_SAFE = {"filtered": False, "severity": "safe"}
_FILTERS: dict[str, Any] = dict.fromkeys(("hate", "self_harm", "sexual", "violence"), _SAFE)
_PROMPT_FILTERS: dict[str, Any] = {**_FILTERS, "jailbreak": {"detected": False, "filtered": False}}
_CODES = {
    401: ("401", "Access denied due to invalid subscription key or wrong API endpoint."),
    403: ("403", "Out of call volume quota."),
    408: ("Timeout", "The operation was timeout."),
    429: ("429", "Rate limit is exceeded. Please retry after 1 second."),
    500: ("InternalServerError", "The server had an error while processing your request. Sorry about that!"),
    503: (
        "ServiceUnavailable",
        "The service is temporarily unable to process your request. Try again later.",
    ),
}


class AzureWire(ChatWire):
    """The wire of one Azure OpenAI resource."""

    operation = "ChatCompletions_Create"

    def authenticate(self, asked: Asked) -> Refusal | None:
        """401 unless the key is one of ours, where there are any; v1 also takes it as a bearer token."""
        if not self.spec.api_keys:
            return None
        given = asked.headers.get(b"api-key")
        key = given.decode("latin-1") if given is not None else bearer(asked)
        if key in self.spec.api_keys:
            return None
        if key is None:
            text = (
                "Unauthorized. Access token is missing, invalid, audience is incorrect "
                "(https://cognitiveservices.azure.com), or have expired."
            )
            body = json.dumps({"statusCode": 401, "message": text}).encode()
            return Refusal(401, body, JSON + _ids(), "401")
        text = (
            "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a "
            "valid key for an active subscription and use a correct regional API endpoint for your resource."
        )
        return _refusal(401, "401", text)

    def locate(self, asked: Asked) -> Target | Refusal:
        """The deployment that the path names, or the body on v1."""
        classic = _CLASSIC.fullmatch(asked.path)
        if not (classic or asked.path == _V1):
            return _refusal(404, "404", "Resource not found")
        name = classic[1] if classic else body_model(asked.body)
        return self.deployment(asked, name, dated=classic is not None)

    def deployment(self, asked: Asked, name: str, *, dated: bool) -> Target | Refusal:
        """The deployment `name`; a `dated` path needs the version of the API that is asked for."""
        version = _VERSION.search(asked.query)
        if asked.method != "POST" or (dated and version is None):
            return _refusal(404, "404", "Resource not found")
        model = self.models.get(name)
        if model is None:
            text = (
                "The API deployment for this resource does not exist. If you created the deployment within "
                "the last 5 minutes, please wait a moment and try again."
            )
            return _refusal(404, "DeploymentNotFound", text)
        return Target(model, version[1] if version else "v1")

    def read(self, asked: Asked, target: Target) -> Any:
        """The request; on deployment paths the body need not name a model."""
        if target.operation != "v1":
            asked = msgspec.structs.replace(asked, body=_with_model(asked.body, target.model.name))
        return super().read(asked, target)

    def headers(self, serving: Serving) -> HeaderPairs:
        """With the deployment that really answered, and where the request spilled over from."""
        spilled: HeaderPairs = ()
        if serving.answering.name != serving.target.model.name:
            spilled = ((b"x-ms-spillover-from-deployment", serving.target.model.name.encode()),)
        return super().headers(serving) + spilled

    def identity(self, answering: SimulatedModel) -> HeaderPairs:
        """Azure's ids, region and deployment."""
        return (
            *_ids(),
            (b"x-ms-region", _REGIONS.get(self.spec.region, self.spec.region).encode()),
            (b"x-ms-deployment-name", answering.name.encode()),
            (b"x-ms-rai-invoked", b"true"),
            (b"azureml-model-session", b"d001-20260301000000"),
            (b"strict-transport-security", b"max-age=31536000; includeSubDomains; preload"),
            (b"x-content-type-options", b"nosniff"),
        )

    def whole(self, serving: Serving) -> bytes:
        """A chat completion with filter results."""
        answer = json.loads(super().whole(serving))
        for choice in answer["choices"]:
            choice["content_filter_results"] = _FILTERS
        answer["prompt_filter_results"] = [{"prompt_index": 0, "content_filter_results": _PROMPT_FILTERS}]
        return json.dumps(answer).encode()

    def stream(self, serving: Serving) -> tuple[Step, ...]:
        """Chunks with filter results, after the one that has no choices."""
        results = [{"prompt_index": 0, "content_filter_results": _PROMPT_FILTERS}]
        first = {
            "choices": [],
            "created": 0,
            "id": "",
            "model": "",
            "object": "",
            "prompt_filter_results": results,
        }
        opening = Step(serving.pace.first, _frame(first), 0)
        rest = (Step(step.at, _filtered(step.data), step.tokens) for step in super().stream(serving))
        return (opening, *rest)

    def fail(self, status: int) -> Refusal:
        """Azure's error of a status."""
        code, text = _CODES.get(status, (str(status), f"The service answered {status}."))
        return with_patience(_refusal(status, code, text))

    def throttle(self, admission: Admission, target: Target) -> Refusal:
        """Azure's 429, with its two ways to say how long."""
        waits = retry_headers(admission)
        seconds = waits[0][1].decode()
        api = f"Azure OpenAI API version {target.operation}"
        limit = "token rate limit" if admission.exceeded == "token" else "call rate limit"
        text = (
            f"Requests to the {self.operation} Operation under {api} "
            f"have exceeded {limit} of your current OpenAI S0 pricing tier. Please retry after {seconds} "
            "seconds. Please go here: https://aka.ms/oai/quotaincrease if you would like to further "
            "increase the default rate limit."
        )
        refusal = _refusal(429, "429", text)
        return msgspec.structs.replace(refusal, headers=refusal.headers + waits)

    def filtered(self) -> Refusal:
        """Azure's refusal of a prompt, with what was found."""
        found = {**_PROMPT_FILTERS, "violence": {"filtered": True, "severity": "medium"}}
        error = {
            "message": "The response was filtered due to the prompt triggering Azure OpenAI's content "
            "management policy. Please modify your prompt and retry.",
            "type": None,
            "param": "prompt",
            "code": "content_filter",
            "status": 400,
            "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": found},
        }
        return Refusal(400, json.dumps({"error": error}).encode(), JSON + _ids(), "content_filter")

    def error(self, status: int, kind: str, complaint: Complaint) -> Refusal:
        """OpenAI's error object under Azure's headers."""
        refusal = super().error(status, kind, complaint)
        return msgspec.structs.replace(refusal, headers=JSON + _ids())


def _refusal(status: int, code: str, message: str) -> Refusal:
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    return Refusal(status, body, JSON + _ids(), code)


def _ids() -> HeaderPairs:
    return (
        (b"apim-request-id", str(uuid.uuid4()).encode()),
        (b"x-request-id", str(uuid.uuid4()).encode()),
    )


def _with_model(body: bytes, name: str) -> bytes:
    """The body with the deployment as its model, when it is an object; nonsense stays as it is."""
    try:
        fields = json.loads(body)
    except ValueError:
        return body
    return json.dumps({**fields, "model": name}).encode() if isinstance(fields, dict) else body


def _frame(value: object) -> bytes:
    return b"data: %s\n\n" % msgspec.json.encode(value)


def _filtered(data: bytes) -> bytes:
    """Event-stream bytes with filter results in every choice."""
    frames = []
    for frame in data.split(b"\n\n")[:-1]:
        text = frame.removeprefix(b"data: ")
        if text == b"[DONE]":
            frames.append(frame + b"\n\n")
            continue
        chunk = msgspec.json.decode(text)
        for choice in chunk["choices"]:
            choice["content_filter_results"] = _FILTERS if choice["delta"].get("content") else {}
        frames.append(_frame(chunk))
    return b"".join(frames)
