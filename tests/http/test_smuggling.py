"""Requests that two readers could read differently are refused by the server, whatever the splitting."""

from __future__ import annotations

import pytest
from tests.http.stage import Stage, parse_responses, play

from comity.http import Call, ServerOptions
from comity.http.framing import Refusal
from comity.http.reader import RequestReader

OPTIONS = ServerOptions(max_head=4096, max_headers=20, max_target=256, max_body=1000)
SECOND = b"GET /second HTTP/1.1\r\nHost: a\r\n\r\n"


def post(fields: bytes, body: bytes = b"") -> bytes:
    """A POST with its Host and these header lines."""
    return b"POST /first HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n" + body


def chunks(body: bytes) -> bytes:
    """A POST with this raw chunked body."""
    return post(b"Transfer-Encoding: chunked\r\n", body)


def line(request_line: bytes) -> bytes:
    """A request with this first line."""
    return request_line + b"\r\nHost: a\r\n\r\n"


ROWS: list[tuple[str, bytes, int]] = [
    # two lengths
    ("CL.TE", post(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"), 400),
    ("TE.CL", post(b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", b"0\r\n\r\n"), 400),
    ("CL twice, different", post(b"Content-Length: 5\r\nContent-Length: 6\r\n", b"hello!"), 400),
    ("CL twice, same", post(b"Content-Length: 5\r\nContent-Length: 5\r\n", b"hello"), 400),
    ("CL twice, other case", post(b"Content-Length: 5\r\nCONTENT-LENGTH: 5\r\n", b"hello"), 400),
    ("CL list", post(b"Content-Length: 5, 5\r\n", b"hello"), 400),
    ("CL plus", post(b"Content-Length: +5\r\n", b"hello"), 400),
    ("CL minus", post(b"Content-Length: -5\r\n", b"hello"), 400),
    ("CL blanks around", post(b"Content-Length:  5 \r\n", b"hello"), 400),
    ("CL tab", post(b"Content-Length:\t5\r\n", b"hello"), 400),
    ("CL hexadecimal", post(b"Content-Length: 0x5\r\n", b"hello"), 400),
    ("CL underscore", post(b"Content-Length: 1_0\r\n", b"hellohello"), 400),
    ("CL decimal point", post(b"Content-Length: 5.0\r\n", b"hello"), 400),
    ("CL leading zeros", post(b"Content-Length: 0000000000000000000005\r\n", b"hello"), 400),
    ("CL overflow", post(b"Content-Length: 18446744073709551621\r\n", b"hello"), 400),
    ("CL empty", post(b"Content-Length: \r\n"), 400),
    ("CL word", post(b"Content-Length: five\r\n", b"hello"), 400),
    ("CL inner blank", post(b"Content-Length: 5 5\r\n", b"hello"), 400),
    # other transfer codings
    ("TE identity", post(b"Transfer-Encoding: identity\r\n"), 400),
    ("TE gzip, chunked", post(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"), 400),
    ("TE chunked, gzip", post(b"Transfer-Encoding: chunked, gzip\r\n", b"0\r\n\r\n"), 400),
    ("TE chunked twice", post(b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n"), 400),
    (
        "TE two lines",
        post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
        400,
    ),
    (
        "TE two lines, hidden",
        post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", b"0\r\n\r\n"),
        400,
    ),
    ("TE xchunked", post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"), 400),
    ("TE chunked;q=1", post(b"Transfer-Encoding: chunked;q=1\r\n", b"0\r\n\r\n"), 400),
    ("TE quoted", post(b'Transfer-Encoding: "chunked"\r\n', b"0\r\n\r\n"), 400),
    ("TE empty", post(b"Transfer-Encoding:\r\n"), 400),
    ("TE tab", post(b"Transfer-Encoding:\tchunked\r\n", b"0\r\n\r\n"), 400),
    ("TE vertical tab", post(b"Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n"), 400),
    ("TE trailing blank", post(b"Transfer-Encoding: chunked \r\n", b"0\r\n\r\n"), 400),
    ("TE blank before colon", post(b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n"), 400),
    ("TE folded", post(b"Transfer-Encoding:\r\n chunked\r\n", b"0\r\n\r\n"), 400),
    ("TE in 1.0", b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    # lines and characters
    ("folded header", post(b"X: a\r\n b\r\n"), 400),
    ("folded header, tab", post(b"X: a\r\n\tb\r\n"), 400),
    ("folded first header", b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
    ("bare LF after header", b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400),
    ("bare LF everywhere", b"GET / HTTP/1.1\nHost: a\n\n", 400),
    ("bare LF ends head", b"GET / HTTP/1.1\r\nHost: a\r\n\n", 400),
    ("bare CR in value", post(b"X: a\rContent-Length: 5\r\n"), 400),
    ("bare CR after header", b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400),
    ("CR CR LF", post(b"X: a\r\r\n"), 400),
    ("NUL in value", post(b"X: a\0b\r\n"), 400),
    ("NUL in name", post(b"X\0: a\r\n"), 400),
    ("control in value", post(b"X: a\x01b\r\n"), 400),
    ("DEL in value", post(b"X: a\x7fb\r\n"), 400),
    ("blank before colon", post(b"X : a\r\n"), 400),
    ("blank in name", post(b"X Y: a\r\n"), 400),
    ("no name", post(b": a\r\n"), 400),
    ("no colon", post(b"X\r\n"), 400),
    ("non-ASCII name", post("Ünï: a\r\n".encode()), 400),
    ("line of blanks", post(b" \r\n"), 400),
    # Host
    ("no Host", b"GET / HTTP/1.1\r\n\r\n", 400),
    ("two Hosts", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    ("two equal Hosts", b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    ("empty Host", b"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
    ("Host with path", b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    ("Host with user", b"GET / HTTP/1.1\r\nHost: me@a\r\n\r\n", 400),
    ("Host list", b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
    ("Host with odd port", b"GET / HTTP/1.1\r\nHost: a:+80\r\n\r\n", 400),
    ("bad Host in 1.0", b"GET / HTTP/1.0\r\nHost: a b\r\n\r\n", 400),
    ("absolute target, other host", line(b"GET http://b/ HTTP/1.1"), 400),
    ("absolute target, other port", line(b"GET http://a:81/ HTTP/1.1"), 400),
    ("absolute target, user", line(b"GET http://me@a/ HTTP/1.1"), 400),
    # request line
    ("tab in line", line(b"GET\t/\tHTTP/1.1"), 400),
    ("two blanks", line(b"GET  / HTTP/1.1"), 400),
    ("two blanks before version", line(b"GET /  HTTP/1.1"), 400),
    ("leading blank", line(b" GET / HTTP/1.1"), 400),
    ("trailing blank", line(b"GET / HTTP/1.1 "), 400),
    ("blank in target", line(b"GET /a b HTTP/1.1"), 400),
    ("lower-case method", line(b"get / HTTP/1.1"), 400),
    ("mixed-case method", line(b"Get / HTTP/1.1"), 400),
    ("method with colon", line(b"GET: / HTTP/1.1"), 400),
    ("no method", line(b"/ HTTP/1.1"), 400),
    ("unknown method", line(b"SMUGGLE / HTTP/1.1"), 501),
    ("TRACE", line(b"TRACE / HTTP/1.1"), 501),
    ("CONNECT", b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 501),
    ("relative target", line(b"GET first HTTP/1.1"), 400),
    ("authority target", line(b"GET a:80 HTTP/1.1"), 400),
    ("asterisk target", line(b"GET * HTTP/1.1"), 400),
    ("fragment", line(b"GET /#x HTTP/1.1"), 400),
    ("backslash", line(b"GET /\\ HTTP/1.1"), 400),
    ("non-ASCII target", line("GET /é HTTP/1.1".encode()), 400),
    ("NUL in target", line(b"GET /\0 HTTP/1.1"), 400),
    ("empty target", line(b"GET  HTTP/1.1"), 400),
    ("HTTP/0.9", b"GET /\r\n\r\n", 400),
    ("HTTP/1.2", line(b"GET / HTTP/1.2"), 400),
    ("HTTP/01.1", line(b"GET / HTTP/01.1"), 400),
    ("HTTP/2.0", line(b"GET / HTTP/2.0"), 400),
    ("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    ("lower-case version", line(b"GET / http/1.1"), 400),
    ("other protocol", line(b"GET / RTSP/1.0"), 400),
    ("TLS hello", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n", 400),
    ("empty lines first", b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    # chunks
    ("chunk size 0x5", chunks(b"0x5\r\nhello\r\n0\r\n\r\n"), 400),
    ("chunk size +5", chunks(b"+5\r\nhello\r\n0\r\n\r\n"), 400),
    ("chunk size -5", chunks(b"-5\r\nhello\r\n0\r\n\r\n"), 400),
    ("chunk size with blank before", chunks(b" 5\r\nhello\r\n0\r\n\r\n"), 400),
    ("chunk size with blank after", chunks(b"5 \r\nhello\r\n0\r\n\r\n"), 400),
    ("chunk size missing", chunks(b"\r\nhello\r\n0\r\n\r\n"), 400),
    ("chunk size too long", chunks(b"000000005\r\nhello\r\n0\r\n\r\n"), 400),
    ("chunk size overflow", chunks(b"10000000000000005\r\nhello\r\n0\r\n\r\n"), 400),
    ("chunk size underscore", chunks(b"0_5\r\nhello\r\n0\r\n\r\n"), 400),
    ("chunk size not hexadecimal", chunks(b"g\r\nhello\r\n0\r\n\r\n"), 400),
    ("chunk longer than its size", chunks(b"4\r\nhello\r\n0\r\n\r\n"), 400),
    ("chunk without its CRLF", chunks(b"5\r\nhello0\r\n\r\n"), 400),
    ("chunk with bare LF after", chunks(b"5\r\nhello\n0\r\n\r\n"), 400),
    ("chunk with bare CR after", chunks(b"5\r\nhello\r0\r\n\r\n"), 400),
    ("chunk size with bare LF", chunks(b"5\nhello\r\n0\r\n\r\n"), 400),
    ("chunk size with bare CR", chunks(b"5\rhello\r\n0\r\n\r\n"), 400),
    ("chunk size with CR CR LF", chunks(b"5\r\r\nhello\r\n0\r\n\r\n"), 400),
    ("chunk extension with bare LF", chunks(b"5;a\nhello\r\n0\r\n\r\n"), 400),
    ("chunk extension with NUL", chunks(b"5;a\0\r\nhello\r\n0\r\n\r\n"), 400),
    ("chunk extension without a name", chunks(b'5;"a\r\nhello\r\n0\r\n\r\n'), 400),
    ("chunk extension too long", chunks(b"5;" + b"a" * 300 + b"\r\nhello\r\n0\r\n\r\n"), 400),
    ("trailer with bare LF", chunks(b"0\r\nX: a\n\r\n"), 400),
    ("trailer folded", chunks(b"0\r\nX: a\r\n b\r\n\r\n"), 400),
    ("trailer without colon", chunks(b"0\r\nX\r\n\r\n"), 400),
    ("trailers too long", chunks(b"0\r\n" + b"X: aaaaaaaaaaaaaaaaaaaa\r\n" * 400 + b"\r\n"), 400),
    ("last chunk with bare LF", chunks(b"0\n\n"), 400),
    # sizes
    ("target too long", line(b"GET /" + b"a" * 256 + b" HTTP/1.1"), 414),
    ("target without end", b"GET /" + b"a" * 5000, 414),
    ("head too long", post(b"X: " + b"a" * 4096 + b"\r\n"), 431),
    ("head without end", b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: aaaaaaaaaaaaaaa\r\n" * 300, 431),
    ("too many headers", post(b"X: a\r\n" * 20), 431),
    ("body too large", post(b"Content-Length: 1001\r\n"), 413),
    ("body too large, chunked", chunks(b"3e9\r\n"), 413),
    (
        "body too large, in many chunks",
        chunks(b"c8\r\n" + b"a" * 200 + b"\r\n") + (b"c8\r\n" + b"a" * 200 + b"\r\n") * 5,
        413,
    ),
    # expectations
    ("unknown expectation", post(b"Expect: the-unexpected\r\nContent-Length: 5\r\n", b"hello"), 417),
    ("two expectations", post(b"Expect: 100-continue, x\r\nContent-Length: 5\r\n", b"hello"), 417),
]
IDS = [name for name, _, _ in ROWS]


@pytest.mark.parametrize(("data", "status"), [row[1:] for row in ROWS], ids=IDS)
def test_refused_by_the_server(data: bytes, status: int) -> None:
    """The application hears of neither the request nor of what is smuggled behind it; the connection ends."""

    async def scenario(stage: Stage) -> None:
        seen: list[bytes] = []

        def application(call: Call) -> None:
            seen.append(call.path)
            call.respond(200, (), b"")

        raw = await stage.connect(await stage.serve(application, OPTIONS))
        await raw.send(data + SECOND)
        (response,) = parse_responses(await raw.rest(), [b"POST"])
        assert response.status == status
        assert response.headers[b"connection"] == b"close"
        assert not seen

    play(scenario)


@pytest.mark.parametrize(("data", "status"), [row[1:] for row in ROWS], ids=IDS)
def test_refused_byte_by_byte(data: bytes, status: int) -> None:
    """The refusal does not depend on how the bytes were split."""
    reader = RequestReader(OPTIONS)
    for at in range(len(data)):
        reader.feed(data[at : at + 1])
        outcome = reader.next()
        if isinstance(outcome, Refusal):
            assert outcome.status == status
            return
        assert outcome is None
    pytest.fail("nothing was refused")


def test_enough_rows() -> None:
    """The table holds what it promises, under names of their own."""
    assert len(set(IDS)) == len(IDS) >= 50
