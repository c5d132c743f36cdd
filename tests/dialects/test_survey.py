"""What the table of dialects says is what they do; nothing vanishes without a word."""

from __future__ import annotations

import pytest

from comity.dialects import DIALECTS
from comity.dialects.survey import (
    ANSWER_FEATURES,
    REQUEST_FEATURES,
    AnswerFeature,
    RequestFeature,
    answer_way,
    request_way,
    shows,
    survey_page,
    unshown,
)
from comity.exchange import Choice, Citation, Finish, Opaque, Response, Text

EACH_REQUEST = pytest.mark.parametrize(
    "feature", REQUEST_FEATURES, ids=[one.name for one in REQUEST_FEATURES]
)
EACH_ANSWER = pytest.mark.parametrize("feature", ANSWER_FEATURES, ids=[one.name for one in ANSWER_FEATURES])


@EACH_REQUEST
def test_nothing_of_a_request_vanishes_silently(feature: RequestFeature) -> None:
    """On every ordered pair a feature arrives, or somebody is told that it does not."""
    ways = {
        (client.NAME, target.NAME): request_way(feature, client, target)
        for client in DIALECTS.values()
        for target in DIALECTS.values()
    }
    assert [pair for pair, way in ways.items() if way.kind == "lost"] == []
    assert all(way.why for way in ways.values() if way.kind in {"dropped", "refused"})


@EACH_REQUEST
def test_every_feature_can_be_said_and_comes_back_in_its_own_dialect(feature: RequestFeature) -> None:
    """A dialect that says something reads it again; some dialect says it at all."""
    ways = [request_way(feature, spoken, spoken) for spoken in DIALECTS.values()]
    assert {way.kind for way in ways} <= {"maps", "unsaid"}
    assert any(way.kind == "maps" for way in ways)


@EACH_ANSWER
def test_an_answers_feature_arrives_where_it_is_shown(feature: AnswerFeature) -> None:
    """The table's word and the header's are one: what is reported is what does not survive."""
    for client in DIALECTS.values():
        for target in DIALECTS.values():
            way = answer_way(feature, client, target)
            both = shows(target.NAME) & shows(client.NAME, target.NAME)
            assert (way.kind == "maps") == (feature.name in both)
        if feature.held(feature.probe) and feature.reported:
            told = feature.name in unshown(client.NAME, feature.probe)
            assert told == (feature.name not in shows(client.NAME))


@EACH_ANSWER
def test_every_features_probe_holds_it(feature: AnswerFeature) -> None:
    """But for blocks, whose probe is made for each dialect."""
    assert feature.held(feature.probe) or feature.name == "own blocks"


def test_an_answer_names_what_its_client_is_not_shown() -> None:
    """Several features at once, and none for an answer of plain text."""
    place = Citation(None, "a.pdf", "q", origin="bedrock.converse", wire={"title": "a.pdf"})
    block = Opaque("server_tool_use", {"toolUse": {}}, "bedrock.converse")
    answer = Response("id", "m", (Choice((Text("a", citations=(place,)), block), Finish.STOP),))
    assert unshown("openai.chat", answer) == ("citations of documents", "own blocks")
    assert unshown("openai.chat", Response("id", "m", (Choice((Text("a"),), Finish.STOP),))) == ()


def test_the_page_has_every_pair() -> None:
    """A table to and from each dialect, a column for each other one, and no cell that owns up to a bug."""
    page = "\n".join(survey_page())
    for name in DIALECTS:
        assert f"### From `{name}`" in page
        assert f"### To `{name}`" in page
    assert "LOST" not in page


def test_blocks_that_only_their_maker_reads_are_shown_to_its_clients_only() -> None:
    """Surfaces of one API share them, Responses carries any of them sealed, everybody else loses them."""
    block = Opaque("server_tool_use", {"type": "server_tool_use", "id": "s", "name": "n", "input": {}}, "")
    for origin in ("anthropic.messages", "bedrock.converse"):
        made = Opaque(block.kind, block.wire, origin)
        answer = Response("id", "m", (Choice((Text("a"), made), Finish.STOP),))
        told = {name for name in DIALECTS if unshown(name, answer) == ()}
        family = {"anthropic.messages", "bedrock.invoke", "vertex.messages"}
        own = family if origin == "anthropic.messages" else {origin}
        assert told == own | {"openai.responses"}
