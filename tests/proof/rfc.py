"""Merkle trees as the RFCs word them, slowly: the definitions of RFC 6962 and the checks of RFC 9162."""

from __future__ import annotations

import hashlib


def leaf(data: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash of a node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def mth(datas: list[bytes]) -> bytes:
    """MTH(D[n]): RFC 6962, section 2.1."""
    if not datas:
        return hashlib.sha256().digest()
    if len(datas) == 1:
        return leaf(datas[0])
    k = split(len(datas))
    return node(mth(datas[:k]), mth(datas[k:]))


def path(index: int, datas: list[bytes]) -> list[bytes]:
    """PATH(m, D[n]): RFC 6962, section 2.1.1."""
    if len(datas) == 1:
        return []
    k = split(len(datas))
    if index < k:
        return [*path(index, datas[:k]), mth(datas[k:])]
    return [*path(index - k, datas[k:]), mth(datas[:k])]


def proof(old: int, datas: list[bytes]) -> list[bytes]:
    """PROOF(m, D[n]): RFC 6962, section 2.1.2."""
    return _subproof(old, datas, whole=True)


def _subproof(old: int, datas: list[bytes], *, whole: bool) -> list[bytes]:
    if old == len(datas):
        return [] if whole else [mth(datas)]
    k = split(len(datas))
    if old <= k:
        return [*_subproof(old, datas[:k], whole=whole), mth(datas[k:])]
    return [*_subproof(old - k, datas[k:], whole=False), mth(datas[:k])]


def includes(hashed: bytes, index: int, size: int, steps: list[bytes], root: bytes) -> bool:
    """Verifying an inclusion proof: RFC 9162, section 2.1.3.2."""
    if index >= size:
        return False
    fn, sn, r = index, size - 1, hashed
    for p in steps:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node(p, r)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def continues(old: int, new: int, first: bytes, second: bytes, steps: list[bytes]) -> bool:
    """Verifying consistency between two trees, 0 < old <= new: RFC 9162, section 2.1.4.2."""
    if old == new:
        return not steps and first == second
    if not steps:
        return False
    if old & (old - 1) == 0:
        steps = [first, *steps]
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = steps[0]
    for c in steps[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == first and sr == second
