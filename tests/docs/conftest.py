"""The demo that the pages talk to and whose files they read, served on."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.environment import unmeasured


class Demo(msgspec.Struct, frozen=True):
    """A demo that has been told and keeps serving."""

    url: str
    """Where its gateway serves."""
    folder: Path
    """Where its configuration and ledgers are."""
    printed: str
    """What it printed until it only serves."""


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo that keeps serving."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "comity.cli", "demo", "--requests", "8", "--port", "0"]
    command += ["--folder", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=unmeasured())
    assert process.stdout is not None
    printed = ""
    try:
        for line in process.stdout:
            printed += line
            if line.startswith("comity ledger"):
                break
        match = re.search(r"serves on (http://\S+) as of", printed)
        assert match, "the demo says where it serves"
        yield Demo(match[1], folder, printed)
    finally:
        process.send_signal(signal.SIGINT)
        farewell = process.communicate(timeout=60)[0]
    assert process.returncode == 0, "Ctrl-C is how it ends"
    assert "Good-bye." in farewell
