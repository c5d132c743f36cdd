"""One `comity` block into a clause, a definition, an example, an event record or an attribute.

The front matter of its file gives defaults. Ids are only read here; whether they exist is checked in `link`,
when all files are known.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec

from comity.contracts.clauses import (
    Clause,
    Contract,
    Definition,
    Effect,
    Example,
    Grade,
    Occurrence,
    Reading,
    Settlement,
    Source,
    Until,
)
from comity.contracts.facts import read_workload
from comity.contracts.fields import Fields, Problems
from comity.contracts.markdown import ID, Block
from comity.contracts.parse_duty import parse_ends, parse_owe, parse_power
from comity.contracts.predicates import Words, parse_predicate
from comity.contracts.terms import TRUE, All, Term
from comity.contracts.verdict import Outcome
from comity.period import parse_moment
from comity.source import Node

EFFECTS = tuple(effect.value for effect in Effect)
"""The keys that make a block a clause."""

KINDS = (*EFFECTS, "define", "example", "attribute", "event", "exercise")
"""The keys of which every block has exactly one."""

_SCOPED = (Effect.CONFINE, Effect.FORBID, Effect.PERMIT, Effect.REQUIRE, Effect.SUPPOSE)
_GOALS = {Effect.CONFINE: "to", Effect.REQUIRE: "first", Effect.SUPPOSE: "then"}


class Surroundings(msgspec.Struct, frozen=True):
    """What a block may refer to."""

    contract: Contract
    """The file in which it stands."""
    words: Words
    """The words of the book."""
    events: frozenset[str]
    """The declared events of the book."""


def parse_clause(block: Block, effect: Effect, around: Surroundings, problems: Problems) -> Clause:
    """The clause that the block states."""
    contract, words = around.contract, around.words
    fields = Fields(block.node, f"`{effect.value}`", problems)
    body = fields.take(effect.value)
    assert body is not None, "the caller has seen the key"
    scoped = effect in _SCOPED
    scope = _scope(parse_predicate(body, words, problems), contract) if scoped else TRUE
    unless, until = fields.take("unless"), fields.take("until")
    sources, grade = parse_sources(fields, contract)
    known, retracted = _known(fields, contract)
    clause = Clause(
        id=_id(fields, block),
        contract=contract.id,
        place=block.place,
        effect=effect,
        scope=scope,
        goal=_goal(fields, effect, words, problems),
        unless=None if unless is None else parse_predicate(unless, words, problems),
        title=fields.text("fact" if effect is Effect.FACT else "title"),
        prose=block.prose,
        overrides=fields.words("overrides"),
        supersedes=fields.words("end" if effect is Effect.END else "supersedes"),
        in_force=fields.period("in_force", contract.in_force),
        until=None if until is None else _until(until, around.events, problems),
        known=known,
        retracted=retracted,
        sources=sources,
        grade=grade,
        part=fields.word("part", contract.order),
        owe=parse_owe(body, words, around.events, problems) if effect is Effect.OWE else None,
        power=parse_power(body, words, around.events, problems) if effect is Effect.POWER else None,
    )
    fields.finish()
    return clause


def _scope(scope: Term, contract: Contract) -> Term:
    return scope if contract.covers == TRUE else All((contract.covers, scope))


def _goal(fields: Fields, effect: Effect, words: Words, problems: Problems) -> Term:
    key = _GOALS.get(effect)
    if key is None:
        return TRUE
    node = fields.take(key)
    if node is None:
        problems.add(fields.node.place, f"`{effect.value}` needs `{key}`", f"add `{key}: {{…}}` below it")
        return TRUE
    return parse_predicate(node, words, problems)


def _id(fields: Fields, block: Block) -> str:
    node = fields.take("id")
    if node is None:
        if not block.id:
            fields.problems.add(
                block.place,
                "this clause has no id",
                "put it under a heading such as `### 2026a.stateless`, or add `id: …`",
            )
        return block.id
    if not isinstance(node.value, str) or not ID.fullmatch(node.value):
        fields.problems.add(node.place, "this is no id", "use lower case letters, digits, `_`, `-` and `.`")
        return ""
    return node.value


def _until(node: Node, events: frozenset[str], problems: Problems) -> Until:
    ends = parse_ends(node, events, problems)
    return Until(ends.events, ends.day)


def _known(fields: Fields, contract: Contract) -> tuple[date | None, date | None]:
    """The days on which our book learned a clause and took it back: `A`, or `A .. B`."""
    node = fields.entries.get("known")
    if node is None or not isinstance(node.node.value, str) or ".." not in node.node.value:
        return fields.day("known") or contract.known, None
    period = fields.period("known")
    return period.start or contract.known, period.end


def parse_sources(fields: Fields, contract: Contract) -> tuple[tuple[Source, ...], Grade]:
    """Where a block says that it was said, and how well it is known therefore."""
    ids = fields.words("source", contract.sources)
    sources = tuple(contract.sources[name] for name in ids if name in contract.sources)
    best = max((source.grade for source in sources), default=contract.grade)
    sure = fields.grade("sure", best)
    if sure > best:
        fields.problems.add(
            fields.place("sure"),
            f"`sure: {sure.word}` is better than its best source, which is {best.word}",
            "cite the source that makes it so sure",
        )
    return sources, sure


def parse_definition(block: Block, around: Surroundings, problems: Problems) -> Definition:
    """The definition that the block states."""
    fields = Fields(block.node, "`define`", problems)
    name = fields.text("define")
    if not ID.fullmatch(name):
        problems.add(
            block.place, f"`{name}` is no name for a definition", "use lower case letters, digits and `_`"
        )
    readings = _readings(fields, around, problems)
    settled = _settlements(fields, readings, around, problems)
    fields.finish()
    return Definition(name, block.place, around.contract.id, readings, settled, block.prose)


def _readings(fields: Fields, around: Surroundings, problems: Problems) -> tuple[Reading, ...]:
    means, node = fields.take("means"), fields.take("readings")
    if (means is None) == (node is None):
        problems.add(fields.node.place, "`define` needs either `means` or `readings`", "write `means: {…}`")
    if node is None:
        sources, grade = parse_sources(fields, around.contract)
        meaning = TRUE if means is None else parse_predicate(means, around.words, problems)
        return (Reading("only", meaning, (), grade, sources),)
    if not isinstance(node.value, dict) or not node.value:
        problems.add(
            node.place, "`readings` maps names to readings", "write `letter: {by: [oai], means: {…}}`"
        )
        return (Reading("only", TRUE),)
    found: list[Reading] = []
    for name, entry in node.value.items():
        inner = Fields(entry.node, f"the reading `{name}`", problems)
        body = inner.take("means")
        if body is None:
            problems.add(entry.key_place, f"the reading `{name}` has no `means`", "add `means: {…}`")
        by = inner.words("by", around.words.parties)
        sources, grade = parse_sources(inner, around.contract)
        inner.finish()
        meaning = TRUE if body is None else parse_predicate(body, around.words, problems)
        found.append(Reading(name, meaning, by, grade, sources))
    return tuple(found)


def _settlements(
    fields: Fields, readings: tuple[Reading, ...], around: Surroundings, problems: Problems
) -> tuple[Settlement, ...]:
    node = fields.take("settled")
    if node is None or node.value == "open":
        return ()
    items = node.value if isinstance(node.value, tuple) else (node,)
    found = [_settlement(item, readings, around, problems) for item in items]
    ordered = sorted((one for one in found if one is not None), key=lambda one: one.start)
    for one, other in pairwise(ordered):
        if one.start == other.start:
            message = f"two settlements begin on {one.start}"
            problems.add(node.place, message, "the later one counts: give each a day of its own")
    return tuple(ordered)


def _settlement(
    node: Node, readings: tuple[Reading, ...], around: Surroundings, problems: Problems
) -> Settlement | None:
    inner = Fields(node, "`settled`", problems)
    reading = inner.word("reading", [reading.name for reading in readings])
    start, by = inner.day("from"), inner.word("by", ("amendment", "award", "waiver"), "amendment")
    _, grade = parse_sources(inner, around.contract)
    retroactive, end, known = inner.flag("retroactive"), inner.day("until"), inner.day("known")
    inner.finish()
    if start is None or "reading" not in inner:
        problems.add(node.place, "a settlement needs `reading` and `from`", "or write `settled: open`")
        return None
    if end is not None and end <= start:
        problems.add(inner.place("until"), "a settlement ends after it begins", "write a later `until`")
    return Settlement(reading, start, by, retroactive, end, known or start, grade)


def parse_event(block: Block, around: Surroundings, problems: Problems) -> Occurrence | None:
    """The record that the block states."""
    fields = Fields(block.node, "`event`", problems)
    name, on = fields.word("event", around.events), fields.day("on")
    _, grade = parse_sources(fields, around.contract)
    known = fields.day("known")
    fields.finish()
    if on is None:
        problems.add(block.place, "an event record needs `on`", "write `on: 2026-04-27`")
        return None
    return Occurrence(name, on, block.place, around.contract.id, known or learned(on, around.contract), grade)


def learned(on: date, contract: Contract) -> date:
    """When a book knew what happened on a day, if it does not say: not before it, nor before its file."""
    return on if contract.known is None else max(on, contract.known)


def parse_example(block: Block, around: Surroundings, problems: Problems) -> Example | None:
    """The example that the block states."""
    fields = Fields(block.node, "`example`", problems)
    zone = ZoneInfo(around.contract.clock)
    name, node = fields.text("example"), fields.take("workload")
    at_node, as_of_node = fields.take("at"), fields.take("as_of")
    at = None if at_node is None else fields.parsed(at_node, lambda text: parse_moment(text, zone), None)
    as_of = (
        None if as_of_node is None else fields.parsed(as_of_node, lambda text: parse_moment(text, zone), None)
    )
    verdict = fields.word("verdict", list(Outcome))
    because = fields.words("because") if "because" in fields else None
    needs = fields.words("needs", around.words.vocabulary.attributes) if "needs" in fields else None
    parties = _outcomes(fields, around)
    for key in ("at", "workload", "verdict"):
        if key not in fields:
            problems.add(block.place, f"this example has no `{key}`", f"add `{key}: …`")
    workload = {} if node is None else read_workload(node, around.words, problems)
    fields.finish()
    if at is None:
        return None
    place = around.contract.id
    return Example(name, block.place, place, workload, at, as_of, verdict, because, needs, parties)


def _outcomes(fields: Fields, around: Surroundings) -> dict[str, str]:
    node = fields.take("for")
    if node is None:
        return {}
    inner = Fields(node, "`for`", fields.problems)
    found = {
        party: inner.word(party, list(Outcome)) for party in inner.entries if party in around.words.parties
    }
    inner.asked |= set(around.words.parties)
    inner.finish()
    return found
