"""A book as a page: everything is there, everything is escaped, every link leads somewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.contracts.small import document
from typing_extensions import override

from comity.contracts import Book, book_files, load_book, render_book
from comity.contracts.load import parse_book

ROOT = Path(__file__).parents[2]
VOID = {"meta", "br", "hr", "img"}
FRONT = """contract: deal
title: "A <b>bold</b> deal & more"
parties: {oai: OpenAI, msft: "Micro<soft>"}
events: {done: it is done}
sources:
  S1: {title: "Paper <1>", date: 2026-01-01, grade: quoted, url: "https://example.org/?a=1&b=2"}
  S2: {title: Script, grade: memory, url: "javascript:alert(1)"}"""


OPEN = """define: one
readings:
  a: {by: [oai], means: {cloud: aws}}
  b: {means: {any: [{cloud: azure}, {host: azure, state: stateless}]}}
settled: {reading: a, from: 2027-01-01, by: waiver, until: 2028-01-01}"""
ONLY = """a.only
confine: {is: one}
to: {cloud: azure}
unless: {is: two}
until: {first_of: [done, 2030-01-01]}"""
OWED = """a.owe
owe: {from: oai, to: msft, buy: azure, amount: 5 USD, by: 2026-12-31}
in_force: 2026-01-01 .."""
HALF = """example: half
duty: a.owe
at: 2026-07-01
given: [{on: 2026-03-01, bought: 2 USD}]
state: met"""


class Page(HTMLParser):
    """Checks that elements nest, and collects ids, links and texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids += [str(found["id"])] if "id" in found else []
        self.links += [str(found["href"])] if "href" in found else []
        if tag not in VOID and not tag.startswith(("rect", "circle")):
            self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag not in {"rect", "circle"}:
            assert self.open.pop() == tag

    @override
    def handle_data(self, data: str) -> None:
        self.text += data


def rendered(*documents: str) -> tuple[Book, str]:
    """The book of some files, and its page."""
    contents = {f"file{index}.md": text.encode() for index, text in enumerate(documents)}
    book = parse_book((Path("book"),), contents)
    return book, render_book(book, contents)


@pytest.mark.parametrize("name", ["acme", "openai"])
def test_shipped_books_render_whole(name: str) -> None:
    """Every clause, source, definition and example; elements nest and inner links have their targets."""
    folder = ROOT / "books" / name
    book = load_book(folder)
    text = render_book(book, {str(file): file.read_bytes() for file in book_files(folder)})
    page = Page(text)
    assert page.open == []
    targets = {link.removeprefix("#") for link in page.links if link.startswith("#")}
    assert targets <= set(page.ids)
    for clause in book.clauses:
        assert f"clause-{clause.id}" in page.ids
        assert all(source.title in page.text for source in clause.sources)
    assert {f"term-{name}" for name in book.definitions} <= set(page.ids)
    assert all(example.name in page.text for example in book.examples)
    assert all(example.name in page.text for example in book.duty_examples)
    assert text.count('class="failed"') == 0
    assert "<script" not in text


def test_strange_text_stays_text() -> None:
    """Raw HTML in titles, prose and facts is shown, and only web addresses become links."""
    clause = "a.no\nforbid: {action: serve, model: '<i>m</i>'}\nsource: [S1, S2]\ntitle: '<u>t</u>'"
    _, page = rendered(
        document(clause, front=FRONT) + "\n<script>alert(1)</script> and [x](javascript:alert(2))\n"
    )
    for mark in ("<script", "<b>bold", "<i>m", "<u>t", "<soft>", 'href="javascript'):
        assert mark not in page
    assert 'href="https://example.org/?a=1&amp;b=2"' in page
    assert Page(page).open == []


def test_every_kind_of_block_has_a_card() -> None:
    """Also those that decide nothing."""
    book, text = rendered(
        document(
            OPEN,
            "define: two\nmeans: {is: {not: one}, region: {not: [eu]}, retention_days: {over: 3}}",
            ONLY,
            "a.always\npermit: {}\noverrides: [a.only]\nin_force: 2026-02-01 ..\nknown: 2026-02-01",
            "a.first\nrequire: {action: serve}\nfirst: {notified: true}",
            OWED,
            "a.power\npower: {holder: msft, may: terminate, of: [a.owe]}",
            "a.end\nend: [a.first]\nin_force: 2026-06-01 ..",
            "a.fact\nfact: it rained",
            "event: done\non: 2029-01-01",
            "exercise: a.power\non: 2028-01-01",
            "attribute: hue\nvalues: [red]",
            "example: it\nat: 2026-01-05\nworkload: {cloud: aws, host: aws, region: [eu]}\nverdict: silent",
            HALF,
            front=FRONT,
        )
    )
    page = Page(text)
    assert page.open == []
    assert {f"clause-{clause.id}" for clause in book.clauses} <= set(page.ids)
    assert "exercise-a.power" in page.ids
    assert "attribute-hue" in page.ids
    assert text.count('class="failed"') == 2
    assert "expected silent, but it is disputed" in page.text
    for words in (
        "a, by waiver, from 2027-01-01 until 2028-01-01",
        "it is done or 2030-01-01",
        "bought 2 USD",
    ):
        assert words in page.text
    assert re.search(r"ended by</dt><dd><a[^>]*>a.end", text)
    assert "<details open><summary>worlds" in text


def test_a_contract_that_leads_with_a_byte_order_mark() -> None:
    """The mark is no part of the text."""
    text = "\ufeff" + document("a.no\nforbid: {cloud: aws}")
    assert "\ufeff" not in rendered(text)[1]
