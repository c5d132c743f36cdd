"""`comity timeline`: the table, the picture and the page."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tests.contracts.small import FRONT, document
from typer.testing import CliRunner, Result

from comity.cli.main import app
from comity.cli.timeline.drawing import draw
from comity.cli.timeline.scale import Scale
from comity.contracts import history, load_book

BOOKS = Path(__file__).parents[2] / "books"
SVG = "{http://www.w3.org/2000/svg}"
EVENTS = f"{FRONT}\nevents: {{agi: verified}}\ntitle: A & B <deal>"
BLOCKS = (
    (
        "define: t\nreadings: {a: {by: [oai], means: {cloud: aws}}, b: {means: {cloud: google}}}\n"
        "settled: {reading: a, from: 2026-06-01, by: award}"
    ),
    "a.no\nforbid: {is: t}\nin_force: 2026-01-01 ..\nuntil: agi\nknown: 2026-01-20",
    "a.old\nforbid: {cloud: azure}\nin_force: .. 2028-01-01",
    "a.yes\npermit: {cloud: azure}\nsupersedes: [a.old]\nin_force: 2026-04-27 ..",
    "a.waive\npower: {holder: msft, may: waive, of: [a.no]}",
    "exercise: a.waive\non: 2026-05-01\nuntil: 2026-05-08",
    "a.late\nforbid: {cloud: oracle}\nin_force: 2027-01-01 ..\nuntil: 2026-12-01",
)


def timeline(*arguments: object) -> Result:
    """Runs `comity timeline`."""
    return CliRunner().invoke(app, ["timeline", *map(str, arguments)], env={"COLUMNS": "200"})


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A small book with a change of every sort."""
    (tmp_path / "deal.md").write_text(document(*BLOCKS, front=EVENTS))
    (tmp_path / "other.md").write_text(document("b.no\nforbid: {cloud: google}", front="contract: other"))
    return tmp_path


def test_the_table_shows_every_clause_and_definition(book: Path) -> None:
    """Its days, a bar, and what ended it or may end it."""
    result = timeline(book)
    assert result.exit_code == 0, result.output
    rows = [line.split() for line in result.output.splitlines() if line.strip()]
    assert [*rows[5][:5]] == ["a.no", "forbid", "2026-01-01", "..", "2026-05-01"]
    assert "superseded by a.yes" in result.output
    assert "suspended under a.waive" in result.output
    assert "open: a (oai), b (nobody)" in result.output
    assert "a by award of 2026-06-01" in result.output
    assert "until agi" in result.output
    assert "never" in result.output
    assert "events: agi (open)" in result.output


def test_a_day_is_marked_and_counted(book: Path) -> None:
    """A line stands in every bar; suspended clauses are not in force."""
    result = timeline(book, "--at", "2026-05-02", "--contract", "deal")
    assert "│" in result.output
    assert "b.no" not in result.output
    assert "On 2026-05-02 2 of 5 clauses are in force." in result.output


def test_an_earlier_day_shows_what_was_known(book: Path) -> None:
    """The clause that was learned on 20 January is not there on the 19th."""
    assert "never" in timeline(book, "--as-of", "2026-01-19", "--contract", "deal").output
    lines = json.loads(timeline(book, "--as-of", "2026-01-19", "--json").stdout)["lines"]
    assert next(line for line in lines if line["id"] == "a.no")["stretches"] == []


def test_json_has_every_stretch(book: Path) -> None:
    """With days as dates, and what ended each."""
    found = json.loads(timeline(book, "--json").stdout)
    old = next(line for line in found["lines"] if line["id"] == "a.old")
    assert old["stretches"] == [
        {
            "what": "in force",
            "start": None,
            "end": "2026-04-27",
            "why": "superseded by a.yes",
            "by": "a.yes",
        }
    ]
    assert found["events"] == {"agi": None}


