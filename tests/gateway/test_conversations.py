"""Conversations that the gateway keeps, through the official SDK: continued, moved, forgotten."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from tests.environment import unmeasured
from tests.gateway.conversations import SESSIONS, clouds, conversing
from tests.gateway.running import KEYS, Gateway

from comity.audit import Chosen, Rules, judge_lot, ledger_lots
from comity.contracts import load_book
from comity.ledger import Reserved, fold, open_store

SECRET = "the word is heliotrope"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that keeps conversations in the United States."""
    with clouds() as running, conversing(tmp_path_factory.mktemp("kept"), running) as one:
        yield one


def ask(gateway: Gateway, model: str, words: str, who: str = "app", **members: Any) -> tuple[Any, str]:
    """The answer, and how the conversation came to the target."""
    raw = gateway.sdk(who).responses.with_raw_response.create(model=model, input=words, **members)
    return raw.parse(), raw.headers.get("comity-session", "")


def test_a_conversation_moves_between_clouds_whole(gateway: Gateway) -> None:
    """The second turn runs on another cloud, with everything before it, and the third comes back."""
    first, how = ask(gateway, "gpt", SECRET)
    assert (first.store, how) == (True, "")
    second, how = ask(gateway, "claude", "simulate: echo two", previous_response_id=first.id)
    assert how == "move-lossless"
    assert second.output_text == "two"
    assert second.previous_response_id == first.id
    alone, _ = ask(gateway, "claude", "simulate: echo two", store=False)
    assert second.usage.input_tokens > alone.usage.input_tokens + 5
    third, how = ask(gateway, "claude", "simulate: echo three", previous_response_id=second.id)
    assert how == "same-target"
    assert third.usage.input_tokens > second.usage.input_tokens
    _, how = ask(gateway, "gpt", "and home", previous_response_id=third.id)
    assert how == "move-lossless"


def test_a_stream_is_kept_too(gateway: Gateway) -> None:
    """Every event names our id, and the answer can be continued once it is complete."""
    with gateway.sdk().responses.stream(model="claude", input="simulate: echo one two") as stream:
        ids = {event.response.id for event in stream if hasattr(event, "response")}
        answer = stream.get_final_response()
    assert ids == {answer.id}
    assert gateway.sdk().responses.retrieve(answer.id).to_dict()["store"] is True
    assert gateway.sdk().responses.retrieve(answer.id).output_text == "one two"
    _, how = ask(gateway, "claude", "go on", previous_response_id=answer.id)
    assert how == "same-target"


def test_T31_encrypted_reasoning_stays_with_its_account(gateway: Gateway) -> None:
    """A move that would lose it is refused, unless the route declares such moves; then it is left out."""
    first, _ = ask(gateway, "o4", "think")
    assert first.output[0].type == "reasoning"
    _, how = ask(gateway, "o4", "on", previous_response_id=first.id)
    assert how == "same-target"
    for model in ("o4-other", "claude"):
        with pytest.raises(openai.BadRequestError, match="left out"):
            ask(gateway, model, "on", previous_response_id=first.id)
    for model in ("o4-lossy", "claude-lossy"):
        raw = gateway.sdk().responses.with_raw_response.create(
            model=model, input="on", previous_response_id=first.id
        )
        assert raw.headers["comity-session"] == "move-lossy"
        assert raw.headers["comity-dropped"]
    raw = gateway.sdk().responses.with_raw_response.create(
        model="o4-anywhere", input="on", previous_response_id=first.id
    )
    assert (raw.headers["comity-session"], raw.headers["comity-deployment"]) == ("same-target", "thinker")


