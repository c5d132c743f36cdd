"""Model listings: whose words are meant, pages, and only what the caller may use."""

from __future__ import annotations

import json
from typing import Any

import pytest

from comity.gateway.endpoints import find_endpoint
from comity.gateway.listing import list_models, page
from comity.intake import Refusal

NAMES = ("a", "b", "c")


def listed(path: bytes, query: bytes = b"", **headers: bytes) -> Any:
    """The listing at a path."""
    sent = {name.replace("_", "-").encode(): value for name, value in headers.items()}
    endpoint = find_endpoint(path, query, sent.get)
    assert endpoint is not None
    assert endpoint.does == "models"
    body = list_models(endpoint, query, NAMES)
    return body if isinstance(body, Refusal) else json.loads(body)


@pytest.mark.parametrize(
    ("path", "key", "name"),
    [
        (b"/v1/models", "data", "id"),
        (b"/openai/v1/models", "data", "id"),
        (b"/openai/models", "data", "id"),
        (b"/openai/deployments", "data", "id"),
        (b"/anthropic/v1/models", "data", "id"),
        (b"/v1beta/models", "models", "baseModelId"),
        (b"/foundation-models", "modelSummaries", "modelId"),
        (b"/inference-profiles", "inferenceProfileSummaries", "inferenceProfileId"),
    ],
)
def test_each_address_has_its_own_words(path: bytes, key: str, name: str) -> None:
    """The same models under the names that an SDK looks for."""
    assert [one[name] for one in listed(path)[key]] == list(NAMES)


@pytest.mark.parametrize(
    "path",
    [
        b"/v1/models/b",
        b"/openai/v1/models/b",
        b"/openai/models/b",
        b"/models/b",
        b"/anthropic/v1/models/b",
        b"/v1beta/models/b",
        b"/v1/publishers/google/models/b",
        b"/v1beta1/projects/p/locations/l/publishers/google/models/b",
        b"/foundation-models/b",
        b"/inference-profiles/b",
    ],
)
def test_one_model_by_name(path: bytes) -> None:
    """A model that the caller may use is told; another one is unknown, whether it exists or not."""
    assert "b" in json.dumps(listed(path))
    refused = listed(path[:-1] + b"x")
    assert isinstance(refused, Refusal)
    assert (refused.status, refused.code) == (404, "model_not_found")


def test_what_a_client_sends_says_whose_listing_it_wants() -> None:
    """Anthropic's version header, Google's key in a header or in the query; else it is OpenAI's."""
    assert listed(b"/v1/models")["object"] == "list"
    assert listed(b"/v1/models", anthropic_version=b"2023-06-01")["has_more"] is False
    assert "models" in listed(b"/v1/models", x_goog_api_key=b"k")
    assert "models" in listed(b"/v1/models", b"key=k")
    published = listed(b"/v1beta1/publishers/google/models")["publisherModels"]
    assert [one["name"] for one in published] == [f"publishers/google/models/{name}" for name in NAMES]


def test_pages_follow_one_another() -> None:
    """A token is the last name of the page before; there is none behind the last page."""
    first = listed(b"/v1beta/models", b"pageSize=2")
    assert first["nextPageToken"] == "b"
    rest = listed(b"/v1beta/models", b"pageSize=2&pageToken=b")
    assert [one["baseModelId"] for one in rest["models"]] == ["c"]
    assert "nextPageToken" not in rest
    assert listed(b"/anthropic/v1/models", b"limit=2&before_id=c")["data"][0]["id"] == "a"
    assert listed(b"/inference-profiles", b"type=APPLICATION")["inferenceProfileSummaries"] == []


def test_an_unknown_size_or_name_means_all() -> None:
    """Nonsense never hides a model."""
    for size in (None, "0", "x"):
        assert page(NAMES, size, "nobody").names == NAMES
    assert page(NAMES, "1", None, "c").names == ("b",)
    assert page(NAMES, "1", None, "c").more
    assert page((), None, None).names == ()


def test_nobody_lists_what_there_is_not() -> None:
    """An empty listing is a listing."""
    endpoint = find_endpoint(b"/anthropic/v1/models", b"", lambda _: None)
    assert endpoint is not None
    body = list_models(endpoint, b"", ())
    assert isinstance(body, bytes)
    assert json.loads(body) == {"data": [], "first_id": None, "last_id": None, "has_more": False}
