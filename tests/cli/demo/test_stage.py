"""Processes of the demo: they start, die and end, and a server that does not start says why."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from comity.cli.demo.stage import StageError, start


def test_server_that_does_not_start_shows_its_log(tmp_path: Path) -> None:
    """The end of its standard error is in the message."""
    with pytest.raises(StageError, match="`broken` did not start: no such luck"):
        asyncio.run(start("broken", ["-c", "import sys; sys.exit('no such luck')"], tmp_path))
    with pytest.raises(StageError, match="it said nothing"):
        asyncio.run(start("mute", ["-c", "print('hello')"], tmp_path))


def test_server_ends_when_asked_and_when_killed(tmp_path: Path) -> None:
    """SIGTERM, the end of its input, or at once; asking twice is harmless."""
    code = 'import sys; print(\'{"serving": "http://x"}\', flush=True); sys.stdin.read()'

    async def run() -> None:
        polite, rude = [await start(name, ["-c", code], tmp_path) for name in ("polite", "rude")]
        assert polite.url == "http://x"
        await polite.stop()
        await polite.stop()
        rude.kill()
        await rude.stop()

    asyncio.run(run())


def test_clouds_process_serves_until_its_input_closes(tmp_path: Path) -> None:
    """It names every cloud it was asked for, and is gone once its parent is."""
    process = subprocess.Popen(
        [sys.executable, "-m", "comity.cli.demo.clouds", "aws=0", "google=0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    urls = json.loads(process.stdout.readline())
    assert sorted(urls) == ["aws", "google"]
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(urls["google"] + "/v1/chat/completions", timeout=60)
    process.stdin.close()
    assert process.wait(60) == 0
    process.stdout.close()