def test_T31_replayed_items_find_their_account_without_any_store(gateway: Gateway) -> None:
    """A stateless client sends its items back: only the deployment that made them gets what it encrypted."""
    sdk = gateway.sdk()
    first = sdk.responses.create(model="o4", input="think", store=False)
    history: list[Any] = [{"role": "user", "content": "think"}]
    history += [item.model_dump(exclude_none=True) for item in first.output]
    history.append({"role": "user", "content": "on"})
    assert first.to_dict()["store"] is False
    raw = sdk.responses.with_raw_response.create(model="o4", input=history, store=False)
    assert "comity-dropped" not in raw.headers
    raw = sdk.responses.with_raw_response.create(model="o4-other", input=history, store=False)
    assert raw.headers["comity-dropped"] == "input[1]"
    assert sdk.responses.create(model="claude", input=history, store=False).output_text


def test_a_route_may_move_none(gateway: Gateway) -> None:
    """Even a whole move is refused where the route says so."""
    first, _ = ask(gateway, "gpt", "hello")
    with pytest.raises(openai.BadRequestError, match="moves none"):
        ask(gateway, "claude-stays", "on", previous_response_id=first.id)


def test_another_callers_response_is_not_there(gateway: Gateway) -> None:
    """Ids are no secret: whoever knows one of another caller's finds nothing."""
    first, _ = ask(gateway, "gpt", "hello")
    conversation = gateway.sdk().conversations.create(items=[{"role": "user", "content": "x"}])
    stranger = gateway.sdk("frontier")
    with pytest.raises(openai.NotFoundError):
        stranger.responses.retrieve(first.id)
    with pytest.raises(openai.NotFoundError):
        stranger.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        stranger.conversations.retrieve(conversation.id)
    with pytest.raises(openai.NotFoundError):
        stranger.responses.create(model="gpt", input="on", previous_response_id=first.id)
    with pytest.raises(openai.NotFoundError):
        stranger.responses.create(model="gpt", input="on", conversation=conversation.id)
    assert gateway.sdk().responses.retrieve(first.id).id == first.id


def test_what_is_deleted_is_gone(gateway: Gateway) -> None:
    """And what continued it cannot be continued: its words are not kept in another place."""
    first, _ = ask(gateway, "gpt", "hello")
    second, _ = ask(gateway, "gpt", "again", previous_response_id=first.id)
    sdk = gateway.sdk()
    sdk.responses.delete(first.id)
    for gone in (first.id, second.id):
        with pytest.raises(openai.NotFoundError):
            ask(gateway, "gpt", "on", previous_response_id=gone)
    assert sdk.responses.retrieve(second.id).id == second.id


def test_input_items_are_listed(gateway: Gateway) -> None:
    """Newest first, or oldest first, by pages."""
    items: Any = [{"role": "user", "content": f"n{number}"} for number in range(3)]
    answer = gateway.sdk().responses.create(model="gpt", input=items)
    listed = gateway.sdk().responses.input_items.list(answer.id, limit=2)
    texts = [part["text"] for item in listed.data for part in item.to_dict()["content"]]  # type: ignore[attr-defined] # plain JSON
    assert texts == ["n2", "n1"]
    assert len(list(gateway.sdk().responses.input_items.list(answer.id, limit=2, order="asc"))) == 3
    with pytest.raises(openai.BadRequestError, match="background"):
        gateway.sdk().responses.cancel(answer.id)


def test_conversations_are_kept_and_filled(gateway: Gateway) -> None:
    """Made, filled by hand and by turns on two clouds, read, relabelled, emptied, deleted."""
    sdk = gateway.sdk()
    made = sdk.conversations.create(
        items=[{"role": "user", "content": "My name is Ann."}], metadata={"topic": "names"}
    )
    _, how = ask(gateway, "gpt", "simulate: echo hi Ann", conversation=made.id)
    assert how == ""
    answer, how = ask(gateway, "claude", "simulate: echo again", conversation={"id": made.id})
    assert how == "move-lossless"
    assert answer.conversation.id == made.id
    _, how = ask(gateway, "claude", "simulate: echo third", conversation=made.id)
    assert how == "same-target"
    listed = list(sdk.conversations.items.list(made.id, order="asc"))
    texts = [part.text for item in listed for part in getattr(item, "content", ())]
    assert texts[:3] == ["My name is Ann.", "simulate: echo hi Ann", "hi Ann"]
    assert texts[-1] == "third"
    added = sdk.conversations.items.create(made.id, items=[{"role": "user", "content": "more"}])
    item = added.data[0]
    assert item.id is not None
    assert sdk.conversations.items.retrieve(item.id, conversation_id=made.id).id == item.id
    assert sdk.conversations.items.delete(item.id, conversation_id=made.id).id == made.id
    with pytest.raises(openai.NotFoundError):
        sdk.conversations.items.retrieve(item.id, conversation_id=made.id)
    assert sdk.conversations.update(made.id, metadata={"topic": "x"}).metadata == {"topic": "x"}
    assert sdk.conversations.retrieve(made.id).metadata == {"topic": "x"}
    assert sdk.conversations.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        ask(gateway, "gpt", "on", conversation=made.id)


