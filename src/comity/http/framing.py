"""The guard: which heads are unambiguous enough to be read at all.

llhttp parses; the guard decides first, on the raw bytes, whether every reader would see the same message. It
is stricter than the standard where the standard lets two readers differ, and it refuses, it never repairs.
What it lets through is plain enough for `Headers` to be read by searching.
"""

from __future__ import annotations

import re
from math import inf

import msgspec

from comity.http.headers import Headers
from comity.http.options import ServerOptions

METHODS = frozenset({b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"})
"""Methods that are served; others are answered 501."""

# More than method, blanks and version take of a request line.
_LINE_FRAME = 64
_SLASH = ord("/")
_BODILESS = frozenset({204, 304})
_BOTH = "`content-length` and `transfer-encoding` exclude each other"
# Possessive quantifiers: one pass, no backtracking, whatever the sender tries.
_FIELDS = rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]++:[\t\x20-\x7e\x80-\xff]*+\r\n)*+\r\n"
_REQUEST = re.compile(rb"([A-Z]{1,32}) ([!$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]++) HTTP/1\.([01])\r\n" + _FIELDS)
_RESPONSE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: [\t\x20-\x7e\x80-\xff]*+)?\r\n" + _FIELDS)
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n|\Z)|\x00")
_LENGTH_NAME = b"\r\ncontent-length:"
_LENGTH = re.compile(rb"\r\ncontent-length: ?(0|[1-9][0-9]{0,14})\r\n")
_CODING_NAME = b"\r\ntransfer-encoding:"
_CODING = re.compile(rb"\r\ntransfer-encoding: ?chunked\r\n")
_HOST_NAME = b"\r\nhost:"
_HOST = re.compile(rb"\r\nhost:[\t ]*+((?:[0-9a-z._~-]++|\[[0-9a-f:.]++\])(?::[0-9]{1,5})?)[\t ]*+\r\n")
_KEEP_ALIVE = re.compile(rb"\btimeout *= *\"?([0-9]{1,6})\b", re.IGNORECASE)
_ABSOLUTE = re.compile(rb"https?://([^/?#@]+)(/[^#]*|\?[^#]*)?", re.IGNORECASE)


class Refusal(msgspec.Struct, frozen=True):
    """A message that is not read any further; the connection ends with the answer."""

    status: int
    """HTTP status for the sender of a request."""
    detail: str
    """What is wrong with it."""


class RequestHead(msgspec.Struct, frozen=True, gc=False):
    """What the head of a request says."""

    method: bytes
    """One of METHODS."""
    target: bytes
    """Origin form: path and query; or `*` for OPTIONS."""
    minor: int
    """1 for HTTP/1.1, 0 for HTTP/1.0."""
    headers: Headers
    """Every header."""
    length: int
    """Bytes of the body; -1 when it comes in chunks."""
    expects: bool
    """Whether the client waits for `100 Continue` before it sends the body."""
    upgrades: bool
    """Whether the client offers another protocol, which is ignored."""


class ResponseHead(msgspec.Struct, frozen=True, gc=False):
    """What the head of a response says."""

    status: int
    """Three digits."""
    headers: Headers
    """Every header."""
    length: int
    """Bytes of the body; -1 when it comes in chunks, -2 when it ends with the connection."""
    keep_alive: bool
    """Whether the connection may be used again afterwards."""


CHUNKED = -1
"""`length` of a message in chunks."""
UNTIL_CLOSE = -2
"""`length` of a response that ends with its connection."""


def check_partial(held: bytes, since: int, options: ServerOptions) -> Refusal | None:
    """Refuse the beginning of a request's head as soon as it cannot become a good one.

    `since` is how much of it has been looked at before.
    """
    if _BARE.search(held, max(since - 1, 0)) is not None:
        return Refusal(400, "line ends must be CRLF")
    return _refuse_size(held, options) if len(held) > options.max_head else None


