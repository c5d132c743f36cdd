"""The sections of `comity.yaml`, as written: every key with its meaning and default.

These types only mirror the file. `load` turns them into the values of the rooms that use them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal, TypeAlias

import msgspec

from comity.clouds import AssumedRole, Auth, AwsLogin, EntraLogin, GoogleLogin
from comity.exchange import ModelTraits
from comity.prices import TierSection

FactValue: TypeAlias = Any
"""A fact as YAML writes it: a word, a number, a truth value or a list; the book's vocabulary checks it."""

Reaction = Literal["refuse", "allow-and-record", "re-route", "ask"]
"""What to do with a candidate whose verdict is not clear."""

Tier = Literal["standard", "batch", "flex", "priority", "reserved"]
"""A tier of service that prices are written for."""


class PostureSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which readings the operator acts on, and what to do when they do not settle it."""

    reading: str | None = msgspec.field(default=None, name="for")
    """Party whose readings of disputed terms count; without it all readings count."""
    mode: Literal["safe", "arguable"] | None = None
    """`safe`: permitted in every reading that counts (default). `arguable`: permitted in one of them."""
    disputed: Reaction | None = None
    """When the readings differ (default `refuse`)."""
    unknown: Reaction | None = None
    """When a fact is missing (default `refuse`)."""
    conditional: Literal["refuse", "allow-and-record"] | None = None
    """When a duty must be done first (default `refuse`)."""


class LedgerSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where every request is recorded."""

    journal: str = "var/ledger"
    """Folder of the append-only journal."""
    store: str | None = None
    """What the journal is folded into: a SQLite file, by default `ledger.db` in the journal's folder, or
    `postgresql://user@host/database?password=env:NAME`, which several gateways may share."""
    durability: Literal["normal", "strict"] = "normal"
    """`normal`: written before an answer leaves (survives a crash of the process). `strict`: also synced."""
    fold_every: float = 5.0
    """Seconds between two folds of the journal into the store; 0 leaves folding to `comity ledger fold`."""


class SessionsSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where conversations of the Responses API are kept, encrypted; without this section none are."""

    key: str
    """Reference to the key, 32 bytes as hex or base64 (`openssl rand -hex 32`): `env:NAME` or `file:PATH`."""
    region: list[str]
    """Every region in which the store may lie: the fact `store_region` of the act `store`."""
    store: str = "var/sessions.db"
    """SQLite file."""
    old_keys: list[str] = []
    """References to former keys: they open what they sealed, and seal nothing any more."""
    days: int = 30
    """Days that a response is kept after its last use: the fact `retention_days`."""
    facts: dict[str, FactValue] = {}
    """Further facts about the store, at least `host`: whose machines it is on (`own`, `azure`, ...)."""


class TlsSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The certificate that the gateway shows."""

    certificate: str
    """PEM file with the certificate chain."""
    key: str
    """PEM file with the private key."""


class ListenSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the gateway listens."""

    host: str = "127.0.0.1"
    """Address to bind."""
    port: int = 8080
    """Port to bind; 0 takes a free one."""
    workers: int = 1
    """Processes that share the port."""
    max_body: int = 32 * 1024 * 1024
    """Largest request body in bytes; larger ones are answered 413."""
    drain: float = 30.0
    """Seconds that requests in flight are given on SIGTERM."""
    tls: TlsSection | None = None
    """Certificate and key; without it the gateway speaks plain HTTP."""


class AwsSection(AwsLogin, frozen=True, forbid_unknown_fields=True):
    """Where AWS keys are found (`auth.aws`): in one place, or by botocore's own search, called `chain`."""


class AssumedRoleSection(AssumedRole, frozen=True, forbid_unknown_fields=True):
    """A role that is taken on with AWS keys (`auth.assume_role`).

    Its sessions are tagged `comity-deployment` and `comity-book`, so that AWS's own logs can be joined with
    the ledger.
    """


class EntraSection(EntraLogin, frozen=True, forbid_unknown_fields=True):
    """An identity of Microsoft Entra ID (`auth.entra`, with the extra `azure`)."""


class GoogleSection(GoogleLogin, frozen=True, forbid_unknown_fields=True):
    """An identity of Google Cloud (`auth.google`, with the extra `google`)."""


