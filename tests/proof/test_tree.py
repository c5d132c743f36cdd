"""Trees of any size: proofs hold, and nothing else does; held to the words of the RFCs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.proof import rfc

from comity.proof.growing import GrowingTree
from comity.proof.tree import prove_consistency, prove_inclusion, root_of
from comity.proof.verify import Head, check_consistency, leaf_hash, root_with

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
"""The leaves of the reference tests of Certificate Transparency."""
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Their roots, for one leaf, two, and so on."""


class Whole:
    """The complete subtrees of a few leaves, all in memory."""

    def __init__(self, datas: list[bytes]) -> None:
        self._levels = [[leaf_hash(data) for data in datas]]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            self._levels.append([rfc.node(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)])

    def node(self, level: int, index: int) -> bytes:
        """As in `Nodes`."""
        return self._levels[level][index]


def numbered(size: int) -> list[bytes]:
    """So many different leaves."""
    return [number.to_bytes(3, "big") for number in range(size)]


def flipped(data: bytes, bit: int) -> bytes:
    """The same bytes but for one bit."""
    place = bit % (8 * len(data))
    changed = bytearray(data)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    """The same leaves have the same roots as in the reference implementation of RFC 6962."""
    growing = GrowingTree([])
    for data in LEAVES[:size]:
        growing.add(leaf_hash(data))
    assert root_of(Whole(LEAVES[:size]), size).hex() == ROOTS[size - 1] == growing.root.hex()
    assert rfc.mth(LEAVES[:size]).hex() == ROOTS[size - 1]


def test_no_leaves_have_the_hash_of_nothing() -> None:
    """RFC 6962, section 2.1: the root of an empty list is the hash of an empty string."""
    assert root_of(Whole([]), 0) == rfc.mth([]) == GrowingTree([]).root


@settings(max_examples=60)
@given(st.integers(1, 300), st.data())
def test_inclusion(size: int, draw: st.DataObject) -> None:
    """Every leaf of any tree is proved as the RFCs say, and with any bit changed nothing is."""
    datas = numbered(size)
    index = draw.draw(st.integers(0, size - 1))
    root, steps, leaf = rfc.mth(datas), prove_inclusion(Whole(datas), index, size), leaf_hash(datas[index])
    assert steps == rfc.path(index, datas)
    assert root_with(leaf, index, size, steps) == root
    assert rfc.includes(leaf, index, size, steps, root)
    bit = draw.draw(st.integers(0, 10_000))
    assert root_with(flipped(leaf, bit), index, size, steps) != root
    if steps:
        at = draw.draw(st.integers(0, len(steps) - 1))
        assert root_with(leaf, index, size, [*steps[:at], flipped(steps[at], bit), *steps[at + 1 :]]) != root
    elsewhere = draw.draw(st.integers(-2, size + 2).filter(lambda other: other != index))
    assert not proves(leaf, elsewhere, size, steps, root)
    assert not proves(leaf, index, size, [*steps, root], root)
    assert not proves(leaf, index, size, steps[:-1], root) or not steps


def proves(leaf: bytes, index: int, size: int, steps: list[bytes], root: bytes) -> bool:
    """Whether an inclusion proof is taken."""
    try:
        return root_with(leaf, index, size, steps) == root
    except ValueError:
        return False


@settings(max_examples=60)
@given(st.integers(0, 300), st.data())
def test_consistency(new: int, draw: st.DataObject) -> None:
    """Every tree continues each of its beginnings as the RFCs say, and with any bit changed it does not."""
    old = draw.draw(st.integers(0, new))
    datas = numbered(new)
    first, second = Head("log", old, rfc.mth(datas[:old])), Head("log", new, rfc.mth(datas))
    steps = prove_consistency(Whole(datas), old, new)
    check_consistency(first, second, steps)
    if old:
        assert steps == rfc.proof(old, datas)
        assert rfc.continues(old, new, first.root, second.root, steps)
    bit = draw.draw(st.integers(0, 10_000))
    refused(first._replace(root=flipped(first.root, bit)), second, steps)
    refused(first._replace(origin="other"), second, steps)
    refused(first, second, [*steps, first.root])
    if old:
        refused(first, second._replace(root=flipped(second.root, bit)), steps)
    if steps:
        at = draw.draw(st.integers(0, len(steps) - 1))
        refused(first, second, [*steps[:at], flipped(steps[at], bit), *steps[at + 1 :]])
        refused(first, second, steps[:-1])
        refused(second, first, steps)


def refused(old: Head, new: Head, steps: list[bytes]) -> None:
    """Sees to it that a consistency proof is not taken."""
    with pytest.raises((ValueError, IndexError)):
        check_consistency(old, new, steps)


@settings(max_examples=30)
@given(st.integers(0, 200), st.lists(st.integers(0, 200), max_size=4), st.integers(0, 199))
def test_growing_names_the_first_wrong_head(size: int, sizes: list[int], changed: int) -> None:
    """A tree that grows says which signed head is the first that it does not give."""
    datas = numbered(200)
    heads = [Head("log", one, rfc.mth(datas[:one])) for one in sizes if one <= size]
    growing = GrowingTree(heads)
    for place, data in enumerate(datas[:size]):
        growing.add(leaf_hash(b"other" if place == changed else data))
    wrong = sorted(head.size for head in heads if head.size > changed)
    assert (growing.wrong.size if growing.wrong else None) == (wrong[0] if wrong else None)
    assert growing.good == max((head.size for head in heads if head.size <= changed), default=0)
