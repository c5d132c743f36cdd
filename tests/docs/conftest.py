"""The gateway that the pages talk to: the demo's own, served on."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from tests.environment import unmeasured


@pytest.fixture(scope="session")
def demo_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo that keeps serving."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "comity.cli", "demo", "--requests", "8", "--port", "0"]
    command += ["--folder", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=unmeasured())
    assert process.stdout is not None
    try:
        match = None
        for line in process.stdout:
            match = re.search(r"serves on (http://\S+) as of", line)
            if match:
                break
        assert match, "the demo says where it serves"
        yield match[1]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
