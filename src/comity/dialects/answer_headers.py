"""What the headers of a provider's answer say, read through a lookup so that no HTTP type is needed here."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import TypeAlias

HeaderOf: TypeAlias = Callable[[bytes], bytes | None]
"""Looks a response header up by its lower-case name."""


def retry_after(headers: HeaderOf) -> float | None:
    """Seconds the provider asks to wait: from milliseconds, seconds, or a date against the answer's own."""
    millis = _number(headers(b"retry-after-ms"))
    if millis is not None:
        return millis / 1000
    value = headers(b"retry-after")
    seconds = _number(value)
    return seconds if seconds is not None else _until(value, headers(b"date"))


def _number(value: bytes | None) -> float | None:
    try:
        number = float(value) if value is not None else -1.0
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def _until(value: bytes | None, now: bytes | None) -> float | None:
    try:
        until = parsedate_to_datetime((value or b"").decode("latin-1"))
        start = parsedate_to_datetime((now or b"").decode("latin-1"))
        return max((until - start).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None
