"""Blocks that record or test instead of ruling: `exercise` of a power, and `example` of a duty.

What they name is checked when all files are known: `check_exercises`, `check_duty_examples`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import get_args
from zoneinfo import ZoneInfo

from comity.contracts.book import Book
from comity.contracts.clauses import Clause, DutyExample, Exercise
from comity.contracts.duties import Moved, Progress
from comity.contracts.duty_state import State
from comity.contracts.facts import read_workload
from comity.contracts.fields import Fields, Problems, suggest
from comity.contracts.link import Statement, check_grade
from comity.contracts.markdown import Block
from comity.contracts.parse_amount import parse_amount
from comity.contracts.parse_block import Surroundings, learned, parse_sources
from comity.contracts.vocabulary import Value
from comity.errors import SourceError
from comity.period import parse_moment
from comity.source import Node, parse_yaml

_ENDS = ("terminate", "waive", "consent")
_MOVED: tuple[Moved, ...] = get_args(Moved)
_MOVED_SAMPLE = "write `- {on: 2026-06-30, bought: 3e6 USD}`"


def parse_exercise(block: Block, around: Surroundings, problems: Problems) -> Exercise | None:
    """The record that the block states."""
    fields = Fields(block.node, "`exercise`", problems)
    power, on, until = fields.text("exercise"), fields.day("on"), fields.day("until")
    _, grade = parse_sources(fields, around.contract)
    known = fields.day("known")
    fields.finish()
    if on is None:
        problems.add(block.place, "the use of a power needs `on`", "write `on: 2026-04-27`")
        return None
    if until is not None and until <= on:
        problems.add(fields.place("until"), "a waiver ends after it begins", "write a later `until`")
    known = known or learned(on, around.contract)
    return Exercise(power, on, block.place, around.contract.id, until, known, grade)


def check_exercises(
    exercises: Iterable[Exercise], clauses: Mapping[str, Clause], problems: Problems
) -> tuple[Exercise, ...]:
    """The uses of powers that may stand; refuses what is no power, comes too late or is known too badly."""
    return tuple(record for record in exercises if _stands(record, clauses, problems))


def _stands(record: Exercise, clauses: Mapping[str, Clause], problems: Problems) -> bool:
    clause = clauses.get(record.power)
    if clause is None or clause.power is None:
        powers = [name for name, other in clauses.items() if other.power is not None]
        problems.add(record.place, f"`{record.power}` is no power", suggest(record.power, powers))
        return False
    power = clause.power
    if not clause.in_force.holds(record.on):
        message = f"`{record.power}` is not in force on {record.on}, so nobody can use it then"
        problems.add(record.place, message, f"its days are {clause.in_force}")
    if record.until is not None and power.may not in {"waive", "consent"}:
        message = f"`{record.power}` is a power to {power.may}, which has no `until`"
        problems.add(record.place, message, "leave `until` out")
    statement = Statement(record.place, f"the use of `{record.power}`", record.grade)
    for name in power.of if power.may in _ENDS else ():
        target = clauses.get(name)
        if target is not None:
            check_grade(statement, target.grade, f"{power.may} `{name}`", problems)
            if target.contract != clause.contract:
                message = f"`{record.power}` cannot {power.may} `{name}`, which stands in another contract"
                problems.add(record.place, message, "record it there, or let a law override it")
    return True


def parse_duty_example(block: Block, around: Surroundings, problems: Problems) -> DutyExample | None:
    """The example that the block states; None, with the problem noted, when it says too little."""
    fields = Fields(block.node, "`example`", problems)
    zone = ZoneInfo(around.contract.clock)
    name, duty = fields.text("example"), fields.text("duty")
    at, as_of = _moment(fields, "at", zone), _moment(fields, "as_of", zone)
    given = _given(fields, zone, around)
    events = _events(fields, around)
    owes_node = fields.take("owes")
    owes = None if owes_node is None else parse_amount(owes_node, problems)
    state = fields.word("state", list(State))
    parties = _states(fields, around)
    if "at" not in fields:
        problems.add(block.place, "this example has no `at`", "add `at: 2026-04-27`")
    if not {"state", "owes"} & set(fields.entries):
        problems.add(block.place, "this example expects nothing", "add `state: due` or `owes: 5e6 USD`")
    fields.finish()
    if at is None:
        return None
    here = around.contract.id
    return DutyExample(name, block.place, here, duty, at, as_of, given, events, state, owes, parties)


def check_duty_examples(
    examples: Iterable[DutyExample], clauses: Mapping[str, Clause], problems: Problems
) -> None:
    """Refuses examples about duties that do not exist."""
    duties = [name for name, clause in clauses.items() if clause.owe is not None]
    for example in examples:
        if example.duty not in duties:
            problems.add(example.place, f"`{example.duty}` is no duty", suggest(example.duty, duties))


def _moment(fields: Fields, key: str, zone: ZoneInfo) -> datetime | None:
    node = fields.take(key)
    return None if node is None else fields.parsed(node, lambda text: parse_moment(text, zone), None)


def _events(fields: Fields, around: Surroundings) -> dict[str, date]:
    node = fields.take("events")
    if node is None:
        return {}
    inner = Fields(node, "`events`", fields.problems)
    found = {name: inner.day(name) for name in inner.entries if name in around.events}
    inner.asked |= around.events
    inner.finish()
    return {name: day for name, day in found.items() if day is not None}


def _states(fields: Fields, around: Surroundings) -> dict[str, str]:
    node = fields.take("for")
    if node is None:
        return {}
    inner = Fields(node, "`for`", fields.problems)
    found = {name: inner.word(name, list(State)) for name in inner.entries if name in around.words.parties}
    inner.asked |= set(around.words.parties)
    inner.finish()
    return found


def _given(fields: Fields, zone: ZoneInfo, around: Surroundings) -> tuple[Progress, ...]:
    node = fields.take("given")
    return () if node is None else read_progress(node, zone, around, fields.problems)


def read_progress(
    node: Node, zone: ZoneInfo, around: Surroundings, problems: Problems
) -> tuple[Progress, ...]:
    """The dated amounts that the list `node` states; a bare date is noon in `zone`."""
    items = node.value if isinstance(node.value, tuple) else (node,)
    found = [_progress(Fields(item, "an amount given", problems), zone, around) for item in items]
    return tuple(one for one in found if one is not None)


def _progress(fields: Fields, zone: ZoneInfo, around: Surroundings) -> Progress | None:
    moved = [word for word in _MOVED if word in fields]
    at, what, facts_node = _moment(fields, "on", zone), fields.text("of"), fields.take("facts")
    facts: dict[str, Value] = {}
    if facts_node is not None:
        facts = read_workload(facts_node, around.words, fields.problems)
    quantities = [_quantity(fields, word) for word in moved]
    if len(moved) != 1 or "on" not in fields:
        message = f"an amount given has `on` and one of {', '.join(f'`{word}`' for word in _MOVED)}"
        fields.problems.add(fields.node.place, message, _MOVED_SAMPLE)
        fields.asked |= {"on"}
        return None
    fields.finish()
    if at is None or quantities[0] is None:
        return None
    amount, unit = quantities[0]
    return Progress(at, moved[0], amount, unit, what, facts)


def _quantity(fields: Fields, word: Moved) -> tuple[Decimal, str] | None:
    node = fields.take(word)
    assert node is not None, "the caller has seen the key"
    if word == "done" and node.value is True:
        return Decimal(1), ""
    amount = parse_amount(node, fields.problems)
    if amount is None:
        return None
    if amount.high != amount.low:
        fields.problems.add(node.place, "an amount given is exact", "write for example `3e6 USD`")
    return amount.low, amount.unit


def parse_progress(book: Book, text: str, file: str) -> tuple[Progress, ...]:
    """The dated amounts in `text`, a YAML list as in the `given` of an example; a bare date is noon.

    Raises SourceError with every problem and its place in `file`.
    """
    problems = Problems()
    around = Surroundings(next(iter(book.contracts.values())), book.words, frozenset(book.events))
    found = read_progress(parse_yaml(text, file), book.clock, around, problems)
    if problems.found:
        raise SourceError(problems.found)
    return found
