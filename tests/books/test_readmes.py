"""The tables in the books' READMEs say what the books say, and every published row is accounted for."""

from __future__ import annotations

import re
from pathlib import Path

from tests.material import beside

from comity.contracts import Book, Outcome, Verdict, decide, parse_facts
from comity.contracts.clauses import Effect
from comity.contracts.verdict import Role
from comity.period import parse_moment

ROOT = Path(__file__).parents[2]
README = (ROOT / "books" / "openai" / "README.md").read_text(encoding="utf-8")

Facts = dict[str, str | bool | list[str]]

CALL: Facts = {
    "actor": "oai", "action": "serve", "provider": "oai", "weights": "closed", "product": "api",
    "surface": "api", "state": "stateless", "with": "none", "seller": "oai", "customer": "enterprise",
}  # fmt: skip
JOINT: Facts = CALL | {"with": "third_party", "seller": "amzn", "state": "stateful"}
PRODUCTS: dict[str, Facts] = {
    "stateless API call": CALL,
    "stateful runtime": JOINT | {"product": "sre", "surface": "runtime"},
    "Frontier, sold by OpenAI": CALL | {"product": "frontier", "surface": "platform", "state": "stateful"},
    "Frontier, sold by AWS": JOINT | {"product": "frontier", "surface": "platform"},
    "stateless API call, with Amazon": JOINT | {"state": "stateless"},
    "the same, national security agency": JOINT | {"state": "stateless", "customer": "national_security"},
    "the same, civilian agency": JOINT | {"state": "stateless", "customer": "civilian_agency"},
}
EU_DATA: Facts = CALL | {"actor": "acme", "product": "support_bot", "data": "personal", "subject": "eu"}


def table(title: str) -> tuple[list[str], list[list[str]]]:
    """Head and rows of the first table below the heading `title`."""
    _, _, rest = README.partition(f"# {title}\n")
    lines = re.search(r"(?:^\|.*\|\n)+", rest, re.MULTILINE)
    assert lines is not None, f"there is a table below `{title}`"
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[0].splitlines()]
    return rows[0], rows[2:]


def in_words(verdict: Verdict) -> str:
    """A verdict as the tables write it."""
    forbidding = [reason.clause for reason in verdict.reasons if reason.effect is Role.FORBIDS and reason.may]
    text = verdict.outcome.value
    if forbidding:
        text += " (" + ", ".join(sorted(forbidding)) + ")"
    if verdict.outcome is Outcome.DISPUTED:
        text += f"; msft: {verdict.as_read_by('msft')}, oai: {verdict.as_read_by('oai')}"
    return text


def expected(book: Book, facts: Facts, days: list[str]) -> list[str]:
    """The cells for `facts` on each of `days`."""
    workload = parse_facts(book, facts)
    return [in_words(decide(book, workload, parse_moment(day, book.clock))) for day in days]


def test_the_table_of_three_dates(openai: Book) -> None:
    """Every cell is the book's answer."""
    head, rows = table("Three dates")
    assert {row[0] for row in rows} == set(PRODUCTS)
    for product, cloud, host, *cells in rows:
        assert cells == expected(openai, PRODUCTS[product] | {"cloud": cloud, "host": host}, head[3:]), (
            product
        )


def test_the_table_of_eu_data(acme: Book) -> None:
    """Every cell is the answer of Acme's book."""
    head, rows = table("EU personal data")
    for regions, *cells in rows:
        assert cells == expected(
            acme, EU_DATA | {"cloud": "azure", "region": regions.split(", ")}, head[1:]
        ), regions


def test_no_row_of_the_record_is_dropped_silently(openai: Book) -> None:
    """Each row is a block of the book; those that are no norms are listed with the reason."""
    section = (
        beside("facts/agreements.md")
        .read_text(encoding="utf-8")
        .partition("## 1.2 ")[2]
        .partition("## 1.3 ")[0]
    )
    ids = [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("| ")][1:]
    split = {"2026a.ip, .share, .agi": ["2026a.ip", "2026a.share", "2026a.agi"]}
    wanted = {name for row in ids for name in split.get(row, [row])}
    _, rows = table("What is no norm, and why")
    excused = {row[0] for row in rows}
    effects = {clause.id: clause.effect for clause in openai.clauses}
    assert not wanted - set(effects)
    assert excused == {name for name, effect in effects.items() if effect in (Effect.FACT, Effect.END)}
    assert all(len(row[2]) > 20 for row in rows)
