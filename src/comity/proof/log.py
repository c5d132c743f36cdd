"""The public side of a log: tiles and checkpoints in a folder of static files, signed only as they go on.

Before anything is signed, the folder must hold what the last checkpoint says, and the new tree must begin
with it; else nothing is signed, whatever the register says. The register's lock is held meanwhile: one
process writes at a time; dying at any point leaves files that the next run completes.
"""

from __future__ import annotations

import base64
import time
from contextlib import suppress
from pathlib import Path

from comity.errors import StoreError
from comity.proof.keys import Signer
from comity.proof.register import (
    CHECKPOINTS,
    Register,
    checkpoints,
    datas_between,
    last_checkpoint,
    size_of,
)
from comity.proof.tiles import Tiles, write_file, write_tiles
from comity.proof.tree import prove_consistency, root_of
from comity.proof.verify import Head, check_consistency, read_head

CHECKPOINT = "checkpoint"
"""The latest checkpoint, as C2SP tlog-tiles names it."""
CHECKPOINTS_FOLDER = "checkpoints"
"""Every checkpoint, in a file named by its size."""
VERIFIER_KEY = "key.vkey"
"""The key that checkpoints are verified with."""


def publish(
    folder: Path, register: Register, signer: Signer, *, every: float = 0.0, now: int | None = None
) -> Head | None:
    """Brings the folder up to the register and signs it; the new head, None where nothing new was signed.

    Signs at most every so many seconds. Raises StoreError when the log does not continue what was signed.
    """
    at = time.time_ns() if now is None else now
    with register.transaction():
        last, size = last_checkpoint(register), size_of(register)
        known = None if last is None else read_head(last[2])
        _catch_up(folder, register, known)
        if last is not None and (size == last[0] or at < last[1] + round(every * 1e9)):
            head = None
        else:
            head = _extend(folder, register, signer.name, known, size)
            register.add(CHECKPOINTS, [(size, at, signer.sign(head_text(head)))])
    with register.transaction():  # only now is it certain that the register holds what the files will say
        _write_checkpoints(folder, register, signer)
    return head


def head_text(head: Head) -> str:
    """The text of a checkpoint."""
    return f"{head.origin}\n{head.size}\n{base64.b64encode(head.root).decode()}\n"


def open_tiles(folder: Path, register: Register, head: Head) -> Tiles:
    """The tiles of a signed head, checked against its root, and written anew when they do not give it.

    Raises StoreError when the register does not give it either: then the log was changed.
    """
    tiles = Tiles(folder, head.size)
    if _holds(tiles, head):
        return tiles
    _write(folder, register, 0, head.size)
    tiles = Tiles(folder, head.size)
    if not _holds(tiles, head):
        raise StoreError(
            f"the log in `{folder}` is not what was signed at {head.size} lines; "
            "`comity ledger prove --check` says where it changed"
        )
    return tiles


def _extend(folder: Path, register: Register, origin: str, old: Head | None, size: int) -> Head:
    """The head of all lines, whose tiles are in the folder then."""
    if old is not None and old.origin != origin:
        raise StoreError(f"this log is `{old.origin}`, and the key is of `{origin}`")
    if old is not None:
        open_tiles(folder, register, old)
    _write(folder, register, 0 if old is None else old.size, size)
    tiles = Tiles(folder, size)
    head = Head(origin, size, root_of(tiles, size))
    if old is not None:
        try:
            check_consistency(old, head, prove_consistency(tiles, old.size, size))
        except ValueError as error:
            why = f"nothing is signed, since {error}; see `comity ledger prove --check`"
            raise StoreError(why) from error
    return head


def _catch_up(folder: Path, register: Register, known: Head | None) -> None:
    """Brings a folder that lags behind to what was signed, by another machine or before a power cut."""
    size = _published(folder)
    signed = 0 if known is None else known.size
    if size > signed:
        raise StoreError(
            f"nothing is signed, since the folder `{folder}` holds a checkpoint of {size} lines and the "
            f"register knows of {signed}: it was set back, and another log would be signed"
        )
    if known is not None and size < signed:
        with suppress(StoreError):  # what it holds is torn, and written anew from the beginning
            _write(folder, register, size, signed)
        open_tiles(folder, register, known)


def _published(folder: Path) -> int:
    """The size of the checkpoint in a folder; 0 where there is none, or what is left of one."""
    try:
        return read_head((folder / CHECKPOINT).read_text(encoding="utf-8")).size
    except (FileNotFoundError, ValueError):
        return 0
    except OSError as error:
        raise StoreError(f"the checkpoint in `{folder}` cannot be read: {error.strerror}") from error


def _write(folder: Path, register: Register, old: int, new: int) -> None:
    write_tiles(folder, old, new, lambda start, end: datas_between(register, start, end))


def _holds(tiles: Tiles, head: Head) -> bool:
    try:
        return root_of(tiles, head.size) == head.root
    except StoreError:
        return False


def _write_checkpoints(folder: Path, register: Register, signer: Signer) -> None:
    """Writes what is signed and has no file yet, the latest one last."""
    last = last_checkpoint(register)
    if last is None:
        return
    latest = folder / CHECKPOINT
    try:
        if latest.exists() and latest.read_text(encoding="utf-8") == last[2]:
            return
        for size, _, note in checkpoints(register):
            path = folder / CHECKPOINTS_FOLDER / str(size)
            if not path.exists():
                write_file(path, note.encode(), synced=True)
        write_file(folder / VERIFIER_KEY, f"{signer.verifier}\n".encode())
        write_file(latest, last[2].encode(), synced=True)
    except OSError as error:
        raise StoreError(f"the log in `{folder}` cannot be written: {error.strerror}") from error
