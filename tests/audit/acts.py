"""A small book and recorded acts, for the tests of audits."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from tests.contracts.small import FRONT, document, small_book
from tests.ledger.samples import make_attempt, make_refused, make_reserved, write_segment

from comity.audit import Chosen, Facts, Lot, Rules, Weight, ledger_lots
from comity.contracts import Book
from comity.ledger import EntryOutcome, Fact, Judged, Record, Store, fold, settle
from comity.money import Money

BLOCKS = (
    """define: stateless_api
readings:
  letter: {by: [oai, amzn], means: {surface: api, state: stateless}}
  spirit: {by: [msft], means: {surface: [api, runtime]}}""",
    """a.azure
confine: {action: serve, is: stateless_api}
to: {cloud: azure}
in_force: 2026-02-27 .. 2026-04-27""",
    """a.residency
confine: {data: personal}
to: {region: eu}""",
    """a.late
forbid: {cloud: google}
known: 2026-06-01""",
)
TARGETS: dict[str, dict[str, Fact]] = {
    "azure-swe": {"cloud": "azure", "region": frozenset({"swedencentral"})},
    "bedrock": {"cloud": "aws", "region": frozenset({"us-east-1"})},
    "vertex": {"cloud": "google", "region": frozenset({"europe-west4"})},
}
REQUEST: dict[str, Fact] = {"action": "serve", "surface": "runtime", "state": "stateful", "data": "none"}
NANO = 1_000_000_000


def make_book() -> Book:
    """One open term, one dated clause, one clause that was learned late."""
    return small_book(*BLOCKS)


def write_book(folder: Path, *more: str) -> Path:
    """The same book as a file."""
    path = folder / "deal.md"
    path.write_text(document(*BLOCKS, *more, front=FRONT))
    return path


def nanos(text: str) -> int:
    """A moment, UTC, in unix nanoseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * NANO


def make_call(
    deployment: str, at: str = "2026-03-18", outcome: str = "permitted", **changes: Any
) -> list[Record]:
    """A served request: its three records; `changes` replaces facts of the workload."""
    moment = nanos(at)
    reserved = make_reserved(
        (deployment,),
        at=moment,
        decided_at=moment,
        facts={"product": "support"},
        workload={**REQUEST, **changes},
        verdicts=(Judged(deployment, outcome),),
        targets=TARGETS,
    )
    target = TARGETS[deployment]
    attempt = make_attempt(
        reserved.entry,
        deployment=deployment,
        answered_by=deployment,
        cloud=target["cloud"],
        region=target["region"],
        started=moment,
    )
    settled = settle(reserved.entry, EntryOutcome.SERVED, 200, [attempt], at=moment)
    return [reserved, attempt, settled]


def make_stop(at: str = "2026-03-18", **changes: Any) -> list[Record]:
    """A request that was refused; `changes` replaces facts of the workload."""
    moment = nanos(at)
    refused = make_refused(at=moment, decided_at=moment, workload={**REQUEST, **changes}, targets=TARGETS)
    return [refused]


def write_ledger(folder: Path, *entries: list[Record]) -> Path:
    """A journal with these entries."""
    folder.mkdir(exist_ok=True)
    write_segment(folder, [record for entry in entries for record in entry])
    return folder


def lots_of(store: Store, folder: Path, rules: Rules, chosen: Chosen | None = None) -> list[Lot]:
    """The lots of a journal."""
    fold(folder, store)
    return list(ledger_lots(store, rules.bounds, chosen or Chosen()))


def make_lot(deployment: str = "bedrock", at: str = "2026-03-18", **changes: Any) -> Lot:
    """A lot of ten requests that cost 2 USD; `changes` replaces facts, or fields of the lot."""
    fields = {name: changes.pop(name) for name in Lot.__struct_fields__ if name in changes}
    facts: Facts = {**REQUEST, **TARGETS[deployment], **changes}
    weight = Weight(10, 100, 20, {"USD": Money(Decimal(2), "USD")}, 1)
    lot = Lot("served", (facts,), nanos(at) / NANO, weight, {"caller": "bot"})
    return msgspec.structs.replace(lot, **fields)
