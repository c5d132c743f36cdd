"""Headers are read where they stand."""

from __future__ import annotations

from comity.http import Headers

RAW = b"GET / HTTP/1.1\r\nHost: a\r\nX-One:  1 \t\r\nx-two:\r\nX-ONE: three:four\r\nX-One-More: no\r\n\r\n"


def test_get_takes_the_first() -> None:
    """Names match in any case and as a whole, values lose their surrounding blanks."""
    headers = Headers(RAW)
    assert headers.get(b"x-one") == b"1"
    assert headers.get(b"x-two") == b""
    assert headers.get(b"x") is None
    assert headers.get(b"get / http/1.1") is None


def test_all_takes_every_one() -> None:
    """A repeated header is given in order."""
    assert Headers(RAW).all(b"x-one") == [b"1", b"three:four"]
    assert Headers(RAW).all(b"nothing") == []


def test_pairs() -> None:
    """Iteration gives lower-case names and values in order."""
    pairs = [
        (b"host", b"a"),
        (b"x-one", b"1"),
        (b"x-two", b""),
        (b"x-one", b"three:four"),
        (b"x-one-more", b"no"),
    ]
    assert list(Headers(RAW)) == pairs
    assert len(Headers(RAW)) == len(pairs)
    assert Headers(RAW) == Headers.of(pairs)
    assert Headers(RAW) != Headers.of(pairs[1:])
    assert Headers(RAW) != pairs


def test_no_headers() -> None:
    """A head may have none."""
    assert list(Headers.of(())) == []
    assert len(Headers.of(())) == 0
    assert len(Headers(b"HTTP/1.1 200 OK\r\n\r\n")) == 0


def test_tokens() -> None:
    """Lists are taken apart over all lines."""
    headers = Headers.of([(b"connection", b"Keep-Alive, ,X"), (b"connection", b"close")])
    assert headers.tokens(b"connection") == [b"keep-alive", b"x", b"close"]
    assert headers.tokens(b"te") == []


def test_membership_and_repr() -> None:
    """A name can be asked for; the representation shows names only, since values may be secrets."""
    headers = Headers.of([(b"authorization", b"Bearer secret")])
    assert b"authorization" in headers
    assert b"author" not in headers
    assert 1 not in headers
    assert repr(headers) == "Headers(authorization)"
