"""`owe` and `power` blocks into the values of `duties`."""

from __future__ import annotations

from comity.contracts.duties import Limit, Milestone, Owe, Power, Trigger
from comity.contracts.fields import GRADES, Fields, Problems, parse_day
from comity.contracts.parse_amount import parse_amount
from comity.contracts.parse_reserve import check_reserve, parse_measure, parse_recurring, parse_share
from comity.contracts.predicates import Words, parse_predicate
from comity.contracts.terms import TRUE
from comity.source import Node

_VERBS = ("buy", "pay", "use", "do")
_MAY = ("terminate", "waive", "consent", "verify", "exercise")
_PER = ("minute", "hour", "day", "month", "quarter", "year")
_SHORTFALL = ("pay", "forfeit", "prepay")
_CARRY = ("surplus", "shortfall")
_OVERAGE = ("standard", "spill", "refuse")


def parse_owe(node: Node, words: Words, events: frozenset[str], problems: Problems) -> Owe:
    """The duty that the mapping `node` states."""
    fields = Fields(node, "`owe`", problems)
    verbs = [verb for verb in _VERBS if verb in fields]
    rate, of = fields.number("rate"), fields.text("of")
    if len(verbs) > 1 or (not verbs and rate is None):
        problems.add(
            node.place, "`owe` says one of `buy`, `pay`, `use` or `do`", "write for example `buy: azure`"
        )
    if (rate is None) != (not of):
        problems.add(node.place, "`rate` and `of` belong together", "write `rate: 0.20, of: revenue`")
    verb = verbs[0] if verbs else "pay"
    counts, cap = fields.take("counts"), fields.take("cap")
    owe = Owe(
        debtor=_parties(fields, "from", words),
        creditor=_parties(fields, "to", words),
        verb=verb,
        what=fields.text(verb) or of,
        counts=TRUE if counts is None else parse_predicate(counts, words, problems),
        limits=_limits(fields, words, problems),
        amount=parse_amount(fields.take("amount"), problems),
        by=fields.day("by"),
        per=fields.word("per", _PER),
        milestones=_milestones(fields, problems),
        shortfall=fields.word("shortfall", _SHORTFALL),
        recovers=parse_share(fields, "recovers"),
        carry=fields.word("carry", _CARRY),
        carry_at_most=parse_share(fields, "carry_at_most"),
        least=parse_recurring(fields.take("least"), "`least`", problems),
        measure=parse_measure(fields.take("measure"), problems),
        overage=fields.word("overage", _OVERAGE),
        fee=parse_recurring(fields.take("fee"), "`fee`", problems),
        rate=rate,
        of=of,
        cap=parse_amount(cap, problems, fields.word("cap_sure", GRADES)),
        trigger=_trigger(fields.take("trigger"), events, problems),
        notes=fields.text("notes"),
    )
    for verb in verbs[1:]:
        fields.take(verb)
    fields.finish()
    check_reserve(owe, fields, problems)
    return owe


def parse_power(node: Node, words: Words, events: frozenset[str], problems: Problems) -> Power:
    """The power that the mapping `node` states."""
    fields = Fields(node, "`power`", problems)
    power = Power(
        holder=_parties(fields, "holder", words),
        may=fields.word("may", _MAY),
        of=fields.words("of"),
        event=fields.word("event", events),
        notice_days=fields.count("notice_days"),
        notes=fields.text("notes"),
    )
    if "may" not in fields:
        problems.add(node.place, "`power` does not say what its holder may do", "add `may: terminate`")
    fields.finish()
    return power


def parse_ends(node: Node, events: frozenset[str], problems: Problems) -> Trigger:
    """An event, a list of events, or `{first_of: [event, DATE]}`."""
    if isinstance(node.value, dict):
        fields = Fields(node, "`first_of`", problems)
        inner = fields.take("first_of")
        fields.finish()
        items = inner.value if inner is not None and isinstance(inner.value, tuple) else ()
        if not items:
            problems.add(node.place, "`first_of` takes a list", "write `{first_of: [event, 2031-01-01]}`")
    else:
        items = (node,)
    fields = Fields(Node(node.place, {}), "", problems)
    days = [
        fields.parsed(item, parse_day, None)
        for item in items
        if isinstance(item.value, str) and item.value[:1].isdigit()
    ]
    named = [item for item in items if not (isinstance(item.value, str) and item.value[:1].isdigit())]
    names = tuple(fields.one_word(item, events, "a declared event", "") for item in named)
    return Trigger(names, min((day for day in days if day is not None), default=None))


def _trigger(node: Node | None, events: frozenset[str], problems: Problems) -> Trigger | None:
    return None if node is None else parse_ends(node, events, problems)


def _parties(fields: Fields, key: str, words: Words) -> tuple[str, ...]:
    if key not in fields:
        fields.problems.add(fields.node.place, f"{fields.what} does not say `{key}`", f"add `{key}: a_party`")
    return fields.words(key, words.parties)


def _limits(fields: Fields, words: Words, problems: Problems) -> tuple[Limit, ...]:
    node = fields.take("limits")
    if node is None:
        return ()
    found: list[Limit] = []
    for item in node.value if isinstance(node.value, tuple) else (node,):
        inner = Fields(item, "a limit", problems)
        counts, share = inner.take("counts"), inner.number("at_most")
        inner.finish()
        if counts is None or share is None or not 0 <= share <= 1:
            problems.add(
                item.place,
                "a limit needs `counts` and `at_most`, a share between 0 and 1",
                "write `{counts: {marketplace: {over: 0}}, at_most: 0.25}`",
            )
        else:
            found.append(Limit(parse_predicate(counts, words, problems), share))
    return tuple(found)


def _milestones(fields: Fields, problems: Problems) -> tuple[Milestone, ...]:
    node = fields.take("milestones")
    if node is None:
        return ()
    if not isinstance(node.value, tuple):
        problems.add(node.place, "`milestones` is a list", "write `- {by: 2026-06-30, amount: 5e6 USD}`")
        return ()
    found: list[Milestone] = []
    for item in node.value:
        step = Fields(item, "a milestone", problems)
        by, amount = step.day("by"), parse_amount(step.take("amount"), problems)
        step.finish()
        if by is None or amount is None:
            problems.add(
                item.place, "a milestone needs `by` and `amount`", "write `{by: 2026-06-30, amount: 5e6 USD}`"
            )
        else:
            found.append(Milestone(by, amount))
    return tuple(sorted(found, key=lambda step: step.by))
