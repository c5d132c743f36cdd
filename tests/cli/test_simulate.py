"""`comity simulate` as a real process."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from comity.cli.main import app
from comity.simulator import CloudSpec, SimulatedModel

OTHERS = ("ai-studio", "anthropic", "bedrock", "compatible", "vertex")
_COMMAND = (sys.executable, "-m", "comity.cli", "simulate")


def _start(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*_COMMAND, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_clouds_run_until_their_starter_goes() -> None:
    """With `--piped` the end of standard input is the end; each cloud prints one line."""
    with _start("azure", *OTHERS, "--piped", "--json", "--rate", "1000", "--first-token", "0") as process:
        assert process.stdout is not None
        assert process.stdin is not None
        lines = [json.loads(process.stdout.readline()) for _ in range(1 + len(OTHERS))]
        assert [line["kind"] for line in lines] == ["azure", *OTHERS]
        assert all(line["models"] for line in lines)
        url = f"{lines[0]['url']}/openai/v1/chat/completions"
        body = {
            "model": lines[0]["models"][0],
            "messages": [{"role": "user", "content": "simulate: echo hi"}],
        }
        request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            assert json.load(answer)["choices"][0]["message"]["content"] == "hi"
        process.stdin.write("anything\n")
        process.stdin.flush()
        process.stdin.close()
        assert process.wait(60) == 0


def test_clouds_run_until_a_signal(tmp_path: Path) -> None:
    """SIGTERM ends it cleanly; clouds may come from a file; people get a readable line."""
    spec = CloudSpec(name="mine", kind="compatible", models=(SimulatedModel(name="m"),))
    file = tmp_path / "clouds.json"
    file.write_bytes(msgspec.json.encode([spec]))
    with _start("--file", str(file)) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("mine: http://127.0.0.1:")
        assert line.endswith("models m\n")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name at least one cloud"),
        (["azur"], "did you mean `azure`?"),
        (["azure:x"], "`x` is no port; write for example `azure:8101`"),
        (["--file", "/nowhere.json"], "No such file"),
    ],
)
def test_mistakes_are_explained(words: list[str], said: str) -> None:
    """Exit status 2 and what to write instead."""
    result = CliRunner().invoke(app, ["simulate", *words])
    assert result.exit_code == 2
    assert said in result.output
