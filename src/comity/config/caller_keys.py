"""The keys of callers, as the file says them: hashed or by reference, and each of them one caller's alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from comity.config.sections import CallerSection
from comity.errors import Place, Problem
from comity.intake import SigningKey

_HASH = re.compile(r"sha256:[0-9a-fA-F]{64}")
_KEY_ID = re.compile(r"[A-Za-z0-9]{16,128}")


def key_hash(section: CallerSection) -> str | None:
    """The hash of the caller's key; None where it has none."""
    return None if section.key is None else section.key.partition(":")[2].lower()


def signing_key(section: CallerSection) -> SigningKey | None:
    """The caller's key pair; None where it has none."""
    pair = section.sigv4
    return None if pair is None else SigningKey(pair.access_key_id, pair.secret)


def key_problems(
    section: CallerSection, taken: dict[str, str], at: Callable[[str], Place]
) -> Iterator[Problem]:
    """What is wrong with a caller's keys; `taken` says whose each key is, and is added to."""
    if section.key is None and section.sigv4 is None:
        yield Problem(at("id"), "the caller has no key", "give `key`, or `sigv4` where its client signs")
    if section.key is not None and not _HASH.fullmatch(section.key):
        yield Problem(
            at("key"),
            "a key is given as `sha256:` and 64 hex digits, never in the clear",
            "run `comity hash-key` and paste what it prints",
        )
    pair = section.sigv4
    if pair is not None and not _KEY_ID.fullmatch(pair.access_key_id):
        yield Problem(
            at("sigv4"),
            "`access_key_id` must be 16 to 128 letters and digits",
            "write one like AKIACOMITY000001",
        )
    if pair is not None and not pair.secret.startswith(("env:", "file:")):
        # The value may be a secret: it must not be repeated.
        message = "`secret` holds something that is no reference to a secret"
        yield Problem(at("sigv4"), message, "write `env:NAME` or `file:PATH`, never the value")
    for name, key in (("key", key_hash(section)), ("sigv4", pair.access_key_id if pair else None)):
        if key is not None and key in taken:
            yield Problem(at(name), f"this is also the key of `{taken[key]}`", "make a new key")
        if key is not None:
            taken[key] = section.id
