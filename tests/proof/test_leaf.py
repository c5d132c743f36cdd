"""Lines of the log as salted fields: every field a text of JSON, no two alike, nothing of others in it."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ledger.samples import NOW, make_attempt, make_decision, make_reserved, write_segment
from tests.proof.logs import ledger

from comity.exchange import Usage
from comity.ledger import (
    AttemptOutcome,
    DroppedCandidate,
    EntryOutcome,
    Judged,
    Refused,
    fold,
    format_entry_id,
    open_store,
    pack,
    settle,
)
from comity.money import Money
from comity.proof.leaf import digest_fields, disclose_fields, field_name
from comity.proof.reading import read_entries

SECRET = bytes(range(16))
_WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
_NINE = st.lists(_WORDS, min_size=9, max_size=9)


def shown(fields: list[str]) -> dict[str, object]:
    """Names and values of fields; each name stands once."""
    found = [json.loads(text) for text in disclose_fields(fields, SECRET)]
    assert len({name for _, name, _ in found}) == len(found)
    return {name: value for _, name, value in found}


def test_an_entry_says_what_an_auditor_needs(tmp_path: Path) -> None:
    """Times, who, what, verdicts, where it ran, what it used and cost, and hashes: each by itself."""
    reserved = make_reserved(request_hash=b"q" * 32, held=Money(Decimal(2), "USD"))
    failed = make_attempt(
        reserved.entry,
        outcome=AttemptOutcome.FAILED,
        status=503,
        failure="overloaded",
        message="try again",
        usage=None,
        cost=None,
        unrated="not_charged",
        first_byte=None,
        provider_request="",
        dropped_parameters=(),
    )
    served = make_attempt(
        reserved.entry,
        2,
        deployment="azure-fra",
        answered_by="azure-eu",
        tier="batch",
        model="gpt-5.5-2026",
        price="azure/gpt-5.5",
        list_cost=Money(Decimal("0.001"), "USD"),
        estimated=True,
        provider_account="org-1",
    )
    settled = settle(
        reserved.entry, EntryOutcome.SERVED, 200, [failed, served], NOW + 5, answer_hash=b"a" * 32
    )
    write_segment(tmp_path, [reserved, failed, served, settled])
    with open_store(None) as store:
        fold(tmp_path, store)
        said = read_entries(store, [reserved.entry])[reserved.entry]
    fields = shown(said.fields)
    assert (said.kind, said.costs) == ("entry", '{"USD":"0.000325"}')
    assert fields == {
        "id": format_entry_id(reserved.entry),
        "outcome": {"outcome": "served", "status": 200, "attempts": 2},
        "caller": "support-bot",
        "route": "gpt-5.5",
        "book": "ab" * 32,
        "fact.customer": "acme",
        "fact.product": "support",
        "workload.surface": "api",
        "workload.personal": True,
        "workload.seats": 12,
        "workload.tags": ["a", "b"],
        "verdicts": [
            {
                "deployment": name,
                "outcome": "disputed",
                "worlds": 12,
                "f_must": 1,
                "f_may": 3,
                "c_must": 4092,
                "c_may": 4094,
                "clauses": ["2026a.host"],
                "action": "allow",
            }
            for name in ("azure-swe", "azure-fra")
        ],
        "times": {
            "at": "2026-03-18T00:00:00.000000000Z",
            "decided": "2026-03-18T00:00:00.000000000Z",
            "settled": "2026-03-18T00:00:00.000000005Z",
        },
        "request": {
            "dialect": "openai.chat",
            "stream": False,
            "input_estimate": 100,
            "output_limit": 50,
            "planned": ["azure-swe", "azure-fra"],
        },
        "held": {"USD": "2"},
        "request_hash": b"q".hex() * 32,
        "answer_hash": b"a".hex() * 32,
        "sums": {
            "cost": {"USD": "0.000325"},
            "usage": {"input": 100, "output": 20},
            "unknown_usage": 0,
            "unrated": 0,
            "estimated": True,
        },
        "dropped.1": {
            "deployment": "bedrock-eu",
            "cause": "contract",
            "clauses": ["2026a.stateless"],
            "outcome": "prohibited",
            "why": "cloud=aws",
        },
        "attempt.1.deployment": "azure-swe",
        "attempt.1.cloud": "azure",
        "attempt.1.region": ["swedencentral"],
        "attempt.1.times": ["2026-03-18T00:00:00.000000000Z", None, "2026-03-18T00:00:00.000000900Z"],
        "attempt.1.outcome": {"outcome": "failed", "status": 503, "failure": "overloaded"},
        "attempt.1.message": "try again",
        "attempt.1.unrated": "not_charged",
        "attempt.2.deployment": "azure-fra",
        "attempt.2.answered_by": "azure-eu",
        "attempt.2.cloud": "azure",
        "attempt.2.region": ["swedencentral"],
        "attempt.2.tier": "batch",
        "attempt.2.model": "gpt-5.5-2026",
        "attempt.2.price": "azure/gpt-5.5",
        "attempt.2.times": [
            "2026-03-18T00:00:00.000000000Z",
            "2026-03-18T00:00:00.000000300Z",
            "2026-03-18T00:00:00.000000900Z",
        ],
        "attempt.2.outcome": {"outcome": "served", "status": 200},
        "attempt.2.usage": {"input": 100, "output": 20},
        "attempt.2.cost": {"USD": "0.000325"},
        "attempt.2.list_cost": {"USD": "0.001"},
        "attempt.2.estimated": True,
        "attempt.2.dropped_parameters": ["logit_bias"],
        "attempt.2.provider_request": "req-1",
        "attempt.2.provider_account": "org-1",
    }


@settings(max_examples=25)
@given(words=_NINE, number=st.integers(0, 2**60), lost=st.booleans())
def test_no_text_breaks_out(words: list[str], number: int, *, lost: bool) -> None:
    """Quotes, line breaks and braces in names and values change no other field, and make no two one."""
    caller, route, name, value, deployment, message, account, clause, why = words
    decision = make_decision(
        caller=caller,
        route=route,
        facts={name: value, "customer": caller},
        workload={value: why},
        verdicts=(Judged(deployment, "permitted", clauses=(clause,)), Judged(f"{deployment}'", "silent")),
        dropped=(DroppedCandidate(deployment, "contract", (clause,), "", why),),
    )
    reserved = make_reserved(decided_at=NOW)
    reserved = msgspec.structs.replace(reserved, decision=decision)
    attempt = make_attempt(
        reserved.entry,
        deployment=deployment,
        message=message,
        provider_account=account,
        provider_request=why,
        usage=Usage(input=number),
    )
    settled = settle(reserved.entry, EntryOutcome.SERVED, 200, [attempt], NOW)
    with TemporaryDirectory() as folder, open_store(None) as store:
        write_segment(Path(folder), [attempt, settled] if lost else [reserved, attempt, settled])
        fold(Path(folder), store)
        fields = read_entries(store, [reserved.entry])[reserved.entry].fields
    found = shown(fields)
    assert found.get("caller", caller) == caller
    assert found["attempt.1.deployment"] == deployment
    assert found.get(f"fact.{name}", value) in {value, caller}
    assert found.get("attempt.1.message", "") == message
    assert [field_name(field) for field in fields] == list(found)
    assert ("at" in str(found["times"])) is not lost


def test_digests_are_salted_and_bound_to_their_names() -> None:
    """A digest is the hash of a disclosed text, and one secret salts every field differently."""
    fields = ['one","same"]', 'two","same"]', 'two","same"]']
    texts = disclose_fields(fields, SECRET)
    assert [hashlib.sha256(text.encode()).digest() for text in texts] == digest_fields(fields, SECRET)
    assert len({text[:36] for text in texts}) == 3
    assert len(json.loads(texts[0])[0]) == 32
    assert not set(digest_fields(fields, bytes(16))) & set(digest_fields(fields, SECRET))


def test_a_refusal_says_why(tmp_path: Path) -> None:
    """Cause, clauses and the sentence that the client was told."""
    refused = Refused(
        b"r" * 16,
        NOW,
        make_decision(()),
        status=451,
        cause="contract",
        clauses=("a.b",),
        message='no "cloud"',
    )
    with ledger(tmp_path) as made:
        made.add(refused)
        said = read_entries(made.store, [refused.entry])[refused.entry]
        fields = shown(said.fields)
    assert said.kind == "refusal"
    assert (fields["cause"], fields["clauses"], fields["message"]) == ("contract", ["a.b"], 'no "cloud"')
    assert "attempt.1.deployment" not in fields
    assert "sums" not in fields
    assert pack(refused.decision)
