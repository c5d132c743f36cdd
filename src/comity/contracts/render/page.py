"""The page itself: every file of the book, with cards where its blocks stand, and a table of contents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import TypeAlias

from markdown_it import MarkdownIt
from markdown_it.token import Token

from comity.contracts.book import Book
from comity.contracts.calendar import in_force
from comity.contracts.clauses import Clause, Contract, Definition, Exercise, Occurrence
from comity.contracts.duty_examples import CheckedDuty, run_duty_examples
from comity.contracts.examples import Checked, run_examples
from comity.contracts.parse_block import KINDS
from comity.contracts.render.cards import (
    Around,
    clause_card,
    definition_card,
    duty_card,
    event_card,
    example_card,
    exercise_card,
    plain_card,
    sources_markup,
)
from comity.contracts.render.markup import anchor, element, link, rows, text
from comity.errors import Place
from comity.source import parse_yaml

_Block: TypeAlias = Clause | Definition | Occurrence | Exercise | Checked | CheckedDuty


def render_book(book: Book, contents: Mapping[str, bytes]) -> str:
    """The page of `book`; `contents` are its files, by the names in `Contract.file`."""
    checked, duties = run_examples(book), run_duty_examples(book)
    renderer = _Renderer(book, checked, duties)
    shared = [contract for contract in book.contracts.values() if contract.id not in renderer.spoken]
    contracts = [contract for contract in book.contracts.values() if contract.id in renderer.spoken]
    body = [renderer.contract(contract, contents[contract.file]) for contract in [*contracts, *shared]]
    style = files("comity.contracts.render").joinpath("style.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(book.title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"{_contents(book, contracts)}\n<main>\n{_opening(book, [*checked, *duties])}\n"
        f"{''.join(body)}\n</main>\n</body>\n</html>\n"
    )


def _opening(book: Book, checked: Sequence[Checked | CheckedDuty]) -> str:
    good = sum(example.passed for example in checked)
    open_ = ", ".join(link("term", name) for name in book.worlds.open) or "none"
    count = book.worlds.count
    findings = [
        element(
            "li",
            "finding",
            text("b", "name", finding.kind),
            " ",
            escape(f"{finding.place}: {finding.message}"),
        )
        for finding in book.findings
    ]
    facts = rows(
        [
            ("parties", escape(", ".join(f"{title} ({name})" for name, title in book.parties.items()))),
            ("clauses", str(len(book.clauses))),
            ("open terms", open_),
            ("worlds", f"{count}: one for every choice of readings"),
            ("examples", f"{good} of {len(checked)} hold"),
            ("fingerprint", text("code", "hash", book.fingerprint)),
        ]
    )
    noted = element(
        "details", "findings", f"<summary>{len(findings)} findings</summary><ul>", *findings, "</ul>"
    )
    return f"<h1>{escape(book.title)}</h1>{facts}{noted if findings else ''}"


def _contents(book: Book, contracts: Iterable[Contract]) -> str:
    parts = []
    for contract in contracts:
        own = [clause for clause in book.clauses if clause.contract == contract.id]
        items = [f'<li class="{clause.effect}">{link("clause", clause.id)}</li>' for clause in own]
        parts.append(f"<h2>{link('contract', contract.id)}</h2><ul>{''.join(items)}</ul>")
    return f"<nav>{''.join(parts)}</nav>"


class _Renderer:
    """Turns files into markup; a block is known by its place."""

    def __init__(self, book: Book, checked: tuple[Checked, ...], duties: tuple[CheckedDuty, ...]) -> None:
        self.book = book
        self.spoken = {clause.contract for clause in book.clauses}
        self.around = Around(book, in_force(book), _ended_by(book), _shown_by(checked, duties))
        self.blocks: dict[Place, _Block] = {
            **{one.place: one for one in book.clauses},
            **{one.place: one for one in book.definitions.values()},
            **{one.place: one for one in book.occurrences},
            **{one.place: one for one in book.exercises},
            **{one.example.place: one for one in checked},
            **{one.example.place: one for one in duties},
        }
        self.markdown = MarkdownIt("commonmark", {"html": False}).enable("table")

    def contract(self, contract: Contract, data: bytes) -> str:
        """One file."""
        lines = data.decode("utf-8-sig").splitlines()
        body = lines.index("---", 1) + 1 if lines[:1] == ["---"] else 0
        parts = [self._front(contract)]
        prose: list[Token] = []
        for token in self.markdown.parse("\n".join([*[""] * body, *lines[body:]])):
            if token.type == "fence" and token.info.split()[:1] == ["comity"] and token.map is not None:
                parts += [self._prose(prose), self._card(contract, token.content, token.map)]
                prose = []
            else:
                prose.append(token)
        parts.append(self._prose(prose))
        return f'<article id="{anchor("contract", contract.id)}">{"".join(parts)}</article>'

    def _prose(self, tokens: list[Token]) -> str:
        for token in tokens:
            if token.type in {"heading_open", "heading_close"}:
                token.tag = f"h{min(6, int(token.tag[1:]) + 1)}"
        return str(self.markdown.renderer.render(tokens, self.markdown.options, {}))

    def _front(self, contract: Contract) -> str:
        binds = ", ".join(self.book.parties.get(party, party) for party in contract.binds) or "everybody"
        spoken = contract.id in self.spoken
        facts = [
            ("file", text("code", "", contract.file)),
            ("authority", contract.authority.word if spoken else ""),
            ("binds", escape(binds) if spoken else ""),
            ("silence means", contract.silence if spoken else ""),
            ("clock", escape(contract.clock)),
            ("sources", sources_markup(tuple(contract.sources.values()))),
        ]
        return element("div", "front", text("p", "name", f"{contract.id}: {contract.title}"), rows(facts))

    def _card(self, contract: Contract, source: str, lines: list[int]) -> str:
        first, end = lines[0] + 1, lines[1]
        found = next(
            (
                block
                for place, block in self.blocks.items()
                if place.file == contract.file and first < place.line <= end
            ),
            None,
        )
        match found:
            case Clause():
                return clause_card(self.around, found, source)
            case Definition():
                return definition_card(self.around, found, source)
            case Checked():
                return example_card(self.around, found, source)
            case CheckedDuty():
                return duty_card(found, source)
            case Occurrence():
                return event_card(found, source)
            case Exercise():
                return exercise_card(found, source)
        plain = parse_yaml(source, contract.file).plain()
        assert isinstance(plain, dict), "the book was loaded, so its blocks are mappings"
        kind = next(key for key in plain if key in KINDS)
        return plain_card(kind, str(plain[kind]), source)


def _ended_by(book: Book) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for clause in book.clauses:
        for name in clause.supersedes:
            found[name] = (*found.get(name, ()), clause.id)
    return found


def _shown_by(checked: tuple[Checked, ...], duties: tuple[CheckedDuty, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for duty in duties:
        found[duty.example.duty] = (*found.get(duty.example.duty, ()), duty.example.name)
    for one in checked:
        for name in one.verdict.clauses:
            found[name] = (*found.get(name, ()), one.example.name)
    return found
