"""A tree that is fed leaf by leaf and compared with every signed head on the way, in little memory. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from comity.proof.tree import EMPTY_ROOT
from comity.proof.verify import Head, node_hash


class GrowingTree:
    """Checks the leaves of a log against its heads."""

    def __init__(self, heads: Sequence[Head]) -> None:
        self._heads = sorted(heads, key=lambda head: head.size)
        self._next = 0
        self._subtrees: list[bytes] = []
        self.size = 0
        self.good = 0
        """The size of the largest head that the leaves give, before the first that they do not."""
        self.wrong: Head | None = None
        """The first head that the leaves do not give."""
        self._before = 0
        self._compare()

    def add(self, hashed: bytes) -> None:
        """Takes in the hash of the next leaf."""
        self.size += 1
        place = self.size
        while not place & 1:
            hashed = node_hash(self._subtrees.pop(), hashed)
            place >>= 1
        self._subtrees.append(hashed)
        self._compare()

    @property
    def root(self) -> bytes:
        """The root of the leaves so far."""
        if not self._subtrees:
            return EMPTY_ROOT
        *rest, root = self._subtrees
        for left in reversed(rest):
            root = node_hash(left, root)
        return root

    def _compare(self) -> None:
        while self._next < len(self._heads) and self._heads[self._next].size == self.size:
            head = self._heads[self._next]
            self._next += 1
            if self.wrong is None and self.root == head.root:
                self._before = self._before if self.good == head.size else self.good
                self.good = head.size
            elif self.wrong is None:
                self.wrong = head
                # Of two heads of one size the leaves may give the other one.
                self.good = self._before if self.good == head.size else self.good
