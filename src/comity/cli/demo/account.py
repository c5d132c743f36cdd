"""What the ledger says happened, summed for the story, and every served attempt decided once more.

Pure: records in, numbers out. Nothing is taken from the client's side or from the gateway's memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from comity.audit import facts_of_call, read_facts
from comity.contracts import Outcome, Posture, Role, Verdict, Workload, decide, judge
from comity.gateway.settings import Settings
from comity.ledger import Attempted, AttemptOutcome, Record, Refused, Reserved, Settled

POSTURES: dict[str, Posture] = {
    "msft": Posture(reading="msft"),
    "oai": Posture(reading="oai"),
    "safe": Posture(mode="safe"),
    "arguable": Posture(mode="arguable"),
}
"""The postures that the story compares."""


_ALLOWED = ("allow", "record")
_BY_CONTRACT = ("prohibited", "disputed", "unknown", "conditional")


class Bar(msgspec.Struct, frozen=True, order=True):
    """A candidate that contracts kept a product from."""

    product: str
    """Caller id."""
    deployment: str
    """The candidate."""
    outcome: str
    """The verdict in one word."""


class Spent(msgspec.Struct):
    """What one cloud was used for."""

    requests: int = 0
    """Attempts that it served."""
    prompt: int = 0
    """Tokens read."""
    completion: int = 0
    """Tokens generated."""
    cost: Decimal = Decimal(0)
    """USD, exact."""
    unrated: int = 0
    """Served attempts without an amount."""


class Chapter(msgspec.Struct):
    """One date of the story."""

    date: str
    """The date that contracts were asked about."""
    asked: Counter[str] = msgspec.field(default_factory=Counter)
    """Requests by product."""
    served: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)
    """Served requests by product and deployment."""
    recorded: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)
    """Of these, those that a posture allowed although it is not clear, and recorded."""
    refused: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)
    """Refused requests by product and cause."""
    failed: Counter[str] = msgspec.field(default_factory=Counter)
    """Requests that every cloud they might go to failed, by product."""
    cut: Counter[str] = msgspec.field(default_factory=Counter)
    """Requests whose answer was lost under way, by product: sending them again could cost twice."""
    bars: Counter[Bar] = msgspec.field(default_factory=Counter)
    """Candidates that contracts kept a product from."""
    spent: dict[str, Spent] = msgspec.field(default_factory=dict)
    """Use by cloud."""
    attempts: Counter[tuple[str, str, str]] = msgspec.field(default_factory=Counter)
    """Attempts by `before` or `after` the outage, cloud and outcome."""
    moved: Counter[str] = msgspec.field(default_factory=Counter)
    """Requests that another cloud served because the one that is the key failed or was cooling down."""
    checked: int = 0
    """Attempts, served or not, that were decided once more."""
    crossings: list[str] = msgspec.field(default_factory=list)
    """Those that a contract would not have allowed: none, or something is broken."""
    disputes: set[tuple[str, str]] = msgspec.field(default_factory=set)
    """Product and deployment of every disputed candidate, refused or served."""
    workloads: dict[str, Workload] = msgspec.field(default_factory=dict)
    """The facts that were judged, by product, without the target's."""
    unsettled: int = 0
    """Accepted requests that the ledger does not show settled exactly once: none, or something is broken."""


def tell(date: str, records: Iterable[Record], settings: Settings, outage: int) -> Chapter:
    """The chapter that `records` tell; the outage began at `outage`, in unix nanoseconds."""
    chapter = Chapter(date)
    entries: dict[bytes, Reserved] = {}
    tried: dict[bytes, list[Attempted]] = {}
    settled: Counter[bytes] = Counter()
    for record in records:
        if isinstance(record, Reserved):
            entries[record.entry] = record
            _note_verdicts(chapter, record)
        elif isinstance(record, Refused):
            chapter.refused[record.decision.caller, record.cause] += 1
            _note_verdicts(chapter, record)
        elif isinstance(record, Attempted):
            tried.setdefault(record.entry, []).append(record)
        elif isinstance(record, Settled):
            settled[record.entry] += 1
    chapter.unsettled = sum(1 for entry in entries if settled[entry] != 1)
    for entry, reserved in entries.items():
        attempts = sorted(tried.get(entry, ()), key=lambda attempt: attempt.number)
        _note_attempts(chapter, reserved, attempts, outage, settings)
    return chapter


