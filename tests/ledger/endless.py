"""A process that records entries until it is killed, and says on standard output which ones are safe.

Run as `python -m tests.ledger.endless FOLDER DURABILITY`.
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path
from typing import Literal, cast

from tests.ledger.samples import make_entry

from comity.ledger import JournalOptions, open_journal


async def record_forever(folder: Path, durability: Literal["normal", "strict"]) -> None:
    """Ten entries per tick; each id is written out once its settlement is safe."""
    journal = open_journal(folder, JournalOptions(durability, segment_bytes=200_000))
    while True:
        for _ in range(10):
            reserved, attempted, settled = make_entry()
            journal.append(reserved)
            journal.append(attempted)
            journal.append(settled, partial(say, settled.entry.hex()))
        await asyncio.sleep(0)


def say(line: str) -> None:
    """One write per line: a reader never sees half of one."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(record_forever(Path(sys.argv[1]), cast(Literal["normal", "strict"], sys.argv[2])))
