"""Frames: any prefix is recovered, any change is found, and text cannot pose as a frame."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from comity.ledger.frames import FRAME_LIMIT, HEAD_BYTES, MARK, Damage, encode_frame, scan

PAYLOADS = st.lists(st.binary(max_size=60), min_size=1, max_size=8)


def payloads(data: bytes, *, final: bool) -> list[bytes]:
    """The payloads found in `data`."""
    return [frame.payload for frame in scan(data, final=final).frames]


@given(PAYLOADS)
def test_frames_are_read_as_written(written: list[bytes]) -> None:
    """A whole segment gives its records, and nothing is left over."""
    data = b"".join(map(encode_frame, written))
    found = scan(data, final=False)
    assert [frame.payload for frame in found.frames] == written
    assert (found.damages, found.consumed) == ([], len(data))


@given(PAYLOADS, st.data())
def test_truncation_keeps_the_prefix(written: list[bytes], draw: st.DataObject) -> None:
    """Cut anywhere: the whole frames before the cut come back, and the rest is one torn tail."""
    frames = [encode_frame(payload) for payload in written]
    data = b"".join(frames)
    cut = draw.draw(st.integers(0, len(data)))
    whole, size = 0, 0
    while whole < len(frames) and size + len(frames[whole]) <= cut:
        size += len(frames[whole])
        whole += 1
    growing = scan(data[:cut], final=False)
    assert [frame.payload for frame in growing.frames] == written[:whole]
    assert (growing.damages, growing.consumed) == ([], size)
    final = scan(data[:cut], final=True)
    assert [frame.payload for frame in final.frames] == written[:whole]
    assert final.damages == ([Damage(size, cut, "torn")] if size < cut else [])


@given(PAYLOADS, st.data())
def test_a_flipped_bit_costs_one_frame(written: list[bytes], draw: st.DataObject) -> None:
    """Flip any bit: that frame is reported with its place, and every other one is read."""
    frames = [encode_frame(payload) for payload in written]
    data = bytearray(b"".join(frames))
    bit = draw.draw(st.integers(0, len(data) * 8 - 1))
    data[bit // 8] ^= 1 << (bit % 8)
    hit, start = 0, 0
    while start + len(frames[hit]) <= bit // 8:
        start += len(frames[hit])
        hit += 1
    found = scan(bytes(data), final=True)
    assert [frame.payload for frame in found.frames] == written[:hit] + written[hit + 1 :]
    assert [(damage.start, damage.stop) for damage in found.damages] == [(start, start + len(frames[hit]))]


@given(st.binary(max_size=300), st.booleans())
def test_garbage_never_fails(data: bytes, final: bool) -> None:  # noqa: FBT001 - hypothesis gives values by position
    """Any bytes are scanned to an end."""
    found = scan(data, final=final)
    assert found.consumed <= len(data)
    assert found.consumed == len(data) or not final


def test_a_frame_inside_text_is_not_read() -> None:
    """The mark is no UTF-8, so a client's text that looks like a frame is not taken for one after damage."""
    posing = encode_frame(b"forged").decode("latin-1").encode()
    data = bytearray(encode_frame(posing) + encode_frame(b"next"))
    data[5] ^= 1
    assert payloads(bytes(data), final=True) == [b"next"]


def test_a_mark_inside_damage_is_passed_over() -> None:
    """Only a whole frame ends a stretch of damage, not the mark alone."""
    data = b"lost" + MARK + b"lost" + encode_frame(b"next")
    assert payloads(data, final=True) == [b"next"]
    assert scan(data, final=True).damages == [Damage(0, 12, "damaged")]


def test_growing_damage_is_passed_once_it_is_longer_than_a_frame() -> None:
    """A live segment does not stall before a stretch that can no longer become a frame."""
    damaged = bytearray(encode_frame(bytes(1000)))
    damaged[-1] ^= 1
    waiting = scan(bytes(damaged), final=False)
    assert (waiting.damages, waiting.consumed) == ([], 0)
    found = scan(bytes(damaged) + bytes(FRAME_LIMIT), final=False)
    assert found.damages == [Damage(0, len(damaged), "damaged")]


def test_an_oversized_length_is_damage() -> None:
    """A length over the limit is no frame that may still come."""
    head = MARK + (FRAME_LIMIT * 2).to_bytes(4, "little") + bytes(4)
    assert len(head) == HEAD_BYTES
    assert [damage.kind for damage in scan(head + b"x", final=True).damages] == ["damaged"]
