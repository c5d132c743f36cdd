"""Loads a book from a folder or a file, and reports all its problems at once.

Two passes: front matter and words of every file first, since clauses of any file may use them; then the
blocks. Files are read in sorted order, and their order has no meaning.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from comity.contracts.book import Book
from comity.contracts.clauses import (
    Clause,
    Contract,
    Definition,
    DutyExample,
    Effect,
    Example,
    Exercise,
    Occurrence,
)
from comity.contracts.fields import Problems, suggest
from comity.contracts.findings import find
from comity.contracts.link import (
    check_definitions,
    check_events,
    check_examples,
    check_powers,
    check_supersedes,
    link_overrides,
    link_worlds,
)
from comity.contracts.markdown import Block, Document, parse_document
from comity.contracts.parse_block import (
    KINDS,
    Surroundings,
    parse_clause,
    parse_definition,
    parse_event,
    parse_example,
)
from comity.contracts.parse_front import Front, extend, parse_front, standard_vocabulary
from comity.contracts.parse_record import (
    check_duty_examples,
    check_exercises,
    parse_duty_example,
    parse_exercise,
)
from comity.contracts.predicates import Words, parse_predicate
from comity.contracts.vocabulary import Vocabulary
from comity.errors import BookError, Place, Problem

T = TypeVar("T", Clause, Definition)


def load_book(*paths: Path) -> Book:
    """The book in `paths`, folders or single Markdown files; raises BookError with all its problems.

    >>> book = load_book(Path("books/acme"))
    >>> len(book.contracts), book.worlds.count
    (8, 1)
    >>> book.clause("dpa.residency").grade.word
    'verified'
    """
    assert paths, "a book is read from somewhere"
    contents: dict[str, bytes] = {}
    for file in [file for path in paths for file in book_files(path)]:
        try:
            contents[str(file)] = file.read_bytes()
        except OSError as error:
            message = f"cannot read this file: {error.strerror or 'it cannot be opened'}"
            raise BookError([Problem(Place(str(file), 1, 1), message, "check its rights")]) from error
    return parse_book(paths, contents)


def book_files(path: Path) -> list[Path]:
    """The Markdown files of a book, sorted; raises BookError when there are none."""
    if path.is_dir():
        found = [
            file
            for file in sorted(path.rglob("*.md"))
            if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts)
        ]
        if not found:
            place = Place(str(path), 1, 1)
            raise BookError([Problem(place, "this folder holds no Markdown file", "name a book")])
        return found
    if not path.exists():
        place = Place(str(path), 1, 1)
        raise BookError([Problem(place, "there is no such book", "name a folder or a .md file")])
    return [path]


def parse_book(paths: tuple[Path, ...], contents: dict[str, bytes]) -> Book:
    """The book with the given file contents; raises BookError with every problem in it."""
    loader = _Loader(paths, contents)
    book = loader.book()
    if loader.problems.found:
        raise BookError(
            sorted(set(loader.problems.found), key=lambda problem: (problem.place, problem.message))
        )
    return msgspec.structs.replace(book, findings=find(book))


class _Loader:
    """One run over the files of a book."""

    def __init__(self, paths: tuple[Path, ...], contents: dict[str, bytes]) -> None:
        self.paths = paths
        self.place = Place(str(paths[0]), 1, 1)
        self.contents = contents
        self.problems = Problems()
        self.fronts: list[tuple[Front, Document]] = []
        self.contracts: dict[str, Contract] = {}
        self.clauses: dict[str, Clause] = {}
        self.definitions: dict[str, Definition] = {}
        self.examples: list[Example] = []
        self.duty_examples: list[DutyExample] = []
        self.occurrences: list[Occurrence] = []
        self.exercises: list[Exercise] = []

    def book(self) -> Book:
        self._read_fronts()
        parties = self._shared("parties", [front.parties for front, _ in self.fronts])
        events = self._shared("events", [front.events for front, _ in self.fronts])
        blocks = [(kind, block) for _, document in self.fronts for kind, block in self._kinds(document)]
        added = [block for kind, block in blocks if kind == "attribute"]
        vocabulary = extend(standard_vocabulary(), added, self.problems)
        self._check_binds(parties)
        defined = {
            str(block.node.plain()["define"])  # type: ignore[index]  # the Markdown reader gives mappings only
            for kind, block in blocks
            if kind == "define"
        }
        words = Words(vocabulary, parties, defined)
        for front, document in self.fronts:
            self._read_blocks(front, document, words, frozenset(events))
        return self._link(parties, events, vocabulary)

    def _read_fronts(self) -> None:
        for file in sorted(self.contents):
            document = parse_document(self.contents[file], file)
            if not self._is_prose(document):
                self.problems.found += document.problems
                front = self._front(document)
                if front is not None:
                    self.fronts.append((front, document))
        if not any(not front.shared for front, _ in self.fronts) and not self.problems.found:
            self.problems.add(
                self.place,
                "no file here is a contract",
                "begin one with `contract: name` between `---`",
            )

    def _is_prose(self, document: Document) -> bool:
        front = document.front
        keys = front.value if front is not None and isinstance(front.value, dict) else {}
        if Path(document.file).name == "README.md" and Path(document.file) not in self.paths:
            return "contract" not in keys
        return front is None and not document.blocks and not document.problems

    def _front(self, document: Document) -> Front | None:
        node = document.front
        if node is None:
            if not document.problems:
                place = document.blocks[0].place
                self.problems.add(
                    place,
                    "this file has blocks but no front matter",
                    "begin it with `contract: name` between `---`",
                )
            return None
        if not isinstance(node.value, dict) or not {"contract", "vocabulary"} & set(node.value):
            keys = node.value if isinstance(node.value, dict) else {}
            hint = next((suggest(key, ["contract", "vocabulary"]) for key in keys), "write `contract: name`")
            self.problems.add(node.place, "the front matter says neither `contract` nor `vocabulary`", hint)
            return None
        front = parse_front(node, document.file, self.problems)
        if front.contract.id in self.contracts:
            other = self.contracts[front.contract.id].file
            message = f"the id `{front.contract.id}` is taken by {other}"
            self.problems.add(front.place, message, "give every file its own id")
            return None
        self.contracts[front.contract.id] = front.contract
        return front

    def _shared(self, what: str, maps: list[dict[str, tuple[str, Place]]]) -> dict[str, str]:
        found: dict[str, str] = {}
        for names in maps:
            for name, (title, place) in names.items():
                if found.setdefault(name, title) != title:
                    message = f"`{name}` in `{what}` is `{found[name]}` in another file"
                    self.problems.add(place, message, "call it the same in every file, or choose another id")
        return dict(sorted(found.items()))

    def _check_binds(self, parties: dict[str, str]) -> None:
        for front, _ in self.fronts:
            for party in front.contract.binds:
                if party and party not in parties:
                    message = f"`binds` names `{party}`, which is no party"
                    self.problems.add(front.place, message, suggest(party, parties))

    def _kinds(self, document: Document) -> list[tuple[str, Block]]:
        found: list[tuple[str, Block]] = []
        for block in document.blocks:
            keys = block.node.value
            assert isinstance(keys, dict), "the Markdown reader gives mappings only"
            kinds = [key for key in keys if key in KINDS]
            if len(kinds) == 1:
                found.append((kinds[0], block))
        return found

    def _read_blocks(self, front: Front, document: Document, words: Words, events: frozenset[str]) -> None:
        contract = self._narrowed(front, words)
        around = Surroundings(contract, words, events)
        for block in document.blocks:
            keys = block.node.value
            assert isinstance(keys, dict), "the Markdown reader gives mappings only"
            kinds = [key for key in keys if key in KINDS]
            if len(kinds) != 1:
                what = " and ".join(f"`{kind}`" for kind in kinds) or "none of the words that make a block"
                hint = "give each its own block" if kinds else suggest(next(iter(keys), ""), KINDS)
                self.problems.add(block.place, f"this block has {what}", hint)
            elif front.shared and kinds[0] not in {"attribute", "define", "event", "exercise", "suppose"}:
                message = f"`{kinds[0]}` cannot stand in a vocabulary file"
                self.problems.add(block.place, message, "move it to a contract")
            else:
                self._read_block(kinds[0], block, around)

    def _narrowed(self, front: Front, words: Words) -> Contract:
        contract = front.contract
        if front.covers is not None:
            covers = parse_predicate(front.covers, words, self.problems)
            contract = msgspec.structs.replace(contract, covers=covers)
            self.contracts[contract.id] = contract
        return contract

    def _read_block(self, kind: str, block: Block, around: Surroundings) -> None:
        keys = block.node.value
        assert isinstance(keys, dict), "the Markdown reader gives mappings only"
        if kind == "define":
            definition = parse_definition(block, around, self.problems)
            self._add(self.definitions, definition.name, definition, "the definition")
        elif kind == "example" and "duty" in keys:
            test = parse_duty_example(block, around, self.problems)
            self.duty_examples += [] if test is None else [test]
        elif kind == "example":
            example = parse_example(block, around, self.problems)
            self.examples += [] if example is None else [example]
        elif kind == "event":
            record = parse_event(block, around, self.problems)
            self.occurrences += [] if record is None else [record]
        elif kind == "exercise":
            used = parse_exercise(block, around, self.problems)
            self.exercises += [] if used is None else [used]
        elif kind != "attribute":
            clause = parse_clause(block, Effect(kind), around, self.problems)
            if clause.id:
                self._add(self.clauses, clause.id, clause, "the clause")

    def _add(self, known: dict[str, T], name: str, value: T, what: str) -> None:
        if name in known:
            message = f"{what} `{name}` stands at {known[name].place} already"
            self.problems.add(value.place, message, "give it a heading or id of its own")
        else:
            known[name] = value

    def _link(self, parties: dict[str, str], events: dict[str, str], vocabulary: Vocabulary) -> Book:
        cutters = link_overrides(self.clauses, self.contracts, self.problems)
        check_supersedes(self.clauses, self.problems)
        check_definitions(self.definitions, self.problems)
        check_events(self.occurrences, self.clauses, self.problems)
        check_powers(self.clauses, self.problems)
        exercises = check_exercises(self.exercises, self.clauses, self.problems)
        check_duty_examples(self.duty_examples, self.clauses, self.problems)
        check_examples(self.examples, [*self.clauses, *self.contracts], self.problems)
        bundled = next((front for front, _ in self.fronts if front.bundled), None)
        place = self.place if bundled is None else bundled.place
        worlds = link_worlds(
            self.clauses, self.definitions, self.problems, bundled=bundled is not None, place=place
        )
        return Book(
            paths=self.paths,
            title=self._title(),
            contracts=self.contracts,
            parties=parties,
            events=events,
            vocabulary=vocabulary,
            definitions=self.definitions,
            clauses=tuple(self.clauses.values()),
            examples=tuple(self.examples),
            duty_examples=tuple(self.duty_examples),
            occurrences=tuple(self.occurrences),
            exercises=exercises,
            cutters=cutters,
            worlds=worlds,
            clock=self._clock(),
            fingerprint=self._fingerprint(),
        )

    def _title(self) -> str:
        shared = [front for front, _ in self.fronts if front.shared]
        fronts = shared or [front for front, _ in self.fronts]
        if len(fronts) == len(self.paths):
            return " and ".join(front.contract.title for front in fronts)
        return " and ".join(path.name for path in self.paths)

    def _clock(self) -> ZoneInfo:
        shared = [front for front, _ in self.fronts if front.shared and front.has_clock]
        clocks = {
            front.contract.clock
            for front in shared or [front for front, _ in self.fronts if not front.shared]
        }
        return ZoneInfo(clocks.pop() if len(clocks) == 1 else "UTC")

    def _fingerprint(self) -> str:
        digest = sha256()
        for file, data in sorted(self.contents.items()):
            name = Path(file).name.encode()
            digest.update(b"%d:%s%d:" % (len(name), name, len(data)) + data)
        return digest.hexdigest()