class AuthSection(Auth, frozen=True, forbid_unknown_fields=True):
    """How to log in to a cloud, in exactly one way: references to secrets (`env:NAME`, `file:PATH`)."""

    aws: AwsSection | None = None
    """Where AWS keys are found."""
    assume_role: AssumedRoleSection | None = None
    """The role taken on with AWS keys."""
    entra: EntraSection | None = None
    """An identity of Microsoft Entra ID."""
    google: GoogleSection | None = None
    """An identity of Google Cloud."""


class LimitsSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a deployment may be sent."""

    rpm: int | None = None
    """Requests per minute."""
    tpm: int | None = None
    """Tokens per minute, input plus output bound."""
    concurrency: int | None = None
    """Requests at the same time."""


class PriceSection(TierSection, frozen=True, forbid_unknown_fields=True):
    """What a deployment charges by a contract of its own; it goes before the prices of price files.

    The rates that stand here directly are those of the deployment's `tier`. Where they are left out,
    `reasoning` is charged as `output` and `image_input` as `input`.
    """

    currency: str = "USD"
    """ISO 4217 code."""
    tiers: dict[str, TierSection] = msgspec.field(default={})
    """Rates of further tiers: `standard`, `batch`, `flex`, `priority`, `reserved`."""
    contract: str = "configured"
    """The contract or clause that agrees it, as the ledger names it."""


class TraitsSection(ModelTraits, frozen=True, forbid_unknown_fields=True):
    """What the deployment's base model takes. Declared here, never guessed from a name."""


class DeploymentSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One addressable model somewhere."""

    id: str
    """Name in routes, in the ledger and in the `comity-deployment` header."""
    cloud: str
    """Where the model runs: the fact `cloud` that contracts are asked about."""
    model: str
    """Name of the model: the fact `model`."""
    dialect: Literal[
        "openai.chat",
        "openai.responses",
        "bedrock.converse",
        "anthropic.messages",
        "bedrock.invoke",
        "vertex.messages",
        "gemini.generate",
        "openai.embeddings",
        "bedrock.embeddings",
        "gemini.embeddings",
        "vertex.embeddings",
    ]
    """Wire format it speaks."""
    url: str
    """Base address."""
    region: list[str] = []
    """Every region that may process a request. A cloud's `eu`, `us` and `global` stand for all that it may
    use; leave it out where an inference profile, a Bedrock endpoint or a Vertex location says it."""
    auth: AuthSection = AuthSection()
    """How to log in."""
    served_model: str | None = None
    """What the target calls the model or the deployment; by default `model`."""
    ca_file: str | None = None
    """PEM file of a private certificate authority; without it the system's are trusted."""
    signing_region: str | None = None
    """AWS only: the endpoint's region, where neither the address nor a single `region` says it."""
    mark_requests: bool = False
    """Whether each request tells the cloud its entry in the ledger and its caller, so that the cloud's own
    logs can be joined: Bedrock's request metadata, Vertex AI's labels."""
    facts: dict[str, FactValue] = {}
    """Further facts about the target: provider, weights, hardware, seller ..."""
    limits: LimitsSection = LimitsSection()
    """What it may be sent."""
    tier: Tier = "standard"
    """The tier in which it serves where neither request nor answer names one; `reserved` for provisioned
    throughput."""
    price: PriceSection | None = None
    """What it charges by a contract of its own; without it the price files say, and without them nobody: then
    it is unpriced."""
    traits: TraitsSection = TraitsSection()
    """What its base model takes."""


class RouteSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands behind a model name that clients ask for."""

    deployments: list[str] = msgspec.field(name="from")
    """Candidate deployments, in order of preference."""
    otherwise: list[str] = []
    """Candidates for when the posture says `re-route` and none above is left."""
    choose: Literal["in-order", "cheapest"] = "in-order"
    """The order above, or by price for the request's size."""
    posture: PostureSection = PostureSection()
    """Overrides of the file's posture for this route."""
    attempts: int = 3
    """At most so many attempts for one request."""
    after_ambiguous: Literal["stop", "next"] = "stop"
    """Whether to try on after a failure that may have been charged for."""
    unpriced: Literal["refuse", "allow"] = "refuse"
    """Whether a deployment may serve that has no price, or none for the tier that the client asks for."""
    inexpressible: Literal["refuse", "drop"] = "refuse"
    """Whether parameters that a target cannot express refuse it, or are dropped visibly."""
    moves: Literal["none", "lossless", "lossy"] = "lossless"
    """Whether a kept conversation may go on at another deployment: never, only if nothing is left out
    (default), or also without what only the deployment before could read."""


