"""Proofs about a Merkle tree, from the hashes of its complete subtrees: RFC 6962, section 2.1, and RFC 9162.

Pure: where the hashes of subtrees come from is the business of `Nodes`. What checks proofs is `verify`.
"""

from __future__ import annotations

import hashlib
from typing import Protocol

from comity.proof.verify import node_hash

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of no leaves at all: RFC 6962, section 2.1."""


class Nodes(Protocol):
    """The complete subtrees of a tree."""

    def node(self, level: int, index: int) -> bytes:
        """The hash of the leaves from `index << level` to `(index + 1) << level`, exclusive."""
        ...


def root_of(nodes: Nodes, size: int) -> bytes:
    """The root of the first `size` leaves."""
    return _hash_of(nodes, 0, size) if size else EMPTY_ROOT


def prove_inclusion(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """The path of the leaf at `index` in the tree of `size` leaves, leaf first: RFC 9162, section 2.1.3.1."""
    assert 0 <= index < size, "a leaf is proved in a tree that holds it"
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _left(end - start)
        if index < middle:
            path.append(_hash_of(nodes, middle, end))
            end = middle
        else:
            path.append(_hash_of(nodes, start, middle))
            start = middle
    return path[::-1]


def prove_consistency(nodes: Nodes, old: int, new: int) -> list[bytes]:
    """That the tree of `new` leaves begins with the tree of `old`: RFC 9162, section 2.1.4.1."""
    assert 0 <= old <= new, "a tree only grows"
    path, start, end = [], 0, new
    if old == 0:
        return []
    while old != end:
        middle = start + _left(end - start)
        if old <= middle:
            path.append(_hash_of(nodes, middle, end))
            end = middle
        else:
            path.append(_hash_of(nodes, start, middle))
            start = middle
    if start:  # else the old tree is a whole subtree of the new one, and its root is known
        path.append(_hash_of(nodes, start, end))
    return path[::-1]


def _hash_of(nodes: Nodes, start: int, end: int) -> bytes:
    """The root over leaves `start` to `end`; `start` is a multiple of the smallest power of two over them."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return nodes.node(level, start >> level)
    middle = start + _left(size)
    return node_hash(_hash_of(nodes, start, middle), _hash_of(nodes, middle, end))


def _left(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
