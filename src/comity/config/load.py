"""From `comity.yaml` to the settings of a gateway.

Every problem of the file is reported at once, each with its place. References between sections are checked
here: a route to a deployment that does not exist, a posture for a party that no contract knows, a fact
outside the vocabulary. Nothing is defaulted that could change where a request runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from comity.budgets import BudgetSettings
from comity.clouds import Addressed, Deployment, Limits, google, resolve_places
from comity.config import caller_keys, login, prices, sections
from comity.config.budgets import BudgetReader, Known
from comity.contracts import Book, Posture, Workload, load_book, parse_facts
from comity.database import parse_address
from comity.errors import ConfigError, Place, Problem, SourceError, StoreError
from comity.exchange import ModelTraits
from comity.gateway.settings import LedgerSettings, Listen, Settings
from comity.intake import Caller
from comity.prices import PriceBook
from comity.proof import LOG_FOLDER, ProofSettings, place_of
from comity.routing import Route
from comity.sessions import STORE, SessionSettings
from comity.source import Entry, Node, closest, parse_yaml, read_section, unreadable

T = TypeVar("T")


def load_settings(path: Path) -> Settings:
    """The settings that the file at `path` describes; relative paths in it start at its folder.

    Raises ConfigError for the file itself and BookError for the contracts it names, with all problems.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([unreadable(str(path), f"the file cannot be read: {error}")]) from error
    try:
        root = parse_yaml(text, str(path))
    except SourceError as error:
        raise ConfigError(error.problems) from error
    return _Assembly(root, path.parent).settings()


