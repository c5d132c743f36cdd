"""A log as a folder of static files, as C2SP tlog-tiles lays it out, so that any web server can publish it.

Tiles hold 256 hashes: level 0 those of leaves, each level above those of full tiles below. Everything here
can be made again from the data of the leaves, so nothing is synced: a torn tile gives another root than the
signed one, and is written anew.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from comity.errors import StoreError
from comity.proof.verify import leaf_hash, node_hash

WIDTH = 256
"""Hashes in a full tile."""
_BITS = 8
_HASH = 32

Datas = Callable[[int, int], Sequence[bytes]]
"""The data of the leaves from one index to another, exclusive."""


def tile_path(level: int | str, index: int, width: int = WIDTH) -> str:
    """Where a tile is: `tile/0/x001/x234/067`, with `.p/112` for one that is not full."""
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"


class Tiles:
    """The tiles of a tree of one size, read from a folder; raises StoreError for one that is not there."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder = folder
        self.size = size
        self._heights: dict[tuple[int, int], list[list[bytes]]] = {}

    def node(self, level: int, index: int) -> bytes:
        """As in `Nodes`."""
        tall, high = divmod(level, _BITS)
        tile, place = divmod(index << high, WIDTH)
        heights = self._heights.setdefault((tall, tile), [])
        if not heights:
            heights.append(self.hashes(tall, tile))
        while len(heights) <= high:
            heights.append(_above(heights[-1]))
        return heights[high][place >> high]

    def hashes(self, level: int, index: int) -> list[bytes]:
        """The hashes of a tile, as many as the tree has there."""
        width = min((self.size >> _BITS * level) - index * WIDTH, WIDTH)
        data = _read(self._folder, level, index, width)
        return [data[start : start + _HASH] for start in range(0, width * _HASH, _HASH)]


def write_tiles(folder: Path, old: int, new: int, datas: Datas) -> None:
    """Brings a folder that holds the tree of `old` leaves to `new`; raises StoreError."""
    try:
        full = _write_leaves(folder, old, new, datas)
        level = 1
        while full:
            full = _write_level(folder, level, old >> _BITS * level, full)
            level += 1
    except OSError as error:
        raise StoreError(f"the log in `{folder}` cannot be written: {error.strerror}") from error


def _write_leaves(folder: Path, old: int, new: int, datas: Datas) -> list[bytes]:
    """Writes the leaves' tiles and entries; the hashes of the tiles that are full now."""
    full = []
    for tile in range(old // WIDTH, -(-new // WIDTH)):
        data = datas(tile * WIDTH, min(new, (tile + 1) * WIDTH))
        write_file(folder / tile_path("entries", tile, len(data)), b"".join(_entry(one) for one in data))
        hashes = [leaf_hash(one) for one in data]
        _write_tile(folder, 0, tile, hashes)
        if len(hashes) == WIDTH:
            full.append(whole(hashes))
    return full


def _write_level(folder: Path, level: int, old: int, added: list[bytes]) -> list[bytes]:
    """Appends to the tiles of a level that has `old` hashes; the hashes of the tiles that are full now."""
    first = old // WIDTH
    known = old % WIDTH
    kept = _read(folder, level, first, known) if known else b""
    hashes = [kept[start : start + _HASH] for start in range(0, known * _HASH, _HASH)] + added
    full = []
    for start in range(0, len(hashes), WIDTH):
        part = hashes[start : start + WIDTH]
        _write_tile(folder, level, first + start // WIDTH, part)
        if len(part) == WIDTH:
            full.append(whole(part))
    return full


def _write_tile(folder: Path, level: int, index: int, hashes: list[bytes]) -> None:
    write_file(folder / tile_path(level, index, len(hashes)), b"".join(hashes))
    if len(hashes) == WIDTH:
        for name in (level, "entries") if level == 0 else (level,):
            partial = folder / (tile_path(name, index) + ".p")
            if partial.exists():
                shutil.rmtree(partial)


def write_file(path: Path, data: bytes, *, synced: bool = False) -> None:
    """Puts a whole file in place, or nothing; `synced` also after a power cut. Raises OSError."""
    hidden = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        file = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    with os.fdopen(file, "wb") as writer:
        writer.write(data)
        if synced:
            writer.flush()
            os.fsync(file)
    hidden.replace(path)


def _read(folder: Path, level: int, index: int, width: int) -> bytes:
    """The bytes of a tile; a full one holds every partial one that it has replaced."""
    for known in (width, WIDTH):
        try:
            data = (folder / tile_path(level, index, known)).read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StoreError(f"the log in `{folder}` cannot be read: {error.strerror}") from error
        if len(data) == known * _HASH:
            return data[: width * _HASH]
    raise StoreError(f"the log in `{folder}` lacks `{tile_path(level, index, width)}`, or it is torn")


def _entry(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _above(hashes: list[bytes]) -> list[bytes]:
    """The hashes one level up, of the pairs that are whole."""
    pairs = zip(hashes[::2], hashes[1::2], strict=False)
    return [node_hash(left, right) for left, right in pairs]


def whole(hashes: list[bytes]) -> bytes:
    """The hash over a full tile."""
    while len(hashes) > 1:
        hashes = _above(hashes)
    return hashes[0]