def test_a_book_that_forbids_keeping_refuses(gateway: Gateway) -> None:
    """Personal data of the Union is not kept in the United States: 451 with the clause, and on record."""
    with pytest.raises(openai.APIStatusError) as caught:
        ask(gateway, "gpt", "hello", who="eu", store=True)
    assert caught.value.status_code == 451
    assert "house.keeping" in str(caught.value.body)
    with pytest.raises(openai.APIStatusError) as caught:
        gateway.sdk("eu").conversations.create()
    assert caught.value.status_code == 451


def test_what_nobody_asked_to_keep_is_served_and_not_kept(gateway: Gateway) -> None:
    """Without a word about `store`, the answer comes and says that it was not kept."""
    answer, _ = ask(gateway, "gpt", "hello", who="eu")
    assert answer.store is False
    with pytest.raises(openai.NotFoundError):
        gateway.sdk("eu").responses.retrieve(answer.id)


def test_where_a_conversation_lives_is_a_fact(gateway: Gateway) -> None:
    """A stateful request is decided as one, with the host of the store; a stateless one is not."""
    with pytest.raises(openai.APIStatusError) as caught:
        ask(gateway, "gpt", "hello", who="frontier", store=True)
    assert caught.value.status_code == 451
    assert "house.home" in str(caught.value.body)
    answer, _ = ask(gateway, "gpt", "hello", who="frontier", store=False)
    assert answer.store is False


def test_the_ledger_knows_what_was_kept_where(gateway: Gateway) -> None:
    """The reservation has the facts of the store, and the verdict about it."""
    raw = gateway.sdk().responses.with_raw_response.create(model="gpt", input="hello")
    reserved = next(r for r in gateway.entry(raw.headers["comity-receipt"]) if isinstance(r, Reserved))
    assert reserved.decision.workload["state"] == "stateful"
    assert reserved.decision.workload["host"] == "own"
    assert {judged.deployment for judged in reserved.decision.verdicts} == {"azure", "sessions"}
    assert reserved.decision.targets["sessions"]["store_region"] == frozenset({"us-east-1"})


def test_an_audit_decides_kept_turns_again(gateway: Gateway) -> None:
    """From the ledger alone: what was served, and what was refused because of where it would be kept."""
    ask(gateway, "gpt", "hello")
    with pytest.raises(openai.APIStatusError):
        ask(gateway, "gpt", "hello", who="eu", store=True)
    rules = Rules(load_book(gateway.ledger.parent / "book"))
    with open_store(None) as store:
        fold(gateway.ledger, store)
        judged = [judge_lot(lot, rules) for lot in ledger_lots(store, rules.bounds, Chosen())]
    served = [one for one in judged if one.lot.act == "served"]
    assert [one.outcome for one in served] == [one.lot.recorded for one in served]
    refused = {
        one.outcome for one in judged if one.lot.act == "refused" and "eu" in one.lot.columns["caller"]
    }
    assert refused == {"prohibited"}


def test_both_kinds_of_history_at_once_make_no_sense(gateway: Gateway) -> None:
    """A turn continues one thing."""
    with pytest.raises(openai.BadRequestError, match="not both"):
        ask(gateway, "gpt", "x", previous_response_id="resp_1", conversation="conv_1")


