"""`python -m bench.receipts`: what proving the ledger costs; `--docs` writes it into docs/performance.md.

The log is extended by traffic as of `bench.ledger`; the tree of ten million lines is made of data without
entries behind it, since only its size counts. Times are processor time, of a proof the mean over many lines.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import tempfile
import time
import timeit
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from bench.ledger.traffic import write_journal
from bench.page import write_between
from comity.ledger import fold, open_store
from comity.proof import Signer, make_receipt, new_key, open_register, publish, sequence
from comity.proof.leaf import digest_fields, disclose_fields
from comity.proof.log import head_text
from comity.proof.receipts import Receipt
from comity.proof.register import lines_between
from comity.proof.tiles import Tiles, write_tiles
from comity.proof.tree import prove_consistency, prove_inclusion, root_of
from comity.proof.verify import Head, check, leaf_data, leaf_hash, root_with

SIGNER = Signer(new_key("bench.example/ledger", bytes(32)))
FIELDS = [f'name{number}","value {number}"]' for number in range(30)]
BODY = os.urandom(1 << 20)


def extension(entries: int, folder: Path) -> dict[str, str]:
    """Folding some entries and putting them into a signed log."""
    write_journal(folder / "journal", entries, 0, entries)
    with open_store(folder / "ledger.db") as store, open_register(folder / "register.db") as register:
        folded = spent(lambda: fold(folder / "journal", store))
        logged = spent(lambda: sequence(store, register))
        signed = spent(lambda: publish(folder / "public", register, SIGNER))
        subjects = [line.subject for line in lines_between(register, 0, 100)]
        receipts = spent(
            lambda: [
                make_receipt(store, register, folder / "public", one, lambda _: True) for one in subjects
            ]
        )
    return {
        "folded, to compare with": f"{entries / folded:,.0f} entries/s",
        "put into the log and signed": f"{entries / (logged + signed):,.0f} entries/s",
        "a whole receipt": f"{receipts / len(subjects) * 1e3:.2f} ms",
    }


def proofs(size: int, folder: Path, times: int = 200) -> dict[str, str]:
    """Proofs in a large tree, each with its tiles read anew, and their verification."""
    write_tiles(folder, 0, size, lambda start, end: [_data(number) for number in range(start, end)])
    chosen = random.Random(size)
    digests = digest_fields(FIELDS, bytes(16))
    index = chosen.randrange(size)
    path = prove_inclusion(Tiles(folder, size), index, size)
    root = root_with(leaf_hash(leaf_data("entry", digests)), index, size, path)
    receipt = Receipt(
        "entry",
        index,
        [digest.hex() for digest in digests],
        disclose_fields(FIELDS, bytes(16)),
        [step.hex() for step in path],
        SIGNER.sign(head_text(Head(SIGNER.name, size, root))),
    )
    text = msgspec.json.encode(receipt).decode()
    return {
        f"root of {size:,} lines": _each(lambda: root_of(Tiles(folder, size), size), times),
        "inclusion proof in it": _each(
            lambda: prove_inclusion(Tiles(folder, size), chosen.randrange(size), size), times
        ),
        "consistency proof in it": _each(
            lambda: prove_consistency(Tiles(folder, size), chosen.randrange(1, size), size), times
        ),
        "verifying a receipt, signature included": _each(lambda: check(text, [SIGNER.verifier]), times),
    }


def hashing() -> dict[str, str]:
    """What a gateway spends on hashes."""
    small = BODY[:4096]
    return {
        "hash of a body of 4 KiB": _each(lambda: hashlib.sha256(small).digest(), 2000),
        "of 1 MiB": _each(lambda: hashlib.sha256(BODY).digest(), 50),
    }


def spent(act: Callable[[], object]) -> float:
    """Seconds of processor time that something takes."""
    begun = time.process_time()
    act()
    return time.process_time() - begun


def _each(act: Callable[[], object], times: int) -> str:
    seconds = timeit.timeit(act, number=times, timer=time.process_time) / times
    return f"{seconds * 1e6:.1f} µs" if seconds < 1e-4 else f"{seconds * 1e3:.2f} ms"


def _data(number: int) -> bytes:
    return number.to_bytes(32, "big")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m bench.receipts", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tree of a million lines")
    parser.add_argument("--entries", type=int, default=50_000, help="entries that are put into a log")
    parser.add_argument("--lines", type=int, default=10_000_000, help="lines of the tree")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/performance.md")
    chosen, _ = parser.parse_known_args()
    busy = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = extension(chosen.entries, folder)
        figures |= proofs(1_000_000 if chosen.quick else chosen.lines, folder / "large") | hashing()
    shown = Table("", "", title="proving the ledger", show_header=False)
    for what, figure in figures.items():
        shown.add_row(what, figure)
    Console().print(shown)
    if chosen.docs:
        when = f"Taken {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        taken = f"{when}; before it began, {os.cpu_count()} cores had {busy:.1f} processes to run."
        rows = "\n".join(f"| {what} | {figure} |" for what, figure in figures.items())
        write_between("receipts", f"{taken}\n\n| | |\n|---|---:|\n{rows}")


if __name__ == "__main__":
    main()