class Sigv4Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key pair for clients that sign, such as boto3 (`callers[].sigv4`). It opens no AWS account."""

    access_key_id: str
    """What the client is given as its access key id: 16 to 128 letters and digits."""
    secret: str
    """Reference to the secret key that the client is given."""


class CallerSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An application that may call."""

    id: str
    """Name in the ledger."""
    key: str | None = None
    """`sha256:` and the hex hash of its key; `comity hash-key` makes one."""
    sigv4: Sigv4Section | None = None
    """Its key pair, where its client signs requests as for AWS; beside a key or instead of one."""
    facts: dict[str, FactValue] = {}
    """Facts of all its requests: customer, product, data class ..."""
    models: list[str] | None = None
    """Model names it may ask for; without it all."""
    may_state: list[str] = []
    """Attributes it may state itself, per request, in the `comity-facts` header."""


class BudgetLimitSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much requests of one kind may come to (`budgets.limits[]`), in money, tokens or requests."""

    id: str
    """Name, in messages and lists."""
    every: Literal["minute", "hour", "day", "month", "total"]
    """When it begins anew: by the calendar of its zone, or never."""
    money: str | None = None
    """Amount and currency: `100 USD`."""
    tokens: int | None = None
    """Tokens read and written."""
    requests: int | None = None
    """Requests that were served, or may have been."""
    where: dict[str, FactValue] = {}
    """Facts of the requests that count, each with a value or a list: any attribute, `caller`, `model` (the
    name that clients ask for) or `contract` (whose clauses decided). Without it all requests count."""
    per: list[str] = []
    """Facts by whose values it is divided: each combination has the whole amount."""
    zone: str | None = None
    """Time zone of its days and months; by default that of the section."""
    warn: list[Decimal] = []
    """Shares at which it warns, such as 0.8: on standard error, and in the header `comity-budget`."""


class WalletSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A prepaid wallet (`budgets.wallets[]`): requests are served while it has money."""

    id: str
    """Name; with `per`, followed by the values: `prepaid/acme`."""
    currency: str
    """ISO 4217 code."""
    where: dict[str, FactValue] = {}
    """Facts of the requests that it pays for, as of a limit."""
    per: list[str] = []
    """Facts by whose values there are several wallets."""


class BudgetsSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What requests may come to. What a request can cost at most is put aside before anything is called."""

    limits: list[BudgetLimitSection] = []
    """Limits; a request must fit into all that count it."""
    wallets: list[WalletSection] = []
    """Prepaid wallets."""
    store: str | None = None
    """SQLite file, or `postgresql://...` for several gateways; by default `budgets.db` in the journal's
    folder."""
    zone: str = "UTC"
    """Time zone of days and months."""
    bytes_per_token: float = 1.0
    """Bytes of a request that are held as one input token; 1 is never too little for text, 4 is usual."""
    output_tokens: int = 8192
    """Output tokens that are held where neither the client nor the deployment's traits bound them."""


class ProofSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A transparency log over everything that is settled, extended after each fold."""

    key: str
    """Reference to the signer key (`comity ledger key new` makes one): `env:NAME` or `file:PATH`."""
    folder: str | None = None
    """Folder of the log; by default `proof` in the journal's folder. Only `public` in it may be published."""
    hashes: bool = True
    """Whether entries hold the SHA-256 of the request's and the answer's bytes."""
    sign_every: float = 60.0
    """Least seconds between two checkpoints; what is settled waits as long for its first receipt."""


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of `comity.yaml`."""

    book: str | list[str]
    """Folder or folders of contracts, relative to this file."""
    deployments: list[DeploymentSection]
    """Where models run."""
    models: dict[str, RouteSection]
    """Model names that clients ask for."""
    callers: list[CallerSection]
    """Who may call."""
    prices: list[str] = []
    """Price files, relative to this file; `shipped` is the one that comes with Comity."""
    facts: dict[str, FactValue] = {}
    """Facts of every request: at least `actor`, the party that runs this gateway. A caller's facts win."""
    posture: PostureSection = PostureSection()
    """Whose readings count, and what to do when it is not clear."""
    ledger: LedgerSection = LedgerSection()
    """Where requests are recorded."""
    listen: ListenSection = ListenSection()
    """Where the gateway listens."""
    sessions: SessionsSection | None = None
    """Where conversations are kept; without it, what asks for state is refused."""
    budgets: BudgetsSection | None = None
    """What requests may come to; without it nothing is limited."""
    proof: ProofSection | None = None
    """How others can verify the ledger; without it no log is kept."""
