"""The guard and llhttp must agree on where a message ends; a lie to either is refused."""

from __future__ import annotations

import httptools
import pytest

from comity.http import Headers
from comity.http.body import LengthBody, Messages, feed_body, open_body
from comity.http.framing import CHUNKED, Refusal, RequestHead

RAW = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n"


def head(length: int) -> RequestHead:
    """A head that claims this length."""
    return RequestHead(b"POST", b"/", 1, Headers(RAW), length, expects=False, upgrades=False)


def test_agreement() -> None:
    """Both see five bytes."""
    body = open_body(Messages(), head(5), RAW, 100)
    assert feed_body(body, b"hel") == 3
    assert not body.done
    assert feed_body(body, b"loGET") == 2
    assert body.done
    assert body.value() == b"hello"
    assert body.keep_alive


@pytest.mark.parametrize("length", [3, 9])
def test_another_length(length: int) -> None:
    """One sees an end where the other does not."""
    body = open_body(Messages(), head(length), RAW, 100)
    refusal = feed_body(body, b"hello"[:length])
    assert isinstance(refusal, Refusal)
    assert "ambiguous" in refusal.detail


def test_no_body_where_llhttp_waits_for_one() -> None:
    """The same for a head alone."""
    with pytest.raises(httptools.HttpParserError, match="ambiguous"):
        open_body(Messages(), head(0), RAW, 100)


def test_chunks_where_llhttp_sees_none() -> None:
    """The same for chunks."""
    body = open_body(Messages(), head(CHUNKED), RAW, 100)
    assert not isinstance(body, LengthBody)
    refusal = feed_body(body, b"1\r\nx\r\n0\r\n\r\n")
    assert isinstance(refusal, Refusal)
    assert refusal.status == 400