class _Assembly:
    """One pass over the file; problems are collected and raised together."""

    def __init__(self, root: Node, folder: Path) -> None:
        self._root = root
        self._folder = folder
        self._problems: list[Problem] = []

    def settings(self) -> Settings:
        file = read_section(self._root, sections.File)
        if isinstance(file, Problem):
            raise ConfigError([file])
        folders = [file.book] if isinstance(file.book, str) else file.book
        book = load_book(*(self._folder / folder for folder in folders))
        priced, wrong = prices.read_books(file.prices, self._folder)
        self._problems.extend(wrong)
        deployments, targets = self._deployments(book, file.deployments, priced)
        routes = self._routes(book, file)
        callers = self._callers(book, file, routes)
        sessions = None if file.sessions is None else self._sessions(book, file, file.sessions)
        budgets = None if file.budgets is None else self._budgets(book, file, file.budgets)
        self._check_store(file.ledger)
        proof = None if file.proof is None else self._proof(file.proof, file.ledger)
        if self._problems:
            raise ConfigError(self._problems)
        if sessions is not None:
            targets[STORE] = sessions.facts
        return Settings(
            book=book,
            deployments=deployments,
            targets=targets,
            routes=routes,
            callers=callers,
            ledger=self._ledger(file.ledger),
            listen=self._listen(file.listen),
            sessions=sessions,
            budgets=budgets,
            proof=proof,
        )

    def _deployments(
        self, book: Book, listed: list[sections.DeploymentSection], priced: PriceBook
    ) -> tuple[dict[str, Deployment], dict[str, Workload]]:
        deployments: dict[str, Deployment] = {}
        targets: dict[str, Workload] = {}
        for index, section in enumerate(listed):
            node = self._item("deployments", index)
            if section.id in deployments:
                self._report(
                    _at(node, "id"), f"the deployment id `{section.id}` is taken", "choose another id"
                )
                continue
            build = partial(_deployment, section, book.title, self._folder, priced)
            deployment = self._attempt(node.place, build)
            self._check_references(section.auth, _child(node, "auth"))
            facts = {
                "cloud": section.cloud,
                "region": section.region if deployment is None else sorted(deployment.region),
                "model": section.model,
                **section.facts,
            }
            target = self._facts(book, facts, _at(node, "facts"))
            if deployment is not None and target is not None:
                deployments[section.id] = deployment
                targets[section.id] = target
        return deployments, targets

    def _check_references(self, auth: sections.AuthSection, node: Node) -> None:
        for *path, name in login.written_out(auth):
            for step in path:
                node = _child(node, step)
            self._report_written(node, name)

    def _check_written(self, node: Node, name: str, references: list[str]) -> None:
        if not all(reference.startswith(("env:", "file:")) for reference in references):
            self._report_written(node, name)

    def _report_written(self, node: Node, name: str) -> None:
        # The value may be a secret: it must not be repeated.
        message = f"`{name}` holds something that is no reference to a secret"
        self._report(_at(node, name), message, "write `env:NAME` or `file:PATH`, never the value")

    def _routes(self, book: Book, file: sections.File) -> dict[str, Route]:
        routes: dict[str, Route] = {}
        declared = {section.id for section in file.deployments}
        for model, section in file.models.items():
            node = _child(_child(self._root, "models"), model)
            for name in (*section.deployments, *section.otherwise):
                if name not in declared:
                    place = _at(node, "from" if name in section.deployments else "otherwise")
                    self._report(place, f"there is no deployment `{name}`", closest(name, declared))
            if not section.deployments:
                self._report(node.place, f"the model `{model}` has no deployment", "name one in `from`")
            if section.attempts < 1:
                self._report(_at(node, "attempts"), "`attempts` must be at least 1", "leave it out for 3")
            posture = self._posture(book, file.posture, section.posture, node)
            self._check_reroute(posture, section, node)
            routes[model] = _route(model, section, posture)
        return routes

    def _posture(
        self, book: Book, base: sections.PostureSection, own: sections.PostureSection, node: Node
    ) -> Posture:
        merged = {
            field: getattr(own, field) if getattr(own, field) is not None else getattr(base, field)
            for field in sections.PostureSection.__struct_fields__
        }
        reading = merged["reading"]
        if reading is not None and reading not in book.parties:
            section = node if own.reading is not None else self._root
            place = _at(_child(section, "posture"), "for")
            self._report(place, f"no contract knows the party `{reading}`", closest(reading, book.parties))
        return Posture(**{field: value for field, value in merged.items() if value is not None})

    def _check_reroute(self, posture: Posture, section: sections.RouteSection, node: Node) -> None:
        if "re-route" in (posture.disputed, posture.unknown) and not section.otherwise:
            self._report(
                node.place, "`re-route` has nowhere to go", "name the deployments to turn to in `otherwise`"
            )

    def _callers(self, book: Book, file: sections.File, routes: Mapping[str, Route]) -> tuple[Caller, ...]:
        shared = self._facts(book, file.facts, _at(self._root, "facts")) or {}
        callers: dict[str, Caller] = {}
        taken: dict[str, str] = {}
        for index, section in enumerate(file.callers):
            node = self._item("callers", index)
            if section.id in callers:
                self._report(_at(node, "id"), f"the caller id `{section.id}` is taken", "choose another id")
            self._problems.extend(caller_keys.key_problems(section, taken, partial(_at, node)))
            for model in section.models or ():
                if model not in routes:
                    place = _at(node, "models")
                    self._report(place, f"there is no model `{model}`", closest(model, routes))
            for name in section.may_state:
                if name not in book.vocabulary.attributes:
                    suggestion = closest(name, book.vocabulary.attributes)
                    self._report(_at(node, "may_state"), f"there is no attribute `{name}`", suggestion)
            facts = self._facts(book, section.facts, _at(node, "facts"))
            models = None if section.models is None else frozenset(section.models)
            callers[section.id] = Caller(
                section.id,
                caller_keys.key_hash(section),
                {**shared, **(facts or {})},
                models,
                frozenset(section.may_state),
                caller_keys.signing_key(section),
            )
        return tuple(callers.values())

    def _sessions(
        self, book: Book, file: sections.File, section: sections.SessionsSection
    ) -> SessionSettings | None:
        node = _child(self._root, "sessions")
        self._check_written(node, "key", [section.key])
        self._check_written(node, "old_keys", section.old_keys)
        if section.days < 1:
            self._report(_at(node, "days"), "`days` must be at least 1", "leave it out for 30")
        if any(deployment.id == STORE for deployment in file.deployments):
            message = f"the store of conversations is called `{STORE}` where it is decided on"
            self._report(node.place, message, "choose another id for that deployment")
        own = {"action": "store", "store_region": section.region, "retention_days": section.days}
        facts = self._facts(book, {**section.facts, **own}, _at(node, "facts"))
        posture = self._posture(book, file.posture, sections.PostureSection(), node)
        if facts is None:
            return None
        keys = (section.key, *section.old_keys)
        return SessionSettings(self._folder / section.store, keys, facts, posture, section.days)

    def _budgets(self, book: Book, file: sections.File, section: sections.BudgetsSection) -> BudgetSettings:
        node = _child(self._root, "budgets")

        def at(listed: str, index: int, key: str) -> Place:
            items = _child(node, listed).value
            assert isinstance(items, tuple), "the section was read as a list"
            return _at(items[index], key)

        known = Known(book, [caller.id for caller in file.callers], list(file.models))
        reader = BudgetReader(section, known, at)
        settings = reader.settings(self._folder, self._ledger(file.ledger).journal)
        self._problems.extend(reader.problems)
        for name in ("bytes_per_token", "output_tokens"):
            if getattr(section, name) <= 0:
                self._report(_at(node, name), f"`{name}` must be more than 0", "leave it out")
        return settings

    def _proof(self, section: sections.ProofSection, ledger: sections.LedgerSection) -> ProofSettings:
        node = _child(self._root, "proof")
        self._check_written(node, "key", [section.key])
        if section.sign_every < 0:
            self._report(_at(node, "sign_every"), "`sign_every` is negative", "leave it out for 60")
        where = self._ledger(ledger)
        folder = self._folder / section.folder if section.folder else where.journal / LOG_FOLDER
        return ProofSettings(place_of(where.store, folder), section.key, section.hashes, section.sign_every)

    def _check_store(self, section: sections.LedgerSection) -> None:
        try:
            parse_address(section.store)
        except StoreError as error:
            place = _at(_child(self._root, "ledger"), "store")
            self._report(place, str(error), "write a path, or `postgresql://user@host/database`")

    def _ledger(self, section: sections.LedgerSection) -> LedgerSettings:
        journal = self._folder / section.journal
        store: Path | str = self._folder / section.store if section.store else journal / "ledger.db"
        if section.store and "://" in section.store:
            store = section.store
        return LedgerSettings(journal, store, section.durability, section.fold_every)

    def _listen(self, section: sections.ListenSection) -> Listen:
        tls = section.tls
        return Listen(
            host=section.host,
            port=section.port,
            workers=section.workers,
            max_body=section.max_body,
            drain=section.drain,
            certificate=self._folder / tls.certificate if tls else None,
            key=self._folder / tls.key if tls else None,
        )

    def _facts(self, book: Book, facts: Mapping[str, sections.FactValue], place: Place) -> Workload | None:
        return self._attempt(place, lambda: parse_facts(book, facts))

    def _attempt(self, place: Place, build: Callable[[], T]) -> T | None:
        try:
            return build()
        except ValueError as error:
            message, _, suggestion = str(error).partition("; ")
            self._report(place, message, suggestion)
            return None

    def _item(self, section: str, index: int) -> Node:
        listed = _child(self._root, section).value
        assert isinstance(listed, tuple), "the section was read as a list"
        return listed[index]

    def _report(self, place: Place, message: str, suggestion: str) -> None:
        self._problems.append(Problem(place, message, suggestion))


