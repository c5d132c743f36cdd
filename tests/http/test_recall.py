"""A head that is like the last one is read as if it were the first."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from comity.http import ServerOptions
from comity.http.framing import Refusal, RequestHead, read_request_head
from comity.http.recall import Recall

OPTIONS = ServerOptions(max_head=200, max_body=5000)
BEFORE = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: "
AFTER = b"\r\nX-Y: z\r\n\r\n"
DIGITS = st.one_of(
    st.integers(0, 6000).map(lambda number: b"%d" % number),
    st.sampled_from(
        [b"", b"0", b"00", b"05", b"+5", b" 5", b"5 ", b"5,5", b"5\r\nX: y", b"5\n", "٣".encode(), b"1" * 16]
    ),
)
HEADS = st.lists(
    st.one_of(
        DIGITS.map(lambda digits: BEFORE + digits + AFTER),
        DIGITS.map(
            lambda digits: BEFORE.lower().replace(b"post", b"POST").replace(b"http", b"HTTP") + digits + AFTER
        ),
        st.binary(max_size=5).map(lambda junk: BEFORE + b"5" + junk + AFTER),
        st.just(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        st.just(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
        st.just(BEFORE + b"5" + AFTER[:-2] + b"Content-Length: 5\r\n\r\n"),
        st.just(BEFORE + b"5\r\nHost: b\r\n\r\n"),
    ),
    min_size=1,
    max_size=6,
)


def parts(head: RequestHead | Refusal) -> object:
    """Everything that can be compared."""
    if isinstance(head, Refusal):
        return head
    return (
        head.method,
        head.target,
        head.minor,
        list(head.headers),
        head.length,
        head.expects,
        head.upgrades,
    )


@settings(max_examples=60, deadline=None)
@given(HEADS, st.binary(max_size=3))
def test_memory_changes_nothing(heads: list[bytes], ahead: bytes) -> None:
    """Whatever came before, a head means what it means alone."""
    recall = Recall(OPTIONS)
    for head in heads:
        held = ahead + head + b"behind"
        read = recall.read(held, len(ahead), len(ahead) + len(head))
        assert parts(read) == parts(read_request_head(head, OPTIONS))


def test_same_head_is_not_read_again() -> None:
    """An equal head is the same value; another length is a new one."""
    recall = Recall(OPTIONS)
    head = BEFORE + b"12" + AFTER
    first = recall.read(head, 0, len(head))
    assert recall.read(head, 0, len(head)) is first
    longer = BEFORE + b"123" + AFTER
    second = recall.read(longer, 0, len(longer))
    assert isinstance(second, RequestHead)
    assert (second.length, second.headers.get(b"content-length")) == (123, b"123")


def test_limits_hold_for_remembered_heads() -> None:
    """A body that is too large is refused all the same."""
    recall = Recall(OPTIONS)
    for digits, status in ((b"5000", 0), (b"5001", 413)):
        head = BEFORE + digits + AFTER
        read = recall.read(head, 0, len(head))
        assert (read.status if isinstance(read, Refusal) else 0) == status
