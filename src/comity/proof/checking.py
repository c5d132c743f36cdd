"""Whether the store, the register and the folder still say what was signed: what differs is named, and where.

Three things are held against each other: the lines as the store has them now, the leaves in the register, and
the roots of every signed checkpoint, those given from outside too. Whoever can write all of them and has the
key can only be found out by a checkpoint that somebody else kept; so give those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from comity.errors import StoreError
from comity.ledger import Store, format_entry_id
from comity.proof.growing import GrowingTree
from comity.proof.leaf import digest_fields
from comity.proof.log import CHECKPOINT, CHECKPOINTS_FOLDER
from comity.proof.pending import watch
from comity.proof.reading import read_lines
from comity.proof.receipts import split_digests
from comity.proof.register import Line, Register, checkpoints, lines_between, size_of
from comity.proof.tiles import WIDTH, Tiles, tile_path, whole
from comity.proof.verify import Head, leaf_data, leaf_hash, open_note, read_head

_CHUNK = 1000
_LOGGED = {
    "entry": "SELECT id FROM entries WHERE outcome IS NOT NULL AND NOT EXISTS"
    " (SELECT 1 FROM proof_pending WHERE subject = entries.id) ORDER BY id",
    "correction": "SELECT id FROM corrections WHERE NOT EXISTS"
    " (SELECT 1 FROM proof_pending WHERE subject = corrections.id) ORDER BY id",
}
"""What must be in the log, by kind."""

Kind: TypeAlias = Literal["changed", "dropped", "inserted", "moved", "truncated", "rewritten", "damaged tile"]
"""What sort of tampering or damage."""


class Difference(msgspec.Struct, frozen=True):
    """One thing that is not as it was signed."""

    kind: Kind
    """What sort of thing."""
    index: int
    """The first line that differs, from 0."""
    detail: str
    """A sentence for people."""


class Examined(msgspec.Struct, frozen=True):
    """The result of a check."""

    lines: int
    """Lines in the register."""
    signed: int
    """Lines under a checkpoint."""
    checkpoints: int
    """Different checkpoints that were compared."""
    differences: tuple[Difference, ...]
    """What differs, the first line first; the same cause may show in several."""

    @property
    def holds(self) -> bool:
        """Whether everything is as it was signed."""
        return not self.differences


def examine(
    store: Store,
    register: Register,
    folder: Path,
    heads: Sequence[Head],
    progress: Callable[[int, int], None] | None = None,
) -> Examined:
    """Checks everything against signed heads, as `signed_heads` finds them; raises StoreError."""
    size, last = size_of(register), max((head.size for head in heads), default=0)
    leaves = _Leaves(Tiles(folder, last), folder, heads)
    found: list[Difference] = []
    for start in range(0, size, _CHUNK):
        lines = list(lines_between(register, start, start + _CHUNK))
        leaves.take(lines)
        found += _compare(store, register, lines, start)
        if progress is not None:
            progress(start + len(lines), size)
    found += leaves.differences(size)
    found += _unlogged(store, register, size)
    return Examined(size, last, len(heads), tuple(sorted(found, key=lambda one: one.index)))


def signed_heads(register: Register, folder: Path, keys: list[str], known: Sequence[str]) -> list[Head]:
    """The heads of all checkpoints in register and folder and of those given; raises ValueError."""
    notes = {note for _, _, note in checkpoints(register)} | set(known)
    try:
        files = [folder / CHECKPOINT, *(folder / CHECKPOINTS_FOLDER).glob("[0-9]*")]
        notes |= {file.read_text(encoding="utf-8") for file in files if file.exists()}
    except OSError as error:
        raise StoreError(f"the log in `{folder}` cannot be read: {error.strerror}") from error
    return sorted({read_head(open_note(note, keys)) for note in notes}, key=lambda head: head.size)


def _compare(store: Store, register: Register, lines: Sequence[Line], start: int) -> Iterator[Difference]:
    """Lines that the store does not say as the register does."""
    said = read_lines(store, register, [(line.subject, line.kind) for line in lines if line.secret])
    for place, line in enumerate(lines, start):
        name = f"{line.kind} {format_entry_id(line.subject)}"
        if line.position != place:
            yield Difference("dropped", place, f"the register lacks line {place}")
            return
        if line.secret is None:
            try:
                split_digests(line)
            except StoreError as error:
                yield Difference("changed", place, str(error))
        elif line.subject not in said:
            yield Difference("dropped", place, f"{name} is gone from the store")
        elif leaf_data(line.kind, digest_fields(said[line.subject].fields, line.secret)) != line.data:
            yield Difference(
                "changed", place, f"{name} does not say any more what it said when it was logged"
            )


def _unlogged(store: Store, register: Register, size: int) -> Iterator[Difference]:
    """Settled entries and corrections that are neither in the log nor on their way."""
    watch(store)
    for kind, statement in _LOGGED.items():
        logged = (row[0] for row in register.stream("SELECT subject FROM proof_lines ORDER BY subject"))
        known = next(logged, None)
        for (subject,) in store.stream(statement):
            assert isinstance(subject, bytes), "the store keeps ids as bytes"
            while isinstance(known, bytes) and known < subject:
                known = next(logged, None)
            if known != subject:
                name = f"{kind} {format_entry_id(subject)}"
                yield Difference("inserted", size, f"{name} is in the store and not in the log")


class _Leaves:
    """The leaves of the register beside those of the tiles, both against the heads."""

    def __init__(self, tiles: Tiles, folder: Path, heads: Sequence[Head]) -> None:
        self._tiles = tiles
        self._folder = folder
        self._register = GrowingTree(heads)
        self._published = GrowingTree(heads)
        self._block: list[bytes] = []
        self._first: tuple[int, list[bytes], list[bytes]] | None = None
        self._damaged: list[int] = []
        self._full: list[bytes] = []

    def take(self, lines: Sequence[Line]) -> None:
        """Takes in the next lines of the register."""
        for line in lines:
            self._block.append(leaf_hash(line.data))
            if len(self._block) == WIDTH:
                self._end_block()

    def differences(self, size: int) -> list[Difference]:
        """What differs between the leaves and what was signed, once all lines were taken in."""
        if self._block:
            self._end_block()
        last, wrong = self._tiles.size, self._register.wrong
        if wrong is None and size >= last:
            return [*self._torn()]
        if self._published.wrong is None and self._first is not None:
            return [_classify(*self._first)]
        if wrong is None:
            return [Difference("truncated", size, f"{last} lines were signed, and {size} are left")]
        good = self._register.good
        detail = f"the first {wrong.size} lines are not those that were signed; the first {good} are"
        return [Difference("rewritten", good, detail)]

    def _end_block(self) -> None:
        index = self._register.size // WIDTH
        published = self._published_block(index)
        for hashed in self._block:
            self._register.add(hashed)
        for hashed in published:
            self._published.add(hashed)
        same = self._block[: len(published)] == published
        if self._first is not None and len(self._first[1]) <= WIDTH:
            self._first = (self._first[0], self._first[1] + self._block, self._first[2] + published)
        if not same or len(published) < min(self._tiles.size - index * WIDTH, len(self._block)):
            self._damaged.append(index)
            self._first = self._first or (index * WIDTH, self._block, published)
        if len(self._block) == WIDTH:
            self._full.append(whole(self._block))
        self._block = []

    def _published_block(self, index: int) -> list[bytes]:
        if index * WIDTH >= self._tiles.size:
            return []
        try:
            return self._tiles.hashes(0, index)
        except StoreError:
            return []

    def _torn(self) -> Iterator[Difference]:
        """Tiles that are not what the register, which is as it was signed, makes of them."""
        for index in self._damaged:
            yield Difference("damaged tile", index * WIDTH, f"`{tile_path(0, index)}` is not what was signed")
        level, hashes = 1, self._full[: self._tiles.size // WIDTH]
        while hashes:
            above = []
            for index in range(-(-len(hashes) // WIDTH)):
                part = hashes[index * WIDTH : (index + 1) * WIDTH]
                if len(part) == WIDTH:
                    above.append(whole(part))
                if self._read(level, index) != part:
                    first = index * WIDTH << 8 * level
                    yield Difference(
                        "damaged tile", first, f"`{tile_path(level, index)}` is not what was signed"
                    )
            level, hashes = level + 1, above

    def _read(self, level: int, index: int) -> list[bytes]:
        try:
            return self._tiles.hashes(level, index)
        except StoreError:
            return []


def _classify(start: int, found: list[bytes], signed: list[bytes]) -> Difference:
    """What happened to the register at its first leaf that is not the signed one, from there on."""
    pairs = enumerate(zip(found, signed, strict=False))
    place = next((at for at, (mine, theirs) in pairs if mine != theirs), min(len(found), len(signed)))
    rest, wanted = found[place:], signed[place:]
    index = start + place
    if not rest:
        return Difference(
            "truncated", index, f"the signed log goes on at line {index}, and the register does not"
        )
    if rest[0] in wanted and wanted[0] in rest:
        return Difference(
            "moved", index, f"line {index} of the signed log stands at {index + rest.index(wanted[0])}"
        )
    if rest[1:2] == wanted[:1]:
        return Difference("inserted", index, f"line {index} was put in after the log was signed")
    if rest[:1] == wanted[1:2]:
        return Difference("dropped", index, f"line {index} of the signed log is missing")
    return Difference("changed", index, f"line {index} is not the one that was signed")
