"""Vectors that a simulated model makes: the same for the same text, of length one, in 32-bit numbers."""

from __future__ import annotations

import struct
from hashlib import blake2b
from math import sqrt

import msgspec

from comity.exchange import Request, Sampling, Text, Turn

_PER_DIGEST = 16
_KEY = "simulated"


class Wanted(msgspec.Struct, frozen=True):
    """What a request for embeddings asks for, before any dialect."""

    texts: tuple[str, ...]
    """What is embedded, one vector each; media stand for themselves by a digest."""
    dimensions: int | None = None
    """Length of the vectors; None is the model's own."""
    body: dict[str, object] = {}
    """The body as it came."""


def as_request(model: str, wanted: Wanted) -> Request:
    """The request as the cloud counts it: a prompt, and nothing to be generated."""
    said = Turn("user", tuple(Text(text) for text in wanted.texts))
    return Request(model, (said,), sampling=Sampling(max_output_tokens=0), extra={_KEY: wanted})


def wanted_of(request: Request) -> Wanted:
    """What the request for embeddings behind `request` asked for."""
    wanted = request.extra[_KEY]
    assert isinstance(wanted, Wanted), "the request is one for embeddings"
    return wanted


def vectors(wanted: Wanted, length: int) -> list[list[float]]:
    """The vectors, `length` long unless the request says otherwise."""
    return [vector(text, wanted.dimensions or length) for text in wanted.texts]


def vector(text: str, length: int) -> list[float]:
    """The vector of one text."""
    numbers: list[float] = []
    for index in range(-(-length // _PER_DIGEST)):
        digest = blake2b(f"{index}/{text}".encode(), digest_size=64).digest()
        numbers += [number / 2**31 - 1 for number in struct.unpack(f"<{_PER_DIGEST}I", digest)]
    numbers = numbers[:length]
    norm = sqrt(sum(number * number for number in numbers)) or 1.0
    return list(struct.unpack(f"<{length}f", struct.pack(f"<{length}f", *(one / norm for one in numbers))))
