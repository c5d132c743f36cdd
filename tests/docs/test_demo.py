"""What the demo prints for its reader to try."""

from __future__ import annotations

import re
import subprocess

from tests.docs.conftest import Demo

from comity.cli.demo.setting import INSTANT


def test_the_printed_commands_work(demo: Demo) -> None:
    """One request is served, one is refused with 451, under the contracts of the last date."""
    served, refused = re.findall(r"^(curl .*?'\n)", demo.printed.replace("\\\n", " "), re.MULTILINE)
    answers = [
        subprocess.run(["bash", "-c", one], capture_output=True, text=True, check=True).stdout
        for one in (served, refused)
    ]
    assert answers[0].startswith("HTTP/1.1 200 ")
    assert "comity-verdict: permitted" in answers[0]
    assert answers[1].startswith("HTTP/1.1 451 ")
    assert f"{INSTANT}-azure" in answers[1]
    assert "dpa.residency" in answers[1]
