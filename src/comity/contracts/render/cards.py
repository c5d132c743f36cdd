"""What the machine reads, as cards between the prose: clauses, definitions, examples, records."""

from __future__ import annotations

from html import escape

import msgspec

from comity.contracts.book import Book
from comity.contracts.clauses import (
    Clause,
    Definition,
    Effect,
    Exercise,
    Occurrence,
    Reading,
    Settlement,
    Source,
)
from comity.contracts.columns import worlds_svg
from comity.contracts.duty_examples import CheckedDuty
from comity.contracts.examples import Checked
from comity.contracts.explain import explain
from comity.contracts.phrases import fact_phrase
from comity.contracts.render.markup import anchor, badge, element, link, links, rows, term_markup, text
from comity.contracts.terms import TRUE
from comity.contracts.verdict import Outcome
from comity.contracts.vocabulary import Workload
from comity.contracts.wording import amount_phrase, clause_sentence
from comity.period import Period


class Around(msgspec.Struct, frozen=True):
    """What a card may refer to."""

    book: Book
    """The book."""
    periods: dict[str, Period]
    """When every clause binds."""
    ended_by: dict[str, tuple[str, ...]]
    """Clause to the clauses that end it for good."""
    shown_by: dict[str, tuple[str, ...]]
    """Clause to the names of the examples that it decides."""


def clause_card(around: Around, clause: Clause, source: str) -> str:
    """A clause: what it does, when, on whose word, and what it has to do with other clauses."""
    book = around.book
    contract = book.contracts[clause.contract]
    binds = ", ".join(book.parties.get(party, party) for party in contract.binds) or "everybody"
    period = around.periods.get(clause.id)
    head = element(
        "header",
        "",
        text("span", f"effect {clause.effect}", str(clause.effect)),
        element("span", "id", link("clause", clause.id)),
        text("span", "title", clause.title if clause.effect is not Effect.FACT else ""),
        text("span", f"grade {clause.grade.word}", clause.grade.word),
    )
    facts = rows(
        [
            ("in force", "never" if period is None else escape(str(period))),
            ("until", escape(_until(book, clause))),
            ("binds", escape(binds)),
            ("said in", sources_markup(clause.sources)),
            ("known since", "" if clause.known is None else str(clause.known)),
            ("overrides", links("clause", clause.overrides)),
            ("gives way to", links("clause", book.cutters.get(clause.id, ()))),
            ("ends", links("clause", clause.supersedes)),
            ("ended by", links("clause", around.ended_by.get(clause.id, ()))),
            ("shown by", _listed(around.shown_by.get(clause.id, ()))),
        ]
    )
    meaning = element("p", "meaning", _meaning(book, clause))
    return _card("clause", clause.id, head, meaning, facts, _source(source))


def _meaning(book: Book, clause: Clause) -> str:
    words = {
        Effect.CONFINE: "only",
        Effect.REQUIRE: "only once",
        Effect.SUPPOSE: "always",
        Effect.FORBID: "prohibited",
        Effect.PERMIT: "permitted",
    }.get(clause.effect)
    if words is None:
        return escape(clause_sentence(book, clause))
    goal = "" if clause.goal == TRUE else term_markup(clause.goal)
    unless = (
        "" if clause.unless is None else text("span", "word", "unless") + " " + term_markup(clause.unless)
    )
    where = text("span", "word", "where")
    return " ".join([where, term_markup(clause.scope), text("span", "arrow", words), goal, unless])


def _listed(names: tuple[str, ...]) -> str:
    return element("ul", "plain", *(f"<li>{link('example', name)}</li>" for name in names)) if names else ""


def _until(book: Book, clause: Clause) -> str:
    if clause.until is None:
        return ""
    days = [] if clause.until.day is None else [str(clause.until.day)]
    return " or ".join([*(book.events.get(event, event) for event in clause.until.events), *days])


def sources_markup(sources: tuple[Source, ...]) -> str:
    """Where something was said, with the grade of each source; only web addresses become links."""
    found = []
    for source in sources:
        title = escape(source.title or source.id)
        if source.url.startswith(("https://", "http://")):
            title = f'<a href="{escape(source.url, quote=True)}" rel="noopener noreferrer">{title}</a>'
        date = "" if source.date is None else f", {source.date}"
        found.append(f"<li>{escape(source.id)}: {title}{date} ({source.grade.word})</li>")
    return element("ul", "sources", *found) if found else ""


def definition_card(around: Around, definition: Definition, source: str) -> str:
    """A term: its readings, who asserts each, and how it was settled."""
    open_ = len(definition.readings) > 1
    head = element(
        "header",
        "",
        text("span", "effect define", "define"),
        element("span", "id", link("term", definition.name)),
        text("span", "title", f"{len(definition.readings)} readings" if open_ else ""),
    )
    body = [_reading(around.book, reading, alone=not open_) for reading in definition.readings]
    settled = [_settled(one) for one in definition.settled]
    state = rows([("settled", "<br>".join(settled) or ("open" if open_ else ""))])
    return _card("term", definition.name, head, element("ul", "readings", *body), state, _source(source))


