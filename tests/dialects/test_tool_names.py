"""Tool names within a target's pattern: one to one, the same on every turn, and back again."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from comity.dialects.tool_names import NameRule, ToolNames, digested, tool_names
from comity.exchange import Request, Tool, ToolCall, ToolChoice, Turn

RULE = NameRule(re.compile(r"[a-z_][a-z0-9_]{0,19}"), re.compile(r"[^a-z0-9_]+"), 20, lead="_")


@given(st.lists(st.text(max_size=40), max_size=12))
def test_T7_every_name_has_one_on_the_wire_and_finds_back(names: list[str]) -> None:
    """Two never meet, those that fit stay, and the order of declaration changes nothing."""
    fitted = ToolNames(names, RULE)
    wire = {name: fitted.wire(name) for name in names}
    assert len(set(wire.values())) == len(wire)
    assert all(RULE.allowed.fullmatch(name) for name in wire.values())
    assert all(wire[name] == name for name in wire if RULE.allowed.fullmatch(name))
    back = fitted.renamed()
    assert {name: back.get(sent, sent) for name, sent in wire.items()} == {name: name for name in wire}


def test_a_name_that_is_taken_gets_a_longer_digest() -> None:
    """Even where a client declares the very name that another one would be given."""
    odd = "get weather"
    taken = digested(odd, RULE)
    fitted = ToolNames([odd, taken], RULE)
    assert fitted.wire(taken) == taken
    assert fitted.wire(odd) != taken
    assert RULE.allowed.fullmatch(fitted.wire(odd))


def test_every_name_of_a_request_is_found() -> None:
    """Declared, called before, and chosen."""
    request = Request(
        "m", (Turn("assistant", (ToolCall("1", "b", ""),)),), (Tool("a"),), ToolChoice("named", "c")
    )
    assert tool_names(request) == ["a", "b", "c"]
    assert tool_names(Request("m", ())) == []