def test_the_azure_client_is_kept_as_well(gateway: Gateway) -> None:
    """AzureOpenAI at its own paths: a response, its continuation, its deletion."""
    with openai.AzureOpenAI(
        azure_endpoint=gateway.url, api_key=KEYS["app"], api_version="2025-04-01-preview", max_retries=0
    ) as sdk:
        first = sdk.responses.create(model="claude", input="hello")
        second = sdk.responses.create(model="claude", input="on", previous_response_id=first.id)
        assert sdk.responses.retrieve(second.id).previous_response_id == first.id
        sdk.responses.delete(second.id)


def test_tools_make_the_round_over_two_clouds(gateway: Gateway) -> None:
    """A call made on one cloud is answered on another."""
    tool: Any = {
        "type": "function",
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        "strict": False,
    }
    first, _ = ask(gateway, "gpt", "get_weather please", tools=[tool])
    call = first.output[0]
    assert call.type == "function_call"
    output: Any = [{"type": "function_call_output", "call_id": call.call_id, "output": "4 degrees"}]
    second, how = ask(gateway, "claude", output, tools=[tool], previous_response_id=first.id)
    assert how == "move-lossless"
    assert "4 degrees" in second.output_text


def test_a_kept_response_survives_the_process(tmp_path: Path) -> None:
    """Killed right after an answer, the gateway still has it; and nothing of it lies in the clear."""
    rotated = SESSIONS.replace("key: 'env:SESSION_KEY'", "key: 'env:NEW_KEY', old_keys: ['env:SESSION_KEY']")
    with clouds() as running:
        with conversing(tmp_path, running, environment=unmeasured()) as gateway:
            first, _ = ask(gateway, "gpt", SECRET)
            for worker in gateway.workers():
                os.kill(worker, signal.SIGKILL)
            second = ask_when_back(gateway, first.id)
            assert second.previous_response_id == first.id
        for path in tmp_path.glob("kept.db*"):
            assert b"heliotrope" not in path.read_bytes()
        with (
            pytest.raises(AssertionError, match="did not start"),
            conversing(tmp_path, running, key="aa" * 32),
        ):
            pass
        with conversing(tmp_path, running, rotated, NEW_KEY="bb" * 32) as gateway:
            third, _ = ask(gateway, "claude", "on", previous_response_id=second.id)
        with conversing(tmp_path, running, key="bb" * 32, environment=unmeasured()) as gateway:
            assert gateway.sdk().responses.retrieve(third.id).id == third.id
            with pytest.raises(openai.InternalServerError, match=re.escape("not in `sessions.key`")):
                ask(gateway, "gpt", "on", previous_response_id=third.id)


def test_a_store_that_is_down_refuses_state(tmp_path: Path) -> None:
    """What asks for state gets 503, whole or streamed, and is never told as kept; the rest is served."""
    with clouds() as running, conversing(tmp_path, running) as gateway:
        first, _ = ask(gateway, "gpt", "hello")
        store = sqlite3.connect(tmp_path / "kept.db")
        store.execute("ALTER TABLE responses RENAME TO elsewhere")
        store.commit()
        store.close()
        for members in ({"previous_response_id": first.id}, {"store": True}, {}):
            with pytest.raises(openai.InternalServerError) as caught:
                ask(gateway, "gpt", "hello", **members)
            assert caught.value.status_code == 503
        with (
            pytest.raises(openai.APIConnectionError),
            gateway.sdk().responses.stream(model="gpt", input="x") as stream,
        ):
            stream.until_done()
        assert ask(gateway, "gpt", "hello", store=False)[0].output_text


def ask_when_back(gateway: Gateway, previous: str) -> Any:
    """The answer of the worker that takes the place of a killed one."""
    sdk = gateway.sdk().with_options(max_retries=10)
    return sdk.responses.create(model="claude", input="on", previous_response_id=previous)
