"""The worlds of a verdict drawn: groups that agree, in text and as a picture."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from tests.contracts.small import ask, small_book

from comity.contracts import Book, Outcome, worlds_svg, worlds_text
from comity.contracts.columns import COLOURS, columns_of

FIRST = """define: one
readings:
  a: {by: [oai], means: {cloud: aws}}
  b: {by: [msft], means: {cloud: [aws, azure]}}"""
SECOND = """define: two
readings:
  c: {means: {host: aws}}
  d: {means: {host: azure}}
  e: {means: {host: own}}"""
CLAUSES = ("x.one\nforbid: {is: one}", "x.two\nrequire: {is: two}\nfirst: {notified: true}")


def book() -> Book:
    """Six worlds."""
    return small_book(FIRST, SECOND, *CLAUSES)


def test_worlds_that_agree_share_a_column() -> None:
    """Azure is forbidden in the reading b; what the second term says differs inside each half."""
    six = book()
    verdict = ask(six, cloud="azure", host="aws", notified=False)
    found = columns_of(six, verdict)
    assert sum(column.worlds.bit_count() for column in found) == 6
    assert found[0].readings == ("one=b", "two=c")
    assert found[0].outcome is Outcome.PROHIBITED
    silent = next(column for column in found if column.outcome is Outcome.SILENT)
    assert (silent.readings, silent.worlds.bit_count(), silent.marks) == (("one=a",), 2, ("·", "·", "·"))


def test_text_has_a_row_for_each_mask() -> None:
    """Surely, perhaps and not; then each group alone, and all together."""
    six = book()
    text = worlds_text(six, ask(six, cloud="azure", host="own", notified=False))
    lines = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.strip()}
    assert sorted(lines["worlds"]) == ["1", "1", "2", "2", "world", "world", "worlds", "worlds"]
    assert lines["prohibited"].count("■") == 2
    assert lines["conditional"].count("■") == 2
    assert lines["together"] == ["disputed"]
    hollow = worlds_text(six, ask(six, host="other"))
    assert "□" in hollow


def test_one_world_has_one_column_without_a_label() -> None:
    """Nothing to tell apart."""
    one = small_book("x.no\nforbid: {cloud: aws}")
    assert worlds_text(one, ask(one, cloud="aws")).splitlines()[0] == "worlds       1 world"


def test_pictures_are_well_formed_and_escaped() -> None:
    """Any title, every outcome in its colour."""
    six = book()
    verdict = ask(six, cloud="azure", host="own", notified=False)
    picture = worlds_svg(six, verdict, 'a < b & "c" ' * 9)
    root = ET.fromstring(picture)
    assert root.attrib["role"] == "img"
    assert int(root.attrib["width"]) > 800
    assert COLOURS[Outcome.DISPUTED] in picture
    assert set(COLOURS) == set(Outcome)
    assert ET.fromstring(worlds_svg(six, verdict)).attrib["aria-label"] == "The verdict is disputed"
