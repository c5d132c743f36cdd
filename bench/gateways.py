"""How each gateway is started for its best case: one process, no logs, streams not buffered.

A gateway that is not installed is absent, with the reason; nothing here installs anything.
"""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import msgspec

from bench.machine import freeze, pinned, thaw

MOCK_PORT = 18640
"""Where the mock upstream listens; `comity.yaml` names it too."""
READY_SECONDS = 60.0

NGINX = """\
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.err crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; tcp_nodelay on;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; client_body_buffer_size 64k;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  upstream mock {{ server 127.0.0.1:{mock}; keepalive 256; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection ""; }}
  }}
}}
"""
LITELLM = """\
model_list:
  - model_name: bench-model
    litellm_params:
      {{model: openai/bench-model, api_base: "http://127.0.0.1:{mock}/v1", api_key: sk-bench}}
litellm_settings: {{set_verbose: false, num_retries: 0, telemetry: false}}
"""


class Gateway(msgspec.Struct, frozen=True):
    """One program under test."""

    name: str
    """As the tables call it."""
    port: int
    """Where it listens on loopback."""
    command: tuple[str, ...]
    """How to start it."""
    folder: Path
    """Where it runs and where its output goes."""
    settings: dict[str, str] = {}
    """Environment variables on top of ours."""
    headers: tuple[tuple[str, str], ...] = ()
    """Request headers that it needs."""


class Absent(msgspec.Struct, frozen=True):
    """A gateway that cannot be measured here."""

    name: str
    """As the tables call it."""
    why: str
    """What is missing and how to get it."""


def nginx(folder: Path, port: int = 18641, upstream: int = MOCK_PORT) -> Gateway | Absent:
    """`proxy_pass` with keep-alive to the upstream: the yardstick."""
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        return Absent(
            "nginx", "not installed; `python -m bench --install-peers` as root, or install nginx-light"
        )
    configuration = folder / "nginx.conf"
    configuration.write_text(NGINX.format(folder=folder, mock=upstream, port=port))
    return Gateway("nginx", port, (program, "-p", str(folder), "-c", str(configuration)), folder)


def portkey(folder: Path, peers: Path) -> Gateway | Absent:
    """Portkey's gateway on node."""
    program = peers / "portkey/node_modules/@portkey-ai/gateway/build/start-server.js"
    node = shutil.which("node")
    if node is None or not program.exists():
        return Absent("Portkey", "not installed; `python -m bench --install-peers` with node and npm")
    return Gateway(
        "Portkey",
        18642,
        (node, str(program), "--port=18642", "--headless"),
        folder,
        {"NODE_ENV": "production", "TRUSTED_CUSTOM_HOSTS": "127.0.0.1,localhost"},
        (("x-portkey-provider", "openai"), ("x-portkey-custom-host", f"http://127.0.0.1:{MOCK_PORT}/v1")),
    )


def litellm(folder: Path, peers: Path) -> Gateway | Absent:
    """LiteLLM's proxy without keys and database, its fastest form."""
    program = peers / "litellm/bin/litellm"
    if not program.exists():
        return Absent("LiteLLM", "not installed; `python -m bench --install-peers`")
    configuration = folder / "litellm.yaml"
    configuration.write_text(LITELLM.format(mock=MOCK_PORT))
    command = (str(program), "--config", str(configuration), "--host", "127.0.0.1", "--port", "18643")
    settings = {
        "LITELLM_LOG": "ERROR",
        "LITELLM_MODE": "PRODUCTION",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
    }
    return Gateway("LiteLLM", 18643, (*command, "--num_workers", "1"), folder, settings)


def comity(folder: Path) -> Gateway | Absent:
    """Comity with book, keys and ledger, as `comity.yaml` beside this file says."""
    shutil.rmtree(folder / "ledger", ignore_errors=True)
    # Not the script beside the interpreter: any interpreter that sees the packages will do.
    program = (sys.executable, "-c", "from comity.cli.main import app; app()")
    configuration = Path(__file__).parent / "comity.yaml"
    command = (*program, "serve", str(configuration))
    settings = {"BENCH_KEY": "sk-bench", "BENCH_AWS_ID": "AKIDBENCH", "BENCH_AWS_SECRET": "bench-secret"}
    return Gateway("Comity", 18644, command, folder, settings)


class Running:
    """A started gateway on its CPU, frozen when another one is measured."""

    def __init__(self, gateway: Gateway, cpu: int) -> None:
        self.gateway = gateway
        self.log: IO[bytes] = (gateway.folder / f"{gateway.name.lower()}.log").open("wb")
        begin = time.monotonic()
        with pinned(cpu):
            self._process = subprocess.Popen(
                gateway.command,
                cwd=gateway.folder,
                env={**os.environ, **gateway.settings},
                stdin=subprocess.DEVNULL,
                stdout=self.log,
                stderr=subprocess.STDOUT,
            )
        self.pid = self._process.pid
        self._wait()
        self.start_seconds = time.monotonic() - begin

    def _wait(self) -> None:
        end = time.monotonic() + READY_SECONDS
        while not answers(self.gateway.port):
            if self._process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError(f"{self.gateway.name} does not start, see {self.log.name}")
            time.sleep(0.02)

    def freeze(self) -> None:
        """Take it off the CPU."""
        freeze(self.pid)

    def thaw(self) -> None:
        """Put it back."""
        thaw(self.pid)

    def stop(self) -> None:
        """End it, kindly at first."""
        thaw(self.pid)
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.log.close()


def answers(port: int) -> bool:
    """Whether somebody speaks HTTP there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health/liveliness")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    else:
        return True
    finally:
        connection.close()
