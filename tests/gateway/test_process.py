"""The gateway as processes: start, readiness, restart, drain, rehearsal, and errors before the start."""

from __future__ import annotations

import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest
import trustme
from tests.environment import unmeasured
from tests.gateway.running import (
    BOOK,
    ENVIRONMENT,
    KEYS,
    PRICE,
    Gateway,
    clouds,
    configuration,
    serving,
)

from comity.intake import hash_key
from comity.ledger import Filter, open_store, totals
from comity.simulator import Background, CloudSpec, SimulatedModel

QUESTION: Any = [{"role": "user", "content": "Tell me a story"}]


def eventually(condition: Callable[[], bool]) -> None:
    """Waits until something is so; fails after a minute."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.02)


def ask(gateway: Gateway, model: str = "us-only") -> str:
    """One small question, over a connection of its own."""
    with openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=KEYS["app"], max_retries=0) as sdk:
        raw = sdk.chat.completions.with_raw_response.create(
            model=model, messages=QUESTION, max_completion_tokens=3
        )
        return raw.headers["comity-deployment"]


def test_sigterm_lets_requests_in_flight_end_and_folds_the_ledger(tmp_path: Path) -> None:
    """A stream that is under way ends properly; afterwards the store holds everything."""
    with clouds() as running, serving(tmp_path, running, configuration(running)) as gateway:
        stream = gateway.sdk().chat.completions.create(
            model="slow", messages=QUESTION, max_completion_tokens=15, stream=True
        )
        chunks = iter(stream)
        next(chunks)
        gateway.process.send_signal(signal.SIGTERM)
        assert [c.choices[0].finish_reason for c in chunks][-1] in {"length", "stop"}
        assert gateway.process.wait(60) == 0
    with open_store(tmp_path / "ledger" / "ledger.db", create=False) as store:
        assert totals(store, Filter()).entries == 1


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    """Two workers share the port; one is killed and another takes its place."""
    with (
        clouds() as running,
        serving(tmp_path, running, configuration(running), ("--workers", "2"), unmeasured()) as gateway,
    ):
        before = gateway.workers()
        assert len(before) == 2
        os.kill(before[0], signal.SIGKILL)
        eventually(lambda: len(set(gateway.workers()) - set(before)) == 1)
        eventually(lambda: _answers(gateway))
        assert [ask(gateway) for _ in range(8)] == ["local-us"] * 8


def _answers(gateway: Gateway) -> bool:
    try:
        return ask(gateway) == "local-us"
    except openai.APIConnectionError:
        return False


def test_workers_end_with_their_supervisor(tmp_path: Path) -> None:
    """When the parent is killed nobody is left behind."""
    with clouds() as running, serving(tmp_path, running, configuration(running), (), unmeasured()) as gateway:
        (worker,) = gateway.workers()
        gateway.process.kill()
        gateway.process.wait(60)
        eventually(lambda: not Path(f"/proc/{worker}").exists() or _is_zombie(worker))


def _is_zombie(pid: int) -> bool:
    return ") Z " in Path(f"/proc/{pid}/stat").read_text()


def test_a_rehearsal_asks_the_contracts_as_of_another_day(tmp_path: Path) -> None:
    """The same request is legal before a clause begins and refused after."""
    book = tmp_path / "dated.md"
    book.write_text(
        "---\ncontract: dated\ntitle: Dated\nparties: {acme: Acme}\nbinds: [acme]\nsilence: permitted\n"
        "sources:\n  S1: {title: Test, date: 2026-01-01, grade: verified}\n---\n\n"
        "## x `dated.x`\nFrom May on.\n\n"
        "```comity\nforbid: {cloud: coreweave}\nsource: [S1]\nin_force: 2026-05-01 ..\n```\n"
    )
    with clouds() as running:
        text = configuration(running)
        shipped = text.split("book: ")[1].split("\n")[0]
        config = text.replace(shipped, str(book))
        for party in ("acme", "oai"):
            config = config.replace(f", posture: {{for: {party}}}", "")
        (tmp_path / "a").mkdir()
        with serving(tmp_path / "a", running, config, ("--at", "2026-04-30")) as gateway:
            assert ask(gateway, "gpt-5.5") == "local-us"
        (tmp_path / "b").mkdir()
        with serving(tmp_path / "b", running, config, ("--at", "2026-05-02"), unmeasured()) as gateway:
            assert ask(gateway, "gpt-5.5") == "azure-swe"


def test_tls_on_the_listener(tmp_path: Path) -> None:
    """With a certificate the gateway speaks https, and says so."""
    authority = trustme.CA()
    server = authority.issue_cert("127.0.0.1")
    server.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    server.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    with clouds() as running:
        config = configuration(running).replace(
            "drain: 30", "drain: 30, tls: {certificate: cert.pem, key: key.pem}"
        )
        with serving(tmp_path, running, config) as gateway:
            assert gateway.url.startswith("https://")
            context = ssl.create_default_context()
            authority.configure_trust(context)
            address = gateway.url.removeprefix("https://")
            connection = http.client.HTTPSConnection(address, context=context)
            connection.request("GET", "/health")
            assert json.loads(connection.getresponse().read()) == {"status": "ok"}
            connection.close()


def test_paths_and_methods_are_exact(gateway: Gateway) -> None:
    """Unknown paths are 404, wrong methods 405, and health needs no key."""
    connection = http.client.HTTPConnection(gateway.url.removeprefix("http://"))
    for method, path, status in [
        ("GET", "/health", 200),
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/chat/completions", 405),
        ("POST", "/v1/models", 405),
        ("GET", "/v1/models", 401),
    ]:
        connection.request(method, path)
        answer = connection.getresponse()
        answer.read()
        assert (path, answer.status) == (path, status)
    connection.close()


def run(folder: Path, config: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`comity serve` on a configuration with which it cannot start."""
    (folder / "comity.yaml").write_text(config)
    return subprocess.run(
        [sys.executable, "-m", "comity.cli", "serve", str(folder / "comity.yaml")],
        capture_output=True,
        text=True,
        env=environ,
        timeout=60,
        check=False,
    )


