"""What a contract is made of, as values: sources, definitions with readings, clauses and examples.

Everything is parsed and typed; the meaning is in `interpret`, `weigh` and `worlds`. Owed amounts and powers
have their own module, `duties`.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import IntEnum, StrEnum

import msgspec

from comity.contracts.duties import Amount, Owe, Power, Progress
from comity.contracts.terms import TRUE, Term
from comity.contracts.vocabulary import Value
from comity.errors import Place
from comity.period import ALWAYS, Period


class Grade(IntEnum):
    """How well a statement is known; a lower grade can never end a higher one."""

    MEMORY = 1
    REPORTED = 2
    QUOTED = 3
    VERIFIED = 4

    @property
    def word(self) -> str:
        """The grade as it is written."""
        return self.name.lower()

    def may_end(self, other: Grade) -> bool:
        """Whether a statement of this grade may end one of grade `other`.

        A quotation carries the instrument's own words, as a text that was read does; a report does not.
        """
        return self >= min(other, Grade.QUOTED)


class Authority(IntEnum):
    """The rank of a contract among instruments; only `AWARD` and above reach across files."""

    POLICY = 1
    PROVIDER = 2
    CONTRACT = 3
    AWARD = 4
    COURT = 5
    LAW = 6

    @property
    def word(self) -> str:
        """The authority as it is written."""
        return self.name.lower()


class Effect(StrEnum):
    """What a clause does to the workloads in its scope."""

    CONFINE = "confine"
    FORBID = "forbid"
    PERMIT = "permit"
    REQUIRE = "require"
    OWE = "owe"
    POWER = "power"
    END = "end"
    FACT = "fact"
    SUPPOSE = "suppose"


class Source(msgspec.Struct, frozen=True):
    """Where something was said."""

    id: str
    """Its id in the front matter of its file."""
    title: str
    """What it is."""
    grade: Grade
    """How well we know its text."""
    date: date | None = None
    """When it was published; None when it does not say."""
    url: str = ""
    """Where it can be read; empty for paper."""


class Until(msgspec.Struct, frozen=True):
    """What ends a clause beside its period: whichever comes first."""

    events: tuple[str, ...]
    """Declared events; each is open until a record of it exists."""
    day: date | None = None
    """First day on which the clause no longer holds; None when only events end it."""


class Clause(msgspec.Struct, frozen=True):
    """One norm."""

    id: str
    """Unique in its book."""
    contract: str
    """Id of the contract in which it stands."""
    place: Place
    """Where its block begins."""
    effect: Effect
    """What it does."""
    scope: Term
    """When it speaks, without `unless`; for those that decide nothing always true."""
    goal: Term = TRUE
    """`to` of a confine, `first` of a require, `then` of a suppose; true otherwise."""
    unless: Term | None = None
    """The exception in the sentence; None when there is none."""
    title: str = ""
    """Its title, if it has one beside its id."""
    prose: str = ""
    """The text above the block, as written."""
    overrides: tuple[str, ...] = ()
    """Clauses that do not apply while this one does; `*` for everything of lower authority."""
    supersedes: tuple[str, ...] = ()
    """Clauses of the same contract that end for good when this one comes into force."""
    in_force: Period = ALWAYS
    """The days on which it binds, in its contract's zone."""
    until: Until | None = None
    """What else ends it."""
    known: date | None = None
    """First day on which our book knew it; None when it always did."""
    retracted: date | None = None
    """First day on which our book no longer said it, since it was a mistake; None while it stands."""
    sources: tuple[Source, ...] = ()
    """Where it was said."""
    grade: Grade = Grade.MEMORY
    """How well it is known: the best of its sources, or lower when it says so."""
    part: str = ""
    """The part of the contract it belongs to, when the contract ranks its parts."""
    owe: Owe | None = None
    """The standing duty, for `OWE`."""
    power: Power | None = None
    """The power, for `POWER`."""


class Reading(msgspec.Struct, frozen=True):
    """One interpretation of a defined term."""

    name: str
    """Its name in the definition."""
    means: Term
    """When the term holds in this reading."""
    by: tuple[str, ...] = ()
    """Parties that assert it."""
    grade: Grade = Grade.MEMORY
    """How well it is known that it was asserted."""
    sources: tuple[Source, ...] = ()
    """Where it was said."""