def test_the_picture_is_one_sound_file(book: Path, tmp_path: Path) -> None:
    """Every line has its label and a bar per stretch, inside the picture; text is escaped."""
    path = tmp_path / "out.svg"
    result = timeline(book, "--svg", path, "--at", "2026-03-18")
    assert result.stderr == f"wrote {path}\n"
    root = ET.fromstring(path.read_text(encoding="utf-8"))
    width, height = (float(size) for size in root.attrib["viewBox"].split()[2:])
    labels = [item.text for item in root.iter(f"{SVG}text") if item.get("class") == "id"]
    assert labels == ["t", "a.no", "a.old", "a.yes", "a.waive", "a.late", "b.no"]
    assert "deal: A & B <deal>" in [item.text for item in root.iter(f"{SVG}text")]
    bars = [path for path in root.iter(f"{SVG}path") if path.get("class") != "join"]
    assert [bar.get("class") for bar in bars] == [
        "open", "define", "forbid", "pause", "forbid", "forbid", "permit", "power", "forbid",
    ]  # fmt: skip
    for item in root.iter(f"{SVG}text"):
        assert 0 <= float(item.get("x", "0")) <= width
        assert 0 <= float(item.get("y", "0")) <= height
    assert [item.get("class") for item in root.iter(f"{SVG}line")].count("asked") == 1
    assert [item.get("class") for item in root.iter(f"{SVG}circle")].count("knot") == 2


def test_the_page_holds_picture_and_table(book: Path, tmp_path: Path) -> None:
    """Nothing is fetched from elsewhere."""
    path = tmp_path / "out.html"
    assert timeline(book, "--html", path).exit_code == 0
    text = path.read_text(encoding="utf-8")
    assert text.count("<svg") == 1
    assert '<td class="days">.. 2026-04-27</td><td class="">superseded by a.yes</td>' in text
    assert '<td class="">never in force</td>' in text
    assert "src=" not in text
    assert "href=" not in text


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--contract", "dael", "there is no contract `dael`\n  help: did you mean `deal`?"),
        ("--svg", "no/such/folder/out.svg", "cannot write no/such/folder/out.svg"),
        ("--at", "someday", "in `--at`: expected a date"),
        ("--as-of", "2026-13-01", "in `--as-of`"),
    ],
)
def test_bad_input_is_refused(book: Path, option: str, value: str, message: str) -> None:
    """With status 2 and what to write instead."""
    result = timeline(book, option, value)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_book_without_days_has_a_timeline_too(tmp_path: Path) -> None:
    """Everything has always been in force."""
    (tmp_path / "deal.md").write_text(document("a.no\nforbid: {cloud: aws}"))
    result = timeline(tmp_path, "--svg", tmp_path / "out.svg")
    assert result.exit_code == 0, result.output
    assert "events" not in result.output


@pytest.mark.parametrize("name", ["openai", "acme"])
def test_shipped_books_are_drawn(name: str) -> None:
    """Whole, in well-formed SVG, with a line for every clause."""
    found = history(load_book(BOOKS / name))
    root = ET.fromstring(draw(found, "note", date(2026, 3, 18)))
    labels = [item for item in root.iter(f"{SVG}text") if item.get("class") == "id"]
    assert len(labels) == len(found.lines)


def test_the_scale_keeps_the_order_of_days() -> None:
    """Longer gaps are wider, no gap vanishes, and open ends reach the edges."""
    days = [date(2019, 1, 1), date(2026, 2, 27), date(2026, 2, 28), date(2030, 1, 1)]
    scale = Scale(days, 1000, 50, 20)
    places = [scale.place(day) for day in days]
    assert places == sorted(places)
    assert places[0] == 50
    assert places[-1] == pytest.approx(950)
    assert places[2] - places[1] >= 20
    assert places[1] - places[0] > places[3] - places[2]
    assert (scale.place(None), scale.place(None, end=True)) == (0, 1000)
    assert places[1] > scale.place(date(2024, 1, 1)) > places[0] > scale.place(date(2000, 1, 1)) > 0
    assert 1000 > scale.place(date(2050, 1, 1)) > places[3]
