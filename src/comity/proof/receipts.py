"""Receipts and consistency proofs: documents that a counterparty checks alone with `verify`.

A receipt is made only of what is still so: a line whose entry was changed in the store gets none.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from comity.errors import StoreError
from comity.ledger import Store, format_entry_id
from comity.proof.leaf import digest_fields, disclose_fields, field_name
from comity.proof.log import open_tiles
from comity.proof.reading import read_lines
from comity.proof.register import Line, Register, checkpoints, last_checkpoint, lines_of
from comity.proof.tree import prove_consistency, prove_inclusion
from comity.proof.verify import leaf_data, read_head

Chosen = Callable[[str], bool]
"""Whether a field is to be disclosed, by its name."""


class Receipt(msgspec.Struct, frozen=True):
    """One line of the log, with the fields that are disclosed."""

    kind: str
    """What the line is: `entry`, `refusal`, `correction` or `redaction`."""
    index: int
    """Where it stands, from 0."""
    digests: list[str]
    """The digests of all of its fields in ascending order, hexadecimal."""
    disclosed: list[str]
    """The fields that are disclosed, each the text whose SHA-256 is one of the digests."""
    proof: list[str]
    """The inclusion proof of RFC 9162, leaf first, hexadecimal."""
    checkpoint: str
    """A checkpoint that covers the line, as a signed note."""


class Extension(msgspec.Struct, frozen=True):
    """That one checkpoint continues another."""

    old: str = msgspec.field(name="from")
    """The older checkpoint."""
    new: str = msgspec.field(name="to")
    """The newer one."""
    proof: list[str]
    """The consistency proof of RFC 9162, hexadecimal."""


def make_receipt(store: Store, register: Register, folder: Path, subject: bytes, chosen: Chosen) -> Receipt:
    """The receipt of an entry, a correction or a redaction, by its id; raises StoreError.

    Discloses the fields whose names are chosen; those of a redacted entry are gone.
    """
    found = list(lines_of(register, [subject]))
    if not found:
        raise StoreError(f"`{format_entry_id(subject)}` is not in the log; `comity ledger log` takes it in")
    (line,) = found
    digests, disclosed = disclose(store, register, line, chosen)
    last = last_checkpoint(register)
    if last is None or last[0] <= line.position:
        raise StoreError(
            f"`{format_entry_id(subject)}` is in no signed part of the log yet; `comity ledger log` signs it"
        )
    tiles = open_tiles(folder, register, read_head(last[2]))
    path = prove_inclusion(tiles, line.position, last[0])
    hexadecimal = sorted(digest.hex() for digest in digests)
    return Receipt(line.kind, line.position, hexadecimal, disclosed, [step.hex() for step in path], last[2])


def disclose(store: Store, register: Register, line: Line, chosen: Chosen) -> tuple[list[bytes], list[str]]:
    """The digests of a line and the chosen fields; raises StoreError where the store says something else."""
    if line.secret is None:
        digests = split_digests(line)
        return digests, []
    said = read_lines(store, register, [(line.subject, line.kind)]).get(line.subject)
    digests = [] if said is None else digest_fields(said.fields, line.secret)
    if said is None or leaf_data(line.kind, digests) != line.data:
        what = "dropped" if said is None else "changed"
        name = format_entry_id(line.subject)
        raise StoreError(f"`{name}` was {what} after it was put into the log at {line.position}")
    texts = disclose_fields(said.fields, line.secret)
    return digests, [
        text for text, field in zip(texts, said.fields, strict=True) if chosen(field_name(field))
    ]


def split_digests(line: Line) -> list[bytes]:
    """The digests that a redaction left of a line; raises StoreError when they are not the line's."""
    kept = line.digests or b""
    digests = [kept[start : start + 32] for start in range(0, len(kept), 32)]
    if leaf_data(line.kind, digests) != line.data:
        raise StoreError(f"the digests that a redaction left of line {line.position} were changed")
    return digests


def make_extension(register: Register, folder: Path, old: int, new: int) -> Extension:
    """The proof that the checkpoint of one size is continued by the one of another; raises StoreError."""
    notes = {size: note for size, _, note in checkpoints(register)}
    for size in (old, new):
        if size not in notes:
            raise StoreError(
                f"there is no checkpoint of {size} lines: the latest has {max(notes, default='none')}"
            )
    if old > new:
        raise StoreError("the first checkpoint is the later one")
    tiles = open_tiles(folder, register, read_head(notes[new]))
    path = prove_consistency(tiles, old, new)
    return Extension(notes[old], notes[new], [step.hex() for step in path])


def checkpoint_at(register: Register, moment: int) -> int:
    """The size of the last checkpoint that was signed before a moment; raises StoreError."""
    sizes = [size for size, at, _ in checkpoints(register) if at < moment]
    if not sizes:
        raise StoreError("no checkpoint was signed before that moment")
    return sizes[-1]
