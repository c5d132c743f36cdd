"""Atoms over the classes of a space, and the solver that looks for facts: the only module that sees Z3.

Each formula is declared to the solver once and asked for as an assumption, so that what it learns is kept
from one question to the next; each question is asked once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from comity.contracts.prove.formulas import FALSE, TRUE, Formula, Formulas, Pair
from comity.contracts.prove.space import Dimension, Option, Space
from comity.contracts.terms import Test
from comity.contracts.vocabulary import Value
from comity.errors import MissingExtraError


def solver_module() -> Any:
    """The module `z3`; raises MissingExtraError when it is not installed."""
    try:
        import z3  # noqa: PLC0415 - an extra, and heavy
    except ModuleNotFoundError as error:
        raise MissingExtraError("solver", "proofs need the solver Z3") from error
    return z3


class Logic(Formulas):
    """The facts of a space as formulas, and answers."""

    def __init__(self, space: Space) -> None:
        super().__init__()
        self.space = space
        self._z3 = solver_module()
        # Finite domains only: every attribute is a handful of Booleans.
        self._solver = self._z3.SolverFor("QF_FD")
        self._literals: dict[Formula, Any] = {}
        self._options: dict[str, tuple[Formula, ...]] = {}
        self._absent: dict[str, Formula] = {}
        self._tests: dict[tuple[int, Test, bool], Pair] = {}
        self._asked: dict[Formula, dict[str, Value] | None] = {}
        for dimension in space.dimensions.values():
            self._declare(dimension)

    def _declare(self, dimension: Dimension) -> None:
        options = self._options[dimension.name] = tuple(self.variable() for _ in dimension.options)
        literals = [self._literal(option) for option in options]
        if dimension.set:
            self._absent[dimension.name] = -self.either(options)
        else:
            self._absent[dimension.name] = options[0] if dimension.options[0].value is None else FALSE
            self._solver.add(self._z3.PbEq([(literal, 1) for literal in literals], 1))

    def complete(self) -> Formula:
        """Every attribute is stated, unless its absence means a fact."""
        return self.both(
            -self._absent[name] for name, dimension in self.space.dimensions.items() if not dimension.optional
        )

    def absent(self, name: str) -> Formula:
        """The attribute is not stated."""
        return self._absent[name]

    def test(self, book: int, test: Test, *, every: bool) -> Pair:
        """Where a test of a book holds."""
        key = (book, test, every)
        found = self._tests.get(key)
        if found is None:
            dimension = self.space.dimensions[test.attribute]
            ask = self._set_test if dimension.set else self._word_test
            found = self._tests[key] = ask(dimension, dimension.asked[book, test], every=every)
        return found

    def _word_test(self, dimension: Dimension, place: int, *, every: bool) -> Pair:
        options = list(zip(self._options[dimension.name], dimension.options, strict=True))
        answers = [(variable, option.answer(place, every=every)) for variable, option in options]
        return (
            self.either(variable for variable, answer in answers if answer is True),
            self.either(variable for variable, answer in answers if answer is not False),
        )

    def _set_test(self, dimension: Dimension, place: int, *, every: bool) -> Pair:
        absent = self._absent[dimension.name]
        silence = Option(None, dimension.absent).answer(place, every=every)
        options = list(zip(self._options[dimension.name], dimension.options, strict=True))
        if every:
            wrong = [member for member, option in options if not option.answer(place, every=True)]
            stated = self.both([-absent, *(-member for member in wrong)])
        else:
            stated = self.either(member for member, option in options if option.answer(place, every=False))
        return (
            self.either([absent if silence is True else FALSE, stated]),
            self.either([absent if silence is not False else FALSE, stated]),
        )

    def find(self, formula: Formula) -> dict[str, Value] | None:
        """Facts for which `formula` holds; None when there are none."""
        if formula == FALSE:
            return None
        if formula not in self._asked:
            answer = self._solver.check(*([] if formula == TRUE else [self._literal(formula)]))
            assert answer != self._z3.unknown, "finitely many Booleans are always decided"
            self._asked[formula] = self._facts() if answer == self._z3.sat else None
        return self._asked[formula]

    def _literal(self, formula: Formula) -> Any:
        """The formula for the solver, declared with all its parts when it is new."""
        known = self._literals.get(formula)
        if known is not None:
            return known
        if formula < 0:
            known = self._z3.Not(self._literal(-formula))
        else:
            known = self._z3.Bool(formula)
            parts = self.parts[formula]
            if parts is not None:
                self._solver.add(known == self._z3.And(*[self._literal(part) for part in parts]))
        self._literals[formula] = known
        return known

    def _facts(self) -> dict[str, Value]:
        model = self._solver.model()
        found: dict[str, Value] = {}
        for name, dimension in self.space.dimensions.items():
            values = self._chosen(dimension, model)
            if dimension.set:
                members = frozenset(str(value) for value in values)
                found |= {name: members} if members else {}
            elif (value := next(values)) is not None:
                found[name] = value
        return found

    def _chosen(self, dimension: Dimension, model: Any) -> Iterator[Any]:
        for variable, option in zip(self._options[dimension.name], dimension.options, strict=True):
            if self._z3.is_true(model[self._literal(variable)]):
                yield option.value

    def evaluate(self, classes: dict[str, tuple[int, ...]], formulas: Iterable[Formula]) -> list[bool]:
        """Whether each of `formulas` holds for facts of these classes, without the solver."""
        known = {TRUE: True} | {
            variable: place in classes[name]
            for name, options in self._options.items()
            for place, variable in enumerate(options)
        }
        return [self.holds(formula, known) for formula in formulas]
