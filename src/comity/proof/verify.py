"""Checks receipts, consistency proofs and statements of a Comity ledger: offline, trusting keys and nobody.

It imports nothing of Comity: take this file alone, read it, and run `python verify.py FILE... --key VKEY`; it
needs Python 3.11 and `cryptography`. What does not hold is a ValueError. Formats: docs/proof-format.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from base64 import b64decode
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple


class Head(NamedTuple):
    """A log at one size."""

    origin: str
    size: int
    root: bytes


class Checked(NamedTuple):
    """What a document proves and what not, the heads that it rests on, and the period of a statement."""

    lines: list[str]
    heads: list[Head]
    period: tuple[str, str, str, int, int] | None = None  # log, begin, end, lines before and after


_COUNTED = ("entries", "refusals", "corrections", "redactions")
_ONCE = sorted(("log", "period", "before", "after", "lines", *_COUNTED))
_MOMENT = r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{9})?)Z"  # without its Z it sorts by time


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf: RFC 6962, section 2.1."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node: RFC 6962, section 2.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_with(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root of `size` leaves with `leaf` at `index`: PATH of RFC 9162, section 2.1.3.1, read backwards."""
    if size <= 1 or not path:
        if (index, size) != (0, 1) or path:
            raise ValueError("the inclusion proof does not fit the size of the log")
        return leaf
    left = 1 << (size - 1).bit_length() - 1
    if index < left:
        return node_hash(root_with(leaf, index, left, path[:-1]), path[-1])
    return node_hash(path[-1], root_with(leaf, index - left, size - left, path[:-1]))


def _roots(old: int, new: int, path: list[bytes], known: bytes | None) -> tuple[bytes, bytes]:
    if old == new:
        return (path.pop(),) * 2 if known is None else (known, known)
    left, top = 1 << (new - 1).bit_length() - 1, path.pop()
    if old <= left:
        first, second = _roots(old, left, path, known)
        return first, node_hash(second, top)
    first, second = _roots(old - left, new - left, path, None)
    return node_hash(top, first), node_hash(top, second)


def check_consistency(old: Head, new: Head, path: list[bytes]) -> None:
    """Raises ValueError unless the new log begins with the old: SUBPROOF of RFC 9162, 2.1.4.1, backwards."""
    rest, roots = list(path), (hashlib.sha256().digest(), new.root)
    if 0 < old.size <= new.size:
        roots = _roots(old.size, new.size, rest, old.root)
    if rest or roots != (old.root, new.root) or old.origin != new.origin or old.size > new.size:
        raise ValueError(f"the log of {new.size} lines does not continue the log of {old.size}")


