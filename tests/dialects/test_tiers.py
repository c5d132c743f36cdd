"""The tier of service that a client is told is one that its vendor knows."""

from __future__ import annotations

import json

import pytest

from comity.dialects import DIALECTS
from comity.exchange import Choice, Finish, Response, Text, Usage


@pytest.mark.parametrize(
    ("name", "tier", "told"),
    [
        ("openai.chat", "standard", "default"),
        ("openai.chat", "priority", "priority"),
        ("openai.chat", "batch", None),
        ("openai.chat", None, None),
        ("openai.responses", "standard", "default"),
        ("openai.responses", "reserved", None),
        ("bedrock.converse", "standard", "default"),
        ("bedrock.converse", "scale", None),
    ],
)
def test_a_tier_is_told_in_the_clients_words(name: str, tier: str | None, told: str | None) -> None:
    """Another vendor's word for the usual tier is translated, and what has no word is left out."""
    choice = Choice((Text("hello"),), Finish.STOP)
    response = Response(id="r", model="m", choices=(choice,), usage=Usage(input=1), service_tier=tier)
    body = json.loads(DIALECTS[name].encode_response(response))
    shown = (
        body.get("serviceTier", {}).get("type") if name == "bedrock.converse" else body.get("service_tier")
    )
    assert shown == told