def _reading(book: Book, reading: Reading, *, alone: bool) -> str:
    who = ", ".join(book.parties.get(party, party) for party in reading.by) or "nobody in public"
    name = "" if alone else text("b", "name", reading.name) + text("span", "who", f" as read by {who}: ")
    return element("li", "reading", name, term_markup(reading.means), sources_markup(reading.sources))


def _settled(one: Settlement) -> str:
    start = "from the beginning" if one.retroactive else f"from {one.start}"
    end = "" if one.end is None else f" until {one.end}"
    return escape(f"{one.reading}, by {one.by}, {start}{end}")


def example_card(around: Around, checked: Checked, source: str) -> str:
    """An example: the question, what was expected, what the book says, and why."""
    example = checked.example
    book = around.book
    head = element(
        "header",
        "",
        text("span", "effect example", "example"),
        text("span", "title", example.name),
        badge(str(checked.verdict.outcome)),
        text("span", "passed" if checked.passed else "failed", "holds" if checked.passed else "fails"),
    )
    sentence = explain(book, example.workload, example.at, example.as_of).sentence
    drawn = worlds_svg(book, checked.verdict) if checked.verdict.worlds > 1 else ""
    parts = [
        element("p", "question", workload_markup(example.workload)),
        text("p", "sentence", sentence),
        *(text("p", "failure", failure) for failure in checked.failures),
        rows(
            [
                ("at", escape(f"{example.at:%Y-%m-%d %H:%M %Z}")),
                ("as of", "" if example.as_of is None else escape(f"{example.as_of:%Y-%m-%d %H:%M %Z}")),
                ("because of", _deciders(book, checked.verdict.clauses)),
                ("read by", _by_party(around, checked)),
            ]
        ),
        f"<details{_opened(checked)}><summary>worlds</summary>{drawn}</details>" if drawn else "",
    ]
    return _card("example", example.name, head, *parts, _source(source))


def _opened(checked: Checked) -> str:
    """Worlds that disagree are shown at once."""
    return " open" if checked.verdict.outcome is Outcome.DISPUTED else ""


def workload_markup(workload: Workload) -> str:
    """The facts of a workload as chips."""
    return " ".join(
        element("span", "chip", text("b", "name", name), " ", escape(fact_phrase(value)))
        for name, value in workload.items()
    )


def _deciders(book: Book, names: tuple[str, ...]) -> str:
    return ", ".join(link("clause" if name in book.by_id else "contract", name) for name in names)


def _by_party(around: Around, checked: Checked) -> str:
    verdict = checked.verdict
    outcomes = {party: verdict.as_read_by(party) for party in verdict.asserted}
    if len(set(outcomes.values())) < 2:
        return ""
    return " ".join(
        f"{escape(around.book.parties.get(party, party))} {badge(str(outcome))}"
        for party, outcome in outcomes.items()
    )


def duty_card(checked: CheckedDuty, source: str) -> str:
    """An example about a duty: what was given, how the duty stands, and why."""
    example, found = checked.example, checked.found
    head = element(
        "header",
        "",
        text("span", "effect example", "example"),
        text("span", "title", example.name),
        text("span", f"badge {found.state}", str(found.state)),
        text("span", "passed" if checked.passed else "failed", "holds" if checked.passed else "fails"),
    )
    given = [
        f"<li>{one.at:%Y-%m-%d}: {escape(f'{one.moved} {one.amount:,f} {one.unit} {one.what}'.rstrip())}</li>"
        for one in example.given
    ]
    parts = [
        text("p", "sentence", found.why),
        *(text("p", "failure", failure) for failure in checked.failures),
        rows(
            [
                ("duty", link("clause", example.duty)),
                ("at", escape(f"{example.at:%Y-%m-%d %H:%M %Z}")),
                ("given", element("ul", "plain", *given) if given else "nothing"),
                ("owes", escape(amount_phrase(found.owes))),
            ]
        ),
    ]
    return _card("example", example.name, head, *parts, _source(source))


def exercise_card(record: Exercise, source: str) -> str:
    """A record that a power was used."""
    head = element(
        "header",
        "",
        text("span", "effect event", "exercise"),
        element("span", "id", link("clause", record.power)),
        text("span", "title", f"on {record.on}"),
        text("span", f"grade {record.grade.word}", record.grade.word),
    )
    return _card("exercise", record.power, head, _source(source))


def event_card(record: Occurrence, source: str) -> str:
    """A record that something happened."""
    head = element(
        "header",
        "",
        text("span", "effect event", "event"),
        text("span", "title", f"{record.event} on {record.on}"),
        text("span", f"grade {record.grade.word}", record.grade.word),
    )
    return _card("event", record.event, head, _source(source))


def plain_card(kind: str, name: str, source: str) -> str:
    """Any other block, as it is written."""
    head = element("header", "", text("span", f"effect {kind}", kind), text("span", "title", name))
    return _card(kind, name, head, _source(source, shown=True))


def _card(kind: str, identity: str, *parts: str) -> str:
    return f'<section class="card {kind}" id="{anchor(kind, identity)}">{"".join(parts)}</section>'


def _source(source: str, *, shown: bool = False) -> str:
    opening = " open" if shown else ""
    return f"<details{opening}><summary>as written</summary><pre>{escape(source)}</pre></details>"