def open_note(note: str, keys: list[str]) -> str:
    """The text of a C2SP signed-note that every key has signed, plainly (type 1) or as a witness (type 4)."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - the one thing that is not built in
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - likewise

    text, blank, signatures = note.rpartition("\n\n")
    lines = [line.split(" ") for line in signatures[:-1].split("\n")]
    odd = any(len(line) != 3 or line[0] != "—" for line in lines)
    if odd or not blank or not note.endswith("\n") or min(note.replace("\n", " ")) < " ":
        raise ValueError("this is no signed note")
    for vkey in keys:
        name, key_id, encoded = [*vkey.split("+", 2), "", ""][:3]
        key = b64decode(encoded, validate=True)
        hashed = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
        if not name or hashed.hex() != key_id or len(key) != 33 or key[0] not in {1, 4}:
            raise ValueError(f"`{name}+{key_id}+...` is no verifier key of Ed25519")
        mine = [raw[4:] for line in lines if line[1] == name and (raw := b64decode(line[2]))[:4] == hashed]
        if not mine:
            raise ValueError(f"`{name}` has not signed this")
        for raw in mine:
            witness = f"cosignature/v1\ntime {int.from_bytes(raw[:8], 'big')}\n" if key[0] == 4 else ""
            try:
                public = Ed25519PublicKey.from_public_bytes(key[1:])
                public.verify(raw[8 if witness else 0 :], f"{witness}{text}\n".encode())
            except InvalidSignature:
                raise ValueError(f"the signature of `{name}` is wrong") from None
    return f"{text}\n"


def read_head(text: str) -> Head:
    """What the text of a C2SP tlog-checkpoint says."""
    origin, size, root = text.split("\n")[:3]
    if not origin or not size.isdecimal() or str(int(size)) != size:
        raise ValueError("this is no checkpoint")
    return Head(origin, int(size), b64decode(root, validate=True))


def leaf_data(kind: str, digests: list[bytes]) -> bytes:
    """The data of a leaf: one hash over the digests of its fields in ascending order."""
    return hashlib.sha256(f"comity-{kind}/v1\n".encode() + b"".join(sorted(digests))).digest()


def _hashes(texts: list[str]) -> list[bytes]:
    hashes = [bytes.fromhex(text) for text in texts]
    if any(len(raw) != 32 for raw in hashes) or [raw.hex() for raw in hashes] != texts:
        raise ValueError("a hash is 32 bytes in lower case")
    return hashes


def _load(text: str) -> Any:
    def unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(members)) < len(members):
            raise ValueError("a member stands twice, so that readers could see different values")
        return dict(members)

    return json.loads(text, object_pairs_hook=unique)


def _receipt(receipt: dict[str, Any], keys: list[str]) -> Checked:
    head, index, kind = read_head(open_note(receipt["checkpoint"], keys)), receipt["index"], receipt["kind"]
    digests, shown = _hashes(receipt["digests"]), receipt["disclosed"]
    root = root_with(leaf_hash(leaf_data(kind, digests)), index, head.size, _hashes(receipt["proof"]))
    known = kind in {"entry", "refusal", "correction", "redaction"} and type(index) is int
    if not known or root != head.root:
        raise ValueError(f"line {index} of the signed log says something else")
    fields = {name: value for _, name, value in map(_load, shown)}
    if {hashlib.sha256(text.encode()).digest() for text in shown} - {*digests} or len(fields) < len(shown):
        raise ValueError("a field is disclosed that the line does not hold")
    lines = [f"proved: log {head.origin}, signed at {head.size} lines, holds this {kind} as line {index}"]
    lines += [f"{len(fields)} of its {len(digests)} fields are disclosed"]
    lines += [f"  {json.dumps(name)[1:-1]} = {json.dumps(value)}" for name, value in fields.items()]
    return Checked([*lines, "not proved: other fields, that the line is true, that none is missing"], [head])


def _extension(proof: dict[str, Any], keys: list[str]) -> Checked:
    old, new = (read_head(open_note(proof[name], keys)) for name in ("from", "to"))
    check_consistency(old, new, _hashes(proof["proof"]))
    said = f"log {new.origin} at {new.size} lines begins with its first {old.size}, unchanged and in order"
    return Checked([f"proved: {said}", "not proved: that lines are true, that none is missing"], [old, new])


def _statement(text: str) -> Checked:
    rows = [line.partition(" ")[::2] for line in text.splitlines()]
    one, once = dict(rows), sorted(name for name, _ in rows if name in _ONCE)
    period = re.fullmatch(f"{_MOMENT} to {_MOMENT}", one["period"])
    since, until = period.groups() if period else ("", "")
    heads = [read_head("\n".join([one["log"], *one[name].split(" ")])) for name in ("before", "after")]
    counted = [int(one[name]) for name in _COUNTED]
    odd = since >= until or once != _ONCE or min(counted) < 0
    if odd or not sum(counted) == int(one["lines"]) == heads[1].size - heads[0].size:
        raise ValueError("the statement contradicts itself: its counts are not the lines of its period")
    return Checked(text.splitlines(), heads, (one["log"], since, until, heads[0].size, heads[1].size))


def check(document: str, keys: list[str]) -> Checked:
    """Checks a receipt, a consistency proof, a statement or a checkpoint; every key must have signed it."""
    try:
        found = _check(document, keys)
    except (KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise ValueError("this is no document of a ledger") from error
    for head in found.heads:
        if head.origin not in {key.partition("+")[0] for key in keys}:
            raise ValueError(f"no key of the log `{head.origin}` is given, and only such a key speaks for it")
    return found


def _check(document: str, keys: list[str]) -> Checked:
    if document.startswith("{"):
        value = _load(document)
        return _extension(value, keys) if "from" in value else _receipt(value, keys)
    text = open_note(document, keys)
    if text.startswith("comity-statement/v1\n"):
        return _statement(text)
    return Checked(["proved: a log was signed at this size", *text.splitlines()], [read_head(text)])


def compare(found: list[Checked]) -> list[str]:
    """What documents that hold by themselves say against each other."""
    roots: dict[tuple[str, int], bytes] = {}
    split = [head for one in found for head in one.heads if roots.setdefault(head[:2], head[2]) != head[2]]
    wrong = [f"log {head.origin} was signed twice at {head.size} lines, with other lines" for head in split]
    stated: dict[tuple[str, str, str], list[str]] = {}
    wrong += [
        "log {} was stated twice for {}Z to {}Z, in other words".format(*one.period)
        for one in found
        if one.period and stated.setdefault(one.period[:3], one.lines) != one.lines
    ]
    periods = sorted({one.period for one in found if one.period})
    for (log, since, until, _, after), (other, start, end, before, _) in pairwise(periods):
        if log == other and (start < until or before < after or (start == until and before > after)):
            wrong.append(f"the statements {since}Z to {until}Z and {start}Z to {end}Z contradict each other")
    return wrong


def main(arguments: list[str] | None = None) -> int:
    """Checks files; 0 when all hold and agree, 1 when not, 2 when one cannot be read."""
    parser = argparse.ArgumentParser(description="Checks documents of a Comity ledger, offline.")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--key", action="append", required=True, help="a verifier key; all must have signed")
    options, found, status = parser.parse_args(arguments), [], 0
    for file in options.files:
        try:
            found.append(check(file.read_text(encoding="utf-8"), options.key))
            sys.stdout.write("\n  ".join([f"{file}: holds", *found[-1].lines]) + "\n")
        except (ValueError, OSError) as error:
            status = max(status, 2 if isinstance(error, OSError) else 1)
            sys.stdout.write(f"{file}: does not hold: {error}\n")
    wrong = compare(found)
    sys.stdout.write("".join(f"together: {one}\n" for one in wrong))
    return max(status, bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
