"""The models that a caller may use, in the words of whichever SDK asks.

Only the names of routes are told: what stands behind one is the contracts' business. What the real services
add and nobody here knows (dates, sizes, prices) is left out, or empty where an SDK insists on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import msgspec

from comity.gateway.endpoints import Endpoint, Listing
from comity.intake import Refusal

_EPOCH = "1970-01-01T00:00:00Z"
_OWNER = "comity"
_MOST = 1000


class Page(msgspec.Struct, frozen=True):
    """Some of the models, in order."""

    names: tuple[str, ...]
    """Their names."""
    more: bool
    """Whether others follow."""


def list_models(endpoint: Endpoint, query: bytes, names: Sequence[str]) -> bytes | Refusal:
    """The body of a listing of `names`, or of the one that the address names."""
    if endpoint.model is not None:
        if endpoint.model not in names:
            return Refusal(404, "model_not_found", f"there is no model `{endpoint.model}` here", "model")
        return msgspec.json.encode(_ONE[endpoint.listing](endpoint.model))
    return msgspec.json.encode(_ALL[endpoint.listing](names, _parameters(query)))


def page(names: Sequence[str], size: str | None, after: str | None, before: str | None = None) -> Page:
    """At most `size` names after or before one; an unknown name or size means all."""
    wanted = int(size) if size is not None and size.isdecimal() and int(size) else _MOST
    if before is not None and before in names:
        until = names[: names.index(before)]
        return Page(tuple(until[-wanted:]), len(until) > wanted)
    rest = names[names.index(after) + 1 :] if after is not None and after in names else names
    return Page(tuple(rest[:wanted]), len(rest) > wanted)


def _parameters(query: bytes) -> Mapping[str, str]:
    return {name: values[-1] for name, values in parse_qs(query.decode("ascii", "replace")).items()}


def _openai(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": _OWNER}


def _openai_all(names: Sequence[str], asked: Mapping[str, str]) -> dict[str, Any]:
    del asked
    return {"object": "list", "data": [_openai(name) for name in names]}


def _deployment(name: str) -> dict[str, Any]:
    return {"id": name, "object": "deployment", "model": name, "owner": _OWNER, "status": "succeeded"}


def _deployments(names: Sequence[str], asked: Mapping[str, str]) -> dict[str, Any]:
    del asked
    return {"object": "list", "data": [_deployment(name) for name in names]}


def _anthropic(name: str) -> dict[str, Any]:
    return {
        "type": "model",
        "id": name,
        "display_name": name,
        "created_at": _EPOCH,
        "capabilities": None,
        "max_input_tokens": None,
        "max_tokens": None,
    }


def _anthropic_all(names: Sequence[str], asked: Mapping[str, str]) -> dict[str, Any]:
    shown = page(names, asked.get("limit"), asked.get("after_id"), asked.get("before_id"))
    first, last = (shown.names[0], shown.names[-1]) if shown.names else (None, None)
    data = [_anthropic(name) for name in shown.names]
    return {"data": data, "first_id": first, "last_id": last, "has_more": shown.more}


def _gemini(name: str) -> dict[str, Any]:
    return {"name": f"models/{name}", "baseModelId": name, "version": "1", "displayName": name}


def _vertex(name: str) -> dict[str, Any]:
    return {"name": f"publishers/google/models/{name}", "versionId": "default"}


def _by_token(
    key: str, one: Callable[[str], dict[str, Any]], size: str, token: str, following: str
) -> Callable[[Sequence[str], Mapping[str, str]], dict[str, Any]]:
    """A listing in pages whose token is the last name of the page before."""

    def listed(names: Sequence[str], asked: Mapping[str, str]) -> dict[str, Any]:
        shown = page(names, asked.get(size), asked.get(token))
        told: dict[str, Any] = {key: [one(name) for name in shown.names]}
        return told | ({following: shown.names[-1]} if shown.more else {})

    return listed


def _bedrock(name: str) -> dict[str, Any]:
    return {
        "modelArn": f"arn:aws:bedrock:::foundation-model/{name}",
        "modelId": name,
        "modelName": name,
        "providerName": _OWNER,
        "inferenceTypesSupported": ["ON_DEMAND"],
        "modelLifecycle": {"status": "ACTIVE"},
    }


def _profile(name: str) -> dict[str, Any]:
    return {
        "inferenceProfileName": name,
        "inferenceProfileArn": f"arn:aws:bedrock:::inference-profile/{name}",
        "inferenceProfileId": name,
        "models": [{"modelArn": f"arn:aws:bedrock:::foundation-model/{name}"}],
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }


_profiles_by_token = _by_token("inferenceProfileSummaries", _profile, "maxResults", "nextToken", "nextToken")


def _profiles(names: Sequence[str], asked: Mapping[str, str]) -> dict[str, Any]:
    own_only = asked.get("type") == "APPLICATION" or asked.get("typeEquals") == "APPLICATION"
    return _profiles_by_token(() if own_only else names, asked)


_ONE: Mapping[Listing, Callable[[str], dict[str, Any]]] = {
    "openai": _openai,
    "deployments": _deployment,
    "anthropic": _anthropic,
    "gemini": _gemini,
    "vertex": _vertex,
    "bedrock": lambda name: {"modelDetails": _bedrock(name)},
    "profiles": _profile,
}
_ALL: Mapping[Listing, Callable[[Sequence[str], Mapping[str, str]], dict[str, Any]]] = {
    "openai": _openai_all,
    "deployments": _deployments,
    "anthropic": _anthropic_all,
    "gemini": _by_token("models", _gemini, "pageSize", "pageToken", "nextPageToken"),
    "vertex": _by_token("publisherModels", _vertex, "pageSize", "pageToken", "nextPageToken"),
    "bedrock": _by_token("modelSummaries", _bedrock, "maxResults", "nextToken", "nextToken"),
    "profiles": _profiles,
}
