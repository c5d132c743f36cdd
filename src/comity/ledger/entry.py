"""What the ledger records: records that tell one request from reservation to settlement, and after it.

An entry is `Reserved` once, has one `Attempted` per try, and is `Settled` once; or it is `Refused`, which is
a whole entry by itself. What turns out later about an amount is a `Corrected`, never an edit. Prompts and
answers never enter: only counts, names, and optionally hashes.
On disk a record is an array with a numbered tag. INVARIANT: fields are only ever appended, with a default,
so that every journal ever written can be read.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import msgspec

from comity.exchange import Usage
from comity.money import Money

Fact: TypeAlias = str | bool | int | frozenset[str]
"""A recorded fact of a workload; a decimal is recorded as its text."""

TEXT_LIMIT = 500
"""Characters of foreign text (a provider's message, a client's model name) that a record keeps."""


def shorten(text: str) -> str:
    """Foreign text cut to `TEXT_LIMIT` characters, with a mark where it was cut."""
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1] + "…"


class AttemptOutcome(StrEnum):
    """How one attempt ended, in terms of who may have been charged."""

    SERVED = "served"
    FAILED = "failed"
    ABORTED = "aborted"
    AMBIGUOUS = "ambiguous"
    NOT_SENT = "not_sent"


class EntryOutcome(StrEnum):
    """How an entry ended; `lost` is written by recovery for a gateway that died in between."""

    SERVED = "served"
    FAILED = "failed"
    ABORTED = "aborted"
    REFUSED = "refused"
    LOST = "lost"


class Judged(msgspec.Struct, frozen=True, array_like=True):
    """The verdict on one planned candidate; the masks have one bit per world of readings."""

    deployment: str
    """Deployment id."""
    outcome: str
    """The verdict in one word, as `contracts.Outcome` spells it."""
    worlds: int = 1
    """Number of worlds."""
    f_must: int = 0
    """Worlds in which the use is forbidden whatever the unknown facts are."""
    f_may: int = 0
    """Worlds in which it is forbidden for some value of the unknown facts."""
    c_must: int = 0
    """Worlds in which it is clear whatever the unknown facts are."""
    c_may: int = 0
    """Worlds in which it is clear for some value of the unknown facts."""
    clauses: tuple[str, ...] = ()
    """Ids of the clauses that decided."""
    action: str = "allow"
    """What the posture made of it: `allow`, `record`, ..."""


class DroppedCandidate(msgspec.Struct, frozen=True, array_like=True):
    """A candidate that was not planned, and why."""

    deployment: str
    """Deployment id."""
    cause: str
    """Short machine word: `contract`, `limit`, `health`, `dialect`, ..."""
    clauses: tuple[str, ...] = ()
    """Ids of the clauses that decided, when a contract did."""
    outcome: str = ""
    """The verdict in one word, when a contract decided."""
    why: str = ""
    """A sentence for people."""


class Decision(msgspec.Struct, frozen=True, array_like=True):
    """What requests of one kind have in common: who asks for what, and what the contracts said to it.

    It is made once and stands in every reservation and refusal of its kind.
    """

    caller: str
    """Caller id; empty when the caller could not be told."""
    route: str
    """Model name that the client asked for."""
    dialect: str
    """Dialect that the client spoke, for example `openai.chat`."""
    facts: dict[str, str] = {}
    """Facts of the caller that the operator declared relevant: customer, product, ..."""
    workload: dict[str, Fact] = {}
    """The facts that were judged, without the target's."""
    verdicts: tuple[Judged, ...] = ()
    """The verdict on each candidate that may serve, in the operator's order."""
    dropped: tuple[DroppedCandidate, ...] = ()
    """Candidates that may not serve."""
    book: str = ""
    """SHA-256 of the book in hexadecimal."""
    decided_at: int = 0
    """The moment the book was asked about (the `at` clock), unix nanoseconds."""
    targets: dict[str, dict[str, Fact]] = {}
    """The facts of every candidate (cloud, region, model, ...) by its deployment id: with them, whoever has a
    book can decide again. Empty in records that are older than this field."""
    posture: dict[str, str] = {}
    """How the operator acts on verdicts, as `contracts.Posture` names it; what is left out is its default."""
    ahead: int = 0
    """Nanoseconds by which the contracts' clock was ahead of the real one; not 0 only in a rehearsal."""


class Asked(msgspec.Struct, frozen=True, array_like=True):
    """One request and the decision on its kind; reservations and refusals begin with it.

    INVARIANT: it never grows, since the fields of both follow it; what is new goes to the end of each.
    """

    entry: bytes
    """Entry id, 16 bytes."""
    at: int
    """Arrival, unix nanoseconds."""
    decision: Decision
    """Who, what, and what the contracts said."""
    stream: bool = False
    """Whether a streamed answer was asked for."""
    input_estimate: int = 0
    """Input tokens, estimated from the request's length."""
    output_limit: int | None = None
    """Most output tokens the client allows; None when it states no limit."""
    request_hash: bytes | None = None
    """SHA-256 of the request body, where the operator keeps it for proofs."""