def _note_verdicts(chapter: Chapter, record: Reserved | Refused) -> None:
    caller = record.decision.caller
    chapter.asked[caller] += 1
    chapter.workloads[caller] = dict(record.decision.workload)
    for drop in record.dropped:
        if drop.cause in _BY_CONTRACT:
            chapter.bars[Bar(caller, drop.deployment, drop.outcome)] += 1
        if drop.outcome == Outcome.DISPUTED:
            chapter.disputes.add((caller, drop.deployment))
    for judged in record.decision.verdicts:
        if judged.outcome == Outcome.DISPUTED:
            chapter.disputes.add((caller, judged.deployment))


def _note_attempts(
    chapter: Chapter, reserved: Reserved, attempts: list[Attempted], outage: int, settings: Settings
) -> None:
    product = reserved.decision.caller
    for attempt in attempts:
        when = "before" if attempt.started < outage else "after"
        chapter.attempts[when, attempt.cloud, attempt.outcome.value] += 1
        chapter.checked += 1
        if (crossing := find_crossing(reserved, attempt, settings)) is not None:
            chapter.crossings.append(crossing)
    served = next((attempt for attempt in attempts if attempt.outcome is AttemptOutcome.SERVED), None)
    if served is None:
        lost = bool(attempts) and attempts[-1].outcome is AttemptOutcome.AMBIGUOUS
        (chapter.cut if lost else chapter.failed)[product] += 1
        return
    chapter.served[product, served.deployment] += 1
    if any(
        one.deployment == served.deployment and one.action == "record" for one in reserved.decision.verdicts
    ):
        chapter.recorded[product, served.deployment] += 1
    avoided = {attempt.cloud for attempt in attempts if attempt is not served}
    for drop in reserved.dropped:
        if drop.cause == "cooling":
            avoided.add(settings.deployments[drop.deployment].cloud)
    chapter.moved.update(avoided - {served.cloud})
    _note_use(chapter.spent.setdefault(served.cloud, Spent()), served)


def _note_use(spent: Spent, served: Attempted) -> None:
    spent.requests += 1
    if served.usage is not None:
        spent.prompt += served.usage.prompt
        spent.completion += served.usage.completion
    if served.cost is None:
        spent.unrated += 1
    else:
        assert served.cost.currency == "USD", "the demo's prices are in one currency"
        spent.cost += served.cost.amount


def find_crossing(reserved: Reserved, attempt: Attempted, settings: Settings) -> str | None:
    """Why the attempt should not have been made, decided afresh from the ledger; None when it was right."""
    decision = reserved.decision
    facts = facts_of_call(decision, attempt.deployment, attempt.answered_by, attempt.region)
    moment = datetime.fromtimestamp(decision.decided_at / 1e9, UTC)
    verdict = decide(settings.book, read_facts(settings.book, facts), moment)
    ruling = judge(verdict, settings.routes[decision.route].posture)
    if ruling.action in _ALLOWED:
        return None
    return f"{decision.caller} on {attempt.deployment}: {verdict.outcome}, {', '.join(verdict.clauses)}"


def decide_again(chapter: Chapter, caller: str, deployment: str, settings: Settings) -> Verdict:
    """The verdict about a product's requests on a deployment, at noon of the chapter's date."""
    moment = datetime.fromisoformat(f"{chapter.date}T12:00").replace(tzinfo=UTC)
    return decide(settings.book, {**chapter.workloads[caller], **settings.targets[deployment]}, moment)


def restricting(verdict: Verdict) -> tuple[str, ...]:
    """The clauses that stand in the way, in some reading at least."""
    ids = (reason.clause for reason in verdict.reasons if reason.effect in {Role.FORBIDS, Role.REQUIRES})
    return tuple(dict.fromkeys(ids))


def answers(verdict: Verdict) -> dict[str, bool]:
    """Whether each posture would have served."""
    return {name: judge(verdict, posture).action in _ALLOWED for name, posture in POSTURES.items()}
