"""A caller states only the facts its operator allows, in one form."""

from collections.abc import Mapping

import pytest

from comity.contracts import Workload
from comity.intake import Caller, Refusal, parse_stated

CALLER = Caller("bot", "0" * 64, {"customer": "acme"}, may_state=frozenset({"data", "subject", "customer"}))


def validate(facts: Mapping[str, str]) -> Workload:
    """A vocabulary in which nothing but one value is wrong."""
    if facts.get("data") == "nonsense":
        raise ValueError("`data` has no value `nonsense`")
    return dict(facts)


def test_stated_facts_are_read() -> None:
    """Pairs are separated by semicolons; blanks do not matter."""
    assert parse_stated(b" data=personal;subject = eu ;", CALLER, validate) == {
        "data": "personal",
        "subject": "eu",
    }


@pytest.mark.parametrize(
    ("header", "status", "words"),
    [
        (b"data", 400, "expected `name=value"),
        (b"=x", 400, "expected `name=value"),
        (b"data=", 400, "expected `name=value"),
        (b"data=a; data=b", 400, "stands twice"),
        (b"data=\xff", 400, "ASCII"),
        (b"data=" + b"x" * 5000, 400, "longer than"),
        (b"data=nonsense", 400, "has no value"),
        (b"cloud=aws", 403, "may not state `cloud`"),
        (b"customer=other", 403, "may not state `customer`"),
    ],
)
def test_what_a_caller_may_not_say_is_refused(header: bytes, status: int, words: str) -> None:
    """Malformed headers are 400; facts outside the allowance, or fixed by the operator, are 403."""
    refusal = parse_stated(header, CALLER, validate)
    assert isinstance(refusal, Refusal)
    assert refusal.status == status
    assert words in refusal.message