class Settlement(msgspec.Struct, frozen=True):
    """How the readings of a term were settled."""

    reading: str
    """The reading that stands."""
    start: date
    """First day on which it stands, unless it is retroactive."""
    by: str
    """`amendment`, `award` or `waiver`."""
    retroactive: bool = False
    """Whether it stands from the beginning."""
    end: date | None = None
    """First day on which it no longer stands; None when it stays."""
    known: date | None = None
    """First day on which our book knew it."""
    grade: Grade = Grade.MEMORY
    """How well it is known."""


class Definition(msgspec.Struct, frozen=True):
    """A term with one meaning or several readings."""

    name: str
    """Its name, as in `is: name`."""
    place: Place
    """Where its block begins."""
    contract: str
    """Id of the file in which it stands; its zone dates the settlement."""
    readings: tuple[Reading, ...]
    """At least one; more than one makes the term open until it is settled."""
    settled: tuple[Settlement, ...] = ()
    """How it was settled, in order of date; where several hold the latest counts; empty while it is open."""
    prose: str = ""
    """The text above the block."""


class Occurrence(msgspec.Struct, frozen=True):
    """A record that a declared event happened."""

    event: str
    """Its name."""
    on: date
    """The day on which it happened."""
    place: Place
    """Where the record stands."""
    contract: str
    """Id of the file in which it stands."""
    known: date | None = None
    """First day on which our book knew it."""
    grade: Grade = Grade.MEMORY
    """How well it is known."""


class Exercise(msgspec.Struct, frozen=True):
    """A record that a power was used."""

    power: str
    """Id of the clause that gives the power."""
    on: date
    """The day on which it was used; notice runs from it."""
    place: Place
    """Where the record stands."""
    contract: str
    """Id of the file in which it stands."""
    until: date | None = None
    """First day on which a waiver or consent no longer counts; None when it has no end."""
    known: date | None = None
    """First day on which our book knew it."""
    grade: Grade = Grade.MEMORY
    """How well it is known."""


class Example(msgspec.Struct, frozen=True):
    """A test that a book carries."""

    name: str
    """What it shows."""
    place: Place
    """Where its block begins."""
    contract: str
    """Id of the file in which it stands."""
    workload: dict[str, Value]
    """The facts."""
    at: datetime
    """When the act happens."""
    as_of: datetime | None
    """What the book knew; None for all of it."""
    verdict: str
    """The expected outcome."""
    because: tuple[str, ...] | None = None
    """Clauses that must be among those that decided; None when it does not say."""
    needs: tuple[str, ...] | None = None
    """The missing attributes; None when it does not say."""
    parties: dict[str, str] = {}
    """The outcome in the readings of a party, by party."""


class DutyExample(msgspec.Struct, frozen=True):
    """A test about a standing duty that a book carries."""

    name: str
    """What it shows."""
    place: Place
    """Where its block begins."""
    contract: str
    """Id of the file in which it stands."""
    duty: str
    """Id of the duty."""
    at: datetime
    """When it is asked."""
    as_of: datetime | None
    """What the book knew; None for all of it."""
    given: tuple[Progress, ...] = ()
    """What was bought, paid, used, done or earned."""
    events: dict[str, date] = {}
    """Events that the example takes to have happened, beside those on record."""
    state: str = ""
    """The expected state; empty when it does not say."""
    owes: Amount | None = None
    """What is expected to be owed; None when it does not say."""
    parties: dict[str, str] = {}
    """The state in the readings of a party, by party."""


class Contract(msgspec.Struct, frozen=True):
    """One file of a book."""

    id: str
    """Its id in the book."""
    title: str
    """Its title."""
    file: str
    """The file, as the operator named it."""
    binds: tuple[str, ...] = ()
    """Parties that can breach it; empty when it binds everybody."""
    silence: str = "permitted"
    """`permitted` or `forbidden`: what it means when none of its clauses speaks."""
    clock: str = "UTC"
    """IANA time zone in which its days begin."""
    in_force: Period = ALWAYS
    """Default for its clauses, and the days on which its silence counts."""
    known: date | None = None
    """Default for its clauses."""
    authority: Authority = Authority.CONTRACT
    """Its rank."""
    order: tuple[str, ...] = ()
    """Its parts, the prevailing one first."""
    covers: Term = TRUE
    """What it is about at all."""
    sources: dict[str, Source] = {}
    """Its sources, by id."""
    grade: Grade = Grade.MEMORY
    """Default for clauses without sources."""
