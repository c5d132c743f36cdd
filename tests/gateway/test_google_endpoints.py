"""Google's paths as its clients send them: which model, whole or streamed, and in which form."""

from __future__ import annotations

import pytest

from comity.dialects import DIALECTS
from comity.dialects.gemini import json_array
from comity.gateway.endpoints import Endpoint, find_endpoint

STUDIO = b"/v1beta/models/gemini-3-pro"
PATHS = [
    STUDIO,
    b"/v1/models/gemini-3-pro",
    b"/models/gemini-3-pro",
    b"/v1/projects/p/locations/europe-west4/publishers/google/models/gemini-3-pro",
    b"/v1beta1/projects/p/locations/global/publishers/google/models/gemini-3-pro",
    b"/v1beta1/publishers/google/models/gemini-3-pro",
]


def found_at(path: bytes, query: bytes = b"") -> Endpoint | None:
    """What a request without telling headers asks for there."""
    return find_endpoint(path, query, lambda _: None)


@pytest.mark.parametrize("path", PATHS)
def test_every_client_of_googles_finds_its_way(path: bytes) -> None:
    """AI Studio, Vertex with and without a project, and clients that drop the version."""
    whole = found_at(path + b":generateContent")
    assert whole is not None
    assert (whole.model, whole.stream, whole.method) == ("gemini-3-pro", False, b"POST")
    assert whole.spoken is DIALECTS["gemini.generate"]
    events = found_at(path + b":streamGenerateContent", b"key=k&alt=sse")
    assert events is not None
    assert (events.stream, events.spoken) == (True, DIALECTS["gemini.generate"])


def test_without_events_a_stream_is_an_array() -> None:
    """The query says which; a word that only looks like it does not."""
    for query in (b"", b"alt=json", b"xalt=sse"):
        found = found_at(STUDIO + b":streamGenerateContent", query)
        assert found is not None
        assert found.spoken is json_array


def test_a_models_name_may_hold_a_colon() -> None:
    """The verb stands behind the last one; other verbs are nobody's."""
    found = found_at(b"/v1beta/models/a%3Ab:c:generateContent")
    assert found is not None
    assert found.model == "a:b:c"
    assert found_at(STUDIO + b":sing") is None