def test_a_missing_secret_stops_the_start_and_names_the_reference(tmp_path: Path) -> None:
    """Never another account: the start fails, and no value is shown (T35)."""
    environ = {**os.environ, **ENVIRONMENT}
    del environ["AZURE_KEY"]
    with clouds() as running:
        done = run(tmp_path, configuration(running), environ)
    assert done.returncode == 1
    assert "env:AZURE_KEY" in done.stderr
    assert not any(secret in done.stderr for secret in ENVIRONMENT.values())


def test_a_configuration_error_is_told_with_its_place(tmp_path: Path) -> None:
    """File, line, column, what is wrong and what to write; exit status 2."""
    with clouds() as running:
        config = configuration(running).replace("from: [azure-swe]}", "from: [azure-sweden]}")
        done = run(tmp_path, config, {**os.environ, **ENVIRONMENT})
    assert done.returncode == 2
    assert "there is no deployment `azure-sweden`" in done.stderr
    assert "did you mean `azure-swe`?" in done.stderr
    assert "comity.yaml:" in done.stderr


def test_slow_clients_are_fed_at_their_own_pace(gateway: Gateway) -> None:
    """Twenty streams read slowly at once all arrive whole."""
    texts: list[str] = []

    def read() -> None:
        with openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=KEYS["app"], max_retries=0) as sdk:
            stream = sdk.chat.completions.create(
                model="us-only", messages=QUESTION, max_completion_tokens=50, stream=True
            )
            texts.append("".join(c.choices[0].delta.content or "" for c in stream))

    threads = [threading.Thread(target=read) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(texts) == 20
    assert len({len(text.split()) for text in texts}) == 1


def test_an_upstream_behind_a_private_authority(tmp_path: Path) -> None:
    """With its authority the cloud is reached over TLS; without it the certificate is not believed."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
        str(tmp_path / "cloud.pem")
    )
    spec = CloudSpec(
        name="local",
        kind="compatible",
        models=(SimulatedModel(name="gpt-5.5"),),
        api_keys=(ENVIRONMENT["LOCAL_KEY"],),
        certificate=str(tmp_path / "cloud.pem"),
    )
    with Background(spec) as running:
        config = _one_cloud(running["local"].url)
        with serving(tmp_path, running, config.replace("ca_file: x", "ca_file: ca.pem")) as gateway:
            assert ask(gateway) == "local-us"
        with serving(tmp_path, running, config.replace(", ca_file: x", ""), (), unmeasured()) as gateway:
            with pytest.raises(openai.APIStatusError) as caught:
                ask(gateway)
            assert caught.value.status_code == 503


def _one_cloud(url: str) -> str:
    return f"""
book: {BOOK}
facts: {{actor: acme}}
ledger: {{journal: ledger, fold_every: 0}}
listen: {{port: 0}}
deployments:
  - {{id: local-us, cloud: coreweave, region: [us-east-1], model: gpt-5.5, dialect: openai.chat,
     url: "{url}/v1", auth: {{api_key: "env:LOCAL_KEY"}}, price: {PRICE}, ca_file: x}}
models:
  us-only: {{from: [local-us], attempts: 1}}
callers:
  - {{id: app, key: "sha256:{hash_key(KEYS["app"])}", facts: {{product: support, data: public}}}}
"""