class Reserved(Asked, frozen=True, array_like=True, tag=1):
    """A request was accepted: its plan, written before any target is called."""

    order: tuple[str, ...] = ()
    """Deployment ids in the order in which they will be tried, where health or price made it differ from the
    decision's; empty when it does not."""
    skipped: tuple[DroppedCandidate, ...] = ()
    """Candidates that may serve and were not planned this time."""
    held: Money | None = None
    """The most that the request can cost, put aside before the call; None when nothing was."""

    @property
    def planned(self) -> tuple[str, ...]:
        """Deployment ids in the order in which they will be tried."""
        return self.order or tuple(judged.deployment for judged in self.decision.verdicts)

    @property
    def dropped(self) -> tuple[DroppedCandidate, ...]:
        """Every candidate that was not planned, by contract or this time."""
        return self.decision.dropped + self.skipped


class Attempted(msgspec.Struct, frozen=True, array_like=True, tag=2, gc=False):
    """One try on one deployment, whatever came of it."""

    entry: bytes
    """Entry id, 16 bytes."""
    number: int
    """Position among the attempts of its entry, from 1."""
    deployment: str
    """Deployment id that was called."""
    answered_by: str
    """Deployment that answered as the response says (spillover); else the one called."""
    cloud: str
    """Cloud of the deployment that answered."""
    region: frozenset[str]
    """Regions in which it may have been processed."""
    started: int
    """When the call began, unix nanoseconds."""
    first_byte: int | None
    """When the first byte of the answer came, unix nanoseconds; None when none came."""
    ended: int
    """When it was over, unix nanoseconds."""
    outcome: AttemptOutcome
    """How it ended; `ambiguous` means that the provider may have charged for it."""
    status: int = 0
    """HTTP status of the provider; 0 when none came."""
    failure: str = ""
    """Kind of failure in one word; empty when served."""
    message: str = ""
    """The provider's or transport's text, shortened; never a secret."""
    usage: Usage | None = None
    """Tokens by class; None when unknown, which is not zero."""
    estimated: bool = False
    """Whether the tokens were estimated by us, not counted by the provider."""
    cost: Money | None = None
    """Exact charge; None when there is none or it is unknown, and `unrated` says which."""
    unrated: str = ""
    """Why there is no cost, as `prices.Unrated` words it; empty when there is one."""
    dropped_parameters: tuple[str, ...] = ()
    """Parameters of the request that this target did not get, as the client called them."""
    provider_request: str = ""
    """The provider's id of the call."""
    provider_account: str = ""
    """The account at the provider that was served, where the provider says it."""
    tier: str = ""
    """The tier that served, as the response says: `standard`, `batch`, `flex`, `priority` or `reserved`;
    empty when it does not say."""
    model: str = ""
    """The model that served, by the provider's name; empty when the response does not say."""
    price: str = ""
    """Id of the price terms that rated it; empty when unrated."""
    list_cost: Money | None = None
    """The charge at list price, where a negotiated price was applied; None when that is `cost`."""


class Settled(msgspec.Struct, frozen=True, array_like=True, tag=3, gc=False):
    """The end of a reserved entry; exactly one per entry. Build it with `settle`, which sums exactly."""

    entry: bytes
    """Entry id, 16 bytes."""
    at: int
    """Unix nanoseconds."""
    outcome: EntryOutcome
    """How the entry ended."""
    status: int
    """HTTP status sent to the client; 0 when none was."""
    attempts: int
    """Number of attempts."""
    usage: Usage = Usage()
    """Sum of the tokens that are known."""
    unknown_usage: int = 0
    """Attempts that may have been charged and whose tokens are unknown."""
    costs: tuple[Money, ...] = ()
    """Exact sums of the known charges, one per currency, by currency."""
    unrated: int = 0
    """Attempts that may have been charged and have no amount."""
    estimated: bool = False
    """Whether any attempt's tokens were estimated."""
    answer_hash: bytes | None = None
    """SHA-256 of the answer's bytes, where the operator keeps it for proofs."""


class Refused(Asked, frozen=True, array_like=True, tag=4):
    """A request that was refused before any attempt: a whole entry."""

    status: int = 0
    """HTTP status sent to the client."""
    cause: str = ""
    """Short machine word: `contract`, `rights`, `budget`, `limit`, `request`, ..."""
    clauses: tuple[str, ...] = ()
    """Ids of the clauses that decided, when a contract did."""
    message: str = ""
    """What the client was told, shortened."""

    @property
    def dropped(self) -> tuple[DroppedCandidate, ...]:
        """Every candidate that was not planned."""
        return self.decision.dropped


class Corrected(msgspec.Struct, frozen=True, array_like=True, tag=5, gc=False):
    """An amount turned out to be another: a later event of its own, beside the attempt that it changes."""

    id: bytes
    """Id of the correction, 16 bytes; the same one said twice counts once."""
    entry: bytes
    """Id of the corrected entry, 16 bytes."""
    number: int
    """The attempt that it is about, from 1; 0 when it is about the entry as a whole."""
    at: int
    """When it was made, unix nanoseconds."""
    by: str
    """Who made it."""
    reason: str
    """Why, for people: an invoice's line, an agreement, a fault."""
    delta: Money
    """What is added to the charge; negative for a credit."""


Record: TypeAlias = Reserved | Attempted | Settled | Refused | Corrected
"""One frame of the journal."""

_ENCODER = msgspec.msgpack.Encoder()
_DECODER: msgspec.msgpack.Decoder[Record] = msgspec.msgpack.Decoder(Record)

encode_record = _ENCODER.encode
"""The bytes of a record."""

decode_record = _DECODER.decode
"""The record behind its bytes; raises msgspec.DecodeError or msgspec.ValidationError."""
