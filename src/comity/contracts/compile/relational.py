"""A form over a table of distinct classes: every operation becomes a column or a part of one.

Steps that are used more than once become columns, stage by stage, each stage one projection. A stage is
fenced off with an impure column, which is the one thing over which Ibis never merges projections: merged,
shared steps would be written out again and again. No engine ever computes the fence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from comity.contracts.compile.classes import MISSING, UNREADABLE, Answer, Classes, Members
from comity.contracts.compile.coding import Column, choose, engine, whole
from comity.contracts.compile.form import Ask, Both, Either, Form, Moment, Negation, Speaks, operands
from comity.contracts.verdict import Outcome, Role

Table: TypeAlias = Any
"""An Ibis table expression; Ibis comes without types."""

Pair: TypeAlias = tuple[Column, Column]
"""Masks (must, may)."""

FORBIDS = (Role.FORBIDS, Role.SILENCE)
REQUIRES = (Role.REQUIRES,)
ALLOWS = (Role.PERMITS, Role.CONFORMS)
RISKS = (Role.SUPPLY_RISK,)
"""What decides nothing."""


class Setting(msgspec.Struct, frozen=True):
    """What is decided, apart from the rows."""

    form: Form
    """The book."""
    classes: dict[str, Classes]
    """The classes of the attributes it tests or requires."""
    required: tuple[str, ...]
    """The attributes that every row must state."""
    counted: tuple[int, ...]
    """The worlds that count for the party asked for, by stretch of time."""
    dated: str
    """The digit that holds the stretch of time, counted from 1; 0 when a row has no moment."""


class Digit(msgspec.Struct, frozen=True):
    """Where a class sits in the packed keys."""

    name: str
    """The attribute, or what `Setting.dated` says."""
    key: str
    """The column of the key."""
    shift: int
    """Its lowest bit."""
    bits: int
    """How many bits it has."""


class Relational:
    """Evaluates a form over the distinct keys of a table."""

    def __init__(
        self, setting: Setting, keys: Table, digits: Sequence[Digit], *, silent: tuple[Role, ...] = RISKS
    ) -> None:
        self.setting = setting
        self.form = setting.form
        self.digits = {digit.name for digit in digits}
        self.speaks = [entry for entry in self.form.speaks if entry.role not in silent]
        self.table = fenced(keys, {digit_name(digit.name): _extract(keys, digit) for digit in digits})
        self.kept: set[int] = set()

    def verdicts(self) -> Table:
        """The keys with the columns of a verdict."""
        self.masks()
        self.table = fenced(self.table, {"outcome": self._outcome(), "clear": self._clear()})
        self.table = fenced(self.table, {"against": self._against()})
        return self.table.mutate(clauses=self._clauses(), unread=self._unread())

    def masks(self) -> None:
        """Adds the steps that are used more than once, and the masks of the verdict."""
        for stage in self._stages():
            columns: dict[str, Column] = {}
            for index in stage:
                columns |= self._columns(index)
            self.table = fenced(self.table, columns)
            self.kept |= set(stage)
        self.table = fenced(self.table, self._masks())

    def _stages(self) -> list[list[int]]:
        """The steps that become columns, each after those that it needs."""
        uses = dict.fromkeys(range(len(self.form.operations)), 0)
        for entry in self.speaks:
            uses[entry.truth] += 2
        for index in reversed(range(len(self.form.operations))):
            for part in operands(self.form.operations[index]) if uses[index] else ():
                uses[part] += 1
        depths: list[int] = []
        stages: dict[int, list[int]] = {}
        for index, step in enumerate(self.form.operations):
            depth = max((depths[part] for part in operands(step)), default=0)
            if uses[index] > 1:
                stages.setdefault(depth, []).append(index)
                depth += 1
            depths.append(depth)
        return [stages[depth] for depth in sorted(stages)]

    def _columns(self, index: int) -> dict[str, Column]:
        if self.form.uniform[index]:
            return {f"t{index}": self.plain(index)}
        must, may = self.pair(index)
        return {f"m{index}": must, f"y{index}": may}

    def plain(self, index: int) -> Column:
        """A step that is the same in every world, as a boolean; NULL is open."""
        if index in self.kept:
            return self.table[f"t{index}"]
        step = self.form.operations[index]
        if isinstance(step, Ask):
            return self._ask(step)
        if isinstance(step, Moment):
            return self._during([mask != 0 for mask in step.worlds])
        if isinstance(step, Negation):
            return ~self.plain(step.part)
        parts = [self.plain(part) for part in step.parts]
        return _both(parts) if isinstance(step, Both) else either(parts)

    def pair(self, index: int) -> Pair:
        """A step as masks."""
        full = whole(self.form.full)
        if self.form.uniform[index]:
            truth = self.plain(index)
            return choose([(truth, full)], whole(0)), choose([(~truth, whole(0))], full)
        if index in self.kept:
            return self.table[f"m{index}"], self.table[f"y{index}"]
        step = self.form.operations[index]
        if isinstance(step, Moment):
            return self._by_moment(step.worlds, 0), self._by_moment(step.worlds, self.form.full)
        if isinstance(step, Negation):
            must, may = self.pair(step.part)
            # Taken away, not inverted: Ibis writes `~(a | b)` without its parentheses.
            return full - may, full - must
        assert isinstance(step, Both | Either), "a fact answers alike in every world"
        pairs = [self.pair(part) for part in step.parts]
        join = _meet if isinstance(step, Both) else _union
        return join([must for must, _ in pairs]), join([may for _, may in pairs])

    def _during(self, answers: list[bool]) -> Column:
        if self.setting.dated not in self.digits:
            return literal(answers[0])
        column = self.table[digit_name(self.setting.dated)]
        within = [1 + index for index, answer in enumerate(answers) if answer]
        return choose([(column == 0, literal(None))], _one_of(column, within))

    def _by_moment(self, masks: Sequence[int], otherwise: int) -> Column:
        """The mask of each stretch of time; `otherwise` where a row has no moment."""
        if self.setting.dated not in self.digits:
            return whole(masks[0])
        column = self.table[digit_name(self.setting.dated)]
        groups: dict[int, list[int]] = {otherwise: [0]}
        for index, mask in enumerate(masks):
            groups.setdefault(mask, []).append(1 + index)
        *rest, (last, _) = groups.items()
        return choose([(_one_of(column, within), whole(mask)) for mask, within in rest], whole(last))

    def _ask(self, ask: Ask) -> Column:
        name = ask.test.attribute
        classes = self.setting.classes[name]
        if isinstance(classes, Members):
            return self._ask_set(ask, classes)
        answers = classes.answers[ask]
        if name not in self.digits:
            return literal(answers[MISSING])
        column = self.table[digit_name(name)]
        unclear = [number for number, answer in answers.items() if answer is None]
        passing = [number for number, answer in answers.items() if answer]
        return choose([(_one_of(column, unclear), literal(None))], _one_of(column, passing))

    def _ask_set(self, ask: Ask, classes: Members) -> Column:
        absent = literal(classes.absent[ask])
        if ask.test.attribute not in self.digits:
            return absent
        column = self.table[digit_name(ask.test.attribute)]
        passing = classes.passing[ask]
        answer = (column & whole(~passing & ((1 << classes.bits) - 1))) == 0
        if not ask.every:
            answer = (column & whole(passing)) != 0
        return choose([(column == 0, absent), ((column & whole(1)) != 0, literal(None))], answer)

    def _masks(self) -> dict[str, Column]:
        worlds = self._by_moment(self.setting.counted, self.form.full)
        found: dict[str, Column] = {"worlds": worlds}
        for letter, roles in (("f", FORBIDS), ("c", REQUIRES), ("p", ALLOWS)):
            must, may = self._total([entry.truth for entry in self.speaks if entry.role in roles])
            found |= {f"{letter}_must": must & worlds, f"{letter}_may": may & worlds}
        rejected = [self.absent(name) for name in self.setting.required]
        if rejected:
            found["f_may"] = choose([(either(rejected), worlds)], found["f_may"])
        return found

    def _total(self, truths: list[int]) -> Pair:
        """Where one of many steps holds; those that are the same in every world are joined first."""
        plain = [self.plain(truth) for truth in truths if self.form.uniform[truth]]
        pairs = [self.pair(truth) for truth in truths if not self.form.uniform[truth]]
        if plain:
            full, truth = whole(self.form.full), either(plain)
            pairs.append((choose([(truth, full)], whole(0)), choose([(~truth, whole(0))], full)))
        return _union([must for must, _ in pairs]), _union([may for _, may in pairs])

    def absent(self, name: str) -> Column:
        """Whether a required fact is missing or cannot be read."""
        if name not in self.digits:
            return literal(answer=True)
        return (self.table[digit_name(name)] == MISSING) | self.unreadable(name)

    def unreadable(self, name: str) -> Column:
        """Whether a fact, or the moment, is there and cannot be read; a moment has to be there."""
        column = self.table[digit_name(name)]
        if name == self.setting.dated:
            return column == 0
        if isinstance(self.setting.classes[name], Members):
            return (column & whole(1)) != 0
        return column == UNREADABLE

    def _outcome(self) -> Column:
        """The truth table of `outcome_of`, line by line."""
        table = self.table
        cases: list[tuple[Column, str]] = []
        for letter, everywhere in (("f", Outcome.PROHIBITED), ("c", Outcome.CONDITIONAL)):
            must, may = table[f"{letter}_must"], table[f"{letter}_may"]
            cases += [
                (must == table.worlds, everywhere),
                ((must != 0) & (may != table.worlds), Outcome.DISPUTED),
                (may != must, Outcome.UNKNOWN),
            ]
        cases.append((table.p_must != 0, Outcome.PERMITTED))
        return choose([(when, _text(str(word))) for when, word in cases], _text(str(Outcome.SILENT)))

    def _clear(self) -> Column:
        table = self.table
        return choose(
            [
                (table.f_may != 0, table.worlds - table.f_may),
                (table.c_may != 0, table.worlds - table.c_may),
            ],
            table.worlds,
        )

    def _against(self) -> Column:
        """The ids of what speaks against it: prohibitions, else requirements."""
        forbidding = self.table.f_may != 0
        asking = ~forbidding & (self.table.c_may != 0)
        return _list(
            [
                *self._named(FORBIDS, lambda truth: forbidding & self._may_hold(truth)),
                *self._named(REQUIRES, lambda truth: asking & self._may_hold(truth)),
            ]
        )

    def _clauses(self) -> Column:
        """The clauses that decided: those against; of a dispute, or when nothing is against, those for it."""
        table = self.table
        two_sided = (table.outcome == str(Outcome.DISPUTED)) | (table.against.length() == 0)
        for_it = self._named(
            ALLOWS,
            lambda truth: two_sided & self._surely_holds(truth),
        )
        return table.against.concat(_list([(name, when & ~self._is_against(name)) for name, when in for_it]))

    def _is_against(self, name: str) -> Column:
        """Whether the clause is among `against`; a confine can speak on both sides, in different worlds."""
        mine = [entry for entry in self.speaks if entry.name == name and entry.role not in ALLOWS]
        forbidding = self.table.f_may != 0
        cases = [
            (forbidding if entry.role in FORBIDS else ~forbidding & (self.table.c_may != 0))
            & self._may_hold(entry.truth)
            for entry in mine
        ]
        return either(cases) if cases else literal(answer=False)

    def _named(self, roles: tuple[Role, ...], condition: Callable[[int], Column]) -> list[tuple[str, Column]]:
        chosen: list[Speaks] = [entry for entry in self.speaks if entry.role in roles]
        return [
            (entry.name, condition(entry.truth)) for entry in sorted(chosen, key=lambda entry: entry.name)
        ]

    def _may_hold(self, truth: int) -> Column:
        if self.form.uniform[truth]:
            return self.plain(truth).fill_null(True)
        return (self.pair(truth)[1] & self.table.worlds) != 0

    def _surely_holds(self, truth: int) -> Column:
        if self.form.uniform[truth]:
            return self.plain(truth).fill_null(False) & (self.table.clear != 0)
        return (self.pair(truth)[0] & self.table.clear) != 0

    def _unread(self) -> Column:
        names = sorted(self.digits)
        return _list(
            [("at" if name == self.setting.dated else name, self.unreadable(name)) for name in names]
        )


def digit_name(name: str) -> str:
    """The column of a class."""
    return f"digit {name}"


def _extract(keys: Table, digit: Digit) -> Column:
    return (keys[digit.key] >> whole(digit.shift)) & whole((1 << digit.bits) - 1)


def fenced(table: Table, columns: Mapping[str, Column]) -> Table:
    """The table with further columns, never merged with what is projected from it."""
    return table.mutate(**columns, fence=engine().random())


def literal(answer: Answer) -> Column:
    """An answer; NULL is open."""
    ibis = engine()
    return ibis.literal(answer, type="boolean")


def _text(word: str) -> Column:
    ibis = engine()
    return ibis.literal(word, type="string")


def _one_of(column: Column, numbers: Sequence[int]) -> Column:
    if not numbers:
        return literal(answer=False)
    return column == numbers[0] if len(numbers) == 1 else column.isin(numbers)


def _list(items: Iterable[tuple[str, Column]]) -> Column:
    """The names whose condition holds, in the order given."""
    ibis = engine()
    nothing = ibis.literal(None, type="string")
    listed = [choose([(when, _text(name))], nothing) for name, when in items]
    return ibis.array(listed or [nothing]).filter(lambda name: name.notnull())


def _balanced(parts: Sequence[Column], join: Callable[[Column, Column], Column]) -> Column:
    """All parts joined as a tree that is as flat as it can be: engines refuse long chains."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return join(_balanced(parts[:half], join), _balanced(parts[half:], join))


def _both(parts: Sequence[Column]) -> Column:
    return _balanced(parts, lambda one, other: one & other)


def either(parts: Sequence[Column]) -> Column:
    """Where one of at least one part holds, of truths or of masks."""
    return _balanced(parts, lambda one, other: one | other)


def _meet(masks: Sequence[Column]) -> Column:
    return _balanced(masks, lambda one, other: one & other)


def _union(masks: Sequence[Column]) -> Column:
    return _balanced(masks, lambda one, other: one | other) if masks else whole(0)