def _deployment(
    section: sections.DeploymentSection, book: str, folder: Path, priced: PriceBook
) -> Deployment:
    served = section.served_model or section.model
    asked = Addressed(section.cloud, section.dialect, served, section.url, section.signing_region)
    places = resolve_places(asked, section.region)
    deployment = Deployment(
        id=section.id,
        cloud=section.cloud,
        region=places,
        model=section.model,
        served_model=served,
        dialect=section.dialect,
        url=section.url,
        auth=login.complete(section.auth, deployment=section.id, book=book, folder=folder),
        limits=Limits(**msgspec.structs.asdict(section.limits)),
        tariff=prices.tariff_for(section, places, priced),
        traits=_traits(section),
        signing_region=section.signing_region,
        mark_requests=section.mark_requests,
        ca_file=None if section.ca_file is None else str(folder / section.ca_file),
    )
    return google.with_surface(deployment) if section.dialect.startswith("gemini.") else deployment


def _traits(section: sections.DeploymentSection) -> ModelTraits:
    members = msgspec.structs.asdict(section.traits)
    # Encrypted reasoning is read by the account that wrote it: without a word, each deployment is one.
    members["reasoning_account"] = section.traits.reasoning_account or section.id
    return ModelTraits(**members)


def _route(model: str, section: sections.RouteSection, posture: Posture) -> Route:
    return Route(
        model=model,
        deployments=tuple(section.deployments),
        posture=posture,
        otherwise=tuple(section.otherwise),
        choose=section.choose,
        attempts=section.attempts,
        after_ambiguous=section.after_ambiguous,
        unpriced=section.unpriced,
        inexpressible=section.inexpressible,
        moves=section.moves,
    )


def _child(node: Node, key: str) -> Node:
    if isinstance(node.value, dict) and key in node.value:
        entry: Entry = node.value[key]
        return entry.node
    return node


def _at(node: Node, key: str) -> Place:
    """The place of `key` in a section, or of the section where the key is not written."""
    if isinstance(node.value, dict) and key in node.value:
        return node.value[key].node.place
    return node.place
