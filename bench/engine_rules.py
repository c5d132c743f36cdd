"""What a decision costs in Cedar, CEL and Casbin; runs in their own environment and knows nothing of Comity.

Reads rules and requests as JSON from its input: a rule is a list of tests that must all hold, a test is an
attribute and its accepted values, and a rule that holds denies. Everything that can be is prepared before the
clock starts. Writes one line of JSON per engine.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

Rule = list[tuple[str, list[Any]]]
Facts = dict[str, Any]
Ask = Callable[[Facts], bool]
SECONDS = 2.0
"""How long one engine may take for all requests; it answers at least `LEAST`."""
LEAST = 3


def cedar(rules: list[Rule]) -> Ask:
    """Policies parsed once; a request is one call."""
    from cedarpy import Decision, Entities, PolicySet, is_authorized  # noqa: PLC0415 - one engine at a time

    forbids = (
        "forbid(principal, action, resource) when { "
        + " && ".join(f"{json.dumps(values)}.contains(context.{name})" for name, values in rule)
        + " };"
        for rule in rules
    )
    policies = PolicySet.from_str("permit(principal, action, resource);\n" + "\n".join(forbids))
    entities = Entities.from_json_str("[]")
    fixed = {"principal": 'U::"u"', "action": 'A::"a"', "resource": 'R::"r"'}

    def ask(facts: Facts) -> bool:
        return bool(is_authorized({**fixed, "context": facts}, policies, entities).decision is Decision.Deny)

    return ask


def cel(rules: list[Rule]) -> Ask:
    """Every rule a compiled program of the implementation in Rust, each run until one holds."""
    from cel import Context, compile  # type: ignore[import-not-found]  # noqa: A004, PLC0415 - of another environment

    programs = [
        compile(" && ".join(f"{name} in {json.dumps(values)}" for name, values in rule)) for rule in rules
    ]

    def ask(facts: Facts) -> bool:
        context = Context(facts)
        return any(program.execute(context) for program in programs)

    return ask


def casbin(rules: list[Rule]) -> Ask:
    """Rules over attributes, as its matchers have them."""
    from casbin import (  # type: ignore[import-not-found]  # noqa: PLC0415 - of another environment
        Enforcer,
        Model,
    )

    model = Model()
    model.load_model_from_text(
        "[request_definition]\nr = sub\n[policy_definition]\np = rule, eft\n"
        "[policy_effect]\ne = !some(where (p.eft == deny))\n[matchers]\nm = eval(p.rule)\n"
    )
    enforcer = Enforcer(model)
    for rule in rules:
        tests = (
            "(" + " || ".join(f"r.sub.{name} == {json.dumps(value)}" for value in values) + ")"
            for name, values in rule
        )
        enforcer.add_policy(" && ".join(tests), "deny")

    def ask(facts: Facts) -> bool:
        return not enforcer.enforce(type("Facts", (), facts)())

    return ask


def measure(
    name: str, package: str, prepare: Callable[[list[Rule]], Ask], given: dict[str, Any]
) -> dict[str, Any]:
    """One engine, over as many requests as the time allows."""
    ask = prepare(given["rules"])
    answers: list[bool] = []
    ask(given["requests"][0])
    begin = time.perf_counter()
    for facts in given["requests"]:
        answers.append(ask(facts))
        if len(answers) >= LEAST and time.perf_counter() - begin > SECONDS:
            break
    each = (time.perf_counter() - begin) * 1e6 / len(answers)
    return {"engine": name, "version": version(package), "each_us": each, "denied": answers}


if __name__ == "__main__":
    given = json.load(sys.stdin)
    engines = (
        ("Cedar", "cedarpy", cedar),
        ("CEL", "common-expression-language", cel),
        ("Casbin", "casbin", casbin),
    )
    for name, package, prepare in engines:
        print(json.dumps(measure(name, package, prepare, given)), flush=True)
