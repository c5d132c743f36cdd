"""Google's addresses: two surfaces, and a location that every place agrees on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from comity.clouds import Auth, Deployment, Secrets, connect
from comity.clouds.address import parse_address
from comity.clouds.google import answered, generate, host_of, surface_of, with_surface
from comity.http import Headers

STUDIO = "https://generativelanguage.googleapis.com/v1beta"
PLACE = "/v1/projects/p/locations/europe-west4"
VERTEX = f"https://europe-west4-aiplatform.googleapis.com{PLACE}"


def deployment(url: str, **members: Any) -> Deployment:
    """A deployment of Gemini at an address."""
    members = {"region": frozenset({"europe-west4"}), "served_model": "gemini-3-pro"} | members
    return Deployment(id="d", cloud="google", model="gemini", dialect="gemini.generate", url=url, **members)


def paths(url: str, **members: Any) -> tuple[str, str, str | None, str]:
    """Targets and key header of a deployment."""
    route = generate(deployment(url, **members), parse_address(url))
    return route.path, route.stream_path, route.count_path, route.key_header


def test_ai_studio() -> None:
    """Its models stand below the version; streams are events; the key has a header of its own."""
    base = "/v1beta/models/gemini-3-pro"
    assert paths(STUDIO) == (
        f"{base}:generateContent",
        f"{base}:streamGenerateContent?alt=sse",
        f"{base}:countTokens",
        "x-goog-api-key",
    )
    assert paths(STUDIO, served_model="models/gemini-3-pro")[0] == f"{base}:generateContent"


def test_vertex() -> None:
    """Its models stand below project and location; the token is a bearer's."""
    base = f"{PLACE}/publishers/google/models/gemini-3-pro"
    assert paths(VERTEX)[0] == f"{base}:generateContent"
    assert paths(VERTEX)[3] == "authorization"


def test_vertex_with_a_key_alone() -> None:
    """Its express mode is the global endpoint without a project."""
    path, _, _, header = paths("https://aiplatform.googleapis.com/v1beta1/publishers/google")
    assert path == "/v1beta1/publishers/google/models/gemini-3-pro:generateContent"
    assert header == "x-goog-api-key"


@pytest.mark.parametrize(
    ("host", "location"),
    [
        ("europe-west4-aiplatform.googleapis.com", "europe-west4"),
        ("aiplatform.europe-west4.rep.googleapis.com", "europe-west4"),
        ("aiplatform.eu.rep.googleapis.com", "eu"),
        ("aiplatform.us.rep.googleapis.com", "us"),
        ("aiplatform.googleapis.com", "global"),
        ("vertex.internal.example", "europe-west4"),
        ("127.0.0.1:8080", "global"),
    ],
)
def test_T24_locations_and_their_hosts(host: str, location: str) -> None:
    """Regions, `eu`, `us` and `global` have hosts of their own; one's own proxy may stand before any."""
    path = paths(f"https://{host}/v1/projects/p/locations/{location}")[0]
    assert f"/locations/{location}/publishers/google/models/" in path


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (f"https://us-central1-aiplatform.googleapis.com{PLACE}", "serves `us-central1`, and the path says"),
        (f"https://aiplatform.googleapis.com{PLACE}", "serves `global`"),
        ("https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/us", "serves `eu`"),
        (f"https://other.googleapis.com{PLACE}", "`europe-west4-aiplatform.googleapis.com` does"),
        (
            "https://other.googleapis.com/v1/projects/p/locations/eu",
            "`aiplatform.eu.rep.googleapis.com` does",
        ),
        ("https://other.googleapis.com/v1/projects/p/locations/global", "`aiplatform.googleapis.com` does"),
        ("https://h/v1/projects/p/locations/mars", "no location"),
        ("https://h/v1/projects/p/locations/us-central1", "which its `region` does not hold"),
        ("https://europe-west4-aiplatform.googleapis.com/v1", "ends in"),
        ("https://h/v1/projects/p", "ends in"),
        (f"{STUDIO}?alt=sse", "no query"),
    ],
)
def test_T24_a_location_is_never_guessed(url: str, why: str) -> None:
    """What disagrees or is missing is an error of the configuration, not a default."""
    with pytest.raises(ValueError, match=why.replace("(", r"\(")):
        paths(url)


def test_hosts() -> None:
    """As Google names them."""
    assert [host_of(location) for location in ("global", "eu", "europe-west4")] == [
        "aiplatform.googleapis.com",
        "aiplatform.eu.rep.googleapis.com",
        "europe-west4-aiplatform.googleapis.com",
    ]


def test_T20_the_surface_is_a_trait() -> None:
    """The dialect knows from it whether ids of calls are refused."""
    assert surface_of(parse_address("http://127.0.0.1:1/v1beta")) == "ai-studio"
    assert with_surface(deployment(STUDIO)).traits.surface == "ai-studio"
    assert with_surface(deployment(VERTEX)).traits.surface == "vertex"


def test_a_key_goes_into_the_surfaces_header() -> None:
    """And nowhere else."""
    connection = connect(deployment(STUDIO, auth=Auth(api_key="env:K")), Secrets({"K": "secret"}))
    head = connection.request_head(b"{}", purpose="stream", now=datetime(2026, 1, 1, tzinfo=UTC))
    assert isinstance(head, bytes)
    assert b"x-goog-api-key: secret\r\n" in head
    assert b"authorization" not in head


def test_google_says_its_request_id() -> None:
    """Who answered stands in the body."""
    assert answered(Headers.of([(b"x-goog-request-id", b"r")])).request_id == "r"
