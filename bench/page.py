"""The page on speed: a table between its marks is written anew, and nothing else is touched."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"


def write_between(mark: str, text: str) -> None:
    """Puts `text` between `<!-- mark -->` and `<!-- /mark -->`."""
    begin, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(begin)
    assert end in rest, f"the page has the marks `{begin}` and `{end}`"
    PAGE.write_text(f"{head}{begin}\n{text}\n{end}{rest.partition(end)[2]}", encoding="utf-8")
