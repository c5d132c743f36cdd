"""From norms to the intermediate form: one form for any number of stretches of time.

A clause that binds in some stretches only becomes a `Moment` among its conditions, a reading that is settled
in some stretches likewise; so one form serves a whole ledger. The rules are those of `interpret`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from comity.contracts.book import Book
from comity.contracts.clauses import Effect
from comity.contracts.compile.form import Builder, Form, Speaks
from comity.contracts.norms import Hush, Norm, Norms
from comity.contracts.terms import All, Is, Not, OneOf, Some, Term, Test
from comity.contracts.verdict import Role


def lower(book: Book, stretches: Sequence[Norms]) -> Form:
    """The form of `book` in these stretches of time; step masks follow their order."""
    lowering = _Lowering(book, stretches)
    return lowering.builder.form(lowering.speaks())


class _Lowering:
    def __init__(self, book: Book, stretches: Sequence[Norms]) -> None:
        self.book = book
        self.stretches = stretches
        self.builder = Builder(book.worlds.every, len(stretches))
        self.norms: dict[str, Norm] = {}
        self.cutters: dict[str, set[str]] = {}
        for norms in stretches:
            for name, norm in norms.norms.items():
                self.norms[name] = norm
                self.cutters.setdefault(name, set()).update(norm.cutters)
        self._live: dict[tuple[str, bool], int] = {}
        self._terms: dict[tuple[str, bool], int] = {}

    def speaks(self) -> Iterable[Speaks]:
        """What every norm and every silent contract does."""
        for name, norm in self.norms.items():
            yield from self._norm(name, norm)
        silent = {hush.contract.id for norms in self.stretches for hush in norms.hushes}
        for contract in sorted(silent):
            yield Speaks(contract, Role.SILENCE, self._silence(contract))

    def _norm(self, name: str, norm: Norm) -> Iterable[Speaks]:
        build, effect = self.builder, norm.clause.effect
        live = self.live(name, every=effect is Effect.PERMIT)
        if effect is Effect.PERMIT:
            yield Speaks(name, Role.PERMITS, live)
            return
        goal = build.nowhere if effect is Effect.FORBID else self.term(norm.goal, every=True)
        unmet = build.negation(goal)
        yield Speaks(
            name, Role.REQUIRES if effect is Effect.REQUIRE else Role.FORBIDS, build.both((live, unmet))
        )
        if effect is not Effect.FORBID:
            yield Speaks(name, Role.CONFORMS, build.both((live, goal)))
        if norm.shadow is not None:
            exception = build.negation(self.term(norm.unless, every=True))
            shadow = self.term(norm.shadow, every=False)
            yield Speaks(name, Role.SUPPLY_RISK, build.both((self._binds(name), shadow, exception, unmet)))

    def live(self, name: str, *, every: bool) -> int:
        """Where the clause binds, is reached, not excepted and not overridden."""
        known = self._live.get((name, every))
        if known is None:
            norm, build = self.norms[name], self.builder
            exception = build.negation(self.term(norm.unless, every=not every))
            cut = build.either([self.live(cutter, every=not every) for cutter in sorted(self.cutters[name])])
            known = self._live[name, every] = build.both(
                (self._binds(name), self.term(norm.scope, every=every), exception, build.negation(cut))
            )
        return known

    def _binds(self, name: str) -> int:
        full = self.builder.full
        return self.builder.moment(tuple(full if name in norms.norms else 0 for norms in self.stretches))

    def _silence(self, contract: str) -> int:
        build = self.builder
        cases: list[int] = []
        hushes = [{hush.contract.id: hush for hush in norms.hushes}.get(contract) for norms in self.stretches]
        for position, hush in enumerate(hushes):
            if hush is not None and hush not in hushes[:position]:
                when = build.moment(tuple(build.full if other == hush else 0 for other in hushes))
                cases.append(build.both((when, self._hush(hush))))
        return build.either(cases)

    def _hush(self, hush: Hush) -> int:
        build = self.builder
        freed = [self.live(name, every=True) for name in (*hush.speakers, *hush.cutters)]
        return build.both((self.term(hush.scope, every=False), build.negation(build.either(freed))))

    def term(self, term: Term, *, every: bool) -> int:
        """Where `term` holds."""
        if isinstance(term, All):
            return self.builder.both([self.term(part, every=every) for part in term.terms])
        if isinstance(term, Some):
            return self.builder.either([self.term(part, every=every) for part in term.terms])
        if isinstance(term, Not):
            return self.builder.negation(self.term(term.term, every=not every))
        if isinstance(term, Is):
            return self._definition(term.definition, every=every)
        return self._test(term, every=every)

    def _definition(self, name: str, *, every: bool) -> int:
        known = self._terms.get((name, every))
        if known is None:
            build = self.builder
            known = self._terms[name, every] = build.either(
                [
                    build.both(
                        (
                            build.moment(
                                tuple(norms.at.frame.masks[name, reading.name] for norms in self.stretches)
                            ),
                            self.term(reading.means, every=every),
                        )
                    )
                    for reading in self.book.definitions[name].readings
                ]
            )
        return known

    def _test(self, test: Test, *, every: bool) -> int:
        several = isinstance(test, OneOf) and self.book.vocabulary.attributes[test.attribute].set
        return self.builder.ask(test, every=every and several)
