"""Installs the gateways that Comity is compared with, into a folder of their own.

Versions are pinned to those that were seen to work. Each is set up for its best case, see the notes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

LITELLM = "litellm[proxy]==1.106.2"
# Without these the proxy imports them anew, and fails, on every request: half of its speed.
LITELLM_EXTRAS = ("opentelemetry-sdk", "opentelemetry-exporter-otlp")
ENGINES = ("cedarpy==4.12.2", "common-expression-language==0.10.0", "casbin==1.43.0")
PORTKEY = {
    "private": True,
    "dependencies": {"@portkey-ai/gateway": "1.15.2"},
    # With the server library that npm would choose, streams are answered with status 500.
    "overrides": {"@hono/node-server": "1.13.8"},
}


def install(folder: Path) -> list[str]:
    """Install every peer whose tools are there; returns what could not be installed, and why."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        *install_nginx(),
        *install_litellm(folder / "litellm"),
        *install_portkey(folder / "portkey"),
        *install_engines(folder / "engines"),
    ]


def install_nginx() -> list[str]:
    """Debian's package, when this is Debian and we may."""
    if shutil.which("nginx"):
        return []
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return ["nginx: needs root; run `apt-get install nginx-light`"]
    # The package would start a server of its own at once; the policy file would be Debian's way to say no,
    # but stopping is not needed here: it listens on port 80, and the benchmark does not.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "nginx-light"]
    subprocess.run(command, check=True, env=environment)
    return []


def install_litellm(folder: Path) -> list[str]:
    """A virtual environment with the proxy, byte code compiled."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", LITELLM, *LITELLM_EXTRAS], check=True)
    subprocess.run([python, "-m", "compileall", "-q", str(folder / "lib")], check=False)
    return []


def install_engines(folder: Path) -> list[str]:
    """A virtual environment with engines that decide rules."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([str(folder / "bin" / "python"), "-m", "pip", "install", "-q", *ENGINES], check=True)
    return []


def install_portkey(folder: Path) -> list[str]:
    """A node project with the gateway."""
    npm = shutil.which("npm")
    if not npm:
        return ["Portkey: needs node and npm"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(json.dumps(PORTKEY))
    command = [npm, "install", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(command, check=True, cwd=folder)
    return []


def versions(folder: Path, names: list[str]) -> dict[str, str]:
    """The version of each gateway that took part."""
    found = {}
    if "nginx" in names:
        program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin") or "nginx"
        answer = subprocess.run([program, "-v"], check=True, capture_output=True, text=True)
        found["nginx"] = answer.stderr.strip().partition("/")[2]
    if "Portkey" in names:
        package = folder / "portkey/node_modules/@portkey-ai/gateway/package.json"
        found["Portkey"] = json.loads(package.read_text())["version"]
    if "LiteLLM" in names:
        information = next((folder / "litellm/lib").glob("*/site-packages/litellm-*.dist-info"))
        found["LiteLLM"] = information.name.removeprefix("litellm-").removesuffix(".dist-info")
    return found
