"""Beta flags in a header: read where they mean something, refused where they are none."""

from __future__ import annotations

import pytest

from comity.errors import RequestError
from comity.exchange import Request
from comity.gateway.carried import carried_flags, flag_headers, with_flags


def flags(value: bytes | None, dialect: str = "anthropic.messages") -> tuple[str, ...]:
    """The flags of a request with this header."""
    return carried_flags(lambda _: value, dialect)


def test_T18_flags_are_names_between_commas() -> None:
    """Blanks around them and empty ones do not count."""
    assert flags(b"a-2025-01-01, b.c_d ,,") == ("a-2025-01-01", "b.c_d")
    assert flags(None) == ()
    assert flags(b"x", "vertex.messages") == ("x",)


@pytest.mark.parametrize("dialect", ["bedrock.invoke", "openai.chat"])
def test_other_dialects_have_no_such_header(dialect: str) -> None:
    """Amazon ignores it too."""
    assert flags(b"x", dialect) == ()


@pytest.mark.parametrize("value", [b"a b", b"a;b", b"\xe4", b"a\tb", b"x" * 129, b"a," * 65])
def test_anything_else_is_refused(value: bytes) -> None:
    """It would go out as a header again."""
    with pytest.raises(RequestError) as caught:
        flags(value)
    assert caught.value.param == "anthropic-beta"


def test_flags_are_hints_of_the_request_and_headers_of_the_call() -> None:
    """For writers of bodies, and for the same dialect."""
    request = Request("m", (), hints={"x": 1})
    assert with_flags(request, ()) is request
    assert with_flags(request, ("a", "b")).hints == {"x": 1, "anthropic_beta": ["a", "b"]}
    assert flag_headers(("a", "b")) == (("anthropic-beta", "a,b"),)
    assert flag_headers(()) == ()
