"""The headers of a message, read where they stand.

A head that passed the guard of `framing` is a sequence of `CRLF name ":" value` lines with no folding and no
stray control characters. Looking a name up is then one search in the lower-cased bytes; nothing is split that
nobody asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class Headers:
    """Pairs of lower-case name and value, in the order they came."""

    __slots__ = ("_raw", "lower")

    def __init__(self, raw: bytes) -> None:
        """Take a guarded head, from its first line (which is passed over) to the empty line."""
        self._raw = raw
        self.lower = raw.lower()
        """The whole head in lower case, for the guard."""

    @classmethod
    def of(cls, pairs: Iterable[tuple[bytes, bytes]]) -> Headers:
        """Headers from pairs whose names are tokens and whose values hold no line ends."""
        return cls(b"\r\n" + b"".join(b"%b: %b\r\n" % pair for pair in pairs) + b"\r\n")

    def get(self, name: bytes) -> bytes | None:
        """The value of the first header of that lower-case name, without surrounding blanks."""
        at = self.lower.find(b"\r\n%b:" % name)
        if at < 0:
            return None
        start = at + len(name) + 3
        return self._raw[start : self._raw.index(b"\r\n", start)].strip(b" \t")

    def all(self, name: bytes) -> list[bytes]:
        """The values of every header of that lower-case name, in order."""
        needle = b"\r\n%b:" % name
        values = []
        at = self.lower.find(needle)
        while at >= 0:
            start = at + len(needle)
            at = self._raw.index(b"\r\n", start)
            values.append(self._raw[start:at].strip(b" \t"))
            at = self.lower.find(needle, at)
        return values

    def tokens(self, name: bytes) -> list[bytes]:
        """The comma-separated members of every header of that name, lower-cased."""
        members = b",".join(self.all(name)).lower().split(b",")
        return [member for member in (item.strip(b" \t") for item in members) if member]

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        for line in self._raw.split(b"\r\n")[1:-2]:
            name, _, value = line.partition(b":")
            yield name.lower(), value.strip(b" \t")

    def __len__(self) -> int:
        return self._raw.count(b"\r\n") - 2

    def __contains__(self, name: object) -> bool:
        return isinstance(name, bytes) and b"\r\n%b:" % name in self.lower

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Headers) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # a list of pairs, not a key

    def __repr__(self) -> str:
        # Values may be secrets; names are enough to debug with.
        return f"Headers({', '.join(name.decode('latin-1') for name, _ in self)})"
