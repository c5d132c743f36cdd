"""The environment of a process that a test starts for what it prints, not for what it covers."""

from __future__ import annotations

import os


def unmeasured(**more: str) -> dict[str, str]:
    """The environment of this process, and `more`; lines that the process runs are not counted as covered.

    Counting doubles the time of a start. Use it where other tests cover the same lines in their own process.
    """
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE_", "COV_CORE"))
    }
    return {**kept, **more}
