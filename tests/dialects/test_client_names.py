"""What a target cannot be told is told to the client in the client's words (decision 0208)."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.dialects.pairs_said import PAIRS

from comity import dialects
from comity.dialects import DIALECTS
from comity.dialects.client_names import MEMBERS, PARAMETERS, own_name
from comity.dialects.openai_responses import without_history
from comity.dialects.survey import REQUEST_FEATURES, RequestFeature, generous_traits
from comity.errors import RequestError
from comity.exchange import Inexpressible, ModelTraits, Request, Text, Turn, WireRequest

TELLERS = {"hint", "loss", "impossible"}
STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
ROOM = Path(dialects.__file__).parent


@pytest.mark.parametrize("client", DIALECTS)
def test_every_dialect_has_a_word_for_every_name_or_says_that_it_has_none(client: str) -> None:
    """A name that is new to the hub is a name to be thought of in each dialect."""
    names = DIALECTS[client].NAMES
    assert set(names.parameters) == set(PARAMETERS)
    assert set(names.members) == set(MEMBERS)


def _told() -> Iterator[tuple[str, str]]:
    """What writers call the things that they tell: constants, and the ends of what begins with a place."""
    for path in sorted(ROOM.rglob("*.py")):
        if path.parent.name == "embeddings":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                name = node.args[0]
                if node.func.attr not in TELLERS:
                    continue
                if isinstance(name, ast.Constant):
                    yield path.name, str(name.value)
                elif isinstance(name, ast.JoinedStr) and isinstance(name.values[0], ast.Constant):
                    yield path.name, str(name.values[0].value).rstrip(".[")
                elif isinstance(name, ast.JoinedStr) and len(name.values) > 1:
                    member = name.values[1]
                    if isinstance(member, ast.Constant) and path.parent.name != "gemini":
                        yield path.name, str(member.value).lstrip(".").partition("[")[0]


def test_writers_tell_names_that_the_hub_knows() -> None:
    """No writer has words of its own."""
    known = {*PARAMETERS, *MEMBERS, "messages[0].content[0].cache_control", "", "response_format.json_schema"}
    told = list(_told())
    assert len(told) > 70
    assert [one for one in told if one[1] not in known] == []


def _body(feature: RequestFeature, client: str) -> dict[str, Any] | None:
    """The feature as a client of the dialect writes it."""
    spoken = DIALECTS[client]
    wire = spoken.encode_request(feature.probe(client), "m", generous_traits(client), lossy=True)
    if not isinstance(wire, WireRequest) or (feature.members and client not in feature.members):
        return None
    members: dict[str, Any] = json.loads(wire.body)
    return members | dict(feature.members.get(client, {}))


def _stands(body: Any, name: str) -> bool:
    """Whether a path leads to something in the client's body."""
    for member, index in STEP.findall(name):
        if index:
            if not isinstance(body, list) or int(index) >= len(body):
                return False
            body = body[int(index)]
        elif isinstance(body, dict) and member in body:
            body = body[member]
        else:
            return False
    return True


def _unfound(client: str, target: str) -> Iterator[str]:
    """Names told to clients of one dialect that lead nowhere in what they wrote."""
    for feature in REQUEST_FEATURES:
        body = _body(feature, client)
        if body is None:
            continue
        try:
            request = DIALECTS[client].decode_request(json.dumps(body).encode(), model="m", stream=False)
        except RequestError:
            continue
        for traits in (
            generous_traits(target),
            ModelTraits(sampling=False, json_schema=False, max_output_tokens=64),
        ):
            for lossy in (False, True):
                wire = DIALECTS[target].encode_request(request, "m", traits, lossy=lossy)
                told = wire.missing if isinstance(wire, Inexpressible) else wire.dropped
                yield from (
                    f"{feature.name}: {one}" for one in told if not _stands(body, _plain(one.parameter))
                )


def _plain(name: str) -> str:
    """The name without what is no path by design: the kind of a tool that its provider runs."""
    head, _, _ = name.rpartition(".")
    return head if head in {"tools", "toolConfig.tools"} else name


@pytest.mark.parametrize(("client", "target"), PAIRS, ids=["--".join(pair) for pair in PAIRS])
def test_every_name_leads_to_where_the_client_wrote_it(client: str, target: str) -> None:
    """The path of each thing that is told is one in the client's own body."""
    assert list(_unfound(client, target)) == []


def test_places_are_the_clients_own() -> None:
    """Cache points, system turns and tools of the provider shift nothing; what repeats is counted."""
    body = {
        "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": [{"type": "search_result", "x": 1}, {"type": "text", "text": "a"}]},
            {"role": "user", "content": [{"type": "text", "text": "b", "citations": [], "odd": 1}]},
        ],
        "tools": [
            {"type": "web_search_20250305", "name": "web_search"},
            {"name": "f", "input_schema": {}, "cache_control": {"type": "ephemeral"}, "defer_loading": True},
        ],
        "max_tokens": 50,
        "stop_sequences": ["x"],
        "anthropic_beta": ["flag-1"],
    }
    request = DIALECTS["bedrock.invoke"].decode_request(json.dumps(body).encode(), model="m", stream=False)
    wire = DIALECTS["openai.responses"].encode_request(request, "m", ModelTraits(), lossy=True)
    assert isinstance(wire, WireRequest)
    assert sorted(one.parameter for one in wire.dropped) == [
        "anthropic_beta",
        "messages[0].content[0]",
        "messages[1].content[0].odd",
        "stop_sequences",
        "system[0].cache_control",
        "tools.web_search_20250305",
        "tools[1].cache_control",
        "tools[1].defer_loading",
    ]


def test_flags_in_a_header_are_named_as_the_header() -> None:
    """Where the body does not hold them."""
    request = DIALECTS["anthropic.messages"].decode_request(b'{"model":"m","messages":[]}')
    assert own_name(request, "anthropic_beta.x-1") == "anthropic-beta.x-1"


def test_a_request_that_nobody_sent_has_the_hubs_names() -> None:
    """As the hub counts them."""
    request = Request("m", (Turn("user", (Text("a"),)),))
    for name in ("stop", "messages[0].content[0].cache_control", "tools[1].function.strict"):
        assert own_name(request, name) == name


def test_items_from_a_history_are_told_by_what_the_client_wrote_for_them() -> None:
    """Its own items are counted as in its own list."""
    items = [{"role": "user", "content": [{"type": "input_text", "text": text}]} for text in "abc"]
    body = json.dumps({"model": "m", "input": items, "instructions": "i"}).encode()
    request = without_history(DIALECTS["openai.responses"].decode_request(body), 2, "previous_response_id")
    told = [own_name(request, f"messages[{at}].content[0]") for at in range(4)]
    assert told == ["instructions", "previous_response_id", "previous_response_id", "input[0].content[0]"]