def read_request_head(head: bytes, options: ServerOptions) -> RequestHead | Refusal:
    """The meaning of a request's head, from the request line to the empty line; or why it is refused."""
    if len(head) > options.max_head:
        return _refuse_size(head, options)
    line = _REQUEST.fullmatch(head)
    if line is None:
        return Refusal(400, "the request line or a header line is malformed")
    method, target, digit = line.groups()
    minor = 1 if digit == b"1" else 0
    if (
        len(target) > options.max_target
        or method not in METHODS
        or head.count(b"\n") > options.max_headers + 2
    ):
        return _refuse_parts(method, target, options)
    headers = Headers(head)
    lower = headers.lower
    host = _read_host(lower, minor)
    if host is None:
        return Refusal(400, "there must be exactly one `host`: a name or address with an optional port")
    if target[0] != _SLASH:
        target = _read_target(method, target, host)
        if not target:
            return Refusal(400, "the request target is not a path, or names another host")
    length = read_length(lower, minor)
    if isinstance(length, str):
        return Refusal(400, length)
    if length > options.max_body:
        return Refusal(413, f"the body is longer than {options.max_body} bytes")
    expects = minor == 1 and b"\r\nexpect:" in lower
    if expects and headers.tokens(b"expect") != [b"100-continue"]:
        return Refusal(417, "only the expectation `100-continue` is known")
    length = 0 if length == UNTIL_CLOSE else length
    return RequestHead(method, target, minor, headers, length, expects, b"\r\nupgrade:" in lower)


def read_response_head(head: bytes, *, bodiless: bool) -> ResponseHead | str:
    """The meaning of a response's head, or what is wrong with it; `bodiless` when the request was a HEAD."""
    line = _RESPONSE.fullmatch(head)
    if line is None:
        return "the status line or a header line is malformed"
    minor = 1 if line[1] == b"1" else 0
    status = int(line[2])
    headers = Headers(head)
    lower = headers.lower
    length = read_length(lower, minor)
    if isinstance(length, str):
        return length
    if bodiless or status in _BODILESS or status < 200:
        length = 0
    keep_alive = minor == 1
    if b"\r\nconnection:" in lower:
        options = headers.tokens(b"connection")
        keep_alive = b"close" not in options and (keep_alive or b"keep-alive" in options)
    return ResponseHead(status, headers, length, keep_alive and length != UNTIL_CLOSE)


def read_keep_alive(headers: Headers) -> float:
    """Seconds for which a connection may rest, a little less than announced; infinity if nothing is."""
    value = headers.get(b"keep-alive")
    match = _KEEP_ALIVE.search(value) if value is not None else None
    if match is None:
        return inf
    seconds = int(match[1])
    return seconds - 1.0 if seconds > 1 else seconds / 2


def read_length(lower: bytes, minor: int) -> int | str:
    """How the body of a lower-cased head ends, or why that is ambiguous; UNTIL_CLOSE when no header says."""
    at = lower.find(_LENGTH_NAME)
    if _CODING_NAME in lower:
        return _read_coding(lower, minor) if at < 0 else _BOTH
    if at < 0:
        return UNTIL_CLOSE
    match = _LENGTH.match(lower, at)
    if match is None or lower.find(_LENGTH_NAME, at + 2) >= 0:
        return "`content-length` must be one plain decimal number"
    return int(match[1])


def _read_coding(lower: bytes, minor: int) -> int | str:
    if minor == 0:
        return "HTTP/1.0 has no `transfer-encoding`"
    at = lower.find(_CODING_NAME)
    if _CODING.match(lower, at) is None or lower.find(_CODING_NAME, at + 2) >= 0:
        return "the only `transfer-encoding` is `chunked`, once"
    return CHUNKED


def _read_host(lower: bytes, minor: int) -> bytes | None:
    """The one host; empty when HTTP/1.0 names none; None when it is not as it must be."""
    at = lower.find(_HOST_NAME)
    if at < 0:
        return b"" if minor == 0 else None
    match = _HOST.match(lower, at)
    if match is None or lower.find(_HOST_NAME, at + 2) >= 0:
        return None
    return match[1]


def _read_target(method: bytes, target: bytes, host: bytes) -> bytes:
    """A target that is no path, in origin form; empty when it is refused."""
    if target == b"*" and method == b"OPTIONS":
        return target
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None or (host and absolute[1].lower() != host):
        return b""
    rest: bytes = absolute[2] or b"/"
    return rest if rest.startswith(b"/") else b"/" + rest


def _refuse_size(head: bytes, options: ServerOptions) -> Refusal:
    if head.find(b"\r\n", 0, options.max_target + _LINE_FRAME) < 0:
        return Refusal(414, f"the request target is longer than {options.max_target} bytes")
    return Refusal(431, f"the head is longer than {options.max_head} bytes")


def _refuse_parts(method: bytes, target: bytes, options: ServerOptions) -> Refusal:
    if len(target) > options.max_target:
        return Refusal(414, f"the request target is longer than {options.max_target} bytes")
    if method not in METHODS:
        return Refusal(501, f"the method `{method.decode()}` is not served")
    return Refusal(431, f"there are more than {options.max_headers} headers")
