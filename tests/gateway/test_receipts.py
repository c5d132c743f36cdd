"""A gateway that keeps a log: every answer has a receipt, which proves what was asked and answered."""

from __future__ import annotations

import http.client
import json
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from tests.gateway.running import KEYS, clouds, configuration, serving

from comity.ledger import open_store, parse_entry_id
from comity.proof import Signer, examine, make_receipt, new_key, opened_log, place_of, signed_heads
from comity.proof.verify import check

SKEY = new_key("acme.example/gateway", bytes(32))


class Answer(msgspec.Struct):
    """What a client saw of one request."""

    request: bytes
    status: int
    receipt: str
    body: bytes


def ask(url: str, who: str, **question: Any) -> Answer:
    """Asks for an answer, and takes it byte by byte as it is."""
    request = json.dumps({"messages": [{"role": "user", "content": "Tell me"}], **question}).encode()
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    headers = {"authorization": f"Bearer {KEYS[who]}", "content-type": "application/json"}
    connection.request("POST", "/v1/chat/completions", request, headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return Answer(request, response.status, response.headers["comity-receipt"], body)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Answer]]:
    """A ledger, and what clients saw of what is in it."""
    folder = tmp_path_factory.mktemp("receipts")
    with clouds() as running:
        config = configuration(running) + "proof: {key: 'env:LOG_KEY', sign_every: 3600}\n"
        with serving(folder, running, config, LOG_KEY=SKEY) as gateway:
            seen = {
                "whole": ask(gateway.url, "app", model="azure-only"),
                "stream": ask(gateway.url, "app", model="azure-only", stream=True),
                "translated": ask(gateway.url, "app", model="bedrock-lossy", stream=True, max_tokens=40),
                "refused": ask(gateway.url, "eu", model="us-only"),
                "failed": ask(gateway.url, "app", model="dead-only"),
            }
    return folder / "ledger", seen


def test_receipts_prove_what_was_asked_and_answered(told: tuple[Path, dict[str, Answer]]) -> None:
    """The hashes in the log are those of the bytes on the wire, streamed or not; a refusal has its clause."""
    folder, answers = told
    fields: dict[str, dict[str, str]] = {}
    with open_store(folder / "ledger.db") as store, opened_log(place_of(folder / "ledger.db")) as register:
        public = folder / "proof" / "public"
        for name, answer in answers.items():
            receipt = make_receipt(store, register, public, parse_entry_id(answer.receipt), lambda _: True)
            checked = check(msgspec.json.encode(receipt).decode(), [Signer(SKEY).verifier])
            fields[name] = dict(line.strip().split(" = ") for line in checked.lines if " = " in line)
        heads = signed_heads(register, public, [Signer(SKEY).verifier], [])
        assert examine(store, register, public, heads).holds
    for name, answer in answers.items():
        assert fields[name]["request_hash"] == f'"{sha256(answer.request).hexdigest()}"'
        if answer.status == 200:
            assert fields[name]["answer_hash"] == f'"{sha256(answer.body).hexdigest()}"'
        else:
            assert "answer_hash" not in fields[name], "a refusal is told in fields of its own"
    assert {name: answer.status for name, answer in answers.items()} == {
        "whole": 200,
        "stream": 200,
        "translated": 200,
        "refused": 451,
        "failed": 503,
    }
    assert fields["refused"]["clauses"] != "[]"
    assert json.loads(fields["failed"]["outcome"])["outcome"] == "failed"


def test_nothing_private_is_published(told: tuple[Path, dict[str, Answer]]) -> None:
    """The public folder holds hashes and signatures: no id, no name, no amount."""
    folder, answers = told
    published = b"".join(path.read_bytes() for path in (folder / "proof/public").rglob("*") if path.is_file())
    entries = [answer.receipt for answer in answers.values()]
    secrets = [*entries, 'acme"', "azure", "USD", "451"]
    for secret in (*map(str.encode, secrets), *map(parse_entry_id, entries)):
        assert secret not in published
    assert len(list((folder / "proof/public/checkpoints").iterdir())) == 1
