"""Tiles as C2SP tlog-tiles has them: names, widths, contents, and mending."""

from __future__ import annotations

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.proof import rfc

from comity.errors import StoreError
from comity.proof.tiles import Tiles, tile_path, write_tiles
from comity.proof.tree import prove_inclusion, root_of


def data(number: int) -> bytes:
    """The data of a leaf."""
    return hashlib.sha256(str(number).encode()).digest()


def datas(start: int, end: int) -> list[bytes]:
    """The data of some leaves."""
    return [data(number) for number in range(start, end)]


def test_names_are_those_of_the_specification() -> None:
    """Index 1234067 is `x001/x234/067`, and what is not full says its width."""
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert tile_path(1, 0, 17) == "tile/1/000.p/17"
    assert tile_path("entries", 273, 112) == "tile/entries/273.p/112"


def test_seventy_thousand_leaves_make_the_tiles_of_the_specification(tmp_path: Path) -> None:
    """273 full tiles and one of 112 hashes, one full one above with one of 17, and one of a single hash."""
    write_tiles(tmp_path, 0, 70_000, datas)
    full = [
        path for path in (tmp_path / "tile/0").rglob("*") if path.is_file() and path.parent.suffix != ".p"
    ]
    assert len(full) == 273
    assert {path.stat().st_size for path in full} == {8192}
    partial = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.p/*"))
    assert partial == ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1", "tile/entries/273.p/112"]
    tiles = Tiles(tmp_path, 70_000)
    assert len(prove_inclusion(tiles, 12_345, 70_000)) == 17
    entries = (tmp_path / "tile/entries/000").read_bytes()
    assert entries[:34] == b"\x00\x20" + data(0)
    assert len(entries) == 256 * 34


@settings(max_examples=12)
@example([255, 1, 1, 300])
@example([256, 512])
@given(st.lists(st.integers(1, 700), min_size=1, max_size=5))
def test_a_log_that_grows_in_steps_is_the_log_that_was_written_at_once(steps: list[int]) -> None:
    """Whatever the sizes in between: roots are those of the definition, and old sizes stay readable."""
    with TemporaryDirectory() as name:
        folder, size, roots = Path(name), 0, {}
        for step in steps:
            write_tiles(folder, size, size + step, datas)
            size += step
            roots[size] = rfc.mth(datas(0, size))
        assert {known: root_of(Tiles(folder, known), known) for known in roots} == roots
        assert not list(folder.rglob(".*")), "nothing half written is left"


def test_a_missing_or_torn_tile_is_named(tmp_path: Path) -> None:
    """A tile that is cut short is as good as none, and the full one stands in for one that is not full."""
    write_tiles(tmp_path, 0, 300, datas)
    torn = tmp_path / tile_path(0, 1, 44)
    torn.write_bytes(torn.read_bytes()[:-1])
    with pytest.raises(StoreError, match=r"lacks `tile/0/001.p/44`, or it is torn"):
        root_of(Tiles(tmp_path, 300), 300)
    write_tiles(tmp_path, 300, 512, datas)
    assert not torn.exists()
    assert root_of(Tiles(tmp_path, 300), 300) == rfc.mth(datas(0, 300))


def test_a_folder_that_cannot_be_written_or_read_is_said(tmp_path: Path) -> None:
    """What the system says is told in a sentence."""
    (tmp_path / "tile").write_text("no folder")
    with pytest.raises(StoreError, match="cannot be written"):
        write_tiles(tmp_path, 0, 1, datas)
    with pytest.raises(StoreError, match="cannot be read"):
        Tiles(tmp_path, 1).hashes(0, 0)
