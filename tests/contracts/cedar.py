"""A second meaning of books, written independently: one Cedar policy set per world, evaluated by Cedar.

It starts from the blocks as they are written, not from the loaded book; only the words that lie inside a word
come from the vocabulary. Cedar skips a policy whose condition fails, so a fact that may be missing is asked
for with `has`; there is one set for what must hold and one for what may.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from cedarpy import Decision, Entities, is_authorized_batch
from tests.contracts.random_books import Written

from comity.contracts import Book, Value
from comity.contracts.vocabulary import Attribute, Kind

TRUE, FALSE = "true", "false"
DECIDING = ("confine", "forbid", "permit", "require")
Mode = Literal["must", "may"]
OTHER: dict[Mode, Mode] = {"must": "may", "may": "must"}


class Answer(msgspec.Struct, frozen=True):
    """What Cedar says about one workload in one world."""

    denied: bool
    """Whether some policy denies it."""
    clauses: frozenset[str]
    """The clauses behind a denial."""


class Cedar:
    """The files of a book as Cedar policies, in one world."""

    def __init__(
        self, book: Book, files: Sequence[Written], readings: Mapping[str, str], entities: Entities
    ) -> None:
        self.entities = entities
        self.attributes = book.vocabulary.attributes
        self.defaults = book.vocabulary.defaults()
        self.fronts = {file.front["contract"]: file.front for file in files if "contract" in file.front}
        self.clauses = {
            block["id"]: (file.front["contract"], block)
            for file in files
            for block in file.blocks
            if "define" not in block
        }
        self.meanings = {
            block["define"]: block["readings"][readings.get(block["define"], next(iter(block["readings"])))][
                "means"
            ]
            for file in files
            for block in file.blocks
            if "define" in block
        }
        self.ends = {
            name: min(starts(self.clauses[later][1]) for later in self.superseders(name))
            for name in self.clauses
            if self.superseders(name)
        }

    def superseders(self, name: str, above: tuple[str, ...] = ()) -> list[str]:
        """The later clauses that end a clause: those that come into force themselves."""
        above = (*above, name)
        return [
            later
            for later, (_, block) in self.clauses.items()
            if name in block.get("supersedes", ())
            and not any(
                starts(self.clauses[other][1]) <= starts(block)
                for other in self.superseders(later, above)
                if other not in above
            )
        ]

    def prohibitions(self, mode: Mode) -> str:
        """What denies because it is prohibited."""
        found = [
            self.policy(name, self.unmet(name, block, mode)) for name, block in self.of("confine", "forbid")
        ]
        found += [
            self.policy(name, self.silence(name, front, mode))
            for name, front in self.fronts.items()
            if front.get("silence") == "forbidden"
        ]
        return "\n".join(["permit(principal, action, resource);", *found])

    def conditions(self, mode: Mode) -> str:
        """What denies because something must be done first."""
        found = [self.policy(name, self.unmet(name, block, mode)) for name, block in self.of("require")]
        return "\n".join(["permit(principal, action, resource);", *found])

    def of(self, *effects: str) -> list[tuple[str, dict[str, Any]]]:
        """The clauses with one of these effects."""
        return [
            (name, block)
            for name, (_, block) in self.clauses.items()
            if any(effect in block for effect in effects)
        ]

    def policy(self, name: str, condition: str) -> str:
        """One policy that denies."""
        return f"@id({json.dumps(name)}) forbid(principal, action, resource) when {{ {condition} }};"

    def unmet(self, name: str, block: dict[str, Any], mode: Mode) -> str:
        """Where a clause applies and what it asks for does not hold."""
        goal = block.get("to", block.get("first"))
        live = self.live(name, mode, every=False)
        return live if goal is None else both(live, negation(self.term(goal, OTHER[mode], every=True)))

    def live(self, name: str, mode: Mode, *, every: bool) -> str:
        """Where a clause applies: in force, in its scope, not excepted and not overridden."""
        contract, block = self.clauses[name]
        front = self.fronts[contract]
        scope = next(block[effect] for effect in DECIDING if effect in block)
        parts = [
            self.days(name, block),
            self.bound(front, [front.get("covers", {}), scope], mode, every=every),
            negation(self.term(block["unless"], OTHER[mode], every=not every)) if "unless" in block else TRUE,
        ]
        parts += [negation(self.live(cutter, OTHER[mode], every=not every)) for cutter in self.cutters(name)]
        return both(*parts)

    def cutters(self, name: str) -> list[str]:
        """The clauses that override one: those that name it, and the law."""
        contract, _ = self.clauses[name]
        lower = self.fronts[contract].get("authority") != "law"
        return [
            other
            for other, (_, block) in self.clauses.items()
            if name in block.get("overrides", ()) or (lower and "*" in block.get("overrides", ()))
        ]

    def silence(self, name: str, front: dict[str, Any], mode: Mode) -> str:
        """Where a contract is concerned and none of its clauses speaks."""
        speakers = [other for other, (contract, _) in self.clauses.items() if contract == name]
        laws = [other for other, (_, block) in self.clauses.items() if "*" in block.get("overrides", ())]
        spoken = [self.live(other, OTHER[mode], every=True) for other in (*speakers, *laws)]
        about = self.bound(front, [front.get("covers", {})], mode, every=False)
        return both(about, *(negation(one) for one in spoken))

    def bound(self, front: dict[str, Any], scopes: list[dict[str, Any]], mode: Mode, *, every: bool) -> str:
        """The scopes, and that the one who acts is bound unless a scope says who acts."""
        named = any("actor" in part for scope in scopes for part in (scope, *scope.get("any", ())))
        binds = [] if named or not front.get("binds") else [{"actor": front["binds"]}]
        return both(*(self.term(part, mode, every=every) for part in (*scopes, *binds)))

    def days(self, name: str, block: dict[str, Any]) -> str:
        """The days on which a clause is in force."""
        _, _, end = block.get("in_force", " .. ").partition("..")
        bounds = [end.strip(), self.ends.get(name, "")]
        after = [f"context.at >= {seconds(starts(block))}"] if starts(block) else []
        return both(*after, *(f"context.at < {seconds(bound)}" for bound in bounds if bound))

    def term(self, term: dict[str, Any], mode: Mode, *, every: bool) -> str:
        """A predicate."""
        return both(*(self.test(key, value, mode, every=every) for key, value in term.items()))

    def test(self, key: str, value: Any, mode: Mode, *, every: bool) -> str:
        """One entry of a predicate."""
        if key == "any":
            return either(*(self.term(part, mode, every=every) for part in value))
        if isinstance(value, dict) and "not" in value:
            return negation(self.test(key, value["not"], OTHER[mode], every=not every))
        if key == "is":
            return self.term(self.meanings[value], mode, every=every)
        holds = self.holds(self.attributes[key], value, mode, every=every)
        return f"(context has {key} && {holds})" if mode == "must" else f"(!(context has {key}) || {holds})"

    def holds(self, attribute: Attribute, value: Any, mode: Mode, *, every: bool) -> str:
        """The test of a fact that is stated."""
        fact = f"context.{attribute.name}"
        if attribute.kind is Kind.FLAG:
            return f"{fact} == {json.dumps(value)}"
        if attribute.kind is Kind.NUMBER:
            return f"{fact} > {value['over']}" if "over" in value else f"{fact} <= {value['at_most']}"
        words = [value] if isinstance(value, str) else value
        if attribute.set:
            return self.members(attribute, words, every=every)
        inside = f"{fact} in [{', '.join(entity(attribute.name, word) for word in words)}]"
        if mode == "must" or attribute.exact:
            return inside
        wider = (f"{entity(attribute.name, word)} in {fact}" for word in words)
        return either(inside, *wider)

    def members(self, attribute: Attribute, words: list[str], *, every: bool) -> str:
        """The test of a set; Cedar has no quantifiers, so every word that passes is named."""
        within = below(attribute, words)
        if every:
            return f"{json.dumps(sorted(within))}.containsAll(context.{attribute.name})"
        touching = {word for word in attribute.parents if below(attribute, [word]) & within}
        return f"context.{attribute.name}.containsAny({json.dumps(sorted(touching | within))})"

    def request(self, facts: Mapping[str, Value], at: datetime) -> dict[str, Any]:
        """A workload as a request."""
        known = {**self.defaults, **facts}
        context = {name: self.fact(self.attributes[name], fact) for name, fact in known.items()}
        context["at"] = int(at.timestamp())
        return {"principal": 'U::"u"', "action": 'A::"a"', "resource": 'R::"r"', "context": context}

    def fact(self, attribute: Attribute, fact: Value) -> Any:
        """A fact as a value of Cedar."""
        if isinstance(fact, frozenset):
            return sorted(fact)
        if isinstance(fact, str):
            return {"__entity": {"type": "Word", "id": f"{attribute.name}:{fact}"}}
        return fact if isinstance(fact, bool) else int(fact)

    def ask(self, policies: str, requests: list[dict[str, Any]]) -> list[Answer]:
        """What Cedar answers; an error in a policy would be one in this module."""
        results = is_authorized_batch(requests, policies, self.entities)
        found = []
        for result in results:
            assert not result.diagnostics.errors, result.diagnostics.errors
            named = result.diagnostics.id_annotations_by_reason
            denied = result.decision is Decision.Deny
            reasons = (
                frozenset(named[reason] for reason in result.diagnostics.reasons) if denied else frozenset()
            )
            found.append(Answer(denied, reasons))
        return found


def words_of(attributes: Iterable[Attribute]) -> Entities:
    """The words of single facts, with what they lie directly inside."""
    return Entities.from_json_str(
        json.dumps(
            [
                {
                    "uid": {"type": "Word", "id": f"{attribute.name}:{word}"},
                    "attrs": {},
                    "parents": [{"type": "Word", "id": f"{attribute.name}:{up}"} for up in sorted(parents)],
                }
                for attribute in attributes
                if not attribute.set
                for word, parents in attribute.parents.items()
            ]
        )
    )


def below(attribute: Attribute, words: Sequence[str]) -> set[str]:
    """The words and everything that lies inside them, by walking down."""
    found = set(words)
    while more := {word for word, parents in attribute.parents.items() if parents & found} - found:
        found |= more
    return found


def starts(block: dict[str, Any]) -> str:
    """The first day of a clause; empty when it has none."""
    return str(block.get("in_force", "")).partition("..")[0].strip()


def seconds(day: str) -> int:
    """The moment at which a day begins, UTC."""
    return int(datetime.fromisoformat(f"{day}T00:00+00:00").timestamp())


def entity(name: str, word: str) -> str:
    """A word as an entity."""
    return f'Word::"{name}:{word}"'


def both(*parts: str) -> str:
    """All of the parts."""
    wanted = [part for part in parts if part != TRUE]
    return FALSE if FALSE in wanted else f"({' && '.join(wanted)})" if wanted else TRUE


def either(*parts: str) -> str:
    """One of the parts."""
    wanted = [part for part in parts if part != FALSE]
    return TRUE if TRUE in wanted else f"({' || '.join(wanted)})" if wanted else FALSE


def negation(part: str) -> str:
    """Not the part."""
    return {TRUE: FALSE, FALSE: TRUE}.get(part) or f"!({part})"
